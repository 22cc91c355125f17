package command

import (
	"math"
	"math/big"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// hashCommands are for the fields of one hash.
var hashCommands = []Command{
	{
		Name: "hset", Arity: -4, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | UpdatesValue), Group: "hash", Since: "2.0.0",
		Complexity: "O(N) in the number of fields given", Summary: "Sets fields of a hash", Run: hset,
	},
	{
		Name: "hmset", Arity: -4, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | UpdatesValue), Group: "hash", Since: "2.0.0",
		Complexity: "O(N) in the number of fields given", Summary: "Sets fields of a hash; HSET with another reply", Run: hmset,
	},
	{
		Name: "hsetnx", Arity: 4, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | InsertsValue), Group: "hash", Since: "2.0.0",
		Complexity: "O(1)", Summary: "Sets a field of a hash that does not exist yet", Run: hsetnx,
	},
	{
		Name: "hget", Arity: 3, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "hash", Since: "2.0.0",
		Complexity: "O(1)", Summary: "Returns the value of a field", Run: hget,
	},
	{
		Name: "hmget", Arity: -3, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "hash", Since: "2.0.0",
		Complexity: "O(N) in the number of fields given", Summary: "Returns the values of several fields", Run: hmget,
	},
	{
		Name: "hgetall", Arity: 2, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "hash", Since: "2.0.0",
		Complexity: "O(N) in the size of the hash", Tips: []string{"nondeterministic_output_order"},
		Summary: "Returns all fields and their values", Run: hgetall,
	},
	{
		Name: "hkeys", Arity: 2, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "hash", Since: "2.0.0",
		Complexity: "O(N) in the size of the hash", Tips: []string{"nondeterministic_output_order"},
		Summary: "Returns all fields", Run: func(c *Call) { hashColumn(c, func(field, _ []byte) []byte { return field }) },
	},
	{
		Name: "hvals", Arity: 2, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "hash", Since: "2.0.0",
		Complexity: "O(N) in the size of the hash", Tips: []string{"nondeterministic_output_order"},
		Summary: "Returns the values of all fields", Run: func(c *Call) { hashColumn(c, func(_, value []byte) []byte { return value }) },
	},
	{
		Name: "hlen", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey), Group: "hash", Since: "2.0.0",
		Complexity: "O(1)", Summary: "Counts the fields of a hash", Run: hlen,
	},
	{
		Name: "hexists", Arity: 3, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey), Group: "hash", Since: "2.0.0",
		Complexity: "O(1)", Summary: "Says whether a hash has a field", Run: hexists,
	},
	{
		Name: "hstrlen", Arity: 3, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey), Group: "hash", Since: "3.2.0",
		Complexity: "O(1)", Summary: "Returns the length of a field's value", Run: hstrlen,
	},
	{
		Name: "hdel", Arity: -3, Flags: Write | Fast, Keys: oneKey(ReadWriteKey | DeletesValue), Group: "hash", Since: "2.0.0",
		Complexity: "O(N) in the number of fields given", Summary: "Removes fields from a hash", Run: hdel,
	},
	{
		Name: "hincrby", Arity: 4, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | UpdatesValue), Group: "hash",
		Since: "2.0.0", Complexity: "O(1)", Summary: "Adds to the integer in a field", Run: hincrby,
	},
	{
		Name: "hincrbyfloat", Arity: 4, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | UpdatesValue),
		Group: "hash", Since: "2.6.0", Complexity: "O(1)", Summary: "Adds to the decimal number in a field", Run: hincrbyfloat,
	},
	{
		Name: "hrandfield", Arity: -2, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "hash", Since: "6.2.0",
		Complexity: "O(N) in the number of fields wanted", Tips: []string{"nondeterministic_output"},
		Summary: "Returns fields chosen by chance", Run: hrandfield,
	},
	{
		Name: "hscan", Arity: -3, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "hash", Since: "2.8.0",
		Complexity: "O(1) for each call, O(N) for a whole iteration", Tips: []string{"nondeterministic_output"},
		Summary: "Lists the fields and values of a hash in steps", Run: hscan,
	},
}

