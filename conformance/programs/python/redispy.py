"""redis-py, with its own parser and hiredis's: locks, transactions, scripts, publish/subscribe,
groups on streams, asyncio, MONITOR, scanning."""
# tries redis-py | python3-redis | its parser and hiredis's: locks, transactions, scripts, publish/subscribe, groups on streams, MONITOR, asyncio
import asyncio
import sys
import threading
import time

from lib import HOST, PORT, check, error_of, need, until

need('redis')
import redis  # noqa: E402
import redis.asyncio  # noqa: E402
from redis.connection import HiredisParser, PythonParser  # noqa: E402

for name, parser in [('python', PythonParser), ('hiredis', HiredisParser)]:
    pool = redis.ConnectionPool(host=HOST, port=PORT, parser_class=parser, decode_responses=True)
    c = redis.Redis(connection_pool=pool)
    c.flushall()

    @check(f'locks, {name}')
    def _():
        lock = c.lock('l', timeout=1, blocking_timeout=5)
        out = [lock.acquire(), c.lock('l').acquire(blocking=False), lock.extend(2), lock.reacquire(), lock.owned(), lock.release(), error_of(lock.release)]
        inside, most, n, errors = [0], [0], [0], []
        guard = threading.Lock()

        def one():
            try:
                with c.lock('m', timeout=20, sleep=0.005):
                    with guard:
                        inside[0] += 1
                        most[0] = max(most[0], inside[0])
                    time.sleep(0.002)
                    with guard:
                        inside[0] -= 1
                        n[0] += 1
            except Exception as e:
                errors.append(str(e))
        threads = [threading.Thread(target=one) for _ in range(15)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        return out, most, n, errors

    @check(f'transactions and scripts, {name}')
    def _():
        c.set('n', 1)

        def bump(p):
            v = int(p.get('n'))
            if v == 1:
                c.set('n', 10)  # somebody is faster
            p.multi()
            p.set('n', v + 1)
        out = [c.transaction(bump, 'n'), c.get('n')]
        script = c.register_script('return {KEYS[1], ARGV[1], redis.call("INCR", KEYS[2])}')
        out.append(script(keys=['a', 'n'], args=['x']))
        c.script_flush()
        out.append(script(keys=['a', 'n'], args=['x']))
        with c.pipeline() as p:
            p.set('s', 1)
            p.lpush('s', 1)
            p.get('s')
            out.append(error_of(p.execute))
            script(keys=['a', 'n'], args=['y'], client=p)
            out.append(p.execute())
        return out

    @check(f'publish/subscribe, {name}')
    def _():
        p, heard = c.pubsub(), []
        p.subscribe(**{'a': lambda m: heard.append(['a', m['data']])})
        p.psubscribe(**{'b*': lambda m: heard.append([m['channel'], m['data']])})
        t = p.run_in_thread(sleep_time=0.01)
        until(lambda: c.publish('a', 'first') == 1)
        until(lambda: c.publish('b1', 'second') == 1)
        until(lambda: len(heard) >= 2)
        t.stop()
        t.join()
        return heard[:2], c.pubsub_numsub('a')[0][0], c.pubsub_numpat()

    @check(f'groups on streams, {name}')
    def _():
        c.xgroup_create('st', 'g', mkstream=True)
        ids = [c.xadd('st', {'n': n}) for n in range(10)]
        got = c.xreadgroup('g', 'a', {'st': '>'}, count=4, block=100)
        out = [[f['n'] for _, f in got[0][1]]]
        out.append(c.xpending('st', 'g')['pending'])
        out.append([f['n'] for _, f in c.xclaim('st', 'g', 'b', 0, ids[:2])])
        out.append([len(x) for x in c.xautoclaim('st', 'g', 'd', 0, count=3)])
        out.append([p['consumer'] for p in c.xpending_range('st', 'g', '-', '+', 10)])
        out.append(c.xack('st', 'g', *ids[:3]))
        out.append(c.xread({'st': ids[7]}, count=5)[0][1][0][1])
        info = c.xinfo_groups('st')[0]
        out.append([info['consumers'], info['pending'], c.xinfo_stream('st')['length'], len(c.xinfo_consumers('st', 'g'))])
        return out + [c.xtrim('st', maxlen=3), c.xdel('st', ids[9]), c.xgroup_delconsumer('st', 'g', 'b'), c.xgroup_destroy('st', 'g')]

    @check(f'everything else, {name}')
    def _():
        c.mset({f'k:{n}': n for n in range(200)})
        out = [len(list(c.scan_iter('k:*', count=13)))]
        c.zadd('z', {f'm{n}': n / 3 for n in range(20)})
        out += [c.zrange('z', 0, 3, withscores=True), c.zrangebyscore('z', '(1', 2), len(list(c.zscan_iter('z'))), c.zpopmin('z', 2)]
        c.hset('h', mapping={'a': 1, 'b': 'é'})
        out += [c.hgetall('h'), c.hincrbyfloat('h', 'a', 1.5), c.hrandfield('h', 2, withvalues=True) is not None]
        c.geoadd('g', (13.361389, 38.115556, 'Palermo', 15.087269, 37.502669, 'Catania'))
        out += [c.geosearch('g', longitude=15, latitude=37, radius=200, unit='km', withdist=True, sort='ASC')]
        out += [c.setbit('bits', 7, 1), c.bitfield('bits').set('u8', 0, 200).incrby('u8', 0, 100, 'SAT').execute(), c.pfadd('hll', 'a', 'b'), c.pfcount('hll')]
        out += [sorted(c.sort('k:none')), c.object('encoding', 'k:1'), c.memory_usage('k:1') > 0, c.client_setname('me'), c.client_getname(), c.config_get('maxmemory')]
        out += [error_of(c.lpush, 'h', 1), c.lpos('nolist', 'x'), c.dump('k:7') is None, c.copy('k:7', 'k:copy'), c.get('k:copy'), c.expire('k:copy', 100, nx=True), c.ttl('k:copy') > 90]
        out += [c.acl_whoami(), sorted(c.acl_setuser('u', enabled=True, passwords=['+p'], keys=['k:*'], commands=['+get']) and c.acl_getuser('u')['keys']), c.acl_deluser('u')]
        info = c.info()
        return out + [info['redis_mode'], type(info['used_memory']).__name__, info['db0']['keys'] > 0]

    @check(f'MONITOR, {name}')
    def _():
        with c.monitor() as m:
            c.set('seen', 'x y')
            for _ in range(20):
                line = m.next_command()['command']
                if line.startswith('SET'):
                    return line
    pool.disconnect()


@check('asyncio')
def _():
    async def main():
        a = redis.asyncio.Redis(host=HOST, port=PORT, decode_responses=True)
        await a.flushall()
        await asyncio.gather(*[a.incr('n') for _ in range(100)])
        async with a.pipeline(transaction=True) as p:
            got = await p.get('n').set('m', 1).execute()
        async with a.lock('l', timeout=5):
            held = await a.exists('l')
        pubsub = a.pubsub()
        await pubsub.subscribe('ch')
        await pubsub.get_message(timeout=5)
        await a.publish('ch', 'hello')
        message = await pubsub.get_message(timeout=5)
        pop = asyncio.create_task(redis.asyncio.Redis(host=HOST, port=PORT).blpop('list', timeout=10))
        while not pop.done():
            await a.rpush('list', 'x')
            await asyncio.sleep(0.01)
        await pubsub.close()
        return got, held, message['data'], pop.result()[1].decode()
    return asyncio.run(main())


sys.stdout.flush()
