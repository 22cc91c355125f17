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
		Reply: "OK; all of the slots or none.",
		Errors: []Failure{
			invalidSlot, {"ERR Slot <slot> is already busy", "a slot has an owner"}, slotTwice,
		},
	},
	{
		Name: "cluster|addslotsrange", Arity: -4, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "7.0.0",
		Complexity: "O(N) in the number of slots", Syntax: "<start slot> <end slot> [<start slot> <end slot> ...]",
		Summary: "Assigns ranges of slots to this node", Run: inCluster(addSlotsRange),
		Reply: "OK; all of the slots or none.",
		Errors: []Failure{
			invalidSlot, {"ERR Slot <slot> is already busy", "a slot has an owner"}, slotTwice, rangeBackwards,
		},
	},
	{
		Name: "cluster|bumpepoch", Arity: 2, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Tips: []string{"nondeterministic_output"}, Summary: "Raises the configuration epoch of this node", Run: inCluster(bumpEpoch),
		Reply: "BUMPED and the new epoch, or STILL and the epoch when it is the greatest already.",
	},
	{
		Name: "cluster|delslots", Arity: -3, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the number of slots", Syntax: "<slot> [<slot> ...]", Summary: "Makes this node forget who owns slots", Run: inCluster(delSlots),
		Reply: "OK; all of the slots or none. Other nodes are not told.",
		Errors: []Failure{
			invalidSlot, {"ERR Slot <slot> is already unassigned", "a slot has no owner"}, slotTwice,
		},
	},
	{
		Name: "cluster|delslotsrange", Arity: -4, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "7.0.0",
		Complexity: "O(N) in the number of slots", Syntax: "<start slot> <end slot> [<start slot> <end slot> ...]",
		Summary: "Makes this node forget who owns ranges of slots", Run: inCluster(delSlotsRange),
		Reply: "OK; all of the slots or none. Other nodes are not told.",
		Errors: []Failure{
			invalidSlot, {"ERR Slot <slot> is already unassigned", "a slot has no owner"}, slotTwice, rangeBackwards,
		},
	},
	{
		Name: "cluster|failover", Arity: -2, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Syntax: "[FORCE|TAKEOVER]", Summary: "Has this replica replace its primary", Run: inCluster(failover),
		Reply: "OK at once: the failover has begun. ROLE tells when it is done.",
		Errors: []Failure{
			{"ERR You should send CLUSTER FAILOVER to a replica", "this node is a primary"},
			{"ERR Master is down or failed, please use CLUSTER FAILOVER FORCE", "the primary does not answer and nothing was said of FORCE or TAKEOVER"},
			{"ERR I'm a replica but my master is unknown to me", "the primary was never heard of"},
			badWord, badForm,
		},
	},
	{
		Name: "cluster|flushslots", Arity: 2, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Summary: "Makes this node give up its slots", Run: inCluster(flushSlots),
		Reply: "OK.",
		Errors: []Failure{
			{"ERR DB must be empty to perform CLUSTER FLUSHSLOTS.", "this node has keys"},
		},
	},
	{
		Name: "cluster|forget", Arity: 3, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Syntax: "<node-id>", Summary: "Removes a node from what this node knows", Run: inCluster(forget),
		Reply: "OK. For a minute gossip does not bring the node back.",
		Errors: []Failure{
			{"ERR Unknown node <node-id>", "no node has this id"},
			{"ERR I tried hard but I can't forget myself...", "the id is this node's own"},
			{"ERR Can't forget my master!", "the id is that of this replica's primary"},
		},
	},
	{
		Name: "cluster|meet", Arity: -4, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Syntax: "<ip> <port> [<bus-port>]", Summary: "Joins the cluster of another node", Run: inCluster(meet),
		Reply: "OK at once: the handshake has begun.",
		Errors: []Failure{
			{"ERR Invalid base port specified: <port>", "the port is no number"},
			{"ERR Invalid bus port specified: <bus-port>", "the bus port is no number"},
			{"ERR Invalid node address specified: <ip>:<port>", "the address is a name or none, or a port (that of the bus included) is not from 1 to 65535"},
			badForm,
		},
	},
	{
		Name: "cluster|replicate", Arity: 3, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Syntax: "<node-id>", Summary: "Makes this node a replica", Run: inCluster(replicate),
		Reply: "OK at once: the data follows.",
		Errors: []Failure{
			{"ERR Unknown node <node-id>", "no node has this id"},
			{"ERR Can't replicate myself", "the id is this node's own"},
			{"ERR I can only replicate a master, not a replica.", "the id is that of a replica"},
			{"ERR To set a master the node must be empty and without assigned slots.", "this node is a primary that has slots or keys"},
		},
	},
	{
		Name: "cluster|reset", Arity: -2, Flags: Admin | Stale | NoScript, Group: "cluster", Since: "3.0.0",
		Complexity: "O(N) in the number of nodes", Syntax: "[HARD|SOFT]", Summary: "Makes this node leave the cluster", Run: inCluster(resetCluster),
		Reply: "OK. The node is an empty primary that knows nobody; HARD gives it a new id and epoch 0 as well.",
		Errors: []Failure{
			{"ERR CLUSTER RESET can't be called with master nodes containing keys", "this node is a primary that has keys"},
			badWord, badForm,
		},
	},
	{
		Name: "cluster|saveconfig", Arity: 2, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Summary: "Writes the node's configuration file", Run: inCluster(saveConfig),
		Reply: "OK once the file is on disk.",
		Errors: []Failure{
			{"ERR error saving the cluster node config: <reason>", "the file cannot be written"},
		},
	},
	{
		Name: "cluster|set-config-epoch", Arity: 3, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Syntax: "<epoch>", Summary: "Sets the configuration epoch of a new node", Run: inCluster(setConfigEpoch),
		Reply: "OK.",
		Errors: []Failure{
			{"ERR Invalid config epoch specified: <epoch>", "the epoch is negative"},
			{"ERR The user can assign a config epoch only when the node does not know any other node.", "this node has met others"},
			{"ERR Node config epoch is already non-zero", "this node has an epoch"},
			notInteger,
		},
	},
	{
		Name: "cluster|setslot", Arity: -4, Flags: Admin | Stale | NoAsyncLoading, Group: "cluster", Since: "3.0.0",
		Complexity: "O(1)", Syntax: "<slot> (IMPORTING <node-id>|MIGRATING <node-id>|STABLE|NODE <node-id>)",
		Summary: "Opens a slot for migration, closes it, or assigns it", Run: inCluster(setSlot),
		Reply: "OK.",
		Errors: []Failure{
			{"ERR Please use SETSLOT only with masters.", "this node is a replica"}, invalidSlot,
			{"ERR I'm not the owner of hash slot <slot>", "MIGRATING: the slot is not this node's"},
			{"ERR I'm already the owner of hash slot <slot>", "IMPORTING: the slot is this node's"},
			{"ERR I don't know about node <node-id>", "MIGRATING, IMPORTING: no node has this id"},
			{"ERR Unknown node <node-id>", "NODE: no node has this id"},
			{"ERR Target node is not a master", "the id is that of a replica"},
			{"ERR Can't assign hashslot <slot> to a different node while I still hold keys for this hash slot.", "NODE: the slot is this node's, has keys here, and the id is another's"},
			{"ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP", "the word after the slot is none of these, or the node id is missing or too much"},
		},
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
