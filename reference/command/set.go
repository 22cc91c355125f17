package command

import "github.com/clusterspec/clusterspec/reference/keyspace"

// setCommands are for the members of one set, or of two in SMOVE; setrandom.go has those that choose members by chance,
// setalgebra.go those that combine sets.
var setCommands = []Command{
	{
		Name: "sadd", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | InsertsValue), Group: "set", Since: "1.0.0",
		Complexity: "O(N) in the number of members given", Summary: "Adds members to a set", Run: sadd,
	},
	{
		Name: "srem", Arity: -3, Flags: Write | Fast, Keys: oneKey(ReadWriteKey | DeletesValue), Group: "set", Since: "1.0.0",
		Complexity: "O(N) in the number of members given", Summary: "Removes members from a set", Run: srem,
	},
	{
		Name: "smove", Arity: 4, Flags: Write | Fast, Keys: twoKeys(ReadWriteKey|ReturnsValue|DeletesValue, ReadWriteKey|InsertsValue),
		Group: "set", Since: "1.0.0", Complexity: "O(1)", Summary: "Moves a member from one set to another", Run: smove,
	},
	{
		Name: "sismember", Arity: 3, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey), Group: "set", Since: "1.0.0",
		Complexity: "O(1)", Summary: "Says whether a set has a member", Run: sismember,
	},
	{
		Name: "smismember", Arity: -3, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "set", Since: "6.2.0",
		Complexity: "O(N) in the number of members given", Summary: "Says for each of several members whether a set has it", Run: smismember,
	},
	{
		Name: "smembers", Arity: 2, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "set", Since: "1.0.0",
		Complexity: "O(N) in the size of the set", Tips: []string{"nondeterministic_output_order"}, Summary: "Returns all members of a set",
		Run: smembers,
	},
	{
		Name: "scard", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey), Group: "set", Since: "1.0.0",
		Complexity: "O(1)", Summary: "Counts the members of a set", Run: scard,
	},
	{
		Name: "sscan", Arity: -3, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "set", Since: "2.8.0",
		Complexity: "O(1) for each call, O(N) for a whole iteration", Tips: []string{"nondeterministic_output"},
		Summary: "Lists the members of a set in steps", Run: sscan,
	},
}

func sadd(c *Call) {
	key := c.Args[1]
	set, ok := writeObject[keyspace.Set](c, key)
	if !ok {
		return
	}
	fresh := set == nil
	if fresh {
		set = keyspace.NewSet()
	}
	added := 0
	for _, member := range c.Args[2:] {
		if set.Add(member) {
			added++
		}
	}
	if fresh {
		c.StoreObject(key, set)
	} else if added > 0 {
		c.Modified(key, set)
	}
	c.Changed(added)
	c.Reply.Int(int64(added))
}

func srem(c *Call) {
	key := c.Args[1]
	set, ok := writeObject[keyspace.Set](c, key)
	if !ok {
		return
	}
	removed := 0
	if set != nil {
		for _, member := range c.Args[2:] {
			if set.Remove(member) {
				removed++
			}
		}
	}
	if removed > 0 {
		c.Modified(key, set)
	}
	c.Changed(removed)
	c.Reply.Int(int64(removed))
}

func smove(c *Call) {
	from, to, member := c.Args[1], c.Args[2], c.Args[3]
	source, found := c.LookupWrite(from)
	target, there := c.LookupWrite(to)
	if !found {
		c.Reply.Int(0)
		return
	}
	if source.Kind != keyspace.SetKind || there && target.Kind != keyspace.SetKind {
		c.Error(errWrongType)
		return
	}
	set := source.Object.(*keyspace.Set)
	if source.Object == target.Object {
		c.Reply.Int(boolInt(set.Has(member)))
		return
	}
	if !set.Remove(member) {
		c.Reply.Int(0)
		return
	}
	c.Modified(from, set)
	c.Changed(1)
	if !there {
		fresh := keyspace.NewSet()
		fresh.Add(member)
		c.StoreObject(to, fresh)
		c.Changed(1)
	} else if into := target.Object.(*keyspace.Set); into.Add(member) {
		c.Modified(to, into)
		c.Changed(1)
	}
	c.Reply.Int(1)
}

func sismember(c *Call) {
	if set, ok := readObject[keyspace.Set](c, c.Args[1]); ok {
		c.Reply.Int(boolInt(set != nil && set.Has(c.Args[2])))
	}
}

func smismember(c *Call) {
	set, ok := readObject[keyspace.Set](c, c.Args[1])
	if !ok {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		c.Reply.Int(boolInt(set != nil && set.Has(member)))
	}
}

// boolInt is how Redis counts a truth value.
func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func smembers(c *Call) {
	if set, ok := readObject[keyspace.Set](c, c.Args[1]); ok {
		replyMembers(c, set)
	}
}

// replyMembers replies with all members of a set; nil is an empty one.
func replyMembers(c *Call, set *keyspace.Set) {
	if set == nil {
		c.Reply.Set(0)
		return
	}
	c.Reply.Set(set.Len())
	for member := range set.All() {
		c.Reply.Bulk(member)
	}
}

func scard(c *Call) {
	set, ok := readObject[keyspace.Set](c, c.Args[1])
	switch {
	case !ok:
	case set == nil:
		c.Reply.Int(0)
	default:
		c.Reply.Int(int64(set.Len()))
	}
}

func sscan(c *Call) {
	scanObject(c, func(set *keyspace.Set, cursor uint64, o *scanOptions, emit func(...[]byte)) uint64 {
		return set.Scan(cursor, o.visits(), func(member []byte) {
			if o.matches(member) {
				emit(member)
			}
		})
	})
}
