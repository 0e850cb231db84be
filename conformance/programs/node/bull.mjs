// Bull 4, BullMQ's predecessor, which most installations still run.
// tries Bull | bull | order, concurrency, delays, priorities, retries, repeated jobs, rate limits (by group too), stalled jobs, global events
import { check, equal, errorOf, event, finish, host, port, require, until } from './lib.mjs'

const Queue = require('bull')
const open = []
const queue = (name, opts) => { const q = new Queue(name, { redis: { host, port }, ...opts }); open.push(q); return q }
const scene = (name, f) => check(name, async () => {
  try { return await f(name.replaceAll(' ', '-')) } finally { for (const q of open.splice(0)) await q.close(true) }
})

await scene('jobs in order', async name => {
  const q = queue(name), seen = []
  await q.addBulk([...Array(50).keys()].map(n => ({ data: { n } })))
  q.process(async job => { seen.push(job.data.n); await job.progress(50); return 'r' + job.data.n })
  await until(async () => await q.getCompletedCount() === 50)
  equal(seen, [...Array(50).keys()])
  return [(await q.getJob(1)).returnvalue, (await q.getJob(1))._progress, await q.getJobCounts()]
})
await scene('two queues, concurrency', async name => {
  const a = queue(name), b = queue(name), seen = new Set()
  for (const q of [a, b]) {
    q.process(5, async job => { seen.add(job.id) })
    q.process('named', 5, async job => { seen.add('n' + job.id) })
  }
  await a.addBulk([...Array(100).keys()].map(n => ({ name: n % 2 ? 'named' : undefined, data: { n } })))
  await until(async () => await a.getCompletedCount() === 100)
  return [seen.size, [...seen].filter(id => String(id).startsWith('n')).length]
})
await scene('delayed', async name => {
  const q = queue(name), seen = []
  for (const delay of [2400, 800, 1600]) await q.add({ delay }, { delay })
  const counts = await q.getJobCounts()
  q.process(async job => { seen.push(job.data.delay) })
  await until(() => seen.length === 3)
  const far = await q.add({ delay: 1e7 }, { delay: 1e7 })
  await far.promote()
  await until(() => seen.length === 4)
  return [counts, seen]
})
await scene('priorities and lifo', async name => {
  const q = queue(name), seen = []
  await q.pause()
  for (const priority of [3, 1, 2, 1]) await q.add({ priority }, { priority })
  await q.add({ priority: 'last in' }, { lifo: true })
  await q.resume()
  q.process(async job => { seen.push(job.data.priority) })
  await until(() => seen.length === 5)
  return seen
})
await scene('failures and retries', async name => {
  const q = queue(name)
  q.process(async job => { if (job.attemptsMade < job.data.until) throw new Error('try ' + job.attemptsMade); return 'ok' })
  const a = await q.add({ until: 2 }, { attempts: 3, backoff: 20 })
  const b = await q.add({ until: 9 }, { attempts: 2, backoff: { type: 'exponential', delay: 10 } })
  const results = [await a.finished(), await errorOf(b.finished())]
  await (await q.getJob(b.id)).retry().catch(() => {})
  await until(async () => await (await q.getJob(b.id)).getState() === 'failed')
  return [results, (await q.getJob(b.id)).stacktrace.length > 0]
})
await scene('repeated', async name => {
  const q = queue(name), seen = []
  q.process(async job => { seen.push(1) })
  await q.add({}, { repeat: { every: 60, limit: 3 } })
  await until(() => seen.length === 3)
  await q.add({}, { repeat: { cron: '0 0 * * *' } })
  const n = (await q.getRepeatableJobs()).length
  await q.removeRepeatable({ cron: '0 0 * * *' })
  return [n >= 1, (await q.getRepeatableJobs()).filter(r => r.cron === '0 0 * * *').length]
})
await scene('rate limit', async name => {
  const q = queue(name, { limiter: { max: 3, duration: 300 } }), times = []
  await q.addBulk([...Array(7).keys()].map(n => ({ data: { n } })))
  q.process(10, async () => { times.push(Date.now()) })
  await until(() => times.length === 7)
  const spread = times[6] - times[0]
  if (spread < 500) throw new Error(`seven jobs in ${spread} ms`)
  return 7
})
await scene('rate limit by group', async name => {
  const q = queue(name, { limiter: { max: 2, duration: 200, groupKey: 'g' } }), seen = []
  for (let n = 0; n < 6; n++) await q.add({ n, g: 'g' + n % 2 })
  q.process(5, async job => { seen.push(job.data.n) })
  await until(() => seen.length === 6)
  return seen.sort()
})
await scene('stalled', async name => {
  const settings = { lockDuration: 100, lockRenewTime: 1e6, stalledInterval: 100, maxStalledCount: 5 }
  const a = queue(name, { settings: { ...settings, stalledInterval: 0 } })
  a.process(() => new Promise(() => {}))
  const job = await a.add({})
  await event(a, 'active')
  await a.close(true)
  open.splice(0)
  const b = queue(name, { settings: { ...settings, lockDuration: 5000 } })
  const stalled = event(b, 'stalled')
  b.process(async () => 'saved')
  await stalled
  await until(async () => await (await b.getJob(job.id)).isCompleted())
  return (await b.getJob(job.id)).returnvalue
})
await scene('global events, pause, clean, obliterate', async name => {
  const q = queue(name), log = []
  q.on('global:completed', (id, r) => log.push([id, r]))
  q.on('global:paused', () => log.push('paused'))
  q.on('global:resumed', () => log.push('resumed'))
  await q.isReady()
  await until(async () => { await q.pause(); await q.resume(); return log.includes('paused') && log.at(-1) === 'resumed' })
  q.process(async () => 'x')
  for (let i = 0; i < 3; i++) await q.add({})
  await until(() => log.filter(l => l[0] !== 'r' && l[0] !== 'p').length === 3)
  const cleaned = await q.clean(0, 'completed', 2)
  await q.pause()
  await q.add({}, { jobId: 'same' }); await q.add({}, { jobId: 'same' })
  const count = await q.count()
  await q.empty()
  const empty = await q.count()
  await q.obliterate({ force: true })
  return [log.filter(l => typeof l !== 'string'), cleaned.length, count, empty, await q.getJobCounts()]
})
finish()
