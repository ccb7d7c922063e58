<?php

/**
 * Asks fanzha about each new or changed post before Discuz! X3.5 stores it.
 *
 * `block` refuses the post, `review` puts it into the board's moderation queue. Without an answer
 * in time the post goes its usual way. The text of a post is sent to fanzha and nowhere else; the
 * log gets the reason of a failure only.
 */

if (!defined('IN_DISCUZ')) {
    exit('Access Denied');
}

class plugin_fanzha
{
    const MAX_CHARS = 100000;

    /** Judges what is being posted; runs in forum.php before the post is looked at. */
    protected function judge()
    {
        global $_G;
        $settings = isset($_G['cache']['plugin']['fanzha']) ? $_G['cache']['plugin']['fanzha'] : array();
        if (empty($settings['url']) || !$this->isSubmission() || !empty($_G['forum']['ismoderator'])) {
            return;
        }
        $post = array(
            'title' => $this->field('subject'),
            'body' => $this->field('message'),
            'author_name' => $this->utf8(isset($_G['username']) ? $_G['username'] : ''),
            'author_id' => intval($_G['uid']),
            'board' => empty($settings['board']) ? 'forum' : $settings['board'],
        );
        $suggestion = $this->ask($settings, $post);
        if ($suggestion === 'block') {
            showmessage('您的帖子疑似含有套现、假客服或诈骗信息，未能发布。如有误判，请联系版主。');
        }
        if ($suggestion === 'review') {
            // What threadmodstatus() looks at; it then stores the post as waiting for moderators.
            $_G['group']['allowdirectpost'] = 0;
            $_G['group']['allowgroupdirectpost'] = 0;
            $_G['forum']['modnewposts'] = 2;
        }
    }

    private function isSubmission()
    {
        if ($_SERVER['REQUEST_METHOD'] !== 'POST' || getgpc('formhash') !== formhash()) {
            return false;
        }
        return getgpc('topicsubmit') || getgpc('replysubmit') || getgpc('editsubmit');
    }

    private function field($name)
    {
        $value = getgpc($name);
        return $this->utf8(is_string($value) ? $value : '');
    }

    private function utf8($text)
    {
        $text = strtoupper(CHARSET) === 'UTF-8' ? $text : diconv($text, CHARSET, 'UTF-8');
        // Bytes that are no UTF-8 would make json_encode fail.
        return mb_substr(mb_convert_encoding($text, 'UTF-8', 'UTF-8'), 0, self::MAX_CHARS / 2, 'UTF-8');
    }

    /** Gives `block`, `review` or `pass`; null where there is no answer in time. */
    private function ask($settings, $post)
    {
        $timeout = empty($settings['timeout_ms']) ? 1500 : max(100, intval($settings['timeout_ms']));
        $headers = array('Content-Type: application/json');
        if (!empty($settings['key'])) {
            $headers[] = 'Authorization: Bearer ' . $settings['key'];
        }
        $call = curl_init(rtrim($settings['url'], '/') . '/v1/moderations');
        curl_setopt_array($call, array(
            CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => json_encode($post),
            CURLOPT_HTTPHEADER => $headers,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_NOSIGNAL => true,
            CURLOPT_CONNECTTIMEOUT_MS => min(500, $timeout),
            CURLOPT_TIMEOUT_MS => $timeout,
        ));
        $answer = curl_exec($call);
        $status = intval(curl_getinfo($call, CURLINFO_HTTP_CODE));
        $wrong = curl_errno($call);
        curl_close($call);
        $verdict = $status === 200 && is_string($answer) ? json_decode($answer, true) : null;
        if (!is_array($verdict) || !isset($verdict['suggestion'])) {
            error_log("fanzha: no verdict (curl $wrong, HTTP $status); the post went its usual way");
            return null;
        }
        return $verdict['suggestion'];
    }
}

class plugin_fanzha_forum extends plugin_fanzha
{
    public function post_fanzha()
    {
        $this->judge();
        return '';
    }
}

class plugin_fanzha_group extends plugin_fanzha_forum
{
}
