"""Celery (with kombu) whose broker and results are the server: tasks, retries, schedules, groups,
chords, revocation, a worker that is killed."""
# tries Celery (kombu) | python3-celery | priorities, retries, chains, groups, chords, countdowns, expiry, revocation, remote control, beat, a worker that is killed
import os
import signal
import sys
import time

from lib import TMP, URL, check, error_of, need, process, until

need('celery', 'redis')
with open(os.path.join(TMP, 'tasks.py'), 'w') as f:
    f.write(f'''
import os, time
from celery import Celery
app = Celery('tasks', broker='{URL}/1', backend='{URL}/2')
app.conf.update(task_acks_late=True, worker_prefetch_multiplier=1, broker_transport_options={{'visibility_timeout': 2, 'polling_interval': 0.1, 'queue_order_strategy': 'priority', 'priority_steps': [0, 5, 9]}},
    result_extended=True, task_track_started=True, worker_hijack_root_logger=False, result_chord_join_timeout=20, broker_connection_retry_on_startup=True,
    beat_schedule={{'tick': {{'task': 'tasks.count', 'schedule': 0.3, 'args': ('beat',)}}}})

@app.task
def add(a, b): return a + b

@app.task
def total(numbers): return sum(numbers)

@app.task(bind=True, max_retries=3)
def stubborn(self, until):
    if self.request.retries < until:
        raise self.retry(countdown=0.05)
    return self.request.retries

@app.task
def bad(): raise ValueError('bad task')

@app.task
def count(what): return app.backend.client.incr('count:' + what)

@app.task
def slow(what):
    app.backend.client.incr('begun:' + what)
    time.sleep(1)
    return app.backend.client.incr('count:' + what)

@app.task(rate_limit='5/s')
def limited(): return time.time()

@app.task(ignore_result=True, priority=3)
def silent(n): app.backend.client.rpush('order', n)
''')
sys.path.insert(0, TMP)
import celery  # noqa: E402
import tasks  # noqa: E402

WORKER = (sys.executable, '-m', 'celery', '-A', 'tasks', 'worker', '--loglevel', 'WARNING', '--without-gossip', '--without-mingle')
redis = tasks.app.backend.client


@check('priorities, before there is a worker')
def _():
    for n, priority in enumerate([9, 0, 5, 9, 0, 5]):
        tasks.silent.apply_async((n,), priority=priority)
    with process(*WORKER, '--pool', 'solo'):
        until(lambda: redis.llen('order') == 6)
    return [int(n) for n in redis.lrange('order', 0, -1)]


with process(*WORKER, '--concurrency', '2', '-n', 'one@%h'), process(*WORKER, '--pool', 'threads', '--concurrency', '4', '-n', 'two@%h'):
    @check('tasks')
    def _():
        results = [tasks.add.delay(n, n) for n in range(40)]
        return [r.get(timeout=20) for r in results], results[0].state

    @check('failures and retries')
    def _():
        good, hopeless, bad = tasks.stubborn.delay(2), tasks.stubborn.delay(9), tasks.bad.delay()
        return [good.get(timeout=20), error_of(hopeless.get, timeout=20).split('(')[0].split('[')[0], error_of(bad.get, timeout=20), bad.state]

    @check('chains, groups, chords')
    def _():
        chain = (tasks.add.s(1, 2) | tasks.add.s(10) | tasks.add.s(100)).apply_async()
        group = celery.group(tasks.add.s(n, n) for n in range(20)).apply_async()
        chord = celery.chord([tasks.add.s(n, 1) for n in range(20)], tasks.total.s()).apply_async()
        nested = (celery.group(tasks.add.s(1, 1), tasks.add.s(2, 2)) | tasks.total.s() | tasks.add.s(100)).apply_async()
        broken = celery.chord([tasks.add.s(1, 1), tasks.bad.s()], tasks.total.s()).apply_async()
        return [chain.get(timeout=20), group.get(timeout=20), chord.get(timeout=20), nested.get(timeout=20), error_of(broken.get, timeout=20).split(':')[0]]

    @check('countdown, expiry, revocation')
    def _():
        begun = time.time()
        later = tasks.count.apply_async(('later',), countdown=0.5)
        stale = tasks.count.apply_async(('stale',), expires=-1)
        gone = tasks.count.apply_async(('gone',), countdown=2)
        gone.revoke()
        later.get(timeout=20)
        took = time.time() - begun
        return [took >= 0.5, error_of(gone.get, timeout=20).split(':')[0], error_of(stale.get, timeout=20).split(':')[0], redis.exists('count:gone', 'count:stale')]

    @check('control')
    def _():
        i = tasks.app.control.inspect(timeout=5)
        return [sorted(n.split('@')[0] for n in i.ping()), len(next(iter(i.registered().values()))), tasks.app.control.purge()]

    @check('beat')
    def _():
        with process(sys.executable, '-m', 'celery', '-A', 'tasks', 'beat', '--loglevel', 'WARNING', '-s', os.path.join(TMP, 'schedule')):
            return until(lambda: int(redis.get('count:beat') or 0) >= 3)


@check('a worker that is killed')
def _():
    with process(*WORKER, '--pool', 'solo', '-n', 'dies@%h', start_new_session=True) as p:
        result = tasks.slow.delay('x')
        until(lambda: redis.get('begun:x'))
        os.killpg(p.pid, signal.SIGKILL)
        p.wait()
    with process(*WORKER, '--pool', 'solo', '-n', 'heir@%h'):
        return [result.get(timeout=90) >= 1, int(redis.get('begun:x')) >= 2]
