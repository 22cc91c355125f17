package command

import (
	"strconv"

	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// databaseCommands concern all keys of the node.
var databaseCommands = []Command{
	{
		Name: "scan", Arity: -2, Flags: ReadOnly, Group: "generic", Since: "2.8.0", Complexity: "O(1) for each call, O(N) for a whole iteration",
		Tips: []string{"nondeterministic_output", "request_policy:special"}, Summary: "Lists the keys of the node in steps", Run: scan,
	},
	{
		Name: "keys", Arity: 2, Flags: ReadOnly | Dangerous, Group: "generic", Since: "1.0.0", Complexity: "O(N) in the number of keys",
		Tips: []string{"request_policy:all_shards", "nondeterministic_output_order"}, Summary: "Lists the keys that match a pattern", Run: keys,
	},
	{
		Name: "randomkey", Arity: 1, Flags: ReadOnly, Group: "generic", Since: "1.0.0", Complexity: "O(1)",
		Tips: []string{"request_policy:all_shards", "nondeterministic_output"}, Summary: "Returns a key chosen at random", Run: randomKey,
	},
	{
		Name: "dbsize", Arity: 1, Flags: ReadOnly | Fast | Keyspace, Group: "server", Since: "1.0.0", Complexity: "O(1)",
		Tips: []string{"request_policy:all_shards", "response_policy:agg_sum"}, Summary: "Counts the keys of the node", Run: dbsize,
	},
	{
		Name: "flushall", Arity: -1, Flags: Write | Keyspace | Dangerous, Group: "server", Since: "1.0.0", Complexity: "O(N) in the number of keys",
		Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}, Summary: "Deletes all keys of the node", Run: flush,
	},
	{
		Name: "flushdb", Arity: -1, Flags: Write | Keyspace | Dangerous, Group: "server", Since: "1.0.0", Complexity: "O(N) in the number of keys",
		Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}, Summary: "Deletes all keys of the database", Run: flush,
	},
	{
		Name: "swapdb", Arity: 3, Flags: Write | Fast | Keyspace | Dangerous, Group: "server", Since: "4.0.0", Complexity: "O(1)",
		Summary: "Swaps two databases; a cluster has one", Run: swapdb,
	},
}

// scanCount is how many keys or elements SCAN and its like look at unless COUNT says otherwise.
const scanCount = 10

// scanOptions are those of SCAN and of its like for the elements of one key.
type scanOptions struct {
	count   int64
	pattern []byte // nil: any
	kind    []byte // nil: any; only SCAN has it
}

// parse reads the options from the i-th word on, or replies with an error.
func (o *scanOptions) parse(c *Call, i int, ofKeys bool) bool {
	o.count = scanCount
	for ; i < len(c.Args); i += 2 {
		word, more := c.Args[i], i+1 < len(c.Args)
		switch {
		case is(word, "COUNT") && more:
			n, ok := c.intArg(i + 1)
			if !ok {
				return false
			}
			if n < 1 {
				c.Error(errSyntax)
				return false
			}
			o.count = n
		case is(word, "MATCH") && more:
			o.pattern = c.Args[i+1]
		case ofKeys && is(word, "TYPE") && more:
			o.kind = c.Args[i+1]
		default:
			c.Error(errSyntax)
			return false
		}
	}
	if string(o.pattern) == "*" {
		o.pattern = nil
	}
	return true
}

// matches says whether a name is one of those asked for.
func (o *scanOptions) matches(name []byte) bool {
	return o.pattern == nil || globMatch(o.pattern, name, false)
}

// admits says whether a key is one of those asked for.
func (o *scanOptions) admits(key []byte, v keyspace.Value) bool {
	return o.matches(key) && (o.kind == nil || is(o.kind, v.Kind.String()))
}

// visits is how many keys or elements one call looks at.
func (o *scanOptions) visits() int { return int(min(o.count, scanLimit)) }

// scanLimit bounds COUNT.
const scanLimit = 1 << 30

