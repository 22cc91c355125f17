// node-redis's cluster client behind the verbs of package clients (clients.go).
const readline = require('readline');
const { createCluster } = require('redis');
const { version } = require('redis/package.json');

function pairs(words) {
  return words.flatMap((word, i) => (i % 2 ? [] : [[word, words[i + 1]]]));
}

const verbs = {
  set: async (client, key, value) => void (await client.set(key, value)),
  get: async (client, key) => [await client.get(key)],
  mset: async (client, ...words) => void (await client.mSet(pairs(words))),
  mget: async (client, ...keys) => client.mGet(keys),
  pipeline: async (client, ...words) => {
    const batch = client.multi();
    for (const [key, value] of pairs(words)) batch.set(key, value);
    for (const [key] of pairs(words)) batch.get(key);
    return (await batch.exec()).slice(words.length / 2);
  },
  publish: async (client, channel, message) => void (await client.publish(channel, message)),
  receive: async (client, channel) => {
    const subscriber = client.getMasters()[0].client.duplicate(); // this version subscribes at single nodes
    await subscriber.connect();
    const message = await new Promise((resolve) => subscriber.subscribe(channel, resolve));
    await subscriber.disconnect();
    return [message];
  },
};

// A node that is down is an error at once. Unless it is told so, the library waits for the node to return, and its requests wait with it.
const defaults = { socket: { reconnectStrategy: () => new Error('the node is down') } };

// connect makes a client. 4.5.1 takes one node of the cluster that is down for the loss of all seeds; by then it has the slots and clients of the
// nodes that are up, so what it says is passed over. If the seed itself is down, so is the first request.
async function connect(host, port, reads) {
  const client = createCluster({ rootNodes: [{ socket: { host, port: Number(port) } }], useReplicas: reads === 'replicas', defaults });
  client.on('error', () => {}); // without a listener the library ends the program
  await client.connect().catch((error) => {
    if (error.constructor.name !== 'RootNodesUnavailableError') throw error;
  });
  return client;
}

// A client does not come back from the loss of a node that it has given up: an application begins anew with another one.
async function serve(...seed) {
  let client = await connect(...seed);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [verb, ...words] = JSON.parse(line);
    let answer;
    try {
      client ??= await connect(...seed);
      answer = ['ok', ...((await verbs[verb](client, ...words)) ?? [])];
    } catch (error) {
      answer = ['error', `${error.constructor.name}: ${error.message}`];
      client?.disconnect().catch(() => {}); // of which some connections may be closed
      client = undefined;
    }
    console.log(JSON.stringify(answer));
  }
  process.exit();
}

console.log(JSON.stringify(['node-redis', version]));
if (process.argv.length > 1) serve(...process.argv.slice(1));
