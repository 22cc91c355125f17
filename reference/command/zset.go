package command

import (
	"math"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// zsetCommands are for single members of one sorted set; zrange.go has those for ranges of members, zpop.go those that
// take the first or last ones away, zalgebra.go those that combine sorted sets.
var zsetCommands = []Command{
	{
		Name: "zadd", Arity: -4, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | UpdatesValue), Group: "sorted-set", Since: "1.2.0",
		Complexity: "O(log N) for each member given", Summary: "Adds members to a sorted set, or changes their scores",
		Run: func(c *Call) { addScores(c, zaddOptions{}) },
	},
	{
		Name: "zincrby", Arity: 4, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | ReturnsValue | UpdatesValue), Group: "sorted-set",
		Since: "1.2.0", Complexity: "O(log N)", Summary: "Adds to the score of a member",
		Run: func(c *Call) { addScores(c, zaddOptions{increment: true}) },
	},
	{
		Name: "zrem", Arity: -3, Flags: Write | Fast, Keys: oneKey(ReadWriteKey | DeletesValue), Group: "sorted-set", Since: "1.2.0",
		Complexity: "O(log N) for each member given", Summary: "Removes members from a sorted set", Run: zrem,
	},
	{
		Name: "zcard", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey), Group: "sorted-set", Since: "1.2.0",
		Complexity: "O(1)", Summary: "Counts the members of a sorted set", Run: zcard,
	},
	{
		Name: "zscore", Arity: 3, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "sorted-set", Since: "1.2.0",
		Complexity: "O(1)", Summary: "Returns the score of a member", Run: zscore,
	},
	{
		Name: "zmscore", Arity: -3, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "sorted-set", Since: "6.2.0",
		Complexity: "O(N) in the number of members given", Summary: "Returns the scores of several members", Run: zmscore,
	},
	{
		Name: "zrank", Arity: -3, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "sorted-set", Since: "2.0.0",
		Complexity: "O(log N)", Summary: "Says how many members stand before one", Run: func(c *Call) { rank(c, false) },
	},
	{
		Name: "zrevrank", Arity: -3, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "sorted-set", Since: "2.0.0",
		Complexity: "O(log N)", Summary: "Says how many members stand behind one", Run: func(c *Call) { rank(c, true) },
	},
	{
		Name: "zrandmember", Arity: -2, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "sorted-set", Since: "6.2.0",
		Complexity: "O(N) in the number of members wanted", Tips: []string{"nondeterministic_output"},
		Summary: "Returns members chosen by chance", Run: zrandmember,
	},
	{
		Name: "zscan", Arity: -3, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "sorted-set", Since: "2.8.0",
		Complexity: "O(1) for each call, O(N) for a whole iteration", Tips: []string{"nondeterministic_output"},
		Summary: "Lists the members of a sorted set in steps", Run: zscan,
	},
}

// zaddOptions are those of ZADD.
type zaddOptions struct {
	ifAbsent, ifThere bool // NX, XX
	ifGreater, ifLess bool // GT, LT
	countChanged      bool // CH
	increment         bool // INCR
}

// parse reads the options and returns where the scores begin, or replies with an error.
func (o *zaddOptions) parse(c *Call) (at int, ok bool) {
	for at = 2; at < len(c.Args) && o.set(c.Args[at]); at++ {
	}
	given := len(c.Args) - at
	switch {
	case given == 0 || given%2 != 0:
		c.Error(errSyntax)
	case o.ifAbsent && o.ifThere:
		c.Error("ERR XX and NX options at the same time are not compatible")
	case o.ifGreater && o.ifAbsent || o.ifLess && o.ifAbsent || o.ifGreater && o.ifLess:
		c.Error("ERR GT, LT, and/or NX options at the same time are not compatible")
	case o.increment && given > 2:
		c.Error("ERR INCR option supports a single increment-element pair")
	default:
		return at, true
	}
	return 0, false
}

// set takes one option and says whether it is one.
func (o *zaddOptions) set(word []byte) bool {
	switch {
	case is(word, "NX"):
		o.ifAbsent = true
	case is(word, "XX"):
		o.ifThere = true
	case is(word, "GT"):
		o.ifGreater = true
	case is(word, "LT"):
		o.ifLess = true
	case is(word, "CH"):
		o.countChanged = true
	case is(word, "INCR"):
		o.increment = true
	default:
		return false
	}
	return true
}

// scoreChange is what became of one member of ZADD.
type scoreChange struct {
	score                 float64 // it has now; meaningless if skipped
	added, moved, skipped bool
}

// apply gives a member a score, or adds to the one it has. It says false when the sum is not a number.
func (o *zaddOptions) apply(z *keyspace.ZSet, member []byte, score float64) (did scoreChange, ok bool) {
	old, there := z.Score(member)
	if there && o.ifAbsent || !there && o.ifThere {
		return scoreChange{skipped: true}, true
	}
	if there && o.increment {
		if score += old; math.IsNaN(score) {
			return did, false
		}
	}
	if there && (o.ifLess && score >= old || o.ifGreater && score <= old) {
		return scoreChange{skipped: true}, true
	}
	did.score = score
	did.added, did.moved = z.Set(member, withoutMinus(score))
	return did, true
}

// withoutMinus makes minus zero zero. Redis keeps the difference in large sorted sets alone.
func withoutMinus(score float64) float64 {
	if score == 0 {
		return 0
	}
	return score
}

