// node run.mjs LIBRARY MODE PORT: makes ioredis call a server and prints what
// came out, a line a call. The Go test beside it compares the lines.
//
//   round     each call by itself, with the options that ioredis has by default
//   pipeline  all calls in one pipeline
//   auto      all calls at once, pipelined by ioredis itself
//   multi     a transaction, a script by defineCommand, a scan stream
//   pubsub    messages to a subscriber
//   auth      a password, right and wrong ("secret" is the right one)

import { calls, sets, any } from './calls.mjs'

const [library, mode, port] = process.argv.slice(2)
const { default: Redis } = await import(library)
const clients = []

function connect(options = {}) {
  const redis = new Redis({ port: Number(port), retryStrategy: () => null, ...options })
  redis.on('error', () => {}) // shown by the call that fails
  clients.push(redis)
  return redis
}

const print = (line) => process.stdout.write(line + '\n')

// text shows an argument or a reply; what is no plain ASCII is escaped.
function text(value) {
  const shown = JSON.stringify(value, (_, v) => (v?.type === 'Buffer' ? 'bytes ' + Buffer.from(v.data).toString('hex') : v))
  return (shown ?? 'undefined').replace(/[^ -~]/g, (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'))
}

const argument = (a) => (typeof a === 'string' ? text(a).slice(1, -1) : a instanceof Map ? text([...a]) : text(a))
const failure = (error) => 'error ' + error.message

const known = new Set()
const containers = new Set(['client', 'config', 'command', 'object', 'xgroup', 'xinfo', 'script', 'pubsub'])

function has([name, sub]) {
  name = name.toLowerCase().replace('buffer', '')
  return known.has(containers.has(name) && sub ? `${name}|${sub.toLowerCase()}` : name)
}

async function learn(redis) {
  for (const name of await redis.call('COMMAND', 'LIST')) known.add(name)
}

// report prints a call and what came of it.
function report([name, ...args], error, value) {
  if (!error && sets.has(name)) value = [...value].sort()
  print(`${[name, ...args.map(argument)].join(' ')}: ${error ? failure(error) : text(value)}`)
}

async function round(redis) {
  const one = async ([name, ...args]) => redis[name](...args)
  for (const call of calls.filter(has)) {
    await one(call).then((value) => report(call, null, value), (error) => report(call, error))
  }
  for (const call of any.filter(has)) {
    await one(call).catch((error) => report(call, error))
  }
}

async function pipeline(redis) {
  const chosen = calls.filter(has)
  const results = await redis.pipeline(chosen).exec()
  results.forEach(([error, value], i) => report(chosen[i], error, value))
}

async function auto() {
  const redis = connect({ enableAutoPipelining: true })
  const chosen = calls.filter(has)
  const results = await Promise.allSettled(chosen.map(([name, ...args]) => redis[name](...args)))
  results.forEach((r, i) => report(chosen[i], r.reason, r.value))
}

async function multi(redis) {
  print(text(await redis.multi().set('m', 1).incr('m').get('m').exec()))
  const [[, ok], [refused]] = await redis.multi().set('m', 'x').incr('m').exec()
  print(`${ok}, ${failure(refused)}`)
  redis.defineCommand('double', { numberOfKeys: 1, lua: 'return redis.call("GET", KEYS[1]) .. redis.call("GET", KEYS[1])' })
  print(text(await redis.double('m')))
  print(text(await redis.double('m')))
  await redis.mset(Object.fromEntries(Array.from({ length: 100 }, (_, i) => ['scan' + i, i])))
  let found = 0
  for await (const keys of redis.scanStream({ match: 'scan*', count: 7 })) found += keys.length
  print(`scanned ${found}`)
}

async function pubsub(redis) {
  const sub = connect()
  const got = []
  const done = new Promise((resolve) => {
    const note = (...words) => got.push(words.join(' ')) === 3 && resolve()
    sub.on('message', (channel, message) => note('message', channel, message))
    sub.on('pmessage', (pattern, channel, message) => note('pmessage', pattern, channel, message))
  })
  print(text(await sub.subscribe('news', 'other')))
  print(text(await sub.psubscribe('n*')))
  print(text(await redis.publish('news', 'hello')))
  print(text(await redis.publish('other', 'there')))
  await done
  got.sort().forEach(print)
  print(text(await sub.unsubscribe('news', 'other')))
  print(text(await sub.punsubscribe('n*')))
  print(text(await sub.ping()))
}

async function auth() {
  for (const options of [{ password: 'secret' }, { username: 'default', password: 'secret' }, { password: 'wrong' }, {}]) {
    print(`${text(options)}: ${await connect(options).ping().then(text, (error) => failure(error).split(' ', 2).join(' '))}`)
  }
}

const redis = mode === 'auth' ? null : connect()
if (redis) await learn(redis)
await { round, pipeline, auto, multi, pubsub, auth }[mode](redis)
for (const client of clients) client.disconnect()
