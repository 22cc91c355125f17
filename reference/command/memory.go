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

func memoryStats(c *Call) {
	normal, replicas := c.clientBytes()
	backlog := 0
	if c.Source != nil && c.Source.Active() {
		backlog = c.Source.BacklogSize()
	}
	keys, dataset := c.DB.Len(), c.DB.Bytes()
	c.Reply.Map(7)
	for _, field := range []struct {
		name  string
		value int
	}{
		{"peak.allocated", c.peakBytes()}, {"total.allocated", dataset}, {"replication.backlog", backlog},
		{"clients.slaves", replicas}, {"clients.normal", normal}, {"keys.count", keys}, {"keys.bytes-per-key", dataset / max(keys, 1)},
	} {
		c.Reply.BulkString(field.name)
		c.Reply.Int(int64(field.value))
	}
}
