"""What frameworks keep in Redis: django-redis (cache, locks, sessions), channels_redis, limits,
dogpile.cache."""
# tries django-redis, channels_redis, limits, dogpile.cache | python3-django-redis, python3-channels-redis, python3-limits, python3-dogpile.cache | caches, sessions, locks, both channel layers, windows
import asyncio
import threading
import time

from lib import URL, check, error_of, need

need('redis')


@check('django-redis')
def _():
    try:
        import django
        from django.conf import settings
        import django_redis  # noqa: F401
    except ImportError as e:
        return f'not installed: {e}'
    settings.configure(
        SESSION_ENGINE='django.contrib.sessions.backends.cache', SECRET_KEY='x', USE_TZ=True,
        CACHES={
            'default': {'BACKEND': 'django_redis.cache.RedisCache', 'LOCATION': URL + '/1', 'KEY_PREFIX': 'p',
                        'OPTIONS': {'COMPRESSOR': 'django_redis.compressors.zlib.ZlibCompressor', 'CLIENT_CLASS': 'django_redis.client.DefaultClient'}},
            'json': {'BACKEND': 'django_redis.cache.RedisCache', 'LOCATION': URL + '/1', 'OPTIONS': {'SERIALIZER': 'django_redis.serializers.json.JSONSerializer'}},
        })
    django.setup()
    from django.core.cache import cache, caches
    from django.contrib.sessions.backends.cache import SessionStore
    out = [cache.set('k', {'a': [1, 2.5, 'é' * 100]}, 100), cache.get('k') == {'a': [1, 2.5, 'é' * 100]}, cache.ttl('k') > 90, cache.add('k', 1), cache.get('none', 'd')]
    out += [cache.set_many({f'm{n}': n for n in range(20)}), sorted(cache.get_many(['m1', 'm2', 'mx']).items()), cache.incr('m1', 5), error_of(cache.incr, 'nothing')]
    out += [cache.set('nx', 1, nx=True), cache.set('nx', 2, nx=True), cache.touch('k', 200), cache.persist('k'), cache.ttl('k'), cache.expire('k', 50), cache.pttl('k') > 40_000]
    out += [sorted(cache.keys('m1*')), len(list(cache.iter_keys('m*'))), cache.delete_pattern('m*'), cache.has_key('m3'), cache.incr_version('k'), cache.get('k', version=2) is not None]
    out += [cache.get_or_set('made', lambda: 7), caches['json'].set('j', [1, None]), caches['json'].get('j'), cache.delete_many(['made', 'nx'])]
    with cache.lock('a lock', timeout=5):
        out.append(cache.lock('a lock').acquire(blocking=False))
    s = SessionStore()
    s['user'] = 7
    s.save()
    again = SessionStore(session_key=s.session_key)
    out += [again['user'], again.exists(s.session_key)]
    again.flush()
    return out + [SessionStore(session_key=s.session_key).get('user'), cache.clear()]


for name in ['channels_redis.core', 'channels_redis.pubsub']:
    @check(name)
    def _():
        try:
            module = __import__(name, fromlist=['x'])
        except ImportError as e:
            return f'not installed: {e}'
        layer_class = getattr(module, 'RedisChannelLayer', None) or module.RedisPubSubChannelLayer

        async def main():
            a, b = layer_class(hosts=[URL]), layer_class(hosts=[URL])
            one, two = await a.new_channel(), await b.new_channel()
            await a.group_add('g', one)
            await b.group_add('g', two)
            await a.group_send('g', {'type': 'm', 'v': 'é'})
            got = [await asyncio.wait_for(a.receive(one), 10), await asyncio.wait_for(b.receive(two), 10)]
            await b.group_discard('g', two)
            await a.send(two, {'type': 'direct'})
            got.append(await asyncio.wait_for(b.receive(two), 10))
            for n in range(50):
                await b.send(one, {'type': 'n', 'n': n})
            got.append([(await asyncio.wait_for(a.receive(one), 10))['n'] for n in range(50)] == list(range(50)))
            try:
                await asyncio.wait_for(b.receive(two), 0.2)
            except asyncio.TimeoutError:
                got.append('nothing more')
            await a.flush()
            return got
        return asyncio.run(main())


@check('limits')
def _():
    try:
        from limits import parse, storage, strategies
    except ImportError as e:
        return f'not installed: {e}'
    out = []
    for uri, strategy in [(URL, strategies.FixedWindowRateLimiter), (URL, strategies.FixedWindowElasticExpiryRateLimiter), (URL, strategies.MovingWindowRateLimiter)]:
        s = storage.storage_from_string(uri)
        limiter, item = strategy(s), parse('5 per hour')
        out.append([[limiter.hit(item, 'u', strategy.__name__) for _ in range(7)], limiter.test(item, 'u', strategy.__name__), limiter.get_window_stats(item, 'u', strategy.__name__)[1]])
        limiter.clear(item, 'u', strategy.__name__)
        out.append([limiter.hit(item, 'u', strategy.__name__, cost=3), limiter.hit(item, 'u', strategy.__name__, cost=3), s.check()])
    return out + [s.reset() is not None]


@check('dogpile.cache')
def _():
    try:
        from dogpile.cache import make_region
    except ImportError as e:
        return f'not installed: {e}'
    region = make_region(key_mangler=lambda k: 'dp:' + k).configure('dogpile.cache.redis', expiration_time=100, arguments={'url': URL, 'distributed_lock': True, 'thread_local_lock': False, 'lock_timeout': 10, 'lock_sleep': 0.01})
    calls, got = [], []

    def make():
        calls.append(1)
        time.sleep(0.05)
        return {'v': 1}
    threads = [threading.Thread(target=lambda: got.append(region.get_or_create('k', make))) for _ in range(10)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    region.set_multi({'a': 1, 'b': [2]})
    out = [len(calls), got[0], region.get_multi(['a', 'b', 'c'])[:2]]
    region.delete('a')
    return out + [not region.get('a')]
