<?php

use Example\Fanzha\JudgePost;
use Flarum\Extend;
use Flarum\Post\Event\Saving;

return [
    (new Extend\Event())->listen(Saving::class, JudgePost::class),
];
