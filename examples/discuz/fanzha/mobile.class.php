<?php

/** The same for the mobile templates of Discuz!, which have classes of their own. */

if (!defined('IN_DISCUZ')) {
    exit('Access Denied');
}

require_once DISCUZ_ROOT . './source/plugin/fanzha/fanzha.class.php';

class mobileplugin_fanzha extends plugin_fanzha
{
}

class mobileplugin_fanzha_forum extends mobileplugin_fanzha
{
    public function post_fanzha()
    {
        $this->judge();
        return '';
    }
}

class mobileplugin_fanzha_group extends mobileplugin_fanzha_forum
{
}
