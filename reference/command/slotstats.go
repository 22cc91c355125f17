package command

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/resp"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// CLUSTER SLOT-STATS (Valkey 8.0, Redis 8.2): what the slots of our shard hold and cost. Keys are always counted; the rest
// only while cluster-slot-stats-enabled is yes.

var slotStatsCommands = []Command{
	{
		Name: "cluster|slot-stats", Arity: -4, Flags: Loading | Stale, Group: "cluster", Since: "8.2.0",
		Complexity: "O(N) in the number of slots, O(N*log(N)) with ORDERBY", Tips: []string{"nondeterministic_output", "request_policy:all_shards"},
		Syntax:  "(SLOTSRANGE <start slot> <end slot>|ORDERBY <metric> [LIMIT <limit>] [ASC|DESC])",
		Summary: "Returns what the slots of this node's shard hold and cost", Run: inCluster(slotStatistics),
		Reply: "An array with an array for each slot: the slot, and a map of its metrics: key-count, and while cluster-slot-stats-enabled is yes cpu-usec, network-bytes-in, network-bytes-out.",
		Errors: []Failure{
			invalidSlot,
			{"ERR Start slot number <start> is greater than end slot number <end>", "the range ends before it begins"},
			{"ERR Unrecognized sort metric for ORDERBY.", "there is no such metric, or it is not kept now"},
			{"ERR Limit has to lie in between 1 and 16384 (maximum number of slots).", "the limit is none"},
			{"ERR Multiple filters of the same type are disallowed.", "LIMIT, or ASC and DESC, come twice"},
			{errSyntax, "a word after the metric is none of these"}, badForm,
		},
	},
}

// slotCosts are what requests for the keys of one slot have cost since they were last reset.
type slotCosts struct {
	cpuMicros int64
	bytesIn   int64 // of requests, as arrays of bulks
	bytesOut  int64 // of replies, of the stream to replicas, and of messages in sharded channels
}

// metric is one number that is kept of each slot.
type metric struct {
	name string
	of   func(*Engine, slot.Slot) int64
}

// metrics are all there are. The first is free; the others are there when costs are counted.
var metrics = []metric{
	{"key-count", func(e *Engine, s slot.Slot) int64 { return int64(e.DB.LenSlot(s)) }},
	{"cpu-usec", func(e *Engine, s slot.Slot) int64 { return e.slotCosts[s].cpuMicros }},
	{"network-bytes-in", func(e *Engine, s slot.Slot) int64 { return e.slotCosts[s].bytesIn }},
	{"network-bytes-out", func(e *Engine, s slot.Slot) int64 { return e.slotCosts[s].bytesOut }},
}

// metrics are those that are kept now.
func (e *Engine) metrics() []metric {
	if e.slotCosts == nil {
		return metrics[:1]
	}
	return metrics
}

// countSlotCosts begins or ends the counting.
func (e *Engine) countSlotCosts(wanted bool) {
	switch {
	case !wanted:
		e.slotCosts = nil
	case e.slotCosts == nil:
		e.slotCosts = make([]slotCosts, slot.Count)
	}
}

// costsGone forgets the costs of slots our shard does not serve any more.
func (e *Engine) costsGone(slots *slot.Set) {
	if e.slotCosts == nil {
		return
	}
	for s := range slots.All() {
		e.slotCosts[s] = slotCosts{}
	}
}

// runCounted is run, with its costs put down to the slot of the keys.
func (e *Engine) runCounted(c *Call) Status {
	replied, relayed := len(c.Reply.Buf), e.outgoing.sent
	status := e.run(c)
	if c.first == nil || e.slotCosts == nil { // CONFIG SET may just have ended the counting
		return status
	}
	costs := &e.slotCosts[c.firstSlot]
	costs.cpuMicros += int64(c.took)
	costs.bytesOut += int64(len(c.Reply.Buf)-replied) + e.outgoing.sent - relayed
	costs.bytesIn += requestBytes(c.Args)
	if c.Cmd.Name == "exec" {
		costs.bytesIn += int64(len("*1\r\n$5\r\nMULTI\r\n")) // which had no slot yet
	}
	return status
}

// countQueued puts the length of a request that was queued down to the slot of its keys. As in Valkey the reply QUEUED
// does not count.
func (e *Engine) countQueued(c *Call) {
	if c.first != nil && e.slotCosts != nil {
		e.slotCosts[c.firstSlot].bytesIn += requestBytes(c.Args)
	}
}

