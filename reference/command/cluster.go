package command

import (
	"fmt"
	"math"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/resp"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// clusterCommands are CLUSTER: questions to the protocol machine, and orders. topology.go answers SLOTS and SHARDS.
var clusterCommands = []Command{
	{
		Name: "cluster", Arity: -2, Group: "cluster", Since: "3.0.0", Complexity: "That of the subcommand", Summary: "Asks and steers the cluster",
	},
	{
		Name: "cluster|addslots", Arity: -3, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the number of slots", Syntax: "<slot> [<slot> ...]", Summary: "Assigns slots to this node", Run: inCluster(addSlots),
	},
	{
		Name: "cluster|addslotsrange", Arity: -4, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "7.0.0",
		Complexity: "O(N) in the number of slots", Syntax: "<start slot> <end slot> [<start slot> <end slot> ...]",
		Summary: "Assigns ranges of slots to this node", Run: inCluster(addSlotsRange),
	},
	{
		Name: "cluster|bumpepoch", Arity: 2, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Tips: []string{"nondeterministic_output"}, Summary: "Raises the configuration epoch of this node", Run: inCluster(bumpEpoch),
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
		Name: "cluster|delslots", Arity: -3, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the number of slots", Syntax: "<slot> [<slot> ...]", Summary: "Makes this node forget who owns slots", Run: inCluster(delSlots),
	},
	{
		Name: "cluster|delslotsrange", Arity: -4, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "7.0.0",
		Complexity: "O(N) in the number of slots", Syntax: "<start slot> <end slot> [<start slot> <end slot> ...]",
		Summary: "Makes this node forget who owns ranges of slots", Run: inCluster(delSlotsRange),
	},
	{
		Name: "cluster|failover", Arity: -2, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Syntax: "[FORCE|TAKEOVER]", Summary: "Has this replica replace its primary", Run: inCluster(failover),
	},
	{
		Name: "cluster|flushslots", Arity: 2, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Summary: "Makes this node give up its slots", Run: inCluster(flushSlots),
	},
	{
		Name: "cluster|forget", Arity: 3, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Syntax: "<node-id>", Summary: "Removes a node from what this node knows", Run: inCluster(forget),
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
		Name: "cluster|meet", Arity: -4, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Syntax: "<ip> <port> [<bus-port>]", Summary: "Joins the cluster of another node", Run: inCluster(meet),
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
		Name: "cluster|replicate", Arity: 3, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Syntax: "<node-id>", Summary: "Makes this node a replica", Run: inCluster(replicate),
	},
	{
		Name: "cluster|reset", Arity: -2, Flags: Admin | Stale | NoScript, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the number of nodes", Syntax: "[HARD|SOFT]", Summary: "Makes this node leave the cluster", Run: inCluster(resetCluster),
	},
	{
		Name: "cluster|saveconfig", Arity: 2, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Summary: "Writes the node's configuration file", Run: inCluster(saveConfig),
	},
	{
		Name: "cluster|set-config-epoch", Arity: 3, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Syntax: "<epoch>", Summary: "Sets the configuration epoch of a new node", Run: inCluster(setConfigEpoch),
	},
	{
		Name: "cluster|setslot", Arity: -4, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Syntax: "<slot> (IMPORTING <node-id>|MIGRATING <node-id>|STABLE|NODE <node-id>)",
		Summary: "Opens a slot for migration, closes it, or assigns it", Run: inCluster(setSlot),
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

// errInvalidSlot is for a word that is no slot number.
const errInvalidSlot = "ERR Invalid or out of range slot"

func addSlots(c *Call, m *cluster.Machine) {
	if ranges, ok := c.slotArgs(); ok {
		c.done(m.AddSlots(c.Now, ranges))
	}
}

func delSlots(c *Call, m *cluster.Machine) {
	if ranges, ok := c.slotArgs(); ok {
		c.done(m.DelSlots(c.Now, ranges))
	}
}

// slotArgs reads slots as ranges of one, or replies that a word is none.
func (c *Call) slotArgs() ([]slot.Range, bool) {
	ranges := make([]slot.Range, 0, len(c.Args)-2)
	for _, word := range c.Args[2:] {
		s, ok := slot.Parse(word)
		if !ok {
			c.Error(errInvalidSlot)
			return nil, false
		}
		ranges = append(ranges, slot.Range{From: s, To: s})
	}
	return ranges, true
}

func addSlotsRange(c *Call, m *cluster.Machine) {
	if ranges, ok := c.slotRangeArgs(); ok {
		c.done(m.AddSlots(c.Now, ranges))
	}
}

func delSlotsRange(c *Call, m *cluster.Machine) {
	if ranges, ok := c.slotRangeArgs(); ok {
		c.done(m.DelSlots(c.Now, ranges))
	}
}

// slotRangeArgs reads pairs of slots, or replies that a word has no partner. A word that is no slot ends the list with a
// range the machine refuses, because Redis looks at the ranges before it first.
func (c *Call) slotRangeArgs() ([]slot.Range, bool) {
	if len(c.Args)%2 == 1 {
		c.Error(errWrongArity(c.Cmd.Name))
		return nil, false
	}
	var ranges []slot.Range
	for i := 2; i < len(c.Args); i += 2 {
		from, fromOK := slot.Parse(c.Args[i])
		to, toOK := slot.Parse(c.Args[i+1])
		if !fromOK || !toOK {
			return append(ranges, slot.Range{From: slot.Count, To: slot.Count}), true
		}
		ranges = append(ranges, slot.Range{From: from, To: to})
	}
	return ranges, true
}

func flushSlots(c *Call, m *cluster.Machine) { c.done(m.FlushSlots(c.Now)) }

func bumpEpoch(c *Call, m *cluster.Machine) {
	epoch, bumped := m.BumpEpoch()
	word := "STILL "
	if bumped {
		word = "BUMPED "
	}
	c.Reply.Simple(word + strconv.FormatUint(epoch, 10))
}

func setConfigEpoch(c *Call, m *cluster.Machine) {
	if epoch, ok := c.intArg(2); ok {
		c.done(m.SetConfigEpoch(c.Now, epoch))
	}
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

func setSlot(c *Call, m *cluster.Machine) {
	if err := m.CheckSetSlot(); err != nil {
		c.done(err)
		return
	}
	s, ok := slot.Parse(c.Args[2])
	if !ok {
		c.Error(errInvalidSlot)
		return
	}
	action, withNode := c.Args[3], len(c.Args) == 5
	switch {
	case withNode && is(action, "MIGRATING"):
		c.done(m.SetMigrating(c.Now, s, string(c.Args[4])))
	case withNode && is(action, "IMPORTING"):
		c.done(m.SetImporting(c.Now, s, string(c.Args[4])))
	case withNode && is(action, "NODE"):
		c.done(m.SetNode(c.Now, s, string(c.Args[4])))
	case len(c.Args) == 4 && is(action, "STABLE"):
		c.done(m.SetStable(c.Now, s))
	default:
		c.Error("ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP")
	}
}

// busPortOffset is how far the bus port is above the client port unless it is given.
const busPortOffset = 10000

func meet(c *Call, m *cluster.Machine) {
	if len(c.Args) > 5 {
		c.badSubcommand()
		return
	}
	port, ok := resp.ParseInt(c.Args[3])
	if !ok {
		c.Error(fmt.Sprintf("ERR Invalid TCP base port specified: %s", cString(c.Args[3], math.MaxInt)))
		return
	}
	busPort := port + busPortOffset
	if len(c.Args) == 5 {
		if busPort, ok = resp.ParseInt(c.Args[4]); !ok {
			c.Error(fmt.Sprintf("ERR Invalid TCP bus port specified: %s", cString(c.Args[4], math.MaxInt)))
			return
		}
	}
	c.done(m.Meet(c.Now, string(c.Args[2]), int(port), int(busPort)))
}

func forget(c *Call, m *cluster.Machine) { c.done(m.Forget(c.Now, string(c.Args[2]))) }

func replicate(c *Call, m *cluster.Machine) { c.done(m.Replicate(c.Now, string(c.Args[2]))) }

func resetCluster(c *Call, m *cluster.Machine) {
	hard := false
	switch {
	case len(c.Args) > 3:
		c.badSubcommand()
		return
	case len(c.Args) == 3 && is(c.Args[2], "HARD"):
		hard = true
	case len(c.Args) == 3 && !is(c.Args[2], "SOFT"):
		c.Error(errSyntax)
		return
	}
	c.done(m.Reset(c.Now, hard))
}

func failover(c *Call, m *cluster.Machine) {
	mode := cluster.FailoverAgreed
	switch {
	case len(c.Args) > 3:
		c.badSubcommand()
		return
	case len(c.Args) == 3 && is(c.Args[2], "FORCE"):
		mode = cluster.FailoverForce
	case len(c.Args) == 3 && is(c.Args[2], "TAKEOVER"):
		mode = cluster.FailoverTakeover
	case len(c.Args) == 3:
		c.Error(errSyntax)
		return
	}
	c.done(m.Failover(c.Now, mode))
}

// saveConfig answers when the file is durable. In a transaction it cannot wait; there the node's order of effects, file
// first and replies after it, makes the answer true.
func saveConfig(c *Call, _ *cluster.Machine) {
	c.Host.SaveClusterConfig(c.Session)
	if c.inTransaction {
		c.OK()
		return
	}
	c.Block(0, nil)
}

// ConfigSaved ends CLUSTER SAVECONFIG.
func (e *Engine) ConfigSaved(s *Session, err error) {
	if !s.wait.blocked {
		return
	}
	if err != nil {
		s.Reply.Error("ERR error saving the cluster node config: " + err.Error())
	} else {
		s.Reply.Simple("OK")
	}
	e.Unblock(s)
}

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

// LinkMeter is a Host that knows what waits to be written on a link of the cluster bus.
type LinkMeter interface {
	// LinkBuffer returns the size of a link's send buffer and how much of it is in use, in bytes.
	LinkBuffer(cluster.LinkID) (allocated, used int)
}

func links(c *Call, m *cluster.Machine) {
	meter, metered := c.Host.(LinkMeter)
	all := m.Links()
	c.Reply.Array(len(all))
	for _, l := range all {
		direction, events, allocated, used := "to", "r", 0, 0
		if l.Inbound {
			direction = "from"
		}
		if metered {
			allocated, used = meter.LinkBuffer(l.Link)
		}
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
