// BullMQ: jobs by lists, sorted sets, hashes and streams, all of it in Lua scripts.
// tries BullMQ | bullmq | order, concurrency, priorities, delays, repeated jobs, retries with each kind of backoff, rate limits, flows (with children that fail, or are added late), stalled jobs, pause / drain / clean / obliterate, deduplication, metrics, QueueEvents on streams
import { Queue, Worker, QueueEvents, FlowProducer, UnrecoverableError, WaitingChildrenError, Job } from 'bullmq'
import { check, equal, event, errorOf, finish, host, port, sleep, until } from './lib.mjs'

const connection = { host, port, maxRetriesPerRequest: null }
const open = []
const keep = thing => { open.push(thing); return thing }
const queue = (name, opts) => keep(new Queue(name, { connection, ...opts }))
const worker = (name, f, opts) => keep(new Worker(name, f, { connection, ...opts }))
const events = async name => { const e = keep(new QueueEvents(name, { connection })); await e.waitUntilReady(); return e }
const closeAll = async () => { for (const thing of open.splice(0).reverse()) await thing.close(true) }
const scene = (name, f) => check(name, async () => { try { return await f(name.replaceAll(' ', '-')) } finally { await closeAll() } })

await scene('jobs in order', async name => {
  const q = queue(name), seen = []
  await q.addBulk([...Array(50).keys()].map(n => ({ name: 'n', data: { n } })))
  worker(name, async job => { seen.push(job.data.n); return job.data.n * 2 })
  await until(() => seen.length === 50)
  await until(async () => await q.getCompletedCount() === 50)
  equal(seen, [...Array(50).keys()])
  const jobs = await q.getCompleted(0, 2)
  return jobs.map(j => [j.id, j.returnvalue, j.attemptsMade])
})

await scene('concurrent workers', async name => {
  const q = queue(name), seen = new Map()
  for (let w = 0; w < 4; w++) worker(name, async job => { seen.set(job.id, (seen.get(job.id) ?? 0) + 1) }, { concurrency: 8 })
  await q.addBulk([...Array(400).keys()].map(n => ({ name: 'n', data: { n } })))
  await until(async () => await q.getCompletedCount() === 400)
  return [seen.size, Math.max(...seen.values()), await q.getJobCounts()]
})

await scene('results by events', async name => {
  const q = queue(name), e = await events(name)
  const log = []
  for (const what of ['waiting', 'active', 'progress', 'completed', 'added']) e.on(what, ({ jobId }) => log.push(`${what} ${jobId}`))
  worker(name, async job => { await job.updateProgress(42); await job.log('a line'); return { sum: job.data.a + job.data.b } })
  const job = await q.add('sum', { a: 1, b: 2 })
  const result = await job.waitUntilFinished(e, 10_000)
  await until(() => log.some(l => l.startsWith('completed')))
  return [result, log.filter(l => l.startsWith('completed')), (await q.getJobLogs(job.id)).logs, (await Job.fromId(q, job.id)).progress]
})

await scene('failures and retries', async name => {
  const q = queue(name), e = await events(name)
  worker(name, async job => {
    if (job.name === 'hopeless') throw new UnrecoverableError('no use')
    if (job.attemptsMade < 2) throw new Error(`try ${job.attemptsMade}`)
    return 'at last'
  }, { settings: { backoffStrategy: n => n * 5 } })
  const a = await q.add('fixed', {}, { attempts: 3, backoff: { type: 'fixed', delay: 20 } })
  const b = await q.add('growing', {}, { attempts: 3, backoff: { type: 'exponential', delay: 10 } })
  const c = await q.add('never', {}, { attempts: 1 })
  const d = await q.add('hopeless', {}, { attempts: 9 })
  const f = await q.add('custom', {}, { attempts: 3, backoff: { type: 'custom' } })
  const results = await Promise.allSettled([a, b, c, d, f].map(j => j.waitUntilFinished(e, 10_000)))
  const again = await Job.fromId(q, d.id)
  const state = await again.getState()
  await again.remove()
  return [results.map(r => r.value ?? r.reason.message), state, (await Job.fromId(q, a.id)).attemptsMade, (await q.getFailed()).map(j => [j.name, j.failedReason])]
})

await scene('retry of failed ones', async name => {
  const q = queue(name), e = await events(name)
  let broken = true
  worker(name, async () => { if (broken) throw new Error('broken'); return 'mended' })
  const jobs = await q.addBulk([1, 2, 3].map(n => ({ name: 'x', data: { n } })))
  await until(async () => await q.getFailedCount() === 3)
  broken = false
  await jobs[0].retry()
  await q.retryJobs({ count: 10 })
  await until(async () => await q.getCompletedCount() === 3)
  return await q.getJobCounts()
})