func scan(c *Call) {
	cursor, ok := parseCursor(c.Args[1])
	if !ok {
		c.Error(errInvalidCursor)
		return
	}
	var o scanOptions
	if !o.parse(c, 2, true) {
		return
	}
	var found, expired [][]byte
	next := c.DB.Scan(cursor, o.visits(), func(key []byte, v keyspace.Value) {
		switch {
		case c.isExpired(v):
			expired = append(expired, append([]byte(nil), key...))
		case o.admits(key, v):
			found = append(found, append([]byte(nil), key...))
		}
	})
	for _, key := range expired {
		c.LookupWrite(key) // which deletes it, on a primary
	}
	replyScan(c, next, found)
}

// replyScan replies with the cursor to go on from and what was found.
func replyScan(c *Call, next uint64, found [][]byte) {
	c.Reply.Array(2)
	c.Reply.BulkString(strconv.FormatUint(next, 10))
	c.Reply.Array(len(found))
	for _, name := range found {
		c.Reply.Bulk(name)
	}
}

// scanObject is SCAN for the elements of one key: step does one call of it, and hands what it finds to emit.
func scanObject[T any, P object[T]](c *Call, step func(o P, cursor uint64, options *scanOptions, emit func(...[]byte)) (next uint64)) {
	cursor, ok := parseCursor(c.Args[2])
	if !ok {
		c.Error(errInvalidCursor)
		return
	}
	o, ok := readObject[T, P](c, c.Args[1])
	switch {
	case !ok:
		return
	case o == nil: // whatever the options are
		replyScan(c, 0, nil)
		return
	}
	var options scanOptions
	if !options.parse(c, 3, false) {
		return
	}
	var found [][]byte
	next := step(o, cursor, &options, func(words ...[]byte) { found = append(found, words...) })
	replyScan(c, next, found)
}

// parseCursor reads a cursor as strtoul does: nothing is 0, and a sign is allowed.
func parseCursor(text []byte) (uint64, bool) {
	digits, negative := text, false
	if len(text) > 0 && (text[0] == '+' || text[0] == '-') {
		digits, negative = text[1:], text[0] == '-'
	}
	if len(digits) == 0 {
		return 0, len(text) == 0
	}
	n, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil || digits[0] == '+' {
		return 0, false
	}
	if negative {
		n = -n
	}
	return n, true
}

func keys(c *Call) {
	pattern := c.Args[1]
	all := string(pattern) == "*"
	var found [][]byte
	c.DB.Each(func(_ slot.Slot, key []byte, v keyspace.Value) bool {
		if !c.isExpired(v) && (all || globMatch(pattern, key, false)) {
			found = append(found, append([]byte(nil), key...))
		}
		return true
	})
	c.Reply.Array(len(found))
	for _, key := range found {
		c.Reply.Bulk(key)
	}
}

// randomKeyTries bounds the search for a key that has not expired, on a replica that must not delete the others.
const randomKeyTries = 100

func randomKey(c *Call) {
	for tries := 1; ; tries++ {
		key, ok := c.DB.RandomKey(c.Rand)
		if !ok {
			c.Reply.Null()
			return
		}
		c.scratch = append(c.scratch[:0], key...)
		if _, found := c.LookupWrite(c.scratch); found || tries == randomKeyTries && c.replica {
			c.Reply.Bulk(c.scratch)
			return
		}
	}
}

func dbsize(c *Call) { c.Reply.Int(int64(c.DB.Len())) }

func flush(c *Call) {
	if len(c.Args) > 2 || len(c.Args) == 2 && !is(c.Args[1], "SYNC") && !is(c.Args[1], "ASYNC") {
		c.Error(errSyntax)
		return
	}
	c.stats.changes += c.DB.Len()
	c.Flush()
	if c.Cmd.Name == "flushall" {
		c.saveEmptied()
	}
	c.Rewrite(c.Args...) // even when there was nothing to delete, as in Redis
	c.OK()
}

// Flush deletes all keys, without telling our replicas.
func (e *Engine) Flush() {
	e.touchAll()
	e.DB.Flush()
}

func swapdb(c *Call) { c.Error("ERR SWAPDB is not allowed in cluster mode") }