// countReply puts what a client was sent without having asked just then down to the slot of its key or sharded channel: a
// message, or what it had been waiting for.
func (e *Engine) countReply(key []byte, bytes int) {
	if e.slotCosts != nil {
		e.slotCosts[e.SlotOf(key)].bytesOut += int64(bytes)
	}
}

// requestBytes is the length of a request as an array of bulks.
func requestBytes(args [][]byte) int64 {
	n := headBytes(len(args))
	for _, arg := range args {
		n += headBytes(len(arg)) + len(arg) + len("\r\n")
	}
	return int64(n)
}

// headBytes is the length of the line that announces a count or a length: its type, its digits and CRLF.
func headBytes(n int) int {
	digits := 1
	for ; n >= 10; n /= 10 {
		digits++
	}
	return 1 + digits + len("\r\n")
}

func slotStatistics(c *Call, m *cluster.Machine) {
	switch {
	case len(c.Args) == 5 && is(c.Args[2], "SLOTSRANGE"):
		c.slotStatsOfRange(m)
	case is(c.Args[2], "ORDERBY"):
		c.slotStatsByOrder(m)
	default:
		c.badSubcommand()
	}
}

func (c *Call) slotStatsOfRange(m *cluster.Machine) {
	from, fromOK := slot.Parse(c.Args[3])
	to, toOK := slot.Parse(c.Args[4])
	switch {
	case !fromOK || !toOK:
		c.Error(errInvalidSlot)
		return
	case from > to:
		c.Error(fmt.Sprintf("ERR Start slot number %d is greater than end slot number %d", from, to))
		return
	}
	c.replySlotStats(slices.DeleteFunc(shardSlots(m), func(s slot.Slot) bool { return s < from || s > to }))
}

// shardSlots lists the slots of our shard, in ascending order.
func shardSlots(m *cluster.Machine) []slot.Slot {
	if primary := m.Myself().ShardPrimary(); primary != nil {
		return slices.Collect(primary.Slots.All())
	}
	return nil
}

func (c *Call) slotStatsByOrder(m *cluster.Machine) {
	order := slices.IndexFunc(c.metrics(), func(k metric) bool { return is(c.Args[3], k.name) })
	if order < 0 {
		c.Error("ERR Unrecognized sort metric for ORDERBY.")
		return
	}
	limit, ascending, ok := c.slotStatsFilters()
	if !ok {
		return
	}
	found, value := shardSlots(m), metrics[order].of
	slices.SortStableFunc(found, func(a, b slot.Slot) int { // equal ones stay in ascending order
		if ascending {
			return cmp.Compare(value(c.Engine, a), value(c.Engine, b))
		}
		return cmp.Compare(value(c.Engine, b), value(c.Engine, a))
	})
	c.replySlotStats(found[:min(limit, len(found))])
}

// slotStatsFilters reads [LIMIT n] [ASC|DESC], in any order, or replies what is wrong with them.
func (c *Call) slotStatsFilters() (limit int, ascending, ok bool) {
	limit = slot.Count
	limits, directions := 0, 0
	for i := 4; i < len(c.Args); i++ {
		switch {
		case is(c.Args[i], "LIMIT") && i+1 < len(c.Args):
			i++
			n, ok := resp.ParseInt(c.Args[i])
			if !ok || n < 1 || n > slot.Count {
				c.Error("ERR Limit has to lie in between 1 and 16384 (maximum number of slots).")
				return 0, false, false
			}
			limit = int(n)
			limits++
		case is(c.Args[i], "ASC"), is(c.Args[i], "DESC"):
			ascending = is(c.Args[i], "ASC")
			directions++
		default:
			c.Error(errSyntax)
			return 0, false, false
		}
		if limits > 1 || directions > 1 {
			c.Error("ERR Multiple filters of the same type are disallowed.")
			return 0, false, false
		}
	}
	return limit, ascending, true
}

func (c *Call) replySlotStats(slots []slot.Slot) {
	kept := c.metrics()
	c.Reply.Array(len(slots))
	for _, s := range slots {
		c.Reply.Array(2)
		c.Reply.Int(int64(s))
		c.Reply.Map(len(kept))
		for _, k := range kept {
			c.Reply.BulkString(k.name)
			c.Reply.Int(k.of(c.Engine, s))
		}
	}
}