await scene('delayed', async name => {
  const q = queue(name), e = await events(name), seen = []
  const delays = [2400, 800, 1600]
  const jobs = []
  for (const delay of delays) jobs.push(await q.add('d', { delay }, { delay }))
  const before = await q.getJobCounts()
  const far = await q.add('far', { delay: 1e7 }, { delay: 1e7 })
  worker(name, async job => { seen.push([job.data.delay, Date.now() - job.timestamp >= Math.min(job.data.delay, 2400) - 5]) })
  await until(() => seen.length === 3)
  await far.changeDelay(50)
  await until(() => seen.length === 4)
  const promoted = await q.add('p', { delay: 1e7 }, { delay: 1e7 })
  await promoted.promote()
  await until(() => seen.length === 5)
  return [before, seen.map(s => s[0])]
})

await scene('priorities', async name => {
  const q = queue(name), seen = []
  await q.addBulk([5, 1, 3, 0, 2, 4, 1].map(priority => ({ name: 'p', data: { priority }, opts: { priority } })))
  await q.add('p', { priority: 'lifo' }, { lifo: true })
  const counts = await q.getCountsPerPriority([0, 1, 2])
  await (await q.getPrioritized()).at(-1).changePriority({ priority: 1, lifo: true })
  worker(name, async job => { seen.push(job.data.priority) })
  await until(() => seen.length === 8)
  return [counts, seen]
})

await scene('rate limit', async name => {
  const q = queue(name), times = []
  await q.addBulk([...Array(9).keys()].map(n => ({ name: 'r', data: { n } })))
  worker(name, async () => { times.push(Date.now()) }, { limiter: { max: 3, duration: 300 }, concurrency: 10 })
  await until(() => times.length === 9)
  const spread = times[8] - times[0]
  if (spread < 550) throw new Error(`nine jobs in ${spread} ms`)
  return times.length
})

await scene('rate limit by hand', async name => {
  const q = queue(name), done = []
  let limited = 0
  const w = worker(name, async job => {
    if (limited++ === 0) { await w.rateLimit(200); throw Worker.RateLimitError() }
    done.push(job.data.n)
  })
  await q.addBulk([0, 1, 2].map(n => ({ name: 'r', data: { n } })))
  await until(() => done.length === 3)
  return [done, limited, await q.getRateLimitTtl() <= 200]
})

await scene('flows', async name => {
  const flows = keep(new FlowProducer({ connection })), e = await events(name)
  queue(name)
  worker(name, async job => {
    if (job.name === 'child') return job.data.n
    const values = Object.values(await job.getChildrenValues())
    return values.reduce((a, b) => a + b, 0)
  }, { concurrency: 4 })
  const child = n => ({ name: 'child', queueName: name, data: { n } })
  const tree = await flows.add({
    name: 'root', queueName: name, data: {}, opts: { jobId: 'root' }, children: [
      { name: 'middle', queueName: name, data: {}, children: [child(1), child(2)] },
      { name: 'middle', queueName: name, data: {}, children: [child(3), child(4), child(5)] },
    ],
  })
  const result = await tree.job.waitUntilFinished(e, 10_000)
  const dependencies = await tree.job.getDependenciesCount()
  const flow = await flows.getFlow({ id: 'root', queueName: name })
  return [result, dependencies, flow.children.map(c => c.children.length).sort()]
})

await scene('flow whose child fails', async name => {
  const flows = keep(new FlowProducer({ connection })), e = await events(name)
  const q = queue(name)
  worker(name, async job => {
    if (job.name === 'bad') throw new Error('spoilt')
    if (job.name === 'patient') return [Object.keys(await job.getFailedChildrenValues?.() ?? {}).length, (await job.getDependenciesCount())]
    return 'ran'
  })
  const strict = await flows.add({ name: 'parent', queueName: name, children: [{ name: 'bad', queueName: name, opts: { failParentOnFailure: true } }] })
  const patient = await flows.add({ name: 'patient', queueName: name, children: [{ name: 'bad', queueName: name, opts: { ignoreDependencyOnFailure: true } }, { name: 'good', queueName: name }] })
  const loose = await flows.add({ name: 'loose', queueName: name, children: [{ name: 'bad', queueName: name, opts: { removeDependencyOnFailure: true } }] })
  const results = await Promise.allSettled([strict, patient, loose].map(t => t.job.waitUntilFinished(e, 10_000)))
  return results.map(r => r.value ?? r.reason.message.replace(/child \S+/, 'child'))
})

await scene('children added while it runs', async name => {
  const q = queue(name), e = await events(name)
  worker(name, async (job, token) => {
    if (job.name === 'child') return 1
    if (job.data.step !== 2) {
      for (let i = 0; i < 3; i++) await q.add('child', {}, { parent: { id: job.id, queue: job.queueQualifiedName } })
      await job.updateData({ step: 2 })
      if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError()
    }
    return Object.keys(await job.getChildrenValues()).length
  }, { concurrency: 2 })
  const job = await q.add('parent', { step: 1 })
  return await job.waitUntilFinished(e, 10_000)
})

await scene('repeated', async name => {
  const q = queue(name), seen = []
  worker(name, async job => { seen.push(job.data.v) })
  await q.upsertJobScheduler('often', { every: 60, limit: 4 }, { name: 'tick', data: { v: 'a' } })
  await until(() => seen.length >= 3)
  await q.upsertJobScheduler('hourly', { pattern: '0 0 * * * *' }, { name: 'hour', data: {} })
  const schedulers = (await q.getJobSchedulers()).map(s => [s.key, s.pattern]).sort()
  const one = await q.getJobScheduler('hourly')
  const removed = [await q.removeJobScheduler('hourly'), await q.removeJobScheduler('hourly')]
  return [seen.slice(0, 3), schedulers.filter(s => s[0] === 'hourly'), one.name, removed]
})

