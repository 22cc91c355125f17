# redis-py's cluster client behind the verbs of package clients (clients.go).
import json
import sys

import redis
from redis.cluster import ClusterNode, RedisCluster


def receive(client, channel):
    subscription = client.pubsub()
    subscription.subscribe(channel)
    for message in subscription.listen():
        if message["type"] == "message":
            return [message["data"]]


def pipeline(client, *pairs):
    pipe = client.pipeline()
    for key, value in zip(pairs[::2], pairs[1::2]):
        pipe.set(key, value)
    for key in pairs[::2]:
        pipe.get(key)
    return pipe.execute()[len(pairs) // 2 :]


verbs = {
    "set": lambda client, key, value: client.set(key, value) and [],
    "get": lambda client, key: [client.get(key)],
    "mset": lambda client, *pairs: client.mset(dict(zip(pairs[::2], pairs[1::2]))) and [],
    "mget": lambda client, *keys: client.mget(*keys),
    "pipeline": pipeline,
    "publish": lambda client, channel, message: client.publish(channel, message) and [],
    "receive": receive,
}


def connect(host, port, reads):
    return RedisCluster(
        startup_nodes=[ClusterNode(host, int(port))], decode_responses=True, read_from_replicas=reads == "replicas"
    )


# A client of 4.3.4 does not come back from the loss of a node: asking for the slots again it trips over a lock that cannot
# be copied. So an application begins anew with another one.
def serve(*seed):
    client = connect(*seed)
    for line in sys.stdin:
        verb, *words = json.loads(line)
        try:
            client = client or connect(*seed)
            answer = ["ok"] + (verbs[verb](client, *words) or [])
        except Exception as error:  # not all errors of the library are a RedisError
            answer = ["error", f"{type(error).__name__}: {error}"]
            client = None
        print(json.dumps(answer), flush=True)


print(json.dumps(["redis-py", redis.__version__]), flush=True)
if len(sys.argv) > 1:
    serve(*sys.argv[1:])
