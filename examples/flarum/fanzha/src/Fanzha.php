<?php

namespace Example\Fanzha;

use GuzzleHttp\Client;
use GuzzleHttp\Exception\GuzzleException;
use Psr\Log\LoggerInterface;

/** Asks the service for one verdict and never waits longer than it was told to. */
class Fanzha
{
    private const MAX_CHARS = 50000;

    private Client $client;
    private LoggerInterface $log;

    public function __construct(Client $client, LoggerInterface $log)
    {
        $this->client = $client;
        $this->log = $log;
    }

    /**
     * Gives `block`, `review` or `pass`; null where there is no answer in time.
     *
     * @param array{url: string, key?: string, timeout_s?: float} $settings
     * @param array<string, string|int> $post
     */
    public function ask(array $settings, array $post): ?string
    {
        $headers = ['Content-Type' => 'application/json'];
        if (($settings['key'] ?? '') !== '') {
            $headers['Authorization'] = 'Bearer '.$settings['key'];
        }
        foreach (['title', 'body', 'author_name'] as $field) {
            $post[$field] = mb_substr(mb_scrub($post[$field] ?? '', 'UTF-8'), 0, self::MAX_CHARS, 'UTF-8');
        }
        $timeout = (float) ($settings['timeout_s'] ?? 1.5);
        try {
            $answer = $this->client->request('POST', rtrim($settings['url'], '/').'/v1/moderations', [
                'headers' => $headers,
                'body' => json_encode($post, JSON_THROW_ON_ERROR),
                'timeout' => $timeout,
                'connect_timeout' => min(0.5, $timeout),
                'allow_redirects' => false,
                'http_errors' => false,
            ]);
            $status = $answer->getStatusCode();
            $verdict = $status === 200 ? json_decode((string) $answer->getBody(), true) : null;
        } catch (GuzzleException | \JsonException $error) {
            // The class only: a message may repeat what was sent.
            $this->log->warning('fanzha: no verdict ('.get_class($error).'); the post went its usual way');

            return null;
        }
        $suggestion = is_array($verdict) ? ($verdict['suggestion'] ?? null) : null;
        if (! is_string($suggestion)) {
            $this->log->warning('fanzha: no verdict (HTTP '.$status.'); the post went its usual way');

            return null;
        }

        return $suggestion;
    }
}
