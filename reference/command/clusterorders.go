package command

import (
	"fmt"
	"math"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/resp"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// clusterOrders are the subcommands of CLUSTER that change something. The protocol machine decides, and words refusals.
var clusterOrders = []Command{
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
		Name: "cluster|meet", Arity: -4, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Syntax: "<ip> <port> [<bus-port>]", Summary: "Joins the cluster of another node", Run: inCluster(meet),
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
		c.Error(fmt.Sprintf("ERR Invalid base port specified: %s", cString(c.Args[3], math.MaxInt)))
		return
	}
	busPort := port + busPortOffset
	if len(c.Args) == 5 {
		if busPort, ok = resp.ParseInt(c.Args[4]); !ok {
			c.Error(fmt.Sprintf("ERR Invalid bus port specified: %s", cString(c.Args[4], math.MaxInt)))
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
