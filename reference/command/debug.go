package command

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/rdb"
	"github.com/clusterspec/clusterspec/reference/replication"
)

// debugCommands is DEBUG, of which there is what tests of servers, clients and applications use. It needs enable-debug-command.
var debugCommands = []Command{
	{
		Name: "debug", Arity: -2, Flags: Admin | NoScript | Loading | Stale | Protected, Group: "server", Since: "1.0.0",
		Complexity: "That of the subcommand", Summary: "Is for tests: " + strings.Join(debugNames(), ", "), Run: debug,
	},
}

// debugForm is one of the things DEBUG does. To Redis these are no subcommands: COMMAND does not know them.
type debugForm struct {
	name, syntax, summary string
	least, most           int // words behind the name; most -1: any number
	run                   func(*Call)
}

var debugForms = []debugForm{
	{"CHANGE-REPL-ID", "", "Goes on under a new replication id; replicas have to copy everything.", 0, 0, debugChangeReplID},
	{"DIGEST", "", "Returns a digest of all keys, the same on every server that has the same ones.", 0, 0, debugDigest},
	{"DIGEST-VALUE", "<key> [<key> ...]", "Returns a digest of each value.", 0, -1, debugDigestValue},
	{"ERROR", "<message>", "Replies with an error of these words.", 1, 1, debugError},
	{"LOG", "<message>", "Writes a line to the log.", 1, 1, debugLog},
	{"OBJECT", "<key>", "Says how Redis would keep a value, and the length of its serialized form.", 1, 1, debugObject},
	{"POPULATE", "<count> [<prefix>] [<size>]", "Creates strings <prefix>:0, <prefix>:1 and so on that are not there; replicas are not told.", 1, 3, debugPopulate},
	{"PROTOCOL", "<type>", "Replies with an example of a type of the protocol: " + strings.Join(protocolTypes, ", ") + ".", 1, 1, debugProtocol},
	{"RELOAD", "", "Saves a snapshot to disk, and then has all keys anew as a snapshot would bring them.", 0, -1, debugReload},
	{"SET-ACTIVE-EXPIRE", "<0|1>", "Stops the deletion of expired keys that nobody asks for, or has it go on.", 1, 1, debugActiveExpire},
	{"SLEEP", "<seconds>", "Stops the node, its cluster bus as well.", 1, 1, debugSleep},
}

func debugNames() []string {
	var names []string
	for _, form := range debugForms {
		names = append(names, form.name)
	}
	return names
}

func debug(c *Call) {
	if len(c.Args) == 2 && is(c.Args[1], "HELP") {
		debugHelp(c)
		return
	}
	more := len(c.Args) - 2
	i := slices.IndexFunc(debugForms, func(f debugForm) bool {
		return is(c.Args[1], f.name) && more >= f.least && (more <= f.most || f.most < 0)
	})
	if i < 0 {
		c.badSubcommand()
		return
	}
	debugForms[i].run(c)
}

func debugHelp(c *Call) {
	c.Reply.Array(2*len(debugForms) + 3)
	c.Reply.Simple("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
	for _, form := range debugForms {
		c.Reply.Simple(strings.TrimSpace(form.name + " " + form.syntax))
		c.Reply.Simple("    " + form.summary)
	}
	c.Reply.Simple("HELP")
	c.Reply.Simple("    Prints this help.")
}

func debugChangeReplID(c *Call) {
	c.Host.Notice("Changing replication IDs after receiving change-repl-id")
	c.Source.Rename(replication.NewID(c.Rand))
	c.OK()
}

func debugError(c *Call) {
	c.Reply.Buf = fmt.Appendf(c.Reply.Buf, "-%s\r\n", bytes.Map(func(r rune) rune {
		if r == '\r' || r == '\n' {
			return ' '
		}
		return r
	}, c.Args[2]))
}

func debugLog(c *Call) {
	c.Host.Warn("DEBUG LOG: " + string(c.Args[2]))
	c.OK()
}

// debugObject leaves out the address of a value and when it was last used, which are not there.
func debugObject(c *Call) {
	v, found := c.LookupRead(c.Args[2])
	if !found {
		c.Error(errNoSuchKey)
		return
	}
	c.Reply.Simple(fmt.Sprintf("Value refcount:1 encoding:%s serializedlength:%d", encoding(v), rdb.ValueLen(v, c.Config.Bool("rdbcompression"))))
}

func debugPopulate(c *Call) {
	count, ok := c.countArg(2)
	if !ok {
		return
	}
	prefix, size := []byte("key"), int64(0)
	if len(c.Args) > 3 {
		prefix = c.Args[3]
	}
	if len(c.Args) > 4 {
		if size, ok = c.rangeArg(4, 0, int64(c.Config.Int("proto-max-bulk-len")), "ERR value is out of range, must be positive"); !ok {
			return
		}
	}
	for i := range count {
		key := fmt.Appendf(nil, "%s:%d", prefix, i)
		if _, there := c.LookupWrite(key); there {
			continue
		}
		value := fmt.Appendf(nil, "value:%d", i)
		if size > 0 {
			value = append(value, make([]byte, size)...)[:size]
		}
		c.Store(key, keyspace.Value{Kind: keyspace.String, Str: value})
	}
	c.OK()
}

func debugActiveExpire(c *Call) {
	c.noExpireCycle = string(c.Args[2]) == "0"
	c.OK()
}

// Sleeper is a Host that can stop the whole node for a while, the cluster bus included, as if it were busy.
type Sleeper interface {
	// Sleep stops the node after this turn.
	Sleep(clock.Millis)
}

func debugSleep(c *Call) {
	sleeper, sleeps := c.Host.(Sleeper)
	if !sleeps {
		c.badSubcommand()
		return
	}
	f := new(big.Float)
	if !parseFloat(f, c.Args[2]) {
		f.SetInt64(0)
	}
	seconds, _ := f.Float64()
	sleeper.Sleep(clock.Millis(min(max(seconds, 0), maxSleepSeconds) * 1000))
	c.OK()
}

// maxSleepSeconds bounds DEBUG SLEEP.
const maxSleepSeconds = 24 * 60 * 60
