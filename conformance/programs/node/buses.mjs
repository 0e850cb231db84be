// Message buses: socket.io's adapters (publish/subscribe, sharded, streams) and emitter,
// graphql-redis-subscriptions, each between two servers in this process.
// tries socket.io, redis-adapter (its sharded one, too), redis-streams-adapter, redis-emitter | socket.io, @socket.io/redis-adapter, @socket.io/redis-streams-adapter, @socket.io/redis-emitter | two servers: rooms, order, acknowledgements, requests between servers; over node-redis and ioredis
// tries graphql-redis-subscriptions | graphql-redis-subscriptions | channels, patterns
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { io as connect } from 'socket.io-client'
import { createAdapter, createShardedAdapter } from '@socket.io/redis-adapter'
import { createAdapter as createStreamsAdapter } from '@socket.io/redis-streams-adapter'
import { Emitter } from '@socket.io/redis-emitter'
import { createClient } from 'redis'
import Redis from 'ioredis'
import { RedisPubSub } from 'graphql-redis-subscriptions'
import { check, event, finish, host, port, url, until } from './lib.mjs'

const node = () => createClient({ url }).connect()
const io = () => new Redis({ host, port })
const adapters = {
  'redis-adapter, node-redis': async () => createAdapter(await node(), await node()),
  'redis-adapter, ioredis': async () => createAdapter(io(), io()),
  'sharded adapter, node-redis': async () => createShardedAdapter(await node(), await node(), { subscriptionMode: 'dynamic' }),
  'sharded adapter, ioredis': async () => createShardedAdapter(io(), io(), { subscriptionMode: 'static' }),
  'streams adapter, node-redis': async () => createStreamsAdapter(await node(), { streamName: 'sn', readCount: 10, blockTimeInMs: 200 }),
  'streams adapter, ioredis': async () => createStreamsAdapter(io(), { streamName: 'si', maxLen: 1000, blockTimeInMs: 200 }),
}
for (const [name, make] of Object.entries(adapters)) {
  await check(`socket.io, ${name}`, async () => {
    const servers = []
    for (let i = 0; i < 2; i++) {
      const http = createServer()
      const server = new Server(http, { adapter: await make() })
      await new Promise(resolve => http.listen(0, '127.0.0.1', resolve))
      server.on('connection', socket => socket.join('room' + i))
      servers.push({ http, server, url: `http://127.0.0.1:${http.address().port}` })
    }
    const clients = []
    for (const s of servers) { const c = connect(s.url, { transports: ['websocket'], forceNew: true }); await event(c, 'connect'); clients.push(c) }
    const [a, b] = servers.map(s => s.server)
    const count = await until(async () => { const n = await a.of('/').adapter.serverCount(); return n === 2 && n })
    const heard = clients.map(() => [])
    clients.forEach((c, i) => c.on('m', (...args) => heard[i].push(args)))
    a.emit('m', 'to all', { bin: 1 })
    await until(() => heard.every(h => h.length === 1))
    a.to('room1').emit('m', 'to room 1')
    await until(() => heard[1].length === 2)
    const sockets = (await b.fetchSockets()).map(s => [...s.rooms].filter(r => r.startsWith('room'))[0]).sort()
    b.in('room0').socketsJoin('room1')
    await until(async () => (await a.in('room1').fetchSockets()).length === 2)
    for (let n = 0; n < 100; n++) a.to('room1').emit('m', n)
    await until(() => heard.every(h => h.length >= 101))
    const ordered = heard.every(h => { const n = h.map(x => x[0]).filter(x => typeof x === 'number'); return n.length === 100 && n.every((v, i) => v === i) })
    b.on('ping-servers', (v, reply) => reply('pong ' + v))
    const answers = await new Promise((resolve, reject) => a.serverSideEmit('ping-servers', 7, (e, r) => e ? reject(e) : resolve(r)))
    clients.forEach(c => c.on('ask', reply => reply(1)))
    const acks = await a.timeout(5000).emitWithAck('ask')
    a.disconnectSockets(true)
    await until(() => clients.every(c => !c.connected))
    clients.forEach(c => c.close())
    for (const s of servers) s.server.close()
    return [count, sockets, ordered, answers, acks]
  })
}
await check('socket.io, emitter', async () => {
  const http = createServer()
  const server = new Server(http, { adapter: createAdapter(await node(), await node()) })
  await new Promise(resolve => http.listen(0, '127.0.0.1', resolve))
  server.on('connection', s => s.join('r'))
  const c = connect(`http://127.0.0.1:${http.address().port}`, { transports: ['websocket'], forceNew: true })
  await event(c, 'connect')
  await until(async () => (await server.in('r').fetchSockets()).length === 1)
  const heard = []
  c.on('m', v => heard.push(v))
  const e = new Emitter(await node())
  e.to('r').emit('m', 'room'); e.except('r').emit('m', 'not you'); e.emit('m', Buffer.from([1, 2])); e.of('/').emit('m', 'end')
  await until(() => heard.at(-1) === 'end')
  e.disconnectSockets()
  await until(() => !c.connected)
  c.close(); server.close()
  return heard
})
await check('graphql-redis-subscriptions', async () => {
  const a = new RedisPubSub({ publisher: io(), subscriber: io() })
  const heard = []
  const id = await a.subscribe('t.1', m => heard.push(['exact', m]))
  await a.subscribe('t.*', m => heard.push(['pattern', m]), { pattern: true })
  await a.publish('t.1', { hello: 'é' })
  await until(() => heard.length === 2)
  a.unsubscribe(id)
  const iterator = a.asyncIterableIterator ? a.asyncIterableIterator(['u']) : a.asyncIterator(['u'])
  const next = iterator.next()
  await until(async () => { await a.publish('u', 1); return await Promise.race([next, Promise.resolve(false)]) })
  await a.publish('t.1', 'second')
  await until(() => heard.some(h => h[1] === 'second'))
  return [heard.sort(), (await next).value]
})
finish()
