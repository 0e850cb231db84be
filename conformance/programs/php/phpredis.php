<?php
// phpredis: serializers, pipelines, transactions, scripts, scanning, streams, sessions with locks.
// tries phpredis | php-redis | serializers, pipelines, transactions, scripts, scanning, streams, sessions with locks
require __DIR__ . '/lib.php';
need('php-redis', class_exists('Redis'));

$r = new Redis();
$r->connect(HOST, PORT);

check('strings and options', function () use ($r) {
    $r->setOption(Redis::OPT_PREFIX, 'p:');
    $r->setOption(Redis::OPT_SERIALIZER, Redis::SERIALIZER_PHP);
    $out = [$r->set('a', ['x' => 1, 'é']), $r->get('a'), $r->set('nx', 1, ['nx', 'ex' => 100]), $r->set('nx', 1, ['nx']), $r->mget(['a', 'none']), $r->keys('*') > []];
    $r->setOption(Redis::OPT_SERIALIZER, Redis::SERIALIZER_NONE);
    $r->setOption(Redis::OPT_PREFIX, '');
    return [...$out, $r->incrByFloat('f', 1.5), $r->getRange('f', 0, 0), $r->ttl('p:nx') > 90, $r->object('encoding', 'f'), $r->rawCommand('echo', 'hi')];
});
check('pipelines, transactions', function () use ($r) {
    $out = [$r->multi(Redis::PIPELINE)->set('k', 1)->incr('k')->lPush('k', 'x')->get('k')->exec()];
    $out[] = $r->multi()->set('k', 5)->get('k')->exec();
    $r->watch('k');
    $other = new Redis();
    $other->connect(HOST, PORT);
    $other->set('k', 6);
    $out[] = $r->multi()->set('k', 7)->exec();
    return [...$out, $r->getLastError(), $r->get('k')];
});
check('scripts', function () use ($r) {
    $sha = $r->script('load', 'return {KEYS[1], ARGV[1], redis.call("INCR", KEYS[1])}');
    $out = [$r->evalSha($sha, ['n', 'x'], 1), $r->script('exists', $sha)];
    $r->script('flush');
    return [...$out, $r->evalSha($sha, ['n', 'x'], 1), $r->getLastError(), error_of(fn () => $r->eval('return redis.error_reply("MINE x")'))];
});
check('collections', function () use ($r) {
    foreach (range(0, 99) as $n) {
        $r->hSet('h', "f$n", $n);
        $r->zAdd('z', $n / 4, "m$n");
    }
    $seen = 0;
    $it = null;
    while ($page = $r->hScan('h', $it, '*', 10)) {
        $seen += count($page);
    }
    return [$seen, $r->zRange('z', 0, 2, true), $r->zRangeByScore('z', '(1', '2', ['withscores' => true, 'limit' => [1, 2]]), $r->hMGet('h', ['f1', 'none']), $r->sAdd('s', 'a', 'b'),
        $r->sort('s', ['alpha' => true, 'sort' => 'desc']), $r->blPop(['none'], 1), $r->geoadd('g', 13.36, 38.11, 'P'), $r->pfAdd('hll', ['a', 'b']), $r->pfCount('hll'), $r->info()['redis_mode']];
});
check('streams', function () use ($r) {
    $r->xGroup('CREATE', 'st', 'g', '0', true);
    foreach (range(0, 4) as $n) {
        $ids[] = $r->xAdd('st', '*', ['n' => $n]);
    }
    $got = $r->xReadGroup('g', 'a', ['st' => '>'], 3, 100);
    return [array_values($got['st']), count($r->xClaim('st', 'g', 'b', 0, [$ids[0]], ['JUSTID'])), $r->xPending('st', 'g')[0], $r->xAck('st', 'g', [$ids[0], $ids[1]]), $r->xLen('st'), count($r->xRange('st', '-', '+', 2)), $r->xInfo('GROUPS', 'st')[0]['pending']];
});
check('sessions with locks', function () use ($r) {
    $file = getenv('TMPDIR') . '/session.php';
    file_put_contents($file, '<?php
        foreach (["session.save_handler" => "redis", "session.save_path" => "tcp://" . getenv("REDIS_HOST") . ":" . getenv("REDIS_PORT"), "redis.session.locking_enabled" => 1,
            "redis.session.lock_expire" => 10, "redis.session.lock_wait_time" => 5000, "redis.session.lock_retries" => 2000, "session.use_cookies" => 0, "session.cache_limiter" => ""] as $k => $v) { ini_set($k, $v); }
        session_id("abc"); session_start(); $n = $_SESSION["n"] ?? 0; usleep(20000); $_SESSION["n"] = $n + 1; session_write_close(); echo $n;');
    $running = array_map(fn () => proc_open([PHP_BINARY, $file], [1 => ['file', '/dev/null', 'w']], $pipes), range(1, 8));
    array_map('proc_close', $running);
    return $r->get('PHPREDIS_SESSION:abc');
});
