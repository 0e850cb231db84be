<?php
// Predis, Symfony's locks and its Messenger on streams.
// tries Predis | php-predis | script commands, pipelines, transactions under WATCH, publish/subscribe
// tries Symfony Lock, Messenger | php-symfony-lock | locks of both kinds, messages on a stream that a dead consumer has left
require __DIR__ . '/lib.php';
need('php-predis', (bool) stream_resolve_include_path('Predis/Autoloader.php'));
require 'Predis/Autoloader.php';
Predis\Autoloader::register();

class Twice extends Predis\Command\ScriptCommand
{
    public function getKeysCount()
    {
        return 1;
    }

    public function getScript()
    {
        return 'return redis.call("INCRBY", KEYS[1], 2 * ARGV[1])';
    }
}

$c = new Predis\Client(['host' => HOST, 'port' => PORT, 'read_write_timeout' => 20]);
check('Predis', function () use ($c) {
    $c->getProfile()->defineCommand('twice', 'Twice');
    $out = [(string) $c->set('a', 1), $c->twice('a', 4)];
    $c->script('flush');
    $out[] = $c->twice('a', 5);
    $out[] = $c->pipeline(function ($p) { $p->set('x', 1); $p->incr('x'); $p->twice('x', 1); });
    $out[] = $c->transaction(['cas' => true, 'watch' => 'a', 'retry' => 3], function ($t) { $v = $t->get('a'); $t->multi(); $t->set('a', $v . '0'); $t->get('a'); });
    $out[] = error_of(fn () => $c->lpush('a', [1]));
    foreach (range(1, 50) as $n) {
        $c->hset('h', "f$n", $n);
    }
    $out[] = count(iterator_to_array(new Predis\Collection\Iterator\HashKey($c, 'h', '*', 7)));
    $loop = (new Predis\Client(['host' => HOST, 'port' => PORT, 'read_write_timeout' => 20]))->pubSubLoop();
    $loop->subscribe('ch');
    foreach ($loop as $m) {
        if ($m->kind === 'subscribe') {
            $c->publish('ch', 'hello');
        } else {
            $out[] = [$m->kind, $m->payload];
            $loop->unsubscribe();
        }
    }
    return json_decode(json_encode($out, JSON_PARTIAL_OUTPUT_ON_ERROR));
});
foreach (['Symfony/Component/Lock/autoload.php', 'Symfony/Component/Messenger/Bridge/Redis/autoload.php'] as $file) {
    if (stream_resolve_include_path($file)) {
        require_once $file;
    }
}
check('symfony/lock', function () {
    if (!class_exists('Symfony\Component\Lock\LockFactory')) {
        return 'not installed';
    }
    $r = new Redis();
    $r->connect(HOST, PORT);
    $f = new Symfony\Component\Lock\LockFactory(new Symfony\Component\Lock\Store\RedisStore($r));
    [$a, $b, $s1, $s2, $w] = [$f->createLock('l', 5), $f->createLock('l', 5), $f->createLock('shared'), $f->createLock('shared'), $f->createLock('shared')];
    $out = [$a->acquire(), $b->acquire(), $a->getRemainingLifetime() > 4, $a->refresh(), $a->isAcquired()];
    $a->release();
    return [...$out, $b->acquire(), $s1->acquireRead(), $s2->acquireRead(), $w->acquire(), $s1->release(), $s2->release(), $w->acquire()];
});
check('symfony/messenger on a stream', function () {
    if (!class_exists('Symfony\Component\Messenger\Bridge\Redis\Transport\Connection')) {
        return 'not installed';
    }
    $make = fn ($consumer) => Symfony\Component\Messenger\Bridge\Redis\Transport\Connection::fromDsn('redis://' . HOST . ':' . PORT . "/messages/group/$consumer", ['delete_after_ack' => true, 'redeliver_timeout' => 1, 'claim_interval' => 100]);
    [$a, $b] = [$make('a'), $make('b')];
    foreach (range(0, 9) as $n) {
        $a->add("m$n", ['h' => 1]);
    }
    $a->add('later', [], 300);
    $got = [];
    $lost = $a->get();
    for ($end = microtime(true) + 20; count($got) < 11 && microtime(true) < $end; usleep(20000)) {
        if ($m = $b->get()) {
            $got[] = json_decode($m['data']['message'] ?? '{}', true)['body'] ?? null;
            $b->ack($m['id']);
        }
    }
    sort($got);
    return [isset($lost['id']), $got];
});
