package command

import (
	"fmt"
	"slices"

	"github.com/clusterspec/clusterspec/reference/resp"
)

// monitorCommands is MONITOR: a client that is shown what others ask for.
var monitorCommands = []Command{
	{
		Name: "monitor", Arity: 1, Flags: Admin | NoScript | Loading | Stale, Group: "server", Since: "1.0.0",
		Summary: "Shows every request that is executed, but those of administration", Run: monitor,
	},
}

func monitor(c *Call) {
	s := c.Session
	switch {
	case c.inTransaction:
		c.Error("ERR MONITOR isn't allowed for DENY BLOCKING client")
	case s.Replica != nil || s.monitors: // Redis says nothing here either
	default:
		s.monitors = true
		c.monitors = append(c.monitors, s)
		c.OK()
	}
}

// unmonitor ends MONITOR.
func (e *Engine) unmonitor(s *Session) {
	s.monitors = false
	remove(&e.monitors, s)
}

// feedMonitors shows a request that was executed (Redis: replicationFeedMonitors).
func (e *Engine) feedMonitors(c *Call) {
	if c.Cmd.Flags.Has(Admin) {
		return
	}
	addr := c.Session.Addr
	if c.inScript {
		addr = "lua"
	}
	line := fmt.Appendf(nil, "%d.%06d [0 %s]", e.Now.Wall/1000, e.Now.Wall%1000*1000, addr)
	for _, arg := range c.loggable() {
		line = resp.AppendQuoted(append(line, ' '), arg)
	}
	text := string(line)
	for _, s := range slices.Clone(e.monitors) {
		s.Reply.Simple(text)
		e.Host.Dirty(s)
	}
}