// setFields sets the fields the words name and returns how many are new; ok is false after an error.
func setFields(c *Call) (added int, ok bool) {
	key, pairs := c.Args[1], c.Args[2:]
	if len(pairs)%2 != 0 {
		c.Error(errWrongArity(c.Cmd.Name))
		return 0, false
	}
	hash, ok := writeObject[keyspace.Hash](c, key)
	if !ok {
		return 0, false
	}
	fresh := hash == nil
	if fresh {
		hash = keyspace.NewHash()
	}
	for i := 0; i < len(pairs); i += 2 {
		if hash.Set(pairs[i], pairs[i+1]) {
			added++
		}
	}
	c.keep(key, hash, fresh)
	c.Changed(len(pairs) / 2)
	return added, true
}

// keep ends the change of a value that has elements: a fresh one is stored, another was changed in place.
func (c *Call) keep(key []byte, o keyspace.Object, fresh bool) {
	if fresh {
		c.StoreObject(key, o)
	} else {
		c.Modified(key, o)
	}
}

func hset(c *Call) {
	if added, ok := setFields(c); ok {
		c.Reply.Int(int64(added))
	}
}

func hmset(c *Call) {
	if _, ok := setFields(c); ok {
		c.OK()
	}
}

func hsetnx(c *Call) {
	key, field := c.Args[1], c.Args[2]
	hash, ok := writeObject[keyspace.Hash](c, key)
	if !ok {
		return
	}
	fresh := hash == nil
	if fresh {
		hash = keyspace.NewHash()
	} else if _, there := hash.Get(field); there {
		c.Reply.Int(0)
		return
	}
	hash.Set(field, c.Args[3])
	c.keep(key, hash, fresh)
	c.Changed(1)
	c.Reply.Int(1)
}

// readField finds the field that the second argument names.
func readField(c *Call) (value []byte, found, ok bool) {
	hash, ok := readObject[keyspace.Hash](c, c.Args[1])
	if hash != nil && ok {
		value, found = hash.Get(c.Args[2])
	}
	return value, found, ok
}

func hget(c *Call) {
	switch value, found, ok := readField(c); {
	case !ok:
	case found:
		c.Reply.Bulk(value)
	default:
		c.Reply.Null()
	}
}

