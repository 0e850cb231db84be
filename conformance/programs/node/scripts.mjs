// The scripting of the two client libraries: ioredis's defineCommand, node-redis's scripts
// and functions, in pipelines, transactions, with buffers, cached clients, after SCRIPT FLUSH.
// tries ioredis, node-redis | ioredis, redis | `defineCommand`, scripts, functions, after SCRIPT FLUSH, in transactions, in both protocols; cache on the client's side
import Redis from 'ioredis'
import { createClient, defineScript, RESP_TYPES } from 'redis'
import { check, errorOf, finish, host, port, url } from './lib.mjs'

const lib = { // a library of functions, as node-redis wants it described
  library: {
    square: {
      NUMBER_OF_KEYS: 1, FIRST_KEY_INDEX: 0,
      parseCommand(parser, key) { parser.pushKey(key) },
      transformReply: undefined,
    },
  },
}
const scripts = {
  add: defineScript({
    NUMBER_OF_KEYS: 1, FIRST_KEY_INDEX: 0, SCRIPT: 'return redis.call("GET", KEYS[1]) + ARGV[1]',
    parseCommand(parser, key, n) { parser.pushKey(key); parser.push(String(n)) }, transformReply: undefined,
  }),
  types: defineScript({
    NUMBER_OF_KEYS: 0, SCRIPT: 'redis.setresp(3); return {1, "s", {map={k=true}}, {double=2.5}, false, {err="E x"}, {set={a=true}}, redis.call("HGETALL", "h")}',
    parseCommand() {}, transformReply: undefined,
  }),
}

await check('ioredis, defineCommand', async () => {
  const r = new Redis({ host, port, scripts: { opt: { lua: 'return KEYS', numberOfKeys: 2, readOnly: true } } })
  r.defineCommand('echo2', { numberOfKeys: 2, lua: 'return {KEYS[1],KEYS[2],ARGV[1],ARGV[2]}' })
  r.defineCommand('dyn', { lua: 'return {#KEYS,#ARGV,KEYS[1]}' })
  r.defineCommand('bad', { numberOfKeys: 0, lua: 'return redis.call("nosuch")' })
  r.defineCommand('syntax', { numberOfKeys: 0, lua: 'return +' })
  const got = [await r.echo2('k1', 'k2', 'a', 'b'), await r.dyn(1, 'k', 'x'), await r.opt('p', 'q')]
  await r.script('FLUSH')
  got.push(await r.echo2('k1', 'k2', 'a', 'b'))
  await r.script('FLUSH')
  got.push(await r.pipeline().set('x', 1).echo2('a', 'b', 'c', 'd').dyn(0).exec())
  await r.script('FLUSH')
  got.push(await r.multi().set('x', 1).echo2('a', 'b', 'c', 'd').exec())
  got.push((await r.echo2Buffer('k\xff', 'k', Buffer.from([0, 255]), 'b')).map(b => b.toString('hex')))
  got.push(await errorOf(r.bad()), (await errorOf(r.syntax())).replace(/user_script:\d+:.*/, ''))
  const p = new Redis({ host, port, keyPrefix: 'pre:' })
  p.defineCommand('echo2', { numberOfKeys: 2, lua: 'return KEYS' })
  got.push(await p.echo2('a', 'b'))
  const auto = new Redis({ host, port, enableAutoPipelining: true })
  auto.defineCommand('inc', { numberOfKeys: 1, lua: 'return redis.call("INCRBY",KEYS[1],ARGV[1])' })
  got.push((await Promise.all([...Array(100)].map((_, i) => auto.inc('auto', i)))).at(-1))
  r.disconnect(); p.disconnect(); auto.disconnect()
  return got
})
for (const RESP of [2, 3]) {
  await check(`node-redis, scripts and functions, RESP${RESP}`, async () => {
    const c = await createClient({ url, RESP, scripts, functions: lib }).connect()
    await c.flushAll()
    await c.set('n', '40'); await c.hSet('h', { f: 'v' })
    const got = [await c.add('n', 2)]
    await c.scriptFlush()
    got.push(await c.add('n', 3), await c.types())
    await c.scriptFlush()
    got.push(await c.multi().set('n', '1').add('n', 5).exec())
    got.push(await c.eval('return {KEYS[1], ARGV[1], redis.sha1hex("")}', { keys: ['k'], arguments: ['a'] }))
    got.push(await c.functionLoad('#!lua name=library\nredis.register_function{function_name="square", callback=function(keys) local n = redis.call("GET", keys[1]) return n * n end, flags={"no-writes"}}', { REPLACE: true }))
    got.push(await c.library.square('n'), await c.fCallRo('square', { keys: ['n'], arguments: [] }))
    got.push((await c.functionList()).map(l => [l.library_name, l.engine]))
    const dump = await c.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer }).functionDump()
    await c.functionFlush()
    got.push(await errorOf(c.library.square('n')), await c.functionRestore(dump), await c.library.square('n'))
    got.push(await errorOf(c.fCall('square', { keys: ['n'], arguments: [] }).then(() => c.eval('return redis.call("LPUSH", "n", 1)'))))
    c.destroy()
    return got
  })
}
await check('node-redis, cache on the client side', async () => {
  const c = await createClient({ url, RESP: 3, clientSideCache: { ttl: 0, maxEntries: 100, evictPolicy: 'LRU' } }).connect()
  const other = await createClient({ url }).connect()
  await other.set('cached', '1')
  const got = [await c.get('cached'), await c.get('cached')]
  await other.set('cached', '2')
  for (let i = 0; i < 500 && await c.get('cached') !== '2'; i++) await other.ping()
  got.push(await c.get('cached'))
  await other.flushAll()
  for (let i = 0; i < 500 && await c.get('cached') !== null; i++) await other.ping()
  got.push(await c.get('cached'))
  c.destroy(); other.destroy()
  return got
})
finish()
