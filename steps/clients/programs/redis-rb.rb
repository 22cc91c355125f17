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

def serve(host, port, reads)
  client = Redis.new(cluster: ["redis://#{host}:#{port}"], replica: reads == 'replicas')
  $stdin.each_line do |line|
    verb, *words = JSON.parse(line)
    begin
      answer = ['ok', *VERBS.fetch(verb).call(client, *words)]
    rescue Redis::BaseError => e
      answer = ['error', "#{e.class}: #{e.message}"]
    end
    puts JSON.generate(answer)
  end
end

$stdout.sync = true
puts JSON.generate(['redis-rb', Redis::VERSION])
serve(*ARGV) unless ARGV.empty?
