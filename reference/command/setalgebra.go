package command

import (
	"math"
	"slices"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// setAlgebraCommands combine sets.
var setAlgebraCommands = []Command{
	{
		Name: "sinter", Arity: -2, Flags: ReadOnly, Keys: allKeys(1, ReadKey|ReturnsValue), Group: "set", Since: "1.0.0",
		Complexity: "O(N*M) in the size of the smallest set and the number of sets", Tips: []string{"nondeterministic_output_order"},
		Summary: "Returns the members that all sets have", Run: func(c *Call) { combineSets(c, intersectSets) },
	},
	{
		Name: "sinterstore", Arity: -3, Flags: Write | DenyOOM, Keys: storeAndKeys(ReadWriteKey|UpdatesValue, ReadKey|ReturnsValue),
		Group: "set", Since: "1.0.0", Complexity: "O(N*M) in the size of the smallest set and the number of sets",
		Summary: "Stores the members that all sets have", Run: func(c *Call) { storeSets(c, intersectSets) },
	},
	{
		Name: "sintercard", Arity: -3, Flags: ReadOnly | MovableKeys, Keys: countedKeys(1, ReadKey|ReturnsValue), Group: "set", Since: "7.0.0",
		Complexity: "O(N*M) in the size of the smallest set and the number of sets", Summary: "Counts the members that all sets have",
		Run: sintercard,
	},
	{
		Name: "sunion", Arity: -2, Flags: ReadOnly, Keys: allKeys(1, ReadKey|ReturnsValue), Group: "set", Since: "1.0.0",
		Complexity: "O(N) in the number of members of all sets", Tips: []string{"nondeterministic_output_order"},
		Summary: "Returns the members that any of the sets has", Run: func(c *Call) { combineSets(c, uniteSets) },
	},
	{
		Name: "sunionstore", Arity: -3, Flags: Write | DenyOOM, Keys: storeAndKeys(OverwriteKey|UpdatesValue, ReadKey|ReturnsValue),
		Group: "set", Since: "1.0.0", Complexity: "O(N) in the number of members of all sets",
		Summary: "Stores the members that any of the sets has", Run: func(c *Call) { storeSets(c, uniteSets) },
	},
	{
		Name: "sdiff", Arity: -2, Flags: ReadOnly, Keys: allKeys(1, ReadKey|ReturnsValue), Group: "set", Since: "1.0.0",
		Complexity: "O(N) in the number of members of all sets", Tips: []string{"nondeterministic_output_order"},
		Summary: "Returns the members of the first set that no other has", Run: func(c *Call) { combineSets(c, subtractSets) },
	},
	{
		Name: "sdiffstore", Arity: -3, Flags: Write | DenyOOM, Keys: storeAndKeys(OverwriteKey|UpdatesValue, ReadKey|ReturnsValue),
		Group: "set", Since: "1.0.0", Complexity: "O(N) in the number of members of all sets",
		Summary: "Stores the members of the first set that no other has", Run: func(c *Call) { storeSets(c, subtractSets) },
	},
}

// combination makes one set of several; nil is an empty one.
type combination func(sets []*keyspace.Set) *keyspace.Set

// combineSets replies with what a combination of all keys gives.
func combineSets(c *Call, combine combination) {
	if sets, ok := c.readSets(c.Args[1:]); ok {
		replyMembers(c, combine(sets))
	}
}

// storeSets stores in the first key what a combination of the others gives.
func storeSets(c *Call, combine combination) {
	sets, ok := c.readSets(c.Args[2:])
	if !ok {
		return
	}
	result := combine(sets)
	if c.StoreObject(c.Args[1], result) {
		c.Changed(1)
	}
	c.Reply.Int(int64(result.Len()))
}

func sintercard(c *Call) {
	n, ok := c.rangeArg(1, 1, math.MaxInt64, "ERR numkeys should be greater than 0")
	if !ok {
		return
	}
	if n > int64(len(c.Args)-2) {
		c.Error("ERR Number of keys can't be greater than number of args")
		return
	}
	options, limit := 2+int(n), int64(0)
	for i := options; i < len(c.Args); i += 2 {
		if !is(c.Args[i], "LIMIT") || i+1 == len(c.Args) {
			c.Error(errSyntax)
			return
		}
		if limit, ok = c.limitArg(i + 1); !ok {
			return
		}
	}
	sets, ok := c.readSets(c.Args[2:options])
	if !ok {
		return
	}
	found := int64(0)
	eachCommon(sets, func([]byte) bool {
		found++
		return found != limit
	})
	c.Reply.Int(found)
}

// limitArg reads how far SINTERCARD or ZINTERCARD counts; 0 is to the end.
func (c *Call) limitArg(i int) (int64, bool) {
	return c.rangeArg(i, 0, math.MaxInt64, "ERR LIMIT can't be negative")
}

// readSets finds the sets of keys, with nil for those that do not exist, or replies that one is none.
func (c *Call) readSets(keys [][]byte) (sets []*keyspace.Set, ok bool) {
	for _, key := range keys {
		set, ok := readObject[keyspace.Set](c, key)
		if !ok {
			return nil, false
		}
		sets = append(sets, set)
	}
	return sets, true
}

// intersectSets keeps what all sets have.
func intersectSets(sets []*keyspace.Set) *keyspace.Set {
	result := keyspace.NewSet()
	eachCommon(sets, func(member []byte) bool { result.Add(member); return true })
	return result
}

// eachCommon visits the members that all sets have, until visit returns false. It goes through the smallest set.
func eachCommon(sets []*keyspace.Set, visit func(member []byte) bool) {
	if slices.Contains(sets, nil) {
		return
	}
	smallest := slices.MinFunc(sets, func(a, b *keyspace.Set) int { return a.Len() - b.Len() })
next:
	for member := range smallest.All() {
		for _, set := range sets {
			if set != smallest && !set.Has(member) {
				continue next
			}
		}
		if !visit(member) {
			return
		}
	}
}

// uniteSets keeps what any set has.
func uniteSets(sets []*keyspace.Set) *keyspace.Set {
	result := keyspace.NewSet()
	for _, set := range sets {
		if set != nil {
			for member := range set.All() {
				result.Add(member)
			}
		}
	}
	return result
}

// subtractSets keeps what only the first set has.
func subtractSets(sets []*keyspace.Set) *keyspace.Set {
	result := keyspace.NewSet()
	if sets[0] == nil {
		return result
	}
next:
	for member := range sets[0].All() {
		for _, set := range sets[1:] {
			if set != nil && set.Has(member) {
				continue next
			}
		}
		result.Add(member)
	}
	return result
}
