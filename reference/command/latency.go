package command

import (
	"maps"
	"slices"

	"github.com/clusterspec/clusterspec/reference/clock"
)

// latencyCommands are LATENCY: the spikes of latency-monitor-threshold, and how long commands take (latency-tracking).
var latencyCommands = []Command{
	{
		Name: "latency", Arity: -2, Group: "server", Since: "2.8.13", Complexity: "That of the subcommand", Summary: "Tells how long commands take",
	},
	{
		Name: "latency|help", Arity: 2, Flags: Loading | Stale, Group: "server", Since: "2.8.13",
		Complexity: "O(1)", Summary: "Lists the subcommands", Run: help,
	},
	{
		Name: "latency|histogram", Arity: -2, Flags: Admin | NoScript | Loading | Stale, Group: "server", Since: "7.0.0",
		Complexity: "O(N) in the number of commands", Tips: latencyTips, Syntax: "[COMMAND ...]",
		Summary: "Counts the calls of commands that took no longer than 1, 2, 4, 8... microseconds", Run: latencyHistogram,
	},
	{
		Name: "latency|history", Arity: 3, Flags: Admin | NoScript | Loading | Stale, Group: "server", Since: "2.8.13",
		Complexity: "O(1)", Tips: latencyTips, Syntax: "<event>", Summary: "Returns time and milliseconds of the spikes of an event", Run: latencyHistory,
	},
	{
		Name: "latency|latest", Arity: 2, Flags: Admin | NoScript | Loading | Stale, Group: "server", Since: "2.8.13",
		Complexity: "O(1)", Tips: latencyTips, Summary: "Returns the newest and the worst spike of each event", Run: latencyLatest,
	},
	{
		Name: "latency|reset", Arity: -2, Flags: Admin | NoScript | Loading | Stale, Group: "server", Since: "2.8.13",
		Complexity: "O(1)", Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"}, Syntax: "[<event> ...]",
		Summary: "Forgets the spikes of events, or of all", Run: latencyReset,
	},
}

var latencyTips = []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"}

// spikes are those of one event: the worst of each second.
type spikes struct {
	all   []spike // oldest first
	worst clock.Millis
}

// spike is a second in which something took long.
type spike struct {
	second int64 // Unix time
	took   clock.Millis
}

// spikesMax is how many seconds of an event are kept.
const spikesMax = 160

// addSpike enters a command that took long, as the event that Redis names for its kind.
func (e *Engine) addSpike(cmd *Command, took clock.Micros) {
	event := "command"
	if cmd.Flags.Has(Fast) {
		event = "fast-command"
	}
	if e.spikes == nil {
		e.spikes = make(map[string]*spikes)
	}
	of := e.spikes[event]
	if of == nil {
		of = new(spikes)
		e.spikes[event] = of
	}
	of.add(spike{seconds(e.Now.Wall), clock.Millis(took / 1000)})
}

func (s *spikes) add(one spike) {
	s.worst = max(s.worst, one.took)
	if n := len(s.all); n > 0 && s.all[n-1].second == one.second {
		s.all[n-1].took = max(s.all[n-1].took, one.took)
		return
	}
	if len(s.all) == spikesMax {
		s.all = s.all[:copy(s.all, s.all[1:])]
	}
	s.all = append(s.all, one)
}

func latencyHistory(c *Call) {
	var all []spike
	if of := c.spikes[string(c.Args[2])]; of != nil {
		all = of.all
	}
	c.Reply.Array(len(all))
	for _, one := range all {
		c.Reply.Array(2)
		c.Reply.Int(one.second)
		c.Reply.Int(int64(one.took))
	}
}

func latencyLatest(c *Call) {
	c.Reply.Array(len(c.spikes))
	for _, event := range slices.Sorted(maps.Keys(c.spikes)) {
		of := c.spikes[event]
		last := of.all[len(of.all)-1]
		c.Reply.Array(4)
		c.Reply.BulkString(event)
		c.Reply.Int(last.second)
		c.Reply.Int(int64(last.took))
		c.Reply.Int(int64(of.worst))
	}
}

func latencyReset(c *Call) {
	before := len(c.spikes)
	if len(c.Args) == 2 {
		clear(c.spikes)
	}
	for _, event := range c.Args[2:] {
		delete(c.spikes, string(event))
	}
	c.Reply.Int(int64(before - len(c.spikes)))
}

func latencyHistogram(c *Call) {
	var measured []*Command
	consider := func(cmd *Command) {
		for _, one := range append([]*Command{cmd}, cmd.subcommands...) {
			if c.stats.of(one).histogram != nil {
				measured = append(measured, one)
			}
		}
	}
	for _, name := range c.Args[2:] {
		if cmd := table.fullName(name); cmd != nil {
			consider(cmd)
		}
	}
	if len(c.Args) == 2 {
		for _, cmd := range table.all {
			consider(cmd)
		}
	}
	c.Reply.Map(len(measured))
	for _, cmd := range measured {
		h := c.stats.of(cmd).histogram
		c.Reply.BulkString(cmd.Name)
		c.Reply.Map(2)
		c.Reply.BulkString("calls")
		c.Reply.Int(int64(h.total))
		c.Reply.BulkString("histogram_usec")
		var steps [][2]int
		h.doublings(func(micros uint64, within int) { steps = append(steps, [2]int{int(micros), within}) })
		c.Reply.Map(len(steps))
		for _, step := range steps {
			c.Reply.Int(int64(step[0]))
			c.Reply.Int(int64(step[1]))
		}
	}
}
