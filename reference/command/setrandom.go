package command

import (
	"math"
	"math/rand/v2"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// setRandomCommands choose members of a set by chance.
var setRandomCommands = []Command{
	{
		Name: "spop", Arity: -2, Flags: Write | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | DeletesValue), Group: "set", Since: "1.0.0",
		Complexity: "O(N) in the number of members wanted", Tips: []string{"nondeterministic_output"},
		Summary: "Removes members chosen by chance and returns them", Run: spop,
	},
	{
		Name: "srandmember", Arity: -2, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "set", Since: "1.0.0",
		Complexity: "O(N) in the number of members wanted", Tips: []string{"nondeterministic_output"},
		Summary: "Returns members chosen by chance", Run: srandmember,
	},
}

func spop(c *Call) {
	switch len(c.Args) {
	case 2:
		spopOne(c)
	case 3:
		spopSeveral(c)
	default:
		c.Error(errSyntax)
	}
}

// spopOne is SPOP without a number. Replicas must remove the same member.
func spopOne(c *Call) {
	key := c.Args[1]
	set, ok := writeObject[keyspace.Set](c, key)
	switch {
	case !ok:
		return
	case set == nil:
		c.Reply.Null()
		return
	}
	member := set.Pop(c.Rand)
	c.Modified(key, set)
	c.Changed(1)
	c.Rewrite(wordSRem, key, member)
	c.Reply.Bulk(member)
}

// spopSeveral is SPOP with a number. Redis tells replicas of each member by itself, or of the end of the whole set.
func spopSeveral(c *Call) {
	n, ok := c.countArg(2)
	if !ok {
		return
	}
	key := c.Args[1]
	set, ok := writeObject[keyspace.Set](c, key)
	switch {
	case !ok:
		return
	case set == nil || n == 0:
		c.Reply.Set(0)
		return
	case n >= int64(set.Len()):
		replyMembers(c, set)
		c.Changed(set.Len())
		c.Delete(key)
		c.Rewrite(wordDel, key)
		return
	}
	c.Reply.Set(int(n))
	for range n {
		member := set.Pop(c.Rand)
		c.Rewrite(wordSRem, key, member)
		c.Reply.Bulk(member)
	}
	c.Modified(key, set)
	c.Changed(int(n))
}

func srandmember(c *Call) {
	if len(c.Args) > 3 {
		c.Error(errSyntax)
		return
	}
	if len(c.Args) == 2 {
		set, ok := readObject[keyspace.Set](c, c.Args[1])
		switch {
		case !ok:
		case set == nil:
			c.Reply.Null()
		default:
			c.Reply.Bulk(set.Random(c.Rand))
		}
		return
	}
	n, ok := c.rangeArg(2, -math.MaxInt64, math.MaxInt64, "")
	if !ok {
		return
	}
	set, ok := readObject[keyspace.Set](c, c.Args[1])
	switch {
	case !ok:
		return
	case set == nil || n == 0:
		c.Reply.Array(0)
		return
	}
	places, ok := c.choosePlaces(n, set.Len())
	if !ok {
		return
	}
	c.Reply.Array(len(places))
	for _, place := range places {
		c.Reply.Bulk(set.At(place))
	}
}

// choicesMax bounds how many elements are chosen with repetition: the reply is built in memory. Redis has no bound.
const choicesMax = 1 << 24

// choosePlaces chooses n places of size by chance, each at most once; or, if n is negative, -n places of which each may
// come again. It replies with an error when they are too many.
func (c *Call) choosePlaces(n int64, size int) (places []int, ok bool) {
	switch {
	case n < -choicesMax:
		c.Error(errOutOfRange)
		return nil, false
	case n < 0:
		places = make([]int, -n)
		for i := range places {
			places[i] = c.Rand.IntN(size)
		}
	case n >= int64(size):
		places = make([]int, size)
		for i := range places {
			places[i] = i
		}
	default:
		places = distinctPlaces(c.Rand, int(n), size)
	}
	return places, true
}

// distinctPlaces chooses n of size places: it shuffles them as far as they are needed, and notes only which are not where
// they were.
func distinctPlaces(r *rand.Rand, n, size int) []int {
	moved := make(map[int]int, n)
	at := func(i int) int {
		if place, ok := moved[i]; ok {
			return place
		}
		return i
	}
	places := make([]int, n)
	for i := range places {
		j := i + r.IntN(size-i)
		places[i] = at(j)
		moved[j] = at(i)
	}
	return places
}
