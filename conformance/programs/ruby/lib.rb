# What the programs in Ruby share: where the server is, and how a case is told.
require 'json'
require 'timeout'

HOST = ENV.fetch('REDIS_HOST')
PORT = Integer(ENV.fetch('REDIS_PORT'))
URL = ENV.fetch('REDIS_URL')
TMP = ENV.fetch('TMPDIR')

def tell(name, result) = $stdout.puts("case\t#{name}\t#{result.gsub("\n", ' | ')}")

# Ends the program if something is not installed.
def need(*libraries)
  libraries.each { |l| require l }
rescue LoadError => e
  tell('all', "SKIPPED #{e.message}")
  exit
end

# Runs a case and tells what it returns, which has to be the same with every server.
def check(name)
  tell(name, JSON.generate(Timeout.timeout(45) { yield }))
rescue StandardError, Timeout::Error => e
  tell(name, "FAILED #{e.class}: #{e.message}")
ensure
  $stdout.flush
end

def till
  3000.times do
    v = yield
    return v if v
    sleep 0.01
  end
  raise 'never'
end

def error_of
  "no error but #{yield.inspect}"
rescue StandardError => e
  "#{e.class}: #{e.message}"
end
