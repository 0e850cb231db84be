# Sidekiq: jobs, weights of queues, schedules, retries, its API, batches by hand, a process that
# is killed, sidekiq-cron where it is installed.
# tries Sidekiq, sidekiq-cron | ruby-sidekiq, ruby-sidekiq-cron | queues, schedules, retries, the dead, its API, a process that is stopped in a job
require_relative 'lib'
need 'sidekiq', 'sidekiq/api'

JOBS = File.join(TMP, 'jobs.rb')
File.write(JOBS, <<~RUBY)
  require 'sidekiq'
  begin
    require 'sidekiq-cron'
  rescue LoadError
  end
  Sidekiq.configure_server do |c|
    c.redis = { url: #{URL.inspect} + '/1' }
    c.options[:poll_interval_average] = 0.2
    c.options[:average_scheduled_poll_interval] = 0.2
  end
  Sidekiq.configure_client { |c| c.redis = { url: #{URL.inspect} + '/1' } }
  class Add
    include Sidekiq::Worker
    sidekiq_options queue: 'low'
    def perform(n) = Sidekiq.redis { |r| r.rpush('done', n) }
  end
  class Urgent < Add
    sidekiq_options queue: 'high'
  end
  class Bad
    include Sidekiq::Worker
    sidekiq_options retry: 1, queue: 'low'
    sidekiq_retry_in { 1 }
    sidekiq_retries_exhausted { |job, _| Sidekiq.redis { |r| r.rpush('exhausted', job['class']) } }
    def perform
      Sidekiq.redis { |r| r.incr('bad') }
      raise 'bad job'
    end
  end
  class Slow
    include Sidekiq::Worker
    def perform(seconds)
      Sidekiq.redis { |r| r.incr('begun') }
      sleep seconds
      Sidekiq.redis { |r| r.incr('ended') }
    end
  end
RUBY
require JOBS

def redis(&block) = Sidekiq.redis(&block)

# A process of Sidekiq's, for as long as the block runs.
def server(*args)
  pid = spawn('sidekiq', '-r', JOBS, '-c', '5', '-t', '2', '-e', 'production', *args, out: :err)
  yield pid
ensure
  begin
    Process.kill('TERM', pid)
    Process.wait(pid)
  rescue Errno::ESRCH, Errno::ECHILD
    # it is dead already
  end
end

check('queues, before there is a process') do
  10.times { |n| Add.perform_async(n) }
  10.times { |n| Urgent.perform_async(100 + n) }
  Sidekiq::Client.push_bulk('class' => Add, 'args' => (20...120).map { |n| [n] })
  Add.perform_in(3600, 'far')
  q = Sidekiq::Queue.new('low')
  found = q.find { |j| j.args == [5] }
  found.delete
  [Sidekiq::Queue.all.map { |x| [x.name, x.size] }.sort, q.latency >= 0, Sidekiq::ScheduledSet.new.size, q.first.klass, Sidekiq::Stats.new.enqueued]
end

server('-q', 'high', '-q', 'low', '-q', 'default') do
  check('jobs') do
    till { redis { |r| r.llen('done') } == 119 }
    done = redis { |r| r.lrange('done', 0, -1) }
    [done.first.to_i >= 100, done.map(&:to_i).sort == ((0...10).to_a - [5] + (100...110).to_a + (20...120).to_a).sort]
  end
  check('schedules') do
    Add.perform_in(0.5, 'near')
    till { redis { |r| r.lrange('done', -1, -1) } == ['near'] }
    set = Sidekiq::ScheduledSet.new
    job = set.first
    job.reschedule(Time.now.to_f + 7200)
    late = set.first.at.to_f - Time.now.to_f > 7000
    set.first.add_to_queue
    till { redis { |r| r.lrange('done', -1, -1) } == ['far'] }
    [late, set.size]
  end
  check('retries and the dead') do
    Bad.perform_async
    till { redis { |r| r.llen('exhausted') } == 1 }
    dead = till { Sidekiq::DeadSet.new.first }
    stats = till { s = Sidekiq::Stats.new; s if s.failed >= 2 && s.retry_size.zero? }
    out = [redis { |r| r.get('bad') }, dead.item['error_message'], dead.item['retry_count'], stats.failed, stats.dead_size]
    dead.retry
    till { redis { |r| r.get('bad') }.to_i > 2 }
    out
  end
  check('the API') do
    Slow.perform_async(9)
    till { Sidekiq::Workers.new.size == 1 }
    processes = till { p = Sidekiq::ProcessSet.new; p if p.size == 1 }
    one = processes.first
    busy = till { Sidekiq::Workers.new.map { |_, _, w| w['queue'] }.first }
    one.quiet!
    till { Sidekiq::ProcessSet.new.first['quiet'] == 'true' }
    [one['concurrency'], one['queues'].sort, busy, Sidekiq::Stats::History.new(1).processed.values.first.to_i > 100]
  end
end
check('the rest is pushed back') do
  server('-q', 'default') do |pid|
    redis { |r| r.del('begun', 'ended') }
    Slow.perform_async(60)
    till { redis { |r| r.get('begun') } }
    Process.kill('TERM', pid)
    Process.wait(pid)
  end
  [redis { |r| r.get('ended') }, Sidekiq::Queue.new('default').size <= 1]
end
if defined?(Sidekiq::Cron)
  check('sidekiq-cron') do
    Sidekiq::Cron::Job.load_from_hash('tick' => { 'class' => 'Add', 'cron' => '* * * * *', 'args' => ['cron'] })
    job = Sidekiq::Cron::Job.find('tick')
    out = [Sidekiq::Cron::Job.count, job.valid?, job.status]
    job.enque!
    out << Sidekiq::Queue.new('low').map(&:args)
    job.disable!
    out << Sidekiq::Cron::Job.find('tick').status << job.destroy << Sidekiq::Cron::Job.count
  end
end