// addScores is ZADD and ZINCRBY.
func addScores(c *Call, o zaddOptions) {
	at, ok := o.parse(c)
	if !ok {
		return
	}
	scores := make([]float64, 0, (len(c.Args)-at)/2)
	for i := at; i < len(c.Args); i += 2 {
		score, ok := c.scoreArg(i, errNotFloat)
		if !ok {
			return
		}
		scores = append(scores, score)
	}
	key := c.Args[1]
	z, ok := writeObject[keyspace.ZSet](c, key)
	if !ok {
		return
	}
	fresh := z == nil
	if fresh {
		z = keyspace.NewZSet()
	}
	added, moved := 0, 0
	var last scoreChange
	for i, score := range scores {
		if last, ok = o.apply(z, c.Args[at+2*i+1], score); !ok {
			c.Error("ERR resulting score is not a number (NaN)")
			return
		}
		added += int(boolInt(last.added))
		moved += int(boolInt(last.moved))
	}
	if fresh {
		c.StoreObject(key, z)
	} else if added+moved > 0 {
		c.Modified(key, z)
	}
	c.Changed(added + moved)
	switch {
	case o.increment && last.skipped:
		c.Reply.Null()
	case o.increment:
		c.Reply.Double(last.score)
	case o.countChanged:
		c.Reply.Int(int64(added + moved))
	default:
		c.Reply.Int(int64(added))
	}
}

func zrem(c *Call) {
	key := c.Args[1]
	z, ok := writeObject[keyspace.ZSet](c, key)
	if !ok {
		return
	}
	removed := 0
	if z != nil {
		for _, member := range c.Args[2:] {
			if z.Remove(member) {
				removed++
			}
		}
	}
	if removed > 0 {
		c.Modified(key, z)
	}
	c.Changed(removed)
	c.Reply.Int(int64(removed))
}

func zcard(c *Call) {
	z, ok := readObject[keyspace.ZSet](c, c.Args[1])
	switch {
	case !ok:
	case z == nil:
		c.Reply.Int(0)
	default:
		c.Reply.Int(int64(z.Len()))
	}
}

func zscore(c *Call) {
	if z, ok := readObject[keyspace.ZSet](c, c.Args[1]); ok {
		replyScore(c, z, c.Args[2])
	}
}

func zmscore(c *Call) {
	z, ok := readObject[keyspace.ZSet](c, c.Args[1])
	if !ok {
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		replyScore(c, z, member)
	}
}

// replyScore replies with the score of a member, or null; z may be nil.
func replyScore(c *Call, z *keyspace.ZSet, member []byte) {
	if z != nil {
		if score, there := z.Score(member); there {
			c.Reply.Double(score)
			return
		}
	}
	c.Reply.Null()
}

// rank is ZRANK and ZREVRANK. WITHSCORE came with Redis 7.2.
func rank(c *Call, reverse bool) {
	withScore := len(c.Args) == 4
	switch {
	case len(c.Args) > 4:
		c.Error(errWrongArity(c.Cmd.Name))
		return
	case withScore && !is(c.Args[3], "WITHSCORE"):
		c.Error(errSyntax)
		return
	}
	z, ok := readObject[keyspace.ZSet](c, c.Args[1])
	if !ok {
		return
	}
	if z != nil {
		if n, there := z.Rank(c.Args[2], reverse); there {
			if withScore {
				c.Reply.Array(2)
			}
			c.Reply.Int(int64(n))
			if withScore {
				score, _ := z.Score(c.Args[2])
				c.Reply.Double(score)
			}
			return
		}
	}
	if withScore {
		c.Reply.NullArray()
	} else {
		c.Reply.Null()
	}
}

func zrandmember(c *Call) {
	if len(c.Args) == 2 {
		z, ok := readObject[keyspace.ZSet](c, c.Args[1])
		switch {
		case !ok:
		case z == nil:
			c.Reply.Null()
		default:
			member, _ := z.Random(c.Rand)
			c.Reply.Bulk(member)
		}
		return
	}
	n, ok := c.rangeArg(2, -math.MaxInt64, math.MaxInt64, "")
	if !ok {
		return
	}
	withScores := len(c.Args) == 4 && is(c.Args[3], "WITHSCORES")
	switch {
	case len(c.Args) > 3 && !withScores:
		c.Error(errSyntax)
		return
	case withScores && (n < -math.MaxInt64/2 || n > math.MaxInt64/2):
		c.Error(errOutOfRange)
		return
	}
	z, ok := readObject[keyspace.ZSet](c, c.Args[1])
	switch {
	case !ok:
		return
	case z == nil || n == 0:
		c.Reply.Array(0)
		return
	}
	places, ok := c.choosePlaces(n, z.Len())
	if !ok {
		return
	}
	replyScored(c, len(places), withScores, func(yield func([]byte, float64) bool) {
		for _, place := range places {
			if !yield(z.At(place)) {
				return
			}
		}
	})
}

func zscan(c *Call) {
	scanObject(c, func(z *keyspace.ZSet, cursor uint64, o *scanOptions, emit func(...[]byte)) uint64 {
		return z.Scan(cursor, o.visits(), func(member []byte, score float64) {
			if o.matches(member) {
				emit(member, scannedScore(z, score))
			}
		})
	})
}

// scannedScore is a score as ZSCAN shows it: a bulk without the frame, in RESP3 as well. What Redis holds in a listpack
// is a whole number in all its digits.
func scannedScore(z *keyspace.ZSet, score float64) []byte {
	const wholeMax = 1 << 62
	if z.Encoding() == "listpack" && math.Abs(score) <= wholeMax && score == math.Trunc(score) {
		return strconv.AppendInt(nil, int64(score), 10)
	}
	frame := resp.Writer{Proto: 3}
	frame.Double(score)
	return frame.Buf[len(",") : len(frame.Buf)-len("\r\n")]
}
