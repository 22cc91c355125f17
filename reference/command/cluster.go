package command

import (
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// clusterCommands are the questions of CLUSTER, answered by the protocol machine and the keyspace. topology.go answers
// SLOTS and SHARDS, clusterorders.go has the orders.
var clusterCommands = []Command{
	{
		Name: "cluster", Arity: -2, Group: "cluster", Since: "3.0.0", Complexity: "That of the subcommand", Summary: "Asks and steers the cluster",
	},
	{
		Name: "cluster|count-failure-reports", Arity: 3, Flags: Admin | Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the number of reports", Tips: []string{"nondeterministic_output"}, Syntax: "<node-id>",
		Summary: "Counts the nodes that report a node as failing", Run: inCluster(countFailureReports),
	},
	{
		Name: "cluster|countkeysinslot", Arity: 3, Flags: Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Syntax: "<slot>", Summary: "Counts the keys in a slot", Run: inCluster(countKeysInSlot),
	},
	{
		Name: "cluster|getkeysinslot", Arity: 4, Flags: Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the number of keys returned", Tips: []string{"nondeterministic_output"}, Syntax: "<slot> <count>",
		Summary: "Lists keys in a slot", Run: inCluster(getKeysInSlot),
	},
	{
		Name: "cluster|help", Arity: 2, Flags: Loading | Stale, Group: "cluster", Since: "5.0.0",
		Complexity: "O(1)", Summary: "Lists the subcommands", Run: inCluster(func(c *Call, _ *cluster.Machine) { help(c) }),
	},
	{
		Name: "cluster|info", Arity: 2, Flags: Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Tips: []string{"nondeterministic_output"}, Summary: "Returns the state of the cluster", Run: inCluster(clusterInfo),
	},
	{
		Name: "cluster|keyslot", Arity: 3, Flags: Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the length of the key", Syntax: "<key>", Summary: "Returns the slot of a key", Run: inCluster(keySlot),
	},
	{
		Name: "cluster|links", Arity: 2, Flags: Stale, Group: "cluster", Since: "7.0.0",
		Complexity: "O(N) in the number of nodes", Tips: []string{"nondeterministic_output"}, Summary: "Lists the links of the cluster bus", Run: inCluster(links),
	},
	{
		Name: "cluster|myid", Arity: 2, Flags: Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Summary: "Returns the id of this node", Run: inCluster(myID),
	},
	{
		Name: "cluster|myshardid", Arity: 2, Flags: Stale, Group: "cluster", Since: "7.2.0",
		Complexity: "O(1)", Tips: []string{"nondeterministic_output"}, Summary: "Returns the id of this node's shard", Run: inCluster(myShardID),
	},
	{
		Name: "cluster|nodes", Arity: 2, Flags: Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the number of nodes", Tips: []string{"nondeterministic_output"},
		Summary: "Returns what this node knows of every node, one line each", Run: inCluster(clusterNodes),
	},
	{
		Name: "cluster|replicas", Arity: 3, Flags: Admin | Stale, Group: "cluster", Since: "5.0.0",
		Complexity: "O(N) in the number of replicas", Tips: []string{"nondeterministic_output"}, Syntax: "<node-id>",
		Summary: "Lists the replicas of a primary", Run: inCluster(replicas),
	},
	{
		Name: "cluster|shards", Arity: 2, Flags: Stale, Group: "cluster", Since: "7.0.0",
		Complexity: "O(N) in the number of nodes", Tips: []string{"nondeterministic_output"}, Summary: "Lists the shards, their slots and nodes", Run: inCluster(shards),
	},
	{
		Name: "cluster|slaves", Arity: 3, Flags: Admin | Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the number of replicas", Tips: []string{"nondeterministic_output"}, Syntax: "<node-id>",
		Summary: "Lists the replicas of a primary; REPLICAS by its old name", Run: inCluster(replicas),
	},
	{
		Name: "cluster|slots", Arity: 2, Flags: Stale, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the number of nodes", Tips: []string{"nondeterministic_output"}, Summary: "Lists the ranges of slots and their nodes", Run: inCluster(slots),
	},
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
	c.Reply.Int(int64(c.DB.LenSlot(slot.Slot(n))))
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

func clusterNodes(c *Call, m *cluster.Machine) { c.Reply.Verbatim("txt", m.AppendNodes(nil, c.Now)) }

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
