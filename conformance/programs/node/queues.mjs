// Smaller queues that are widely used: node-resque, rsmq, kue, groupmq.
// tries node-resque, rsmq, kue, groupmq | node-resque, rsmq, kue, groupmq | workers, schedulers, locks, retries, delays, order within groups
import { Queue as Group, Worker as GroupWorker } from 'groupmq'
import Redis from 'ioredis'
import { check, errorOf, event, finish, host, port, require, until } from './lib.mjs'

const { Queue: Resque, Worker: ResqueWorker, Scheduler, Plugins } = require('node-resque')

await check('node-resque', async () => {
  const connection = { pkg: 'ioredis', host, port, options: {}, namespace: 'rq', database: 0 }
  const seen = []
  const jobs = {
    add: { plugins: [Plugins.JobLock], pluginOptions: { JobLock: { reEnqueue: false } }, perform: async (a, b) => { seen.push(a + b); return a + b } },
    bad: { plugins: [Plugins.Retry], pluginOptions: { Retry: { retryLimit: 2, retryDelay: 50, backoffStrategy: null } }, perform: async () => { seen.push('bad'); throw new Error('bad job') } },
    once: { plugins: [Plugins.QueueLock, Plugins.DelayQueueLock], pluginOptions: {}, perform: async () => { seen.push('once') } },
  }
  const queue = new Resque({ connection }, jobs), scheduler = new Scheduler({ connection, timeout: 20 }, jobs)
  const worker = new ResqueWorker({ connection, queues: ['q'], timeout: 10 }, jobs)
  await queue.connect(); await scheduler.connect(); await worker.connect()
  for (let i = 0; i < 5; i++) await queue.enqueue('q', 'add', [i, 10])
  const locked = [await queue.enqueue('q', 'once', [1]), await queue.enqueue('q', 'once', [1])]
  await queue.enqueueIn(50, 'q', 'add', [100, 100])
  await queue.enqueueAt(Date.now() + 1e7, 'q', 'add', [7, 7])
  const dup = await errorOf(queue.enqueueAt(Date.now() + 1e7, 'q', 'add', [7, 7]).then(() => { throw new Error('none') }))
  const length = await queue.length('q')
  const deleted = (await queue.delDelayed('q', 'add', [7, 7])).length
  await queue.enqueue('q', 'bad', [])
  scheduler.start(); worker.start()
  await until(() => seen.filter(s => s === 'bad').length === 2 && seen.includes(200))
  await until(async () => await queue.failedCount() === 1)
  const [failed] = await queue.failed(0, 1), stats = await queue.stats()
  const leader = typeof await queue.leader()
  await worker.end(); await scheduler.end(); await queue.end()
  return [seen.filter(s => typeof s === 'number').sort((a, b) => a - b), locked, length, deleted, failed.error, Object.keys(stats).filter(k => !k.includes(':')).sort(), leader, dup.length > 0]
}, 30_000)

await check('rsmq', async () => {
  const RSMQ = require('rsmq')
  const r = new RSMQ({ host, port, ns: 'rsmq', realtime: true })
  const got = [await r.createQueueAsync({ qname: 'q', vt: 1 }), await errorOf(r.createQueueAsync({ qname: 'q' }))]
  const ids = []
  for (let i = 0; i < 3; i++) ids.push(await r.sendMessageAsync({ qname: 'q', message: 'm' + i }))
  await r.sendMessageAsync({ qname: 'q', message: 'later', delay: 60 })
  const first = await r.receiveMessageAsync({ qname: 'q', vt: 60 })
  got.push(first.message, first.rc, (await r.popMessageAsync({ qname: 'q' })).message)
  got.push(await r.changeMessageVisibilityAsync({ qname: 'q', id: first.id, vt: 0 }))
  got.push((await r.receiveMessageAsync({ qname: 'q', vt: 0 })).rc, await r.deleteMessageAsync({ qname: 'q', id: ids[0] }))
  const a = await r.getQueueAttributesAsync({ qname: 'q' })
  got.push([a.msgs, a.hiddenmsgs, a.totalrecv, a.totalsent], await r.listQueuesAsync(), await r.setQueueAttributesAsync({ qname: 'q', vt: 5 }).then(a => a.vt), await r.deleteQueueAsync({ qname: 'q' }))
  got.push(await errorOf(r.sendMessageAsync({ qname: 'q', message: 'x' })))
  r.quit()
  return got
})

await check('kue', async () => {
  const kue = require('kue')
  const q = kue.createQueue({ prefix: 'k', redis: { host, port } })
  const seen = []
  q.process('mail', 3, (job, done) => { seen.push(job.data.n); job.progress(1, 2); job.data.bad ? done(new Error('bad')) : done(null, 'r' + job.data.n) })
  const save = job => new Promise((resolve, reject) => job.save(e => e ? reject(e) : resolve(job)))
  const jobs = []
  for (const [n, p] of [[1, 'low'], [2, 'critical'], [3, 'normal']]) jobs.push(await save(q.create('mail', { n }).priority(p)))
  const completed = event(jobs[2], 'complete')
  await save(q.create('mail', { n: 4 }).delay(80))
  const bad = await save(q.create('mail', { n: 5, bad: true }).attempts(2).backoff({ delay: 20, type: 'fixed' }))
  await until(() => seen.filter(n => n === 5).length === 2 && seen.includes(4))
  const count = (f, ...args) => new Promise((resolve, reject) => q[f](...args, (e, n) => e ? reject(e) : resolve(n)))
  await until(async () => await count('failedCount') === 1 && await count('completeCount') === 4)
  const result = await completed
  await new Promise(resolve => q.shutdown(1000, resolve))
  return [[...seen].sort(), result, bad.id]
}, 30_000)

await check('groupmq', async () => {
  const redis = new Redis({ host, port, maxRetriesPerRequest: null })
  const queue = new Group({ redis, namespace: 'g', jobTimeoutMs: 2000, keepCompleted: 100 })
  const seen = { a: [], b: [], c: [] }
  let fails = 0
  const workers = [1, 2].map(() => new GroupWorker({
    queue, concurrency: 3, backoff: () => 20, handler: async job => {
      if (job.data.n === 5 && fails++ < 2) throw new Error('not yet')
      seen[job.groupId].push(job.data.n)
    },
  }))
  for (let n = 0; n < 20; n++) for (const groupId of ['a', 'b', 'c']) await queue.add({ groupId, data: { n }, maxAttempts: 9 })
  workers.forEach(w => w.run())
  await until(() => Object.values(seen).every(s => s.length === 20))
  const counts = await until(async () => { const c = await queue.getJobCounts(); return c.active === 0 && c })
  for (const w of workers) await w.close()
  return [Object.values(seen).map(s => s.length), seen.b.length, counts.waiting, counts.completed]
}, 30_000)
finish()
