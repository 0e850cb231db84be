# redis-rb: pipelines, transactions, scripts, publish/subscribe, streams; redis-namespace.
# tries redis-rb, redis-namespace | ruby-redis, ruby-redis-namespace | pipelines, transactions, scripts, publish/subscribe, streams
require_relative 'lib'
need 'redis'

c = Redis.new(host: HOST, port: PORT)
check('pipelines and transactions') do
  out = [c.pipelined { |p| p.set('a', 1); p.incr('a'); p.lrange('none', 0, -1) }]
  out << c.multi { |m| m.set('b', 2); m.get('b') }
  out << c.watch('b') { c.set('b', 9); c.multi { |m| m.set('b', 3) } }
  out << error_of { c.lpush('a', 1) } << error_of { c.pipelined { |p| p.lpush('a', 1) } }
  out << c.mapped_mget('a', 'b', 'none') << c.set('a', 5, nx: true) << c.set('a', 6, ex: 100, get: true) << c.getex('a', persist: true)
end
check('scripts') do
  sha = c.script(:load, 'return {KEYS[1], ARGV[1], tonumber(ARGV[2]) + 0.5}')
  out = [c.evalsha(sha, ['k'], ['a', 1]), c.script(:exists, sha)]
  c.script(:flush)
  out << error_of { c.evalsha(sha, ['k'], []) } << c.eval("return cjson.encode({a = cmsgpack.unpack(cmsgpack.pack({1, 'x'}))})")
end
check('publish/subscribe') do
  heard = []
  listener = Thread.new do
    Redis.new(host: HOST, port: PORT).psubscribe('n*') do |on|
      on.pmessage do |pattern, channel, message|
        heard << [pattern, channel, message]
        Thread.exit if message == 'end'
      end
    end
  end
  till { c.publish('news', 'x') == 1 }
  c.publish('news', 'é')
  c.publish('news', 'end')
  listener.join(10)
  heard
end
check('collections') do
  c.del('h', 'z', 's')
  out = [c.hset('h', 'a', 1, 'b', 2), c.mapped_hmget('h', 'a', 'c'), c.hscan_each('h').to_a.sort, c.zadd('z', [[1.5, 'a'], [2, 'b']]), c.zrange('z', 0, -1, with_scores: true)]
  out << c.zrangebyscore('z', '(1.5', '+inf') << c.sadd('s', %w[x y]) << c.sscan_each('s').to_a.sort << c.scan_each(match: 'z').to_a << c.blpop('none', timeout: 0.05)
  out << c.geoadd('g', 13.36, 38.11, 'P') << c.bitfield('bf', 'SET', 'u8', 0, 7, 'GET', 'u8', 0) << c.sort('s', order: 'ALPHA DESC') << c.object('encoding', 'h')
end
check('streams') do
  c.xgroup(:create, 'st', 'g', '$', mkstream: true)
  ids = (0...5).map { |n| c.xadd('st', { n: n }) }
  out = [c.xreadgroup('g', 'a', 'st', '>', count: 3, block: 100)['st'].map { |_, f| f['n'] }]
  out << c.xclaim('st', 'g', 'b', 0, ids[0]).size << c.xautoclaim('st', 'g', 'd', 0, '0-0', count: 10)['entries'].map { |_, f| f['n'] }
  out << c.xpending('st', 'g')['size'] << c.xack('st', 'g', ids[0]) << c.xlen('st') << c.xtrim('st', 2) << c.xinfo(:groups, 'st').first['pending']
end
check('redis-namespace') do
  require 'redis-namespace'
  n = Redis::Namespace.new(:ns, redis: c)
  out = [n.set('k', 1), n.mget('k', 'x'), n.keys('*'), c.exists?('ns:k'), n.eval('return KEYS', ['a', 'b']), n.sort('nothing')]
  n.del('k')
  out << n.exists?('k')
end
