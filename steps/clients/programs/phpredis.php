<?php
// phpredis's RedisCluster behind the verbs of package clients (clients.go).

// Without limits the library waits for ever for a node that does not answer.
const CONNECT_SECONDS = 1;
const READ_SECONDS = 5;

function pairs(array $words): array
{
    $pairs = [];
    foreach (array_chunk($words, 2) as [$key, $value]) {
        $pairs[$key] = $value;
    }
    return $pairs;
}

// The library says false for a key that is not there, and for what went wrong.
function value(mixed $got): ?string
{
    return $got === false ? null : $got;
}

function must(RedisCluster $client, mixed $done): array
{
    if (!$done) {
        throw new RedisClusterException($client->getLastError() ?? 'the library says false and no more');
    }
    return [];
}

// phpredis has no pipelines on clusters; a transaction is what it sends at once.
function pipeline(RedisCluster $client, array $pairs): array
{
    $client->multi();
    foreach ($pairs as $key => $value) {
        $client->set($key, $value);
    }
    foreach ($pairs as $key => $_) {
        $client->get($key);
    }
    return array_map('value', array_slice($client->exec(), count($pairs)));
}

// A subscription of the library has no end: the answer is given from inside of it.
function receive(RedisCluster $client, string $channel): array
{
    $client->subscribe([$channel], fn ($client, $channel, $message) => answer(['ok', $message]));
    return must($client, false);
}

function act(RedisCluster $client, string $verb, array $words): array
{
    return match ($verb) {
        'set' => must($client, $client->set(...$words)),
        'get' => [value($client->get(...$words))],
        'mset' => must($client, $client->mset(pairs($words))),
        'mget' => array_map('value', $client->mget($words)),
        'pipeline' => pipeline($client, pairs($words)),
        'publish' => must($client, $client->publish(...$words) !== false),
        'receive' => receive($client, ...$words),
    };
}

function answer(array $words): void
{
    echo json_encode($words), "\n";
}

function connect(string $host, string $port): RedisCluster
{
    return new RedisCluster(null, ["$host:$port"], CONNECT_SECONDS, READ_SECONDS);
}

// A client of 5.3.7 asks for the slots again after a MOVED, and the loss of a node draws none. So an application begins anew with another one.
function serve(string ...$seed): void
{
    $client = connect(...$seed);
    while (($line = fgets(STDIN)) !== false) {
        $words = json_decode($line);
        try {
            $client ??= connect(...$seed);
            $client->clearLastError();
            answer(['ok', ...act($client, array_shift($words), $words)]);
        } catch (RedisClusterException | RedisException $e) {
            $client = null;
            answer(['error', get_class($e) . ': ' . $e->getMessage()]);
        }
    }
}

answer(['phpredis', phpversion('redis')]);
if ($argc > 1) {
    [, $host, $port, $reads] = $argv;
    if ($reads != 'primaries') {
        exit("phpredis waits for ever when it is told to read from replicas\n"); // 5.3.7, now and then
    }
    serve($host, $port);
}
