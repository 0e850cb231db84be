// Groups of workers on a stream by hand, as people write them, with both client libraries.
// tries ioredis, node-redis | ioredis, redis | workers of a group on a stream, of which some die
import Redis from 'ioredis'
import { createClient } from 'redis'
import { check, equal, errorOf, finish, host, port, url, until } from './lib.mjs'

const N = 600

await check('ioredis workers', async () => {
  const admin = new Redis({ host, port }), handled = new Map()
  await admin.xgroup('CREATE', 's', 'g', '$', 'MKSTREAM')
  let done = false
  const fields = list => Object.fromEntries(Array.from({ length: list.length / 2 }, (_, i) => list.slice(2 * i, 2 * i + 2)))
  const worker = async (name, mortal) => {
    const r = new Redis({ host, port })
    const handle = async ([id, list]) => {
      const { n } = fields(list)
      handled.set(n, (handled.get(n) ?? 0) + 1)
      await r.xack('s', 'g', id)
    }
    for (let turn = 0; !done; turn++) {
      const reply = await r.xreadgroup('GROUP', 'g', name, 'COUNT', 7, 'BLOCK', 20, 'STREAMS', 's', '>')
      if (mortal && reply && turn > 3) break // it dies with what it has
      for (const [, entries] of reply ?? []) for (const e of entries) await handle(e)
      const [, claimed] = await r.xautoclaim('s', 'g', name, 100, '0', 'COUNT', 10)
      for (const e of claimed) if (e) await handle(e)
    }
    r.disconnect()
  }
  const workers = ['a', 'b', 'c', 'd', 'e'].map((name, i) => worker(name, i < 2))
  for (let n = 0; n < N; n += 20) {
    const p = admin.pipeline()
    for (let i = n; i < n + 20; i++) p.xadd('s', 'MAXLEN', '~', 10_000, '*', 'n', i, 'text', 'é' + i)
    await p.exec()
  }
  await until(async () => handled.size === N && (await admin.xpending('s', 'g'))[0] === 0)
  done = true
  await Promise.all(workers)
  const groups = fields((await admin.xinfo('GROUPS', 's'))[0])
  const consumers = (await admin.xinfo('CONSUMERS', 's', 'g')).map(c => [fields(c).name, fields(c).pending])
  const len = await admin.xlen('s')
  admin.disconnect()
  return [handled.size, len, groups['entries-read'], groups.lag, groups.pending, consumers]
})

for (const RESP of [2, 3]) {
  await check(`node-redis workers, RESP${RESP}`, async () => {
    const admin = await createClient({ url, RESP }).connect(), handled = new Map()
    const s = 'n' + RESP
    await admin.xGroupCreate(s, 'g', '0', { MKSTREAM: true })
    let done = false
    const worker = async (name, mortal) => {
      const c = await createClient({ url, RESP }).connect()
      for (let turn = 0; !done; turn++) {
        const reply = await c.xReadGroup('g', name, { key: s, id: '>' }, { COUNT: 7, BLOCK: 20 })
        if (mortal && reply && turn > 3) break
        for (const stream of reply ?? []) for (const { id, message } of stream.messages) {
          handled.set(message.n, (handled.get(message.n) ?? 0) + 1)
          await c.xAck(s, 'g', id)
        }
        const { messages } = await c.xAutoClaim(s, 'g', name, 100, '0-0', { COUNT: 10 })
        for (const { id, message } of messages) { handled.set(message.n, (handled.get(message.n) ?? 0) + 1); await c.xAck(s, 'g', id) }
      }
      c.destroy()
    }
    const workers = ['a', 'b', 'c', 'd', 'e'].map((name, i) => worker(name, i < 2))
    for (let n = 0; n < N; n++) await admin.xAdd(s, '*', { n: String(n), text: 'é' + n }, { TRIM: { strategy: 'MAXLEN', strategyModifier: '~', threshold: 10_000 } })
    await until(async () => handled.size === N && (await admin.xPending(s, 'g')).pending === 0)
    done = true
    await Promise.all(workers)
    const [group] = await admin.xInfoGroups(s)
    const full = await admin.xInfoStream(s)
    admin.destroy()
    return [handled.size, { ...group, 'last-delivered-id': group['last-delivered-id'] === full['last-generated-id'] }, full.length, full['entries-added'], Object.keys(full).sort()]
  })
}

await check('ioredis, history, claims, errors', async () => {
  const r = new Redis({ host, port })
  await r.del('t')
  for (let i = 1; i <= 5; i++) await r.xadd('t', `${i}-0`, 'f', i)
  await r.xgroup('CREATE', 't', 'g', '0')
  const got = [
    await r.xreadgroup('GROUP', 'g', 'a', 'COUNT', 3, 'STREAMS', 't', '>'),
    await r.xreadgroup('GROUP', 'g', 'a', 'STREAMS', 't', '1-0'),
    await r.xclaim('t', 'g', 'b', 0, '1-0', '2-0', 'JUSTID'),
    await r.xdel('t', '3-0'),
    await r.xreadgroup('GROUP', 'g', 'a', 'STREAMS', 't', '0'),
    await r.xautoclaim('t', 'g', 'c', 0, '0'),
    (await r.xpending('t', 'g', '-', '+', 10)).map(p => [p[0], p[1], p[3]]),
    await errorOf(r.xreadgroup('GROUP', 'none', 'a', 'STREAMS', 't', '>')),
    await errorOf(r.xadd('t', '1-0', 'f', 'v')),
    await r.xrevrange('t', '+', '-', 'COUNT', 2),
    await r.xread('COUNT', 1, 'BLOCK', 10, 'STREAMS', 't', '$'),
    await r.xgroup('DELCONSUMER', 't', 'g', 'c'),
  ]
  r.disconnect()
  return got
})
finish()
