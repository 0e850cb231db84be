// Sessions and caches: connect-redis in express, koa-redis, keyv, cache-manager, catbox.
// tries connect-redis, koa-redis, keyv, cache-manager, catbox-redis | connect-redis, koa-redis, keyv, cache-manager, @hapi/catbox-redis | sessions in express, caches
import express from 'express'
import session from 'express-session'
import { RedisStore } from 'connect-redis'
import { createClient } from 'redis'
import KeyvRedis from '@keyv/redis'
import { Keyv } from 'keyv'
import { createCache } from 'cache-manager'
import { check, finish, host, port, require, sleep, url, until } from './lib.mjs'

const client = await createClient({ url }).connect()
const promised = (o, f, ...args) => new Promise((resolve, reject) => o[f](...args, (e, v) => e ? reject(e) : resolve(v)))

await check('connect-redis in express', async () => {
  const app = express()
  app.use(session({ store: new RedisStore({ client, prefix: 's:', ttl: 100 }), secret: 'x', resave: false, saveUninitialized: false, rolling: true }))
  app.get('/', (req, res) => { req.session.views = (req.session.views ?? 0) + 1; res.json(req.session.views) })
  app.get('/out', (req, res) => req.session.destroy(() => res.json('out')))
  const server = await new Promise(resolve => { const s = app.listen(0, '127.0.0.1', () => resolve(s)) })
  let cookie
  const got = []
  for (const path of ['/', '/', '/', '/out', '/']) {
    const r = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { headers: cookie ? { cookie } : {} })
    cookie = r.headers.get('set-cookie')?.split(';')[0] ?? cookie
    got.push(await r.json())
  }
  server.close()
  return got
})
await check('connect-redis by itself', async () => {
  const s = new RedisStore({ client, prefix: 't:', ttl: 100, scanCount: 7 })
  const cookie = { originalMaxAge: null, httpOnly: true, path: '/' }
  for (let i = 0; i < 30; i++) await promised(s, 'set', 'id' + i, { cookie, i })
  await promised(s, 'touch', 'id0', { cookie })
  const ids = (await promised(s, 'ids')).sort()
  const all = (await promised(s, 'all')).length, length = await promised(s, 'length')
  const one = await promised(s, 'get', 'id7'), none = await promised(s, 'get', 'nobody')
  await promised(s, 'destroy', 'id7')
  const ttl = await client.ttl('t:id0')
  await promised(s, 'clear')
  return [ids.slice(0, 3), all, length, one.i, none, ttl > 90, await promised(s, 'length')]
})
await check('koa-redis', async () => {
  const s = require('koa-redis')({ host, port, serialize: JSON.stringify, unserialize: JSON.parse })
  await until(() => s.connected)
  await s.set('k', { a: 1 }, 5000)
  const got = [await s.get('k'), await client.pTTL('k') > 4000]
  await s.destroy('k')
  got.push(await s.get('k'))
  await s.quit()
  return got
})
await check('keyv', async () => {
  const k = new Keyv({ store: new KeyvRedis(url), namespace: 'ns' })
  await k.set('a', { b: [1, null, 'é'] })
  await k.set('short', 1, 50)
  await k.setMany?.([{ key: 'x', value: 1 }, { key: 'y', value: 2 }])
  const got = [await k.get('a'), await k.has('a'), await k.get(['x', 'y', 'z'])]
  await sleep(80)
  got.push(await k.get('short') ?? null, await k.delete('a'), await k.delete('a'))
  const keys = []
  for await (const [key] of k.iterator()) keys.push(key)
  await k.clear()
  got.push(keys.sort(), await k.has('x'))
  await k.disconnect()
  return got
})
await check('cache-manager', async () => {
  const c = createCache({ stores: [new Keyv({ store: new KeyvRedis(url), namespace: 'cm' })], ttl: 5000, refreshThreshold: 10 })
  let calls = 0
  const got = await Promise.all([...Array(10)].map(() => c.wrap('w', async () => { calls++; await sleep(10); return 'v' })))
  await c.mset([{ key: 'a', value: 1 }, { key: 'b', value: 2 }])
  return [got.length, calls, await c.wrap('w', async () => 'other'), await c.mget(['a', 'b', 'c']), await c.del('a'), await c.get('a') ?? null, await c.clear()]
})
await check('catbox-redis', async () => {
  const { Engine } = require('@hapi/catbox-redis')
  const e = new Engine({ host, port, partition: 'p q' })
  await e.start()
  const key = { id: 'id with %', segment: 'seg' }
  await e.set(key, { v: 1 }, 5000)
  const got = [e.isReady(), (await e.get(key)).item, (await e.get(key)).ttl > 4000, await e.drop(key), await e.get(key)]
  await e.stop()
  return got
})
finish()
