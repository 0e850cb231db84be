// Bee-Queue on node-redis 3: the old client, callbacks, scripts by EVALSHA.
// tries bee-queue | bee-queue | jobs, events, retries, delays, a worker that is killed; on node-redis 3
import { spawn } from 'node:child_process'
import { check, equal, errorOf, event, finish, host, port, require, until } from './lib.mjs'

const Queue = require('bee-queue')
if (process.argv[2]) { // a worker that takes a job and is killed with it
  new Queue(process.argv[2], { redis: { host, port }, stallInterval: 100 }).process(() => new Promise(() => {}))
  await new Promise(() => {})
}
const open = []
const queue = (name, opts) => { const q = new Queue(name, { redis: { host, port }, activateDelayedJobs: true, ...opts }); open.push(q); return q }
const scene = (name, f) => check(name, async () => {
  try { return await f(name.replaceAll(' ', '-')) } finally { for (const q of open.splice(0)) await q.close(100).catch(() => {}) }
})

await scene('jobs in order', async name => {
  const q = queue(name), seen = []
  q.process(async job => { seen.push(job.data.n); job.reportProgress({ at: job.data.n }); return job.data.n })
  const jobs = [...Array(50).keys()].map(n => q.createJob({ n }))
  await q.saveAll(jobs)
  await until(() => seen.length === 50)
  equal([...seen].sort((a, b) => a - b), [...Array(50).keys()])
  return await until(async () => { const h = await q.checkHealth(); return h.succeeded === 50 && h })
})
await scene('events of a job', async name => {
  const q = queue(name), w = queue(name)
  w.process(async job => { job.reportProgress(7); if (job.data.bad) throw new Error('bad'); return 'good' })
  const a = q.createJob({}), progress = event(a, 'progress'), ok = event(a, 'succeeded')
  await a.save()
  const b = q.createJob({ bad: true }), failed = event(b, 'failed')
  await b.save()
  return [await progress, await ok, (await failed)[0].message]
})
await scene('retries with backoff', async name => {
  const q = queue(name), tries = []
  q.process(async job => { tries.push(job.options.retries); if (tries.length < 3) throw new Error('again'); return 'ok' })
  const job = q.createJob({}).retries(3).backoff('exponential', 20)
  const ok = event(job, 'succeeded')
  await job.save()
  return [await ok, tries]
})
await scene('delayed', async name => {
  const q = queue(name), seen = []
  q.process(async job => { seen.push(job.data.d) })
  for (const d of [2400, 800, 1600]) await q.createJob({ d }).delayUntil(Date.now() + d).save()
  const before = (await q.checkHealth()).delayed
  await until(() => seen.length === 3)
  return [before, seen]
})
await scene('stalled', async name => {
  const job = await queue(name, { isWorker: false }).createJob({ v: 1 }).save()
  const dead = spawn(process.execPath, [process.argv[1], name])
  const q = queue(name, { stallInterval: 100 }), seen = []
  await until(async () => (await q.checkHealth()).active === 1)
  dead.kill('SIGKILL')
  q.process(async job => { seen.push(job.data.v) })
  await until(async () => { await q.checkStalledJobs(); return seen.length === 1 })
  return [job.id, seen]
})
await scene('removal, ids, lists of jobs', async name => {
  const q = queue(name, { isWorker: false })
  await q.createJob({ v: 1 }).setId('one').save()
  const again = await q.createJob({ v: 2 }).setId('one').save()
  const kept = (await q.getJob('one')).data
  const waiting = (await q.getJobs('waiting', { start: 0, end: 10 })).map(j => j.id)
  await q.removeJob('one')
  const left = await q.checkHealth()
  await q.destroy()
  return [again.id, kept, waiting, left]
})
finish()
