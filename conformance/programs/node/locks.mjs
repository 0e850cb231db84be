// Locks: redlock 4 and 5, its fork, redis-semaphore, on one server and on three.
// servers: 3
// tries redlock 4 and 5, @sesamecare-oss/redlock, redis-semaphore | redlock4, redlock, @sesamecare-oss/redlock, redis-semaphore | locks on one server and on three, extension, mutexes, semaphores
import Redis from 'ioredis'
import Redlock5 from 'redlock'
import { Redlock as Redlock1 } from '@sesamecare-oss/redlock'
import { Mutex, Semaphore, MultiSemaphore, RedlockMutex, RedlockSemaphore } from 'redis-semaphore'
import { check, errorOf, finish, host, ports, require, sleep } from './lib.mjs'

const Redlock4 = require('redlock4')
const clients = ports.map(port => new Redis({ host, port }))
const lost = e => { throw e }
const one = clients.slice(0, 1)

for (const [name, Redlock] of [['5', Redlock5.default ?? Redlock5], ['sesamecare', Redlock1]]) {
  for (const nodes of [one, clients]) {
    await check(`redlock ${name} on ${nodes.length}`, async () => {
      const r = new Redlock(nodes, { retryCount: 3, retryDelay: 20, retryJitter: 5 })
      const lock = await r.acquire(['a', 'b'], 2000)
      const busy = await errorOf(r.acquire(['b'], 500))
      const longer = await lock.extend(3000)
      const ttl = await one[0].pttl('a')
      await longer.release()
      const twice = await errorOf(longer.release())
      const free = await r.acquire(['a'], 100)
      await sleep(150)
      const late = await errorOf(free.extend(100))
      return [busy, ttl > 2000 && ttl <= 3000, twice, late, await one[0].exists('a', 'b')]
    })
    await check(`redlock ${name} counts on ${nodes.length}`, async () => {
      const r = new Redlock(nodes, { retryCount: -1, retryDelay: 5, automaticExtensionThreshold: 100 })
      let inside = 0, most = 0, n = 0
      await Promise.all([...Array(20)].map(() => r.using(['c'], 500, async () => { most = Math.max(most, ++inside); await sleep(2); n++; inside-- })))
      return [most, n]
    })
  }
}
await check('redlock 4', async () => {
  const r = new Redlock4(clients, { retryCount: 3, retryDelay: 20 })
  const lock = await r.lock(['x', 'y'], 1000)
  const busy = await errorOf(r.lock('x', 500))
  await lock.extend(2000)
  await lock.unlock()
  const twice = await errorOf(lock.unlock())
  return [busy, twice]
})
for (const [name, make] of [
  ['mutex', () => new Mutex(one[0], 'm', { lockTimeout: 3000, refreshInterval: 20, acquireTimeout: 9000, retryInterval: 5, onLockLost: lost })],
  ['semaphore', () => new Semaphore(one[0], 's', 3, { lockTimeout: 3000, refreshInterval: 20, acquireTimeout: 9000, retryInterval: 5, onLockLost: lost })],
  ['multi-semaphore', () => new MultiSemaphore(one[0], 'ms', 3, 2, { lockTimeout: 3000, refreshInterval: 20, acquireTimeout: 9000, retryInterval: 5, onLockLost: lost })],
  ['redlock mutex', () => new RedlockMutex(clients, 'rm', { lockTimeout: 3000, refreshInterval: 20, acquireTimeout: 9000, retryInterval: 5, onLockLost: lost })],
  ['redlock semaphore', () => new RedlockSemaphore(clients, 'rs', 3, { lockTimeout: 3000, refreshInterval: 20, acquireTimeout: 9000, retryInterval: 5, onLockLost: lost })],
]) {
  await check(`redis-semaphore, ${name}`, async () => {
    let inside = 0, most = 0, n = 0
    await Promise.all([...Array(8)].map(async () => {
      const m = make()
      await m.acquire()
      most = Math.max(most, ++inside)
      await sleep(30) // it is refreshed meanwhile
      inside--; n++
      await m.release()
    }))
    const m = make(), m2 = make()
    const got = [await m.tryAcquire(), await m2.tryAcquire().catch(e => e.message)]
    await m.release(); await m2.release()
    return [most <= 3, n, got]
  })
}
finish()
