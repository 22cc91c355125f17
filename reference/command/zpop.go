package command

import (
	"math"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// zpopCommands take members from either end of a sorted set.
var zpopCommands = []Command{
	{
		Name: "zpopmin", Arity: -2, Flags: Write | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | DeletesValue), Group: "sorted-set",
		Since: "5.0.0", Complexity: "O(M log N) with M members wanted", Summary: "Removes the first members and returns them",
		Run: func(c *Call) { zpop(c, firstMembers) },
	},
	{
		Name: "zpopmax", Arity: -2, Flags: Write | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | DeletesValue), Group: "sorted-set",
		Since: "5.0.0", Complexity: "O(M log N) with M members wanted", Summary: "Removes the last members and returns them",
		Run: func(c *Call) { zpop(c, lastMembers) },
	},
	{
		Name: "zmpop", Arity: -4, Flags: Write | MovableKeys, Keys: countedKeys(1, ReadWriteKey|ReturnsValue|DeletesValue), Group: "sorted-set",
		Since: "7.0.0", Complexity: "O(K + M log N) with K keys given and M members wanted",
		Summary: "Removes members from an end of the first sorted set that is there", Run: zmpop,
	},
}

// zsetEnd is one of the ends of a sorted set.
type zsetEnd struct {
	word []byte // the command that takes members from it
	last bool
}

var (
	firstMembers = zsetEnd{word: []byte("ZPOPMIN")}
	lastMembers  = zsetEnd{word: []byte("ZPOPMAX"), last: true}
)

// endNamed is the end that MIN or MAX names.
func endNamed(word []byte) (end zsetEnd, ok bool) {
	switch {
	case is(word, "MIN"):
		return firstMembers, true
	case is(word, "MAX"):
		return lastMembers, true
	}
	return end, false
}

func zpop(c *Call, end zsetEnd) {
	n, pairs := int64(1), false
	if len(c.Args) > 3 {
		c.Error(errSyntax)
		return
	}
	if len(c.Args) == 3 {
		var ok bool
		if n, ok = c.countArg(2); !ok {
			return
		}
		pairs = c.Reply.Proto == 3
	}
	z, ok := writeObject[keyspace.ZSet](c, c.Args[1])
	switch {
	case !ok:
	case z == nil || n == 0:
		c.Reply.Array(0)
	default:
		taken := end.count(z, n)
		if pairs {
			c.Reply.Array(taken)
		} else {
			c.Reply.Array(2 * taken)
		}
		end.take(c, c.Args[1], z, taken, pairs)
	}
}

// count is how many members there are of n that are wanted.
func (end zsetEnd) count(z *keyspace.ZSet, n int64) int { return int(min(n, int64(z.Len()))) }

// take removes n members and replies with each and its score, in an array of their own if pairs is set.
func (end zsetEnd) take(c *Call, key []byte, z *keyspace.ZSet, n int, pairs bool) {
	for member, score := range z.ByRank(0, n, end.last) {
		if pairs {
			c.Reply.Array(2)
		}
		c.Reply.Bulk(member)
		c.Reply.Double(score)
	}
	if end.last {
		z.RemoveRanks(z.Len()-n, z.Len())
	} else {
		z.RemoveRanks(0, n)
	}
	c.Modified(key, z)
	c.Changed(n)
}

// zmpopQuery is what ZMPOP and BZMPOP ask for.
type zmpopQuery struct {
	keys  [][]byte
	end   zsetEnd
	count int64
}

// parse reads the request from the number of keys on, or replies with an error.
func (q *zmpopQuery) parse(c *Call, at int) bool {
	n, ok := c.rangeArg(at, 1, math.MaxInt64, "ERR numkeys should be greater than 0")
	if !ok {
		return false
	}
	if n >= int64(len(c.Args)-at-1) { // an end must follow
		c.Error(errSyntax)
		return false
	}
	i := at + 1 + int(n)
	q.keys = c.Args[at+1 : i]
	if q.end, ok = endNamed(c.Args[i]); !ok {
		c.Error(errSyntax)
		return false
	}
	for i++; i < len(c.Args); i += 2 {
		if q.count != 0 || i+1 == len(c.Args) || !is(c.Args[i], "COUNT") {
			c.Error(errSyntax)
			return false
		}
		if q.count, ok = c.rangeArg(i+1, 1, math.MaxInt64, "ERR count should be greater than 0"); !ok {
			return false
		}
	}
	q.count = max(q.count, 1)
	return true
}

func zmpop(c *Call) {
	var q zmpopQuery
	if q.parse(c, 1) && !q.serve(c) {
		c.Reply.NullArray()
	}
}

// serve takes members of the first sorted set that is there and says whether there was one, or an error was replied.
func (q *zmpopQuery) serve(c *Call) bool {
	key, z, ok := c.firstScored(q.keys)
	if ok && z != nil {
		q.end.takeFrom(c, key, z, q.count)
	}
	return !ok || z != nil
}

// firstScored finds the first of the keys that are there: nil when none is. ok is false after the reply that it holds
// something else.
func (c *Call) firstScored(keys [][]byte) (key []byte, z *keyspace.ZSet, ok bool) {
	for _, key := range keys {
		if z, ok := writeObject[keyspace.ZSet](c, key); !ok || z != nil {
			return key, z, ok
		}
	}
	return nil, nil, true
}

// takeFrom takes at most n members and replies with the key and them. Replicas are told how many there were.
func (end zsetEnd) takeFrom(c *Call, key []byte, z *keyspace.ZSet, n int64) {
	taken := end.count(z, n)
	c.Reply.Array(2)
	c.Reply.Bulk(key)
	c.Reply.Array(taken)
	end.take(c, key, z, taken, true)
	c.Rewrite(end.word, key, strconv.AppendInt(nil, int64(taken), 10))
}
