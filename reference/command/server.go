package command

import (
	"bytes"
	"strconv"
)

// serverCommands concern the node as a server. INFO and DEBUG have files of their own.
var serverCommands = []Command{
	{
		Name: "config", Arity: -2, Group: "server", Since: "2.0.0", Complexity: "That of the subcommand", Summary: "Reads and changes options",
	},
	{
		Name: "config|get", Arity: -3, Flags: Admin | NoScript | Loading | Stale, Group: "server", Since: "2.0.0",
		Complexity: "O(N) in the number of options", Syntax: "<pattern> [<pattern> ...]", Summary: "Returns the options that match patterns", Run: configGet,
	},
	{
		Name: "config|help", Arity: 2, Flags: Loading | Stale, Group: "server", Since: "5.0.0",
		Complexity: "O(1)", Summary: "Lists the subcommands", Run: help,
	},
	{
		Name: "config|resetstat", Arity: 2, Flags: Admin | NoScript | Loading | Stale, Group: "server", Since: "2.0.0",
		Complexity: "O(N) in the number of commands", Summary: "Sets the counters of INFO to 0", Run: configResetstat,
	},
	{
		Name: "config|rewrite", Arity: 2, Flags: Admin | NoScript | Loading | Stale, Group: "server", Since: "2.8.0",
		Complexity: "O(N) in the number of options", Summary: "Writes the options to the configuration file", Run: configRewrite,
	},
	{
		Name: "config|set", Arity: -4, Flags: Admin | NoScript | Loading | Stale, Group: "server", Since: "2.0.0",
		Complexity: "O(N) in the number of options", Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
		Syntax: "<option> <value> [<option> <value> ...]", Summary: "Changes options: all or none", Run: configSet,
	},
	{
		Name: "time", Arity: 1, Flags: Loading | Stale | Fast, Group: "server", Since: "2.6.0", Complexity: "O(1)",
		Tips: []string{"nondeterministic_output"}, Summary: "Returns the Unix time as seconds and microseconds", Run: unixTime,
	},
}

// configGet returns an option that is named under the name the client used, and those that match a pattern under theirs.
func configGet(c *Call) {
	type option struct{ name, value string }
	var found []option
	seen := make(map[string]bool)
	for _, pattern := range c.Args[2:] {
		glob := bytes.ContainsAny(pattern, "[*?")
		for _, pair := range c.Config.Get(func(name string) bool { return globMatch(pattern, []byte(name), true) }) {
			shown := pair[0]
			if !glob {
				shown = string(pattern)
			}
			if !seen[pair[0]] {
				seen[pair[0]] = true
				found = append(found, option{shown, pair[1]})
			}
		}
	}
	c.Reply.Map(len(found))
	for _, o := range found {
		c.Reply.BulkString(o.name)
		c.Reply.BulkString(o.value)
	}
}

func configSet(c *Call) {
	if len(c.Args)%2 == 1 {
		c.Error(errSyntax)
		return
	}
	var pairs [][2]string
	for i := 2; i < len(c.Args); i += 2 {
		pairs = append(pairs, [2]string{string(c.Args[i]), string(c.Args[i+1])})
	}
	c.done(c.Config.Set(pairs, c.mayProtected()))
}

// mayProtected says whether the client may change where files are written (enable-protected-configs).
func (c *Call) mayProtected() bool {
	switch c.Config.String("enable-protected-configs") {
	case "yes":
		return true
	case "local":
		return c.Session.local()
	}
	return false
}

func configResetstat(c *Call) {
	c.resetStats()
	clear(c.slotCosts)
	c.OK()
}

func configRewrite(c *Call) {
	if c.Process.ConfigFile == "" {
		c.Error("ERR The server is running without a config file")
		return
	}
	if err := c.RewriteConfig(); err != nil {
		c.Host.Warn("CONFIG REWRITE failed: " + err.Error())
		c.Error("ERR Rewriting config file: " + err.Error())
		return
	}
	c.Host.Notice("CONFIG REWRITE executed with success.")
	c.OK()
}

func unixTime(c *Call) {
	c.Reply.Array(2)
	c.Reply.BulkString(strconv.FormatInt(int64(c.Now.Wall)/1000, 10))
	c.Reply.BulkString(strconv.FormatInt(int64(c.Now.Wall)%1000*1000, 10))
}
