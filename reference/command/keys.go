package command

import (
	"bytes"
	"math"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// keyCommands are for keys of any kind; expire.go and scan.go have those about time and about many keys.
var keyCommands = []Command{
	{
		Name: "del", Arity: -2, Flags: Write, Keys: allKeys(1, RemoveKey|DeletesValue), Group: "generic", Since: "1.0.0",
		Complexity: "O(N) in the number of keys", Tips: []string{"request_policy:multi_shard", "response_policy:agg_sum"},
		Summary: "Deletes keys", Run: del,
	},
	{
		Name: "unlink", Arity: -2, Flags: Write | Fast, Keys: allKeys(1, RemoveKey|DeletesValue), Group: "generic", Since: "4.0.0",
		Complexity: "O(N) in the number of keys", Tips: []string{"request_policy:multi_shard", "response_policy:agg_sum"},
		Summary: "Deletes keys, as DEL does", Run: del,
	},
	{
		Name: "exists", Arity: -2, Flags: ReadOnly | Fast, Keys: allKeys(1, ReadKey), Group: "generic", Since: "1.0.0",
		Complexity: "O(N) in the number of keys", Tips: []string{"request_policy:multi_shard", "response_policy:agg_sum"},
		Summary: "Counts which of the keys exist", Run: exists,
	},
	{
		Name: "touch", Arity: -2, Flags: ReadOnly | Fast, Keys: allKeys(1, ReadKey), Group: "generic", Since: "3.2.1",
		Complexity: "O(N) in the number of keys", Tips: []string{"request_policy:multi_shard", "response_policy:agg_sum"},
		Summary: "Counts which of the keys exist", Run: exists,
	},
	{
		Name: "type", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey), Group: "generic", Since: "1.0.0",
		Complexity: "O(1)", Summary: "Names the kind of value a key holds", Run: typeOf,
	},
	{
		Name: "rename", Arity: 3, Flags: Write, Keys: twoKeys(ReadWriteKey|ReturnsValue|DeletesValue, OverwriteKey|UpdatesValue),
		Group: "generic", Since: "1.0.0", Complexity: "O(1)", Summary: "Gives a key another name", Run: rename,
	},
	{
		Name: "renamenx", Arity: 3, Flags: Write | Fast, Keys: twoKeys(ReadWriteKey|ReturnsValue|DeletesValue, OverwriteKey|InsertsValue),
		Group: "generic", Since: "1.0.0", Complexity: "O(1)", Summary: "Gives a key another name that is still free", Run: renamenx,
	},
	{
		Name: "copy", Arity: -3, Flags: Write | DenyOOM, Keys: twoKeys(ReadKey|ReturnsValue, OverwriteKey|UpdatesValue),
		Group: "generic", Since: "6.2.0", Complexity: "O(N) in the size of the value", Summary: "Copies a value to another key", Run: copyKey,
	},
	{
		Name: "move", Arity: 3, Flags: Write | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | UpdatesValue), Group: "generic", Since: "1.0.0",
		Complexity: "O(1)", Summary: "Moves a key to another database; a cluster has none", Run: move,
	},
	{
		Name: "object", Arity: -2, Group: "generic", Since: "2.2.3", Complexity: "That of the subcommand", Summary: "Says how a value is kept",
	},
	{
		Name: "object|encoding", Arity: 3, Flags: ReadOnly | Keyspace, Keys: secondKey(ReadKey), Group: "generic", Since: "2.2.3",
		Complexity: "O(1)", Tips: []string{"nondeterministic_output"}, Syntax: "<key>",
		Summary: "The encoding Redis would choose for the value", Run: objectEncoding,
	},
	{
		Name: "object|freq", Arity: 3, Flags: ReadOnly | Keyspace, Keys: secondKey(ReadKey), Group: "generic", Since: "4.0.0",
		Complexity: "O(1)", Tips: []string{"nondeterministic_output"}, Syntax: "<key>",
		Summary: "How often the key is used, which needs a policy that counts it", Run: objectFreq,
	},
	{
		Name: "object|refcount", Arity: 3, Flags: ReadOnly | Keyspace, Keys: secondKey(ReadKey), Group: "generic", Since: "2.2.3",
		Complexity: "O(1)", Tips: []string{"nondeterministic_output"}, Syntax: "<key>",
		Summary: "How many keys share the value; always one", Run: objectRefcount,
	},
	{
		Name: "object|help", Arity: 2, Flags: Loading | Stale | Keyspace, Group: "generic", Since: "6.2.0",
		Complexity: "O(1)", Summary: "Lists the subcommands", Run: help,
	},
}

