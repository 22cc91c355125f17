package command

// memoryCommands are MEMORY: what keys and connections take.
var memoryCommands = []Command{
	{
		Name: "memory", Arity: -2, Group: "server", Since: "4.0.0", Complexity: "That of the subcommand", Summary: "Tells what memory is used for",
	},
	{
		Name: "memory|help", Arity: 2, Flags: Loading | Stale, Group: "server", Since: "4.0.0",
		Complexity: "O(1)", Summary: "Lists the subcommands", Run: help,
	},
	{
		Name: "memory|stats", Arity: 2, Group: "server", Since: "4.0.0", Complexity: "O(N) in the number of connections",
		Tips:    []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
		Summary: "Returns what memory is used for, in bytes", Run: memoryStats,
	},
	{
		Name: "memory|usage", Arity: -3, Flags: ReadOnly, Keys: secondKey(ReadKey), Group: "server", Since: "4.0.0", Complexity: "O(1)",
		Syntax: "<key> [SAMPLES <count>]", Summary: "Returns how many bytes a key and its value take", Run: memoryUsage,
	},
}

func memoryUsage(c *Call) {
	for i := 3; i < len(c.Args); i += 2 {
		if !is(c.Args[i], "SAMPLES") || i+1 == len(c.Args) {
			c.Error(errSyntax)
			return
		}
		// Nothing is sampled here: the size of every value is known.
		n, ok := c.intArg(i + 1)
		if !ok {
			return
		}
		if n < 0 {
			c.Error(errSyntax)
			return
		}
	}
	key := c.Args[2]
	if !c.exists(c.SlotOf(key), key) {
		c.Reply.Null()
		return
	}
	c.Reply.Int(int64(c.DB.KeyBytes(c.SlotOf(key), key)))
}

// memory is what a node keeps, in bytes. The runtime around it is in no figure but that of the whole process (used_memory_rss).
type memory struct {
	dataset  int // keys and values
	clients  int // buffers of connections, and transactions that are being collected
	replicas int // buffers of the connections to replicas
	links    int // buffers of the cluster bus
	backlog  int // of replication
}

func (m *memory) used() int { return m.dataset + m.clients + m.replicas + m.links + m.backlog }

// memory counts, and keeps the most that was found.
func (e *Engine) memory() *memory {
	m := &memory{dataset: e.DB.Bytes(), links: e.linkBytes()}
	for _, s := range e.sessions {
		b := e.Host.Buffers(s)
		bytes := b.total() + s.queue.bytes()
		if s.Replica != nil {
			m.replicas += bytes
		} else {
			m.clients += bytes
		}
	}
	if e.Source != nil && e.Source.Active() {
		m.backlog = e.Source.BacklogSize()
	}
	e.notePeak(m.used())
	return m
}

// notePeak keeps the most memory that was in use, as far as it was looked at: the keys once a turn, the rest when somebody asks.
func (e *Engine) notePeak(used int) { e.stats.peakBytes = max(e.stats.peakBytes, used) }

func memoryStats(c *Call) {
	m, keys := c.memory(), c.DB.Len()
	c.Reply.Map(7)
	for _, field := range []struct {
		name  string
		value int
	}{
		{"peak.allocated", c.stats.peakBytes}, {"total.allocated", m.used()}, {"replication.backlog", m.backlog},
		{"clients.slaves", m.replicas}, {"clients.normal", m.clients}, {"keys.count", keys}, {"keys.bytes-per-key", m.dataset / max(keys, 1)},
	} {
		c.Reply.BulkString(field.name)
		c.Reply.Int(int64(field.value))
	}
}
