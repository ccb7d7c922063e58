<?php

namespace Example\Fanzha;

use Carbon\Carbon;
use Flarum\Flags\Flag;
use Flarum\Foundation\Config;
use Flarum\Foundation\ValidationException;
use Flarum\Post\CommentPost;
use Flarum\Post\Event\Saving;

/** Refuses a post that fanzha would block, and holds back what it wants looked at. */
class JudgePost
{
    private Config $config;
    private Fanzha $fanzha;

    public function __construct(Config $config, Fanzha $fanzha)
    {
        $this->config = $config;
        $this->fanzha = $fanzha;
    }

    public function handle(Saving $event): void
    {
        $settings = $this->config['fanzha'] ?? null;
        $post = $event->post;
        $changed = ! $post->exists || isset($event->data['attributes']['content']);
        if (empty($settings['url']) || ! $post instanceof CommentPost || ! $changed) {
            return;
        }
        if ($event->actor->isAdmin() || $event->actor->can('approvePosts', $post->discussion)) {
            return;
        }
        $first = $post->exists ? $post->number === 1 : $post->discussion->post_number_index == 0;
        $suggestion = $this->fanzha->ask($settings, [
            'title' => $first ? (string) $post->discussion->title : '',
            'body' => (string) $post->content,
            'author_name' => (string) $event->actor->username,
            'author_id' => (int) $event->actor->id,
            'board' => (string) ($settings['board'] ?? 'forum'),
        ]);
        if ($suggestion === 'block') {
            throw new ValidationException([
                'fanzha' => '该帖疑似含有套现、假客服或诈骗信息，未能发布。如有误判，请联系版主。',
            ]);
        }
        if ($suggestion === 'review') {
            $this->hold($post);
        }
    }

    private function hold(CommentPost $post): void
    {
        $post->is_approved = false;
        $post->afterSave(function (CommentPost $post) {
            if ($post->number === 1) {
                $post->discussion->is_approved = false;
                $post->discussion->save();
            }
            if (Flag::where('post_id', $post->id)->where('type', 'approval')->exists()) {
                return;
            }
            $flag = new Flag();
            $flag->post_id = $post->id;
            // flarum/approval shows this kind with its button "approve".
            $flag->type = 'approval';
            $flag->created_at = Carbon::now();
            $flag->save();
        });
    }
}