func del(c *Call) {
	deleted := 0
	for _, key := range c.Args[1:] {
		if _, found := c.LookupWrite(key); found && c.Delete(key) {
			deleted++
		}
	}
	c.Changed(deleted)
	c.Reply.Int(int64(deleted))
}

func exists(c *Call) {
	n := 0
	for _, key := range c.Args[1:] {
		if _, found := c.LookupRead(key); found {
			n++
		}
	}
	c.Reply.Int(int64(n))
}

func typeOf(c *Call) {
	v, _ := c.LookupRead(c.Args[1])
	c.Reply.Simple(v.Kind.String())
}

func rename(c *Call) {
	if renameKey(c, false) {
		c.OK()
	}
}

func renamenx(c *Call) {
	if renameKey(c, true) {
		c.Reply.Int(1)
	}
}

// renameKey renames, or replies why it did not.
func renameKey(c *Call, ifAbsent bool) bool {
	from, to := c.Args[1], c.Args[2]
	if _, found := c.LookupWrite(from); !found {
		c.Error(errNoSuchKey)
		return false
	}
	if bytes.Equal(from, to) {
		if ifAbsent {
			c.Reply.Int(0)
		}
		return !ifAbsent
	}
	if _, taken := c.LookupWrite(to); taken && ifAbsent {
		c.Reply.Int(0)
		return false
	}
	v, _ := c.LookupWrite(from) // anew: the other lookup may have deleted an expired key
	c.Store(to, v)
	c.Delete(from)
	c.Changed(1)
	return true
}

func copyKey(c *Call) {
	replace, otherDB := false, false
	for i := 3; i < len(c.Args); i++ {
		switch {
		case is(c.Args[i], "REPLACE"):
			replace = true
		case is(c.Args[i], "DB") && i+1 < len(c.Args):
			i++
			n, ok := c.dbArg(i)
			if !ok {
				return
			}
			otherDB = n != 0
		default:
			c.Error(errSyntax)
			return
		}
	}
	from, to := c.Args[1], c.Args[2]
	if otherDB {
		c.Error("ERR Copying to another database is not allowed in cluster mode")
		return
	}
	if bytes.Equal(from, to) {
		c.Error("ERR source and destination objects are the same")
		return
	}
	if _, found := c.LookupRead(from); !found {
		c.Reply.Int(0)
		return
	}
	if _, taken := c.LookupWrite(to); taken && !replace {
		c.Reply.Int(0)
		return
	}
	v, _ := c.LookupWrite(from)
	c.Store(to, v.Clone())
	c.Changed(1)
	c.Reply.Int(1)
}

// dbArg reads the number of a database, or replies that there is none of that number.
func (c *Call) dbArg(i int) (int64, bool) {
	n, ok := c.int32Arg(i)
	if ok && (n < 0 || n >= c.Config.Int("databases")) {
		c.Error("ERR DB index is out of range")
		return 0, false
	}
	return n, ok
}

// int32Arg reads an argument as a C int, or replies that it is none.
func (c *Call) int32Arg(i int) (int64, bool) {
	n, ok := resp.ParseInt(c.Args[i])
	if !ok {
		c.Error(errNotInteger)
		return 0, false
	}
	if n < math.MinInt32 || n > math.MaxInt32 {
		c.Error("ERR value is out of range, value must between " + strconv.Itoa(math.MinInt32) + " and " + strconv.Itoa(math.MaxInt32))
		return 0, false
	}
	return n, true
}

func move(c *Call) { c.Error("ERR MOVE is not allowed in cluster mode") }

// embeddedBytes is the longest string Redis keeps in one piece with its header.
const embeddedBytes = 44

func objectEncoding(c *Call) {
	v, found := c.LookupRead(c.Args[2])
	if !found {
		c.Reply.Null()
		return
	}
	c.Reply.BulkString(encoding(v))
}

// encoding is the one Redis would choose for a value.
func encoding(v keyspace.Value) string {
	_, integer := resp.ParseInt(v.Str)
	switch {
	case v.Object != nil:
		return v.Object.Encoding()
	case integer:
		return "int"
	case len(v.Str) <= embeddedBytes:
		return "embstr"
	}
	return "raw"
}

func objectFreq(c *Call) {
	if _, found := c.LookupRead(c.Args[2]); !found {
		c.Reply.Null()
		return
	}
	c.Error("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when " +
		"switching between policies at runtime LRU and LFU data will take some time to adjust.")
}

func objectRefcount(c *Call) {
	if _, found := c.LookupRead(c.Args[2]); !found {
		c.Reply.Null()
		return
	}
	c.Reply.Int(1)
}
