// Rate limiters: rate-limiter-flexible, rate-limit-redis with express-rate-limit, bottleneck,
// async-ratelimiter, ratelimiter.
// tries rate-limiter-flexible | rate-limiter-flexible | each operation over ioredis and node-redis, in parallel, bursts, a queue
// tries bottleneck, rate-limit-redis, async-ratelimiter, ratelimiter | bottleneck, rate-limit-redis, async-ratelimiter, ratelimiter | clusters of limiters with reservoirs; express
import { RateLimiterRedis, RateLimiterQueue, BurstyRateLimiter } from 'rate-limiter-flexible'
import { rateLimit } from 'express-rate-limit'
import { RedisStore } from 'rate-limit-redis'
import express from 'express'
import Redis from 'ioredis'
import { createClient } from 'redis'
import { check, finish, host, port, require, sleep, url, until } from './lib.mjs'

const io = new Redis({ host, port })
const node = await createClient({ url }).connect()
const rounded = r => [r.remainingPoints, r.consumedPoints, r.isFirstInDuration, r.msBeforeNext > 0]
const outcome = p => p.then(rounded, r => r instanceof Error ? r.message : ['refused', ...rounded(r)])

for (const [name, storeClient, more] of [['ioredis', io, {}], ['node-redis', node, { useRedisPackage: true }]]) {
  await check(`rate-limiter-flexible, ${name}`, async () => {
    const l = new RateLimiterRedis({ storeClient, points: 5, duration: 5, blockDuration: 10, keyPrefix: name, ...more })
    const got = []
    for (let i = 0; i < 6; i++) got.push(await outcome(l.consume('u', 1)))
    got.push(rounded(await l.get('u')), await l.delete('u'), await l.get('u'))
    got.push(rounded(await l.penalty('u', 3)), rounded(await l.reward('u', 2)), rounded(await l.block('u', 5)), await outcome(l.consume('u')))
    await l.set('w', 3, 100)
    got.push(rounded(await l.get('w')))
    return got
  })
  await check(`rate-limiter-flexible in parallel, ${name}`, async () => {
    const l = new RateLimiterRedis({ storeClient, points: 50, duration: 60, keyPrefix: 'p' + name, inMemoryBlockOnConsumed: 50, ...more })
    const all = await Promise.allSettled([...Array(200)].map(() => l.consume('u')))
    return all.filter(r => r.status === 'fulfilled').length
  })
  await check(`rate-limiter-flexible, bursts, ${name}`, async () => {
    const l = new RateLimiterRedis({ storeClient, points: 2, duration: 60, keyPrefix: 'e' + name, rejectIfRedisNotReady: true, ...more })
    const b = new BurstyRateLimiter(l, new RateLimiterRedis({ storeClient, keyPrefix: 'b' + name, points: 3, duration: 10, ...more }))
    const got = []
    for (let i = 0; i < 6; i++) got.push(await b.consume('u').then(() => 'yes', () => 'no'))
    return got
  })
}
await check('rate-limiter-flexible, queue', async () => {
  const q = new RateLimiterQueue(new RateLimiterRedis({ storeClient: io, points: 2, duration: 1, keyPrefix: 'q' }))
  const begun = Date.now()
  await Promise.all([1, 2, 3].map(() => q.removeTokens(1)))
  return Date.now() - begun >= 300
})
await check('rate-limit-redis in express', async () => {
  const app = express()
  app.use(rateLimit({ windowMs: 60_000, limit: 3, standardHeaders: 'draft-7', legacyHeaders: true, validate: false, store: new RedisStore({ sendCommand: (...args) => node.sendCommand(args) }) }))
  app.get('/', (_, res) => res.send('hello'))
  const server = await new Promise(resolve => { const s = app.listen(0, '127.0.0.1', () => resolve(s)) })
  const got = []
  for (let i = 0; i < 5; i++) {
    const r = await fetch(`http://127.0.0.1:${server.address().port}/`)
    got.push([r.status, r.headers.get('x-ratelimit-remaining')])
  }
  server.close()
  return got
})
for (const datastore of ['ioredis', 'redis']) {
  await check(`bottleneck, ${datastore}`, async () => {
    const Bottleneck = require('bottleneck')
    const make = () => new Bottleneck({
      id: 'cluster-' + datastore, datastore, clearDatastore: false, clientOptions: { host, port }, Redis: datastore === 'redis' ? require('bee-queue/node_modules/redis') : Redis,
      maxConcurrent: 3, minTime: 5, reservoir: 30, reservoirRefreshAmount: 30, reservoirRefreshInterval: 250,
    })
    const a = make(), b = make()
    await Promise.all([a.ready(), b.ready()])
    let now = 0, most = 0
    const job = async n => { most = Math.max(most, ++now); await sleep(3); now--; return n }
    const got = await Promise.all([...Array(40).keys()].map(n => (n % 2 ? a : b).schedule({ priority: n % 10, weight: 1 }, job, n)))
    const left = await a.currentReservoir()
    const running = await until(async () => await a.running() === 0 && 'none')
    await a.updateSettings({ maxConcurrent: 1 })
    const refused = await a.incrementReservoir(5)
    await a.disconnect(false); await b.disconnect(false)
    return [got.length, most <= 3, left <= 30, running, typeof refused]
  })
}
await check('async-ratelimiter', async () => {
  const Limiter = require('async-ratelimiter')
  const l = new Limiter({ db: io, max: 3, duration: 5000 })
  const got = []
  for (let i = 0; i < 5; i++) { const r = await l.get({ id: 'x' }); got.push([r.total, r.remaining, r.reset > 0]) }
  return got
})
await check('ratelimiter', async () => {
  const Limiter = require('ratelimiter')
  const l = new Limiter({ id: 'y', db: io, max: 3, duration: 5000 })
  const got = []
  for (let i = 0; i < 5; i++) got.push(await new Promise((resolve, reject) => l.get((e, r) => e ? reject(e) : resolve([r.total, r.remaining]))))
  return got
})
finish()