await scene('stalled', async name => {
  const q = queue(name), e = await events(name)
  const stalled = []
  e.on('stalled', ({ jobId }) => stalled.push(jobId))
  const dead = worker(name, () => new Promise(() => {}), { lockDuration: 100, skipLockRenewal: true, skipStalledCheck: true })
  const job = await q.add('x', {})
  await event(dead, 'active')
  open.splice(open.indexOf(dead), 1)
  dead.close(true)
  worker(name, async () => 'saved', { stalledInterval: 100, lockDuration: 1000, maxStalledCount: 3 })
  const result = await job.waitUntilFinished(e, 10_000)
  return [result, [...new Set(stalled)]]
})

await scene('pause, drain, clean, obliterate', async name => {
  const q = queue(name), seen = []
  await q.pause()
  worker(name, async job => { seen.push(job.data.n) })
  await q.addBulk([1, 2, 3].map(n => ({ name: 'x', data: { n } })))
  await sleep(50)
  const paused = [await q.isPaused(), seen.length, await q.getJobCounts('paused', 'wait')]
  await q.resume()
  await until(async () => await q.getCompletedCount() === 3)
  const cleaned = await q.clean(0, 2, 'completed')
  await q.pause()
  await q.addBulk([4, 5].map(n => ({ name: 'x', data: { n }, opts: { delay: n === 5 ? 1e6 : 0 } })))
  await q.drain(true)
  const drained = await q.getJobCounts('delayed', 'wait', 'paused')
  await q.obliterate({ force: true })
  return [paused, seen, cleaned.length, drained, await q.getJobCounts()]
})

await scene('same ids, deduplication', async name => {
  const q = queue(name)
  await q.add('x', { v: 1 }, { jobId: 'one' })
  const again = await q.add('x', { v: 2 }, { jobId: 'one' })
  const kept = (await q.getJob('one')).data
  const d1 = await q.add('x', { v: 3 }, { deduplication: { id: 'd', ttl: 10_000 } })
  const d2 = await q.add('x', { v: 4 }, { deduplication: { id: 'd', ttl: 10_000 } })
  const owner = await q.getDeduplicationJobId('d')
  const removed = await q.removeDeduplicationKey('d')
  const d3 = await q.add('x', { v: 5 }, { deduplication: { id: 'd', ttl: 10_000 } })
  return [again.id, kept, d1.id === d2.id, owner === d1.id, removed, d3.id === d1.id, await q.count()]
})

await scene('kept and removed', async name => {
  const q = queue(name)
  worker(name, async job => { if (job.data.fail) throw new Error('f') }, { removeOnComplete: { count: 2 }, removeOnFail: { age: 100, count: 1 } })
  await q.addBulk([...Array(10).keys()].map(n => ({ name: 'x', data: { fail: n % 2 === 1 } })))
  await until(async () => (await q.getJobCounts('wait', 'active')).wait === 0 && await q.getActiveCount() === 0)
  return [await q.getCompletedCount(), await q.getFailedCount()]
})

await scene('metrics and global concurrency', async name => {
  const q = queue(name), e = await events(name)
  await q.setGlobalConcurrency(2)
  let now = 0, most = 0
  for (let i = 0; i < 3; i++) worker(name, async () => { most = Math.max(most, ++now); await sleep(15); now-- }, { concurrency: 4, metrics: { maxDataPoints: 10 } })
  await q.addBulk([...Array(20).keys()].map(n => ({ name: 'x', data: { n } })))
  await until(async () => await q.getCompletedCount() === 20)
  const metrics = await q.getMetrics('completed')
  return [most, metrics.meta.count, await q.getGlobalConcurrency(), (await q.getWorkers()).length]
})

await scene('a worker by hand', async name => {
  const q = queue(name)
  const w = keep(new Worker(name, null, { connection }))
  await q.add('x', { v: 1 })
  await q.add('y', { v: 2 })
  const job = await w.getNextJob('token')
  const wrong = await errorOf(job.moveToCompleted('r', 'other', false))
  await job.extendLock('token', 5000)
  await job.moveToCompleted('r', 'token', false)
  const job2 = await w.getNextJob('token')
  await job2.moveToFailed(new Error('by hand'), 'token')
  const job3 = await q.add('z', {})
  const t = await w.getNextJob('token')
  await t.moveToDelayed(Date.now() + 1e6, 'token')
  return [wrong.replace(/job \S+/i, 'job'), await q.getJobCounts(), await job3.getState()]
})

await scene('events trimmed', async name => {
  const q = queue(name, { streams: { events: { maxLen: 10 } } })
  await q.addBulk([...Array(500).keys()].map(n => ({ name: 'x', data: { n } })))
  return [await q.trimEvents(5), 'trimmed', await q.getVersion()]
})

finish()