func hmget(c *Call) {
	hash, ok := readObject[keyspace.Hash](c, c.Args[1])
	if !ok {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, field := range c.Args[2:] {
		if hash != nil {
			if value, found := hash.Get(field); found {
				c.Reply.Bulk(value)
				continue
			}
		}
		c.Reply.Null()
	}
}

func hgetall(c *Call) {
	hash, ok := readObject[keyspace.Hash](c, c.Args[1])
	switch {
	case !ok:
		return
	case hash == nil:
		c.Reply.Map(0)
		return
	}
	c.Reply.Map(hash.Len())
	for field, value := range hash.All() {
		c.Reply.Bulk(field)
		c.Reply.Bulk(value)
	}
}

// hashColumn replies with one column of a hash: the fields, or the values.
func hashColumn(c *Call, column func(field, value []byte) []byte) {
	hash, ok := readObject[keyspace.Hash](c, c.Args[1])
	switch {
	case !ok:
		return
	case hash == nil:
		c.Reply.Array(0)
		return
	}
	c.Reply.Array(hash.Len())
	for field, value := range hash.All() {
		c.Reply.Bulk(column(field, value))
	}
}

func hlen(c *Call) {
	hash, ok := readObject[keyspace.Hash](c, c.Args[1])
	switch {
	case !ok:
	case hash == nil:
		c.Reply.Int(0)
	default:
		c.Reply.Int(int64(hash.Len()))
	}
}

func hexists(c *Call) {
	if _, found, ok := readField(c); ok {
		c.Reply.Int(boolInt(found))
	}
}

func hstrlen(c *Call) {
	if value, _, ok := readField(c); ok {
		c.Reply.Int(int64(len(value)))
	}
}

func hdel(c *Call) {
	key := c.Args[1]
	hash, ok := writeObject[keyspace.Hash](c, key)
	if !ok {
		return
	}
	deleted := 0
	if hash != nil {
		for _, field := range c.Args[2:] {
			if hash.Delete(field) {
				deleted++
			}
		}
	}
	if deleted > 0 {
		c.Modified(key, hash)
	}
	c.Changed(deleted)
	c.Reply.Int(int64(deleted))
}

// fieldToAdd finds the field that HINCRBY and HINCRBYFLOAT add to. The hash is a fresh one if there is no such key.
func fieldToAdd(c *Call) (hash *keyspace.Hash, value []byte, fresh, found, ok bool) {
	if hash, ok = writeObject[keyspace.Hash](c, c.Args[1]); !ok {
		return nil, nil, false, false, false
	}
	if hash == nil {
		return keyspace.NewHash(), nil, true, false, true
	}
	value, found = hash.Get(c.Args[2])
	return hash, value, false, found, true
}

func hincrby(c *Call) {
	key, field := c.Args[1], c.Args[2]
	n, ok := c.intArg(3)
	if !ok {
		return
	}
	hash, value, fresh, found, ok := fieldToAdd(c)
	if !ok {
		return
	}
	old := int64(0)
	if found {
		if old, ok = resp.ParseInt(value); !ok {
			c.Error("ERR hash value is not an integer")
			return
		}
	}
	if addOverflows(old, n) {
		c.Error(errOverflow)
		return
	}
	c.scratch = strconv.AppendInt(c.scratch[:0], old+n, 10)
	hash.Set(field, c.scratch)
	c.keep(key, hash, fresh)
	c.Changed(1)
	c.Reply.Int(old + n)
}

func hincrbyfloat(c *Call) {
	key, field := c.Args[1], c.Args[2]
	step := new(big.Float).SetPrec(floatPrecision)
	if !parseFloat(step, c.Args[3]) {
		c.Error(errNotFloat)
		return
	}
	if step.IsInf() {
		c.Error("ERR value is NaN or Infinity")
		return
	}
	hash, value, fresh, found, ok := fieldToAdd(c)
	if !ok {
		return
	}
	sum := new(big.Float).SetPrec(floatPrecision)
	if found && !parseFloat(sum, value) {
		c.Error("ERR hash value is not a float")
		return
	}
	text, ok := c.addFloats(sum, step)
	if !ok {
		return
	}
	hash.Set(field, text)
	c.keep(key, hash, fresh)
	c.Changed(1)
	c.Rewrite(wordHSet, key, field, text) // so that a replica's own arithmetic cannot make a difference
	c.Reply.Bulk(text)
}

func hrandfield(c *Call) {
	if len(c.Args) > 2 {
		hrandfields(c)
		return
	}
	hash, ok := readObject[keyspace.Hash](c, c.Args[1])
	switch {
	case !ok:
	case hash == nil:
		c.Reply.Null()
	default:
		field, _ := hash.Random(c.Rand)
		c.Reply.Bulk(field)
	}
}

// hrandfields is HRANDFIELD with a number.
func hrandfields(c *Call) {
	n, ok := c.rangeArg(2, -math.MaxInt64, math.MaxInt64, "")
	if !ok {
		return
	}
	withValues := len(c.Args) == 4 && is(c.Args[3], "WITHVALUES")
	switch {
	case len(c.Args) > 3 && !withValues:
		c.Error(errSyntax)
		return
	case withValues && (n < -math.MaxInt64/2 || n > math.MaxInt64/2): // so that twice as many can be counted
		c.Error(errOutOfRange)
		return
	}
	hash, ok := readObject[keyspace.Hash](c, c.Args[1])
	switch {
	case !ok:
		return
	case hash == nil || n == 0:
		c.Reply.Array(0)
		return
	}
	places, ok := c.choosePlaces(n, hash.Len())
	if !ok {
		return
	}
	c.replyPairs(len(places), withValues)
	for _, place := range places {
		field, value := hash.At(place)
		if withValues && c.Reply.Proto == 3 {
			c.Reply.Array(2)
		}
		c.Reply.Bulk(field)
		if withValues {
			c.Reply.Bulk(value)
		}
	}
}

// replyPairs begins a reply of n elements, or n pairs: in RESP2 one element behind the other, in RESP3 an array each.
func (c *Call) replyPairs(n int, pairs bool) {
	if pairs && c.Reply.Proto != 3 {
		n *= 2
	}
	c.Reply.Array(n)
}

func hscan(c *Call) {
	scanObject(c, func(hash *keyspace.Hash, cursor uint64, o *scanOptions, emit func(...[]byte)) uint64 {
		return hash.Scan(cursor, o.visits(), func(field, value []byte) {
			if o.matches(field) {
				emit(field, value)
			}
		})
	})
}
