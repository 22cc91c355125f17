package command

import (
	"math"

	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// clusterCommands are the questions of CLUSTER, answered by the protocol machine and the keyspace. topology.go answers
// SLOTS and SHARDS, clusterorders.go has the orders.
var clusterCommands = []Command{
	{
		Name: "cluster", Arity: -2, Group: "cluster", Since: "3.0.0", Complexity: "That of the subcommand", Summary: "Asks and steers the cluster",
		Errors: []Failure{
			{errClusterDisabled, "the node was started with cluster-enabled no"},
			{"ERR wrong number of arguments for 'cluster|<subcommand>' command", "there are too few words or too many"},
			{"ERR unknown subcommand '<word>'. Try CLUSTER HELP.", "there is no such subcommand"},
			{errNoAuth, "a password is set and this connection has not given it"},
		},
	},
	{
		Name: "cluster|count-failure-reports", Arity: 3, Flags: Admin | Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the number of reports", Tips: []string{"nondeterministic_output"}, Syntax: "<node-id>",
		Summary: "Counts the nodes that report a node as failing", Run: inCluster(countFailureReports),
		Reply:  "The number, as an integer.",
		Errors: []Failure{{"ERR Unknown node <node-id>", "no node has this id"}},
	},
	{
		Name: "cluster|countkeysinslot", Arity: 3, Flags: Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Syntax: "<slot>", Summary: "Counts the keys in a slot", Run: inCluster(countKeysInSlot),
		Reply: "The number, as an integer. On a replica too, whose keys are its primary's.",
		Errors: []Failure{
			{"ERR Invalid slot", "the slot is not from 0 to 16383"}, notInteger,
		},
	},
	{
		Name: "cluster|getkeysinslot", Arity: 4, Flags: Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the number of keys returned", Tips: []string{"nondeterministic_output"}, Syntax: "<slot> <count>",
		Summary: "Lists keys in a slot", Run: inCluster(getKeysInSlot),
		Reply: "An array of up to so many keys, in no order.",
		Errors: []Failure{
			{"ERR Invalid slot or number of keys", "the slot is not from 0 to 16383, or the count is negative"}, notInteger,
		},
	},
	{
		Name: "cluster|help", Arity: 2, Flags: Loading | Stale, Group: "cluster", Since: "5.0.0",
		Complexity: "O(1)", Summary: "Lists the subcommands", Run: inCluster(func(c *Call, _ *cluster.Machine) { help(c) }),
		Reply: "An array of lines.",
	},
	{
		Name: "cluster|info", Arity: 2, Flags: Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Tips: []string{"nondeterministic_output"}, Summary: "Returns the state of the cluster", Run: inCluster(clusterInfo),
		Reply: "Lines of the form field:value, as one text.",
	},
	{
		Name: "cluster|keyslot", Arity: 3, Flags: Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the length of the key", Syntax: "<key>", Summary: "Returns the slot of a key", Run: inCluster(keySlot),
		Reply: "The slot, as an integer. The node need not serve it.",
	},
	{
		Name: "cluster|links", Arity: 2, Flags: Stale, Group: "cluster", Since: "7.0.0",
		Complexity: "O(N) in the number of nodes", Tips: []string{"nondeterministic_output"}, Summary: "Lists the links of the cluster bus", Run: inCluster(links),
		Reply: "An array with a map for each link: direction, node, create-time, events, send-buffer-allocated, send-buffer-used.",
	},
	{
		Name: "cluster|myid", Arity: 2, Flags: Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Summary: "Returns the id of this node", Run: inCluster(myID),
		Reply: "The id, 40 hexadecimal digits.",
	},
	{
		Name: "cluster|myshardid", Arity: 2, Flags: Stale, Group: "cluster", Since: "7.2.0",
		Complexity: "O(1)", Tips: []string{"nondeterministic_output"}, Summary: "Returns the id of this node's shard", Run: inCluster(myShardID),
		Reply: "The id, 40 hexadecimal digits; all nodes of a shard have the same.",
	},
	{
		Name: "cluster|nodes", Arity: 2, Flags: Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the number of nodes", Tips: []string{"nondeterministic_output"},
		Summary: "Returns what this node knows of every node, one line each", Run: inCluster(clusterNodes),
		Reply: "A text with a line for each node: id, ip:port@bus-port[,hostname], flags, primary or -, last ping sent, last pong received (Unix milliseconds), configuration epoch, link state, slots.",
	},
	{
		Name: "cluster|replicas", Arity: 3, Flags: Admin | Stale, Group: "cluster", Since: "5.0.0",
		Complexity: "O(N) in the number of replicas", Tips: []string{"nondeterministic_output"}, Syntax: "<node-id>",
		Summary: "Lists the replicas of a primary", Run: inCluster(replicas),
		Reply:  "An array with the line of CLUSTER NODES for each replica.",
		Errors: replicasErrors,
	},
	{
		Name: "cluster|shards", Arity: 2, Flags: Stale, Group: "cluster", Since: "7.0.0",
		Complexity: "O(N) in the number of nodes", Tips: []string{"nondeterministic_output"}, Summary: "Lists the shards, their slots and nodes", Run: inCluster(shards),
		Reply: "An array with a map for each shard: slots (first and last of each range) and nodes (maps: id, port, ip, endpoint, hostname, role, replication-offset, health).",
	},
	{
		Name: "cluster|slaves", Arity: 3, Flags: Admin | Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the number of replicas", Tips: []string{"nondeterministic_output"}, Syntax: "<node-id>",
		Summary: "Lists the replicas of a primary; REPLICAS by its old name", Run: inCluster(replicas),
		Reply:  "That of CLUSTER REPLICAS.",
		Errors: replicasErrors,
	},
	{
		Name: "cluster|slots", Arity: 2, Flags: Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the number of nodes", Tips: []string{"nondeterministic_output"}, Summary: "Lists the ranges of slots and their nodes", Run: inCluster(slots),
		Reply: "An array with an array for each range: first slot, last slot, the primary, then its replicas; a node is an array of endpoint, port, id, and a map of its other addresses.",
	},
}

// replicasErrors are those of REPLICAS, by either name.
var replicasErrors = []Failure{
	{"ERR Unknown node <node-id>", "no node has this id"},
	{"ERR The specified node is not a master", "the id is that of a replica"},
}

// inCluster makes a handler of one that needs the protocol machine.
func inCluster(run func(*Call, *cluster.Machine)) func(*Call) {
	return func(c *Call) {
		if c.Cluster == nil {
			c.Error(errClusterDisabled)
			return
		}
		run(c, c.Cluster)
	}
}

// done replies OK, or with the machine's refusal.
func (c *Call) done(err error) {
	if err != nil {
		c.Error("ERR " + err.Error())
		return
	}
	c.OK()
}

func countFailureReports(c *Call, m *cluster.Machine) {
	n, err := m.CountFailureReports(string(c.Args[2]))
	if err != nil {
		c.done(err)
		return
	}
	c.Reply.Int(int64(n))
}

func countKeysInSlot(c *Call, _ *cluster.Machine) {
	n, ok := c.intArg(2)
	if !ok {
		return
	}
	if n < 0 || n >= slot.Count {
		c.Error("ERR Invalid slot")
		return
	}
	keys := c.DB.LenSlot(slot.Slot(n))
	if c.Defects.Has(defect.CountsAllKeys) {
		keys = c.DB.Len()
	}
	c.Reply.Int(int64(keys))
}

func getKeysInSlot(c *Call, _ *cluster.Machine) {
	n, ok := c.intArg(2)
	if !ok {
		return
	}
	limit, ok := c.intArg(3)
	if !ok {
		return
	}
	if n < 0 || n >= slot.Count || limit < 0 {
		c.Error("ERR Invalid slot or number of keys")
		return
	}
	if c.Defects.Has(defect.ListsTooMany) {
		limit = math.MaxInt64
	}
	s := slot.Slot(n)
	keys := c.DB.AppendKeysInSlot(nil, s, int(min(limit, int64(c.DB.LenSlot(s)))))
	c.Reply.Array(len(keys))
	for _, key := range keys {
		c.Reply.Bulk(key)
	}
}

func keySlot(c *Call, _ *cluster.Machine) { c.Reply.Int(int64(c.SlotOf(c.Args[2]))) }

func myID(c *Call, m *cluster.Machine) { c.Reply.BulkString(m.Myself().ID.String()) }

func myShardID(c *Call, m *cluster.Machine) { c.Reply.BulkString(m.Myself().ShardID.String()) }

func clusterInfo(c *Call, m *cluster.Machine) { c.Reply.Verbatim("txt", m.AppendInfo(nil)) }

func clusterNodes(c *Call, m *cluster.Machine) { c.Reply.Verbatim("txt", m.Nodes()) }

func replicas(c *Call, m *cluster.Machine) {
	found, err := m.Replicas(string(c.Args[2]))
	if err != nil {
		c.done(err)
		return
	}
	c.Reply.Array(len(found))
	for _, p := range found {
		c.Reply.Bulk(m.AppendNode(nil, p, c.Now))
	}
}

// linkBytes is the memory of what waits to be sent on the links of the cluster bus.
func (e *Engine) linkBytes() (bytes int) {
	if e.Cluster == nil {
		return 0
	}
	for _, l := range e.Cluster.Links() {
		allocated, _ := e.Host.LinkBuffer(l.Link)
		bytes += allocated
	}
	return bytes
}

func links(c *Call, m *cluster.Machine) {
	all := m.Links()
	c.Reply.Array(len(all))
	for _, l := range all {
		direction, events := "to", "r"
		if l.Inbound {
			direction = "from"
		}
		allocated, used := c.Host.LinkBuffer(l.Link)
		if used > 0 {
			events = "rw"
		}
		c.Reply.Map(6)
		c.Reply.BulkString("direction")
		c.Reply.BulkString(direction)
		c.Reply.BulkString("node")
		c.Reply.BulkString(l.Peer.ID.String())
		c.Reply.BulkString("create-time")
		c.Reply.Int(int64(l.Created))
		c.Reply.BulkString("events")
		c.Reply.BulkString(events)
		c.Reply.BulkString("send-buffer-allocated")
		c.Reply.Int(int64(allocated))
		c.Reply.BulkString("send-buffer-used")
		c.Reply.Int(int64(used))
	}
}
