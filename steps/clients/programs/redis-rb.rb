# redis-rb's cluster client behind the verbs of package clients (clients.go).
require 'json'
require 'redis'

VERBS = {
  'set' => ->(client, key, value) { client.set(key, value) && [] },
  'get' => ->(client, key) { [client.get(key)] },
  'mset' => ->(client, *pairs) { client.mset(*pairs) && [] },
  'mget' => ->(client, *keys) { client.mget(*keys) },
  'pipeline' => lambda do |client, *pairs|
    pairs = pairs.each_slice(2).to_a
    answers = client.pipelined do |pipe|
      pairs.each { |key, value| pipe.set(key, value) }
      pairs.each { |key, _| pipe.get(key) }
    end
    answers.drop(pairs.size)
  end,
  'publish' => ->(client, channel, message) { client.publish(channel, message) && [] },
  'receive' => lambda do |client, channel|
    received = []
    client.subscribe(channel) do |on|
      on.message do |_, message|
        received << message
        client.unsubscribe
      end
    end
    received
  end
}.freeze

def connect(host, port, reads)
  Redis.new(cluster: ["redis://#{host}:#{port}"], replica: reads == 'replicas')
end

# A client of 4.8.0 asks for the slots again when a node refuses connections, and never when something in front of a node that
# is gone takes them and closes them, as the proxies of container engines do. So an application begins anew with another one.
def serve(*seed)
  client = connect(*seed)
  $stdin.each_line do |line|
    verb, *words = JSON.parse(line)
    begin
      client ||= connect(*seed)
      answer = ['ok', *VERBS.fetch(verb).call(client, *words)]
    rescue Redis::BaseError => e
      client = nil if e.is_a?(Redis::ConnectionError)
      answer = ['error', "#{e.class}: #{e.message}"]
    end
    puts JSON.generate(answer)
  end
end

$stdout.sync = true
puts JSON.generate(['redis-rb', Redis::VERSION])
serve(*ARGV) unless ARGV.empty?
