"""What the programs in Python share: where the server is, and how a case is told."""
import contextlib
import json
import os
import signal
import subprocess
import sys
import time

HOST, PORT, URL = os.environ['REDIS_HOST'], int(os.environ['REDIS_PORT']), os.environ['REDIS_URL']
TMP = os.environ['TMPDIR']


def tell(name, result):
    print('case', name, result.replace('\n', ' | '), sep='\t', flush=True)


def need(*modules):
    """Ends the program if something is not installed."""
    for module in modules:
        try:
            __import__(module)
        except ImportError as e:
            tell('all', f'SKIPPED {e}')
            sys.exit(0)


def check(name):
    """Runs a function at once, as a case: what it returns has to be the same with every server."""
    def run(f):
        def late(*_):
            raise TimeoutError('no end')
        signal.signal(signal.SIGALRM, late)
        signal.alarm(40)
        try:
            tell(name, json.dumps(f(), sort_keys=True, default=str))
        except Exception as e:
            tell(name, f'FAILED {type(e).__name__}: {e}')
        finally:
            signal.alarm(0)
        return f
    return run


def until(f, seconds=30):
    """Waits for a condition and returns what it came to."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        v = f()
        if v:
            return v
        time.sleep(0.02)
    raise TimeoutError('never')


def error_of(f, *args, **kw):
    try:
        return 'no error but %r' % (f(*args, **kw),)
    except Exception as e:
        return f'{type(e).__name__}: {e}'


@contextlib.contextmanager
def process(*command, **kw):
    """A process that ends with the block."""
    p = subprocess.Popen(command, stdout=sys.stderr, stderr=sys.stderr, cwd=TMP, **kw)
    try:
        yield p
    finally:
        if p.poll() is None:
            p.send_signal(signal.SIGTERM)
            try:
                p.wait(5)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
