"""RQ: jobs, failures, retries, dependencies, schedules, a worker that is killed, Django's too."""
# tries RQ | python3-rq | order of queues, failures, callbacks, retries, dependencies, its scheduler, a worker that is killed
import datetime
import os
import signal
import sys

from lib import HOST, PORT, TMP, URL, check, error_of, need, process, until

need('rq', 'redis')
with open(os.path.join(TMP, 'jobs.py'), 'w') as f:
    f.write('''
import time
from rq import get_current_job
def add(a, b): return a + b
def bad(): raise ValueError('bad job')
def flaky(until):
    job = get_current_job()
    job.meta['tries'] = job.meta.get('tries', 0) + 1
    job.save_meta()
    if job.meta['tries'] < until: raise ValueError('try %d' % job.meta['tries'])
    return job.meta['tries']
def slow(): time.sleep(100)
def note(*args): get_current_job().connection.rpush('notes', get_current_job().id)
def notes(job, connection, result, *args): connection.rpush('notes', 'callback %s' % result)
''')
sys.path.insert(0, TMP)
import jobs  # noqa: E402
import redis  # noqa: E402
from rq import Queue, Retry, Worker  # noqa: E402
from rq.job import Job  # noqa: E402
from rq.registry import FailedJobRegistry, FinishedJobRegistry, ScheduledJobRegistry, StartedJobRegistry  # noqa: E402

c = redis.Redis(HOST, PORT)
q, high = Queue('low', connection=c), Queue('high', connection=c)
WORK = (sys.executable, '-m', 'rq.cli', 'worker', '--url', URL, '--path', TMP, '--quiet')


def work(*more):
    with process(*WORK, '--burst', *more, 'high', 'low') as p:
        p.wait(60)


@check('order of queues')
def _():
    for queue, name in [(q, 'l1'), (high, 'h1'), (q, 'l2'), (high, 'h2')]:
        queue.enqueue(jobs.note, job_id=name)
    q.enqueue(jobs.note, job_id='l0', at_front=True)
    counts = [q.count, high.count, q.job_ids]
    work()
    return counts, [n.decode() for n in c.lrange('notes', 0, -1)]


@check('results, failures, callbacks')
def _():
    good = [q.enqueue(jobs.add, n, 1) for n in range(5)]
    bad = q.enqueue(jobs.bad)
    q.enqueue(jobs.add, 40, 2, on_success=jobs.notes, result_ttl=100)
    work()
    bad.refresh()
    failed = FailedJobRegistry(queue=q)
    out = [[j.result for j in good], bad.get_status(), 'bad job' in bad.exc_info, len(failed), len(FinishedJobRegistry(queue=q)), c.lindex('notes', -1).decode()]
    failed.requeue(bad)
    again = q.count
    failed.remove(bad, delete_job=True)
    q.empty()
    return out, again, Job.exists(bad.id, c)


@check('retries, dependencies, schedules')
def _():
    flaky = q.enqueue(jobs.flaky, 3, retry=Retry(max=5))
    first = q.enqueue(jobs.add, 1, 1)
    second = q.enqueue(jobs.add, 2, 2, depends_on=first)
    third = q.enqueue(jobs.add, 3, 3, depends_on=[first, second])
    never = q.enqueue(jobs.add, 4, 4, depends_on=q.enqueue(jobs.bad))
    far = q.enqueue_in(datetime.timedelta(hours=1), jobs.add, 5, 5)
    near = q.enqueue_in(datetime.timedelta(seconds=1), jobs.add, 6, 6)
    scheduled = len(ScheduledJobRegistry(queue=q))
    spaced = q.enqueue(jobs.flaky, 2, retry=Retry(max=2, interval=1))
    with process(*WORK, '--with-scheduler', 'high', 'low'):
        until(lambda: near.get_status(refresh=True) == 'finished' and spaced.get_status(refresh=True) == 'finished' and third.get_status(refresh=True) == 'finished')
        workers = len(Worker.all(connection=c))
    return [flaky.result, second.result, third.result, never.get_status(), far.get_status(), near.result, spaced.result, scheduled, workers]


@check('a worker that is killed')
def _():
    job = q.enqueue(jobs.slow, job_timeout=1)
    with process(*WORK, 'low', start_new_session=True) as p:
        until(lambda: job.get_status(refresh=True) == 'started')
        os.killpg(p.pid, signal.SIGKILL)
        p.wait()
    registry = StartedJobRegistry(queue=q)
    until(lambda: (registry.cleanup(c.time()[0] + 1000), job.get_status(refresh=True) == 'failed')[1])
    return job.get_status(), error_of(Job.fetch, 'nobody', connection=c)
