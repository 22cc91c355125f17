package command

import (
	"fmt"

	"github.com/clusterspec/clusterspec/reference/clock"
)

// slowlogCommands are SLOWLOG: the commands that took longest, or all of them (slowlog-log-slower-than).
var slowlogCommands = []Command{
	{
		Name: "slowlog", Arity: -2, Group: "server", Since: "2.2.12", Complexity: "That of the subcommand", Summary: "Tells of commands that took long",
	},
	{
		Name: "slowlog|get", Arity: -2, Flags: Admin | Loading | Stale, Group: "server", Since: "2.2.12",
		Complexity: "O(N) in the number of entries", Tips: []string{"request_policy:all_nodes", "nondeterministic_output"}, Syntax: "[<count>]",
		Summary: "Returns the newest entries: number, Unix time, microseconds, words, address and name of the client", Run: slowlogGet,
	},
	{
		Name: "slowlog|help", Arity: 2, Flags: Loading | Stale, Group: "server", Since: "6.2.0",
		Complexity: "O(1)", Summary: "Lists the subcommands", Run: help,
	},
	{
		Name: "slowlog|len", Arity: 2, Flags: Admin | Loading | Stale, Group: "server", Since: "2.2.12", Complexity: "O(1)",
		Tips: []string{"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"}, Summary: "Counts the entries", Run: slowlogLen,
	},
	{
		Name: "slowlog|reset", Arity: 2, Flags: Admin | Loading | Stale, Group: "server", Since: "2.2.12",
		Complexity: "O(N) in the number of entries", Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
		Summary: "Forgets the entries", Run: slowlogReset,
	},
}

// slowlog keeps the newest slow commands.
type slowlog struct {
	entries []slowCommand // oldest first
	most    int           // slowlog-max-len
	next    int           // number of the next entry
}

// slowCommand is one entry.
type slowCommand struct {
	number     int
	at         clock.Millis // wall
	took       clock.Micros
	words      []string
	addr, name string
}

// An entry keeps this much of a request.
const (
	slowWordsMax = 32
	slowWordMax  = 128 // bytes
)

// slowCommand is the entry for a command, whose number and duration come later.
func (c *Call) slowCommand() slowCommand {
	return slowCommand{at: c.Now.Wall, words: shortened(c.loggable()), addr: c.Session.Addr, name: c.Session.Name}
}

// add enters a command.
func (l *slowlog) add(entry slowCommand, took clock.Micros) {
	if l.most == 0 {
		return
	}
	entry.number, entry.took = l.next, took
	l.entries = append(l.entries, entry)
	l.next++
	l.limit(l.most)
}

// limit forgets what is above a number of entries.
func (l *slowlog) limit(most int) {
	l.most = most
	if excess := len(l.entries) - most; excess > 0 {
		l.entries = append(l.entries[:0], l.entries[excess:]...)
	}
}

// shortened is as much of a request as an entry keeps.
func shortened(args [][]byte) []string {
	var words []string
	for i, arg := range args {
		if i == slowWordsMax-1 && len(args) > slowWordsMax {
			return append(words, fmt.Sprintf("... (%d more arguments)", len(args)-i))
		}
		word := string(arg[:min(len(arg), slowWordMax)])
		if more := len(arg) - slowWordMax; more > 0 {
			word += fmt.Sprintf("... (%d more bytes)", more)
		}
		words = append(words, word)
	}
	return words
}

// loggable is a request as others may see it: without passwords.
func (c *Call) loggable() [][]byte {
	secretFrom, secretTo := 0, 0
	switch c.Cmd.Name {
	case "auth":
		secretFrom, secretTo = 1, len(c.Args)
	case "hello":
		for i, arg := range c.Args {
			if is(arg, "AUTH") {
				secretFrom, secretTo = i+1, min(i+3, len(c.Args))
				break
			}
		}
	case "migrate":
		for i, arg := range c.Args {
			switch more := len(c.Args) - i; {
			case is(arg, "AUTH") && more > 1:
				secretFrom, secretTo = i+1, i+2
			case is(arg, "AUTH2") && more > 2:
				secretFrom, secretTo = i+1, i+3
			}
		}
	case "config|set":
		for i := 2; i+1 < len(c.Args); i += 2 {
			if is(c.Args[i], "requirepass") || is(c.Args[i], "masterauth") || is(c.Args[i], "masteruser") {
				secretFrom, secretTo = i+1, len(c.Args)
				break
			}
		}
	}
	if secretFrom == secretTo {
		return c.Args
	}
	args := append([][]byte(nil), c.Args...)
	for i := secretFrom; i < secretTo; i++ {
		args[i] = []byte("(redacted)")
	}
	return args
}

func slowlogGet(c *Call) {
	count := int64(10)
	switch {
	case len(c.Args) > 3:
		c.badSubcommand()
		return
	case len(c.Args) == 3:
		var ok bool
		if count, ok = c.rangeArg(2, -1, 1<<63-1, "ERR count should be greater than or equal to -1"); !ok {
			return
		}
	}
	entries := c.slowlog.entries
	n := len(entries)
	if count >= 0 {
		n = int(min(count, int64(n)))
	}
	c.Reply.Array(n)
	for i := range n {
		entry := &entries[len(entries)-1-i]
		c.Reply.Array(6)
		c.Reply.Int(int64(entry.number))
		c.Reply.Int(int64(entry.at) / 1000)
		c.Reply.Int(int64(entry.took))
		c.Reply.Array(len(entry.words))
		for _, word := range entry.words {
			c.Reply.BulkString(word)
		}
		c.Reply.BulkString(entry.addr)
		c.Reply.BulkString(entry.name)
	}
}

func slowlogLen(c *Call) { c.Reply.Int(int64(len(c.slowlog.entries))) }

func slowlogReset(c *Call) {
	c.slowlog.entries = nil
	c.OK()
}
