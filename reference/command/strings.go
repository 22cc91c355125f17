package command

import "github.com/clusterspec/clusterspec/reference/keyspace"

// stringCommands read strings and change parts of them; setting.go has those that set whole ones, counters.go those that
// count in them.
var stringCommands = []Command{
	{
		Name: "get", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "string", Since: "1.0.0",
		Complexity: "O(1)", Summary: "Returns the string value of a key", Run: get,
	},
	{
		Name: "append", Arity: 3, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | InsertsValue), Group: "string", Since: "2.0.0",
		Complexity: "O(N) in the length of the result", Summary: "Adds to the end of a string", Run: appendString,
	},
	{
		Name: "strlen", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey), Group: "string", Since: "2.2.0",
		Complexity: "O(1)", Summary: "Returns the length of a string", Run: strlen,
	},
	{
		Name: "getrange", Arity: 4, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "string", Since: "2.4.0",
		Complexity: "O(N) in the length of the part", Summary: "Returns a part of a string", Run: getrange,
	},
	{
		Name: "substr", Arity: 4, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "string", Since: "1.0.0",
		Complexity: "O(N) in the length of the part", Summary: "Returns a part of a string; GETRANGE by its old name", Run: getrange,
	},
	{
		Name: "setrange", Arity: 4, Flags: Write | DenyOOM, Keys: oneKey(ReadWriteKey | UpdatesValue), Group: "string", Since: "2.2.0",
		Complexity: "O(N) in the length of the result", Summary: "Overwrites a part of a string", Run: setrange,
	},
	{
		Name: "mget", Arity: -2, Flags: ReadOnly | Fast, Keys: allKeys(1, ReadKey|ReturnsValue), Group: "string", Since: "1.0.0",
		Complexity: "O(N) in the number of keys", Tips: []string{"request_policy:multi_shard"}, Summary: "Returns the string values of keys", Run: mget,
	},
}

func get(c *Call) { replyString(c) }

// replyString replies with the string the first argument names, or null. ok is false after an error.
func replyString(c *Call) (v keyspace.Value, found, ok bool) {
	v, found = c.LookupRead(c.Args[1])
	if !found {
		c.Reply.Null()
		return v, false, true
	}
	if v.Kind != keyspace.String {
		c.Error(errWrongType)
		return v, true, false
	}
	c.Reply.Bulk(v.Str)
	return v, true, true
}

// lookupString finds a string that is about to be changed, or replies that the key holds something else.
func (c *Call) lookupString(key []byte) (v keyspace.Value, found, ok bool) {
	v, found = c.LookupWrite(key)
	if found && v.Kind != keyspace.String {
		c.Error(errWrongType)
		return v, found, false
	}
	return v, found, true
}

// lengthAllowed says whether a string may become size + more bytes long, or replies that it may not.
func (c *Call) lengthAllowed(size, more int64) bool {
	if c.Session.Primary || size+more >= size && size+more <= c.Config.Int("proto-max-bulk-len") {
		return true
	}
	c.Error(errTooLong)
	return false
}

func appendString(c *Call) {
	key, more := c.Args[1], c.Args[2]
	v, found, ok := c.lookupString(key)
	if !ok || found && !c.lengthAllowed(int64(len(v.Str)), int64(len(more))) {
		return
	}
	c.scratch = append(append(c.scratch[:0], v.Str...), more...)
	c.Store(key, keyspace.Value{Kind: keyspace.String, Str: c.scratch, ExpireAt: v.ExpireAt})
	c.Changed(1)
	c.Reply.Int(int64(len(c.scratch)))
}

func strlen(c *Call) {
	v, found := c.LookupRead(c.Args[1])
	if found && v.Kind != keyspace.String {
		c.Error(errWrongType)
		return
	}
	c.Reply.Int(int64(len(v.Str)))
}

func getrange(c *Call) {
	start, ok := c.intArg(2)
	if !ok {
		return
	}
	end, ok := c.intArg(3)
	if !ok {
		return
	}
	v, found := c.LookupRead(c.Args[1])
	if found && v.Kind != keyspace.String {
		c.Error(errWrongType)
		return
	}
	size := int64(len(v.Str))
	if start < 0 && end < 0 && start > end {
		c.Reply.BulkString("")
		return
	}
	if start < 0 {
		start = max(start+size, 0)
	}
	if end < 0 {
		end = max(end+size, 0)
	}
	end = min(end, size-1)
	if start > end {
		c.Reply.BulkString("")
		return
	}
	c.Reply.Bulk(v.Str[start : end+1])
}

func setrange(c *Call) {
	key, part := c.Args[1], c.Args[3]
	offset, ok := c.intArg(2)
	if !ok {
		return
	}
	if offset < 0 {
		c.Error("ERR offset is out of range")
		return
	}
	v, _, ok := c.lookupString(key)
	if !ok {
		return
	}
	if len(part) == 0 {
		c.Reply.Int(int64(len(v.Str)))
		return
	}
	if !c.lengthAllowed(offset, int64(len(part))) {
		return
	}
	b := append(c.scratch[:0], v.Str...)
	if more := int(offset) + len(part) - len(b); more > 0 {
		b = append(b, make([]byte, more)...)
	}
	copy(b[offset:], part)
	c.scratch = b
	c.Store(key, keyspace.Value{Kind: keyspace.String, Str: b, ExpireAt: v.ExpireAt})
	c.Changed(1)
	c.Reply.Int(int64(len(b)))
}

func mget(c *Call) {
	c.Reply.Array(len(c.Args) - 1)
	for _, key := range c.Args[1:] {
		v, found := c.LookupRead(key)
		if !found || v.Kind != keyspace.String {
			c.Reply.Null()
			continue
		}
		c.Reply.Bulk(v.Str)
	}
}
