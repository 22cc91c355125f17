package command

import (
	"iter"
	"math"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// zrangeCommands are for members of a sorted set that stand next to each other.
var zrangeCommands = []Command{
	{
		Name: "zrange", Arity: -4, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "sorted-set", Since: "1.2.0",
		Complexity: "O(log N + M) with M members returned", Summary: "Returns members by rank, score or name, in either direction",
		Run: func(c *Call) { zrange(c, zrangeQuery{openKind: true, openDirection: true}) },
	},
	{
		Name: "zrevrange", Arity: -4, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "sorted-set", Since: "1.2.0",
		Complexity: "O(log N + M) with M members returned", Summary: "Returns members by rank, from the last one on",
		Run: func(c *Call) { zrange(c, zrangeQuery{reverse: true}) },
	},
	{
		Name: "zrangebyscore", Arity: -4, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "sorted-set", Since: "1.0.5",
		Complexity: "O(log N + M) with M members returned", Summary: "Returns members by score",
		Run: func(c *Call) { zrange(c, zrangeQuery{kind: byScore}) },
	},
	{
		Name: "zrevrangebyscore", Arity: -4, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "sorted-set", Since: "2.2.0",
		Complexity: "O(log N + M) with M members returned", Summary: "Returns members by score, from the last one on",
		Run: func(c *Call) { zrange(c, zrangeQuery{kind: byScore, reverse: true}) },
	},
	{
		Name: "zrangebylex", Arity: -4, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "sorted-set", Since: "2.8.9",
		Complexity: "O(log N + M) with M members returned", Summary: "Returns members of equal scores by name",
		Run: func(c *Call) { zrange(c, zrangeQuery{kind: byLex}) },
	},
	{
		Name: "zrevrangebylex", Arity: -4, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "sorted-set", Since: "2.8.9",
		Complexity: "O(log N + M) with M members returned", Summary: "Returns members of equal scores by name, from the last one on",
		Run: func(c *Call) { zrange(c, zrangeQuery{kind: byLex, reverse: true}) },
	},
	{
		Name: "zrangestore", Arity: -5, Flags: Write | DenyOOM, Keys: twoKeys(OverwriteKey|UpdatesValue, ReadKey|ReturnsValue),
		Group: "sorted-set", Since: "6.2.0", Complexity: "O(log N + M) with M members stored",
		Summary: "Stores what ZRANGE returns", Run: zrangestore,
	},
	{
		Name: "zcount", Arity: 4, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "sorted-set", Since: "2.0.0",
		Complexity: "O(log N)", Summary: "Counts members by score", Run: func(c *Call) { countRange(c, byScore) },
	},
	{
		Name: "zlexcount", Arity: 4, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "sorted-set", Since: "2.8.9",
		Complexity: "O(log N)", Summary: "Counts members of equal scores by name", Run: func(c *Call) { countRange(c, byLex) },
	},
	{
		Name: "zremrangebyrank", Arity: 4, Flags: Write, Keys: oneKey(ReadWriteKey | DeletesValue), Group: "sorted-set", Since: "2.0.0",
		Complexity: "O(M log N) with M members removed", Summary: "Removes members by rank", Run: func(c *Call) { removeRange(c, byRank) },
	},
	{
		Name: "zremrangebyscore", Arity: 4, Flags: Write, Keys: oneKey(ReadWriteKey | DeletesValue), Group: "sorted-set", Since: "1.2.0",
		Complexity: "O(M log N) with M members removed", Summary: "Removes members by score", Run: func(c *Call) { removeRange(c, byScore) },
	},
	{
		Name: "zremrangebylex", Arity: 4, Flags: Write, Keys: oneKey(ReadWriteKey | DeletesValue), Group: "sorted-set", Since: "2.8.9",
		Complexity: "O(M log N) with M members removed", Summary: "Removes members of equal scores by name",
		Run: func(c *Call) { removeRange(c, byLex) },
	},
}

// rangeKind is what the ends of a range are.
type rangeKind uint8

const (
	byRank rangeKind = iota
	byScore
	byLex
)

// zrangeQuery is what ZRANGE and its like ask for.
type zrangeQuery struct {
	kind          rangeKind
	reverse       bool
	openKind      bool // BYSCORE and BYLEX are options, not part of the name
	openDirection bool // so is REV
	store         bool // the scores are wanted without being asked for

	withScores    bool
	offset, limit int64 // LIMIT; a negative limit is none
	start, end    int64 // of ranks
	scores        keyspace.ScoreRange
	lex           lexRange
}

// parse reads the ends of the range, which stand at a position, and the options behind them, or replies with an error.
func (q *zrangeQuery) parse(c *Call, at int) bool {
	q.limit = -1
	for i := at + 2; i < len(c.Args); i++ {
		n := q.option(c, i)
		if n == 0 {
			return false
		}
		i += n - 1
	}
	if q.limit != -1 && q.kind == byRank {
		c.Error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
		return false
	}
	if q.withScores && q.kind == byLex {
		c.Error("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
		return false
	}
	if q.reverse && q.kind != byRank {
		return q.parseEnds(c, at+1, at)
	}
	return q.parseEnds(c, at, at+1)
}

// option reads the option at a position and says how many words it has, or replies with an error.
func (q *zrangeQuery) option(c *Call, i int) int {
	word := c.Args[i]
	switch {
	case !q.store && is(word, "WITHSCORES"):
		q.withScores = true
	case is(word, "LIMIT") && i+2 < len(c.Args):
		var ok bool
		if q.offset, ok = c.intArg(i + 1); !ok {
			return 0
		}
		if q.limit, ok = c.intArg(i + 2); !ok {
			return 0
		}
		return 3
	case q.openDirection && !q.reverse && is(word, "REV"):
		q.reverse = true
	case q.openKind && q.kind == byRank && is(word, "BYLEX"):
		q.kind = byLex
	case q.openKind && q.kind == byRank && is(word, "BYSCORE"):
		q.kind = byScore
	default:
		c.Error(errSyntax)
		return 0
	}
	return 1
}

// parseEnds reads the ends of the range at two positions, or replies that one is none.
func (q *zrangeQuery) parseEnds(c *Call, low, high int) (ok bool) {
	switch q.kind {
	case byRank:
		if q.start, ok = c.intArg(low); ok {
			q.end, ok = c.intArg(high)
		}
	case byScore:
		if q.scores, ok = parseScoreRange(c.Args[low], c.Args[high]); !ok {
			c.Error("ERR min or max is not a float")
		}
	case byLex:
		if q.lex, ok = parseLexRange(c.Args[low], c.Args[high]); !ok {
			c.Error("ERR min or max not valid string range item")
		}
	}
	return ok
}

// within finds the members of the range: those of the ranks from <= rank < to, which count from the last member
// backwards if the range is reverse.
func (q *zrangeQuery) within(z *keyspace.ZSet) (from, to int) {
	size := z.Len()
	if q.kind == byRank {
		return part(q.start, q.end, size)
	}
	if q.kind == byScore {
		from, to = z.RanksByScore(q.scores)
	} else {
		from, to = q.lex.ranks(z)
	}
	if q.reverse {
		from, to = size-to, size-from
	}
	if q.offset < 0 || q.offset >= int64(to-from) {
		return from, from
	}
	from += int(q.offset)
	if q.limit >= 0 && q.limit < int64(to-from) {
		to = from + int(q.limit)
	}
	return from, to
}

// parseScoreRange reads the ends of a range of scores. An end behind "(" is not in the range itself. As in Redis
// (zslParseRange), blanks before a number are skipped, and nothing is 0.
func parseScoreRange(low, high []byte) (r keyspace.ScoreRange, ok bool) {
	if r.Min, r.MinExcluded, ok = parseScoreEnd(low); ok {
		r.Max, r.MaxExcluded, ok = parseScoreEnd(high)
	}
	return r, ok
}

func parseScoreEnd(text []byte) (score float64, excluded, ok bool) {
	if len(text) > 0 && text[0] == '(' {
		text, excluded = text[1:], true
	}
	text = cString(text, math.MaxInt)
	score, n, _ := parseDouble(text)
	return score, excluded, n == len(text) && !math.IsNaN(score)
}

// lexRange is a range of names. One that begins behind the last possible name or ends before the first has nothing in it.
type lexRange struct {
	keyspace.LexRange
	empty bool
}

// parseLexRange reads the ends of a range of names: "-" and "+", or a name behind "[" or "(".
func parseLexRange(low, high []byte) (r lexRange, ok bool) {
	if r.Min, ok = parseLexEnd(low); ok {
		r.Max, ok = parseLexEnd(high)
	}
	r.empty = ok && (low[0] == '+' || high[0] == '-')
	return r, ok
}

func parseLexEnd(text []byte) (end keyspace.LexBound, ok bool) {
	if len(text) == 0 {
		return end, false
	}
	switch text[0] {
	case '-', '+':
		return end, len(text) == 1
	case '(', '[':
		return keyspace.LexBound{Bounded: true, Member: text[1:], Excluded: text[0] == '('}, true
	}
	return end, false
}

// ranks finds the members of the range.
func (r *lexRange) ranks(z *keyspace.ZSet) (from, to int) {
	if r.empty {
		return 0, 0
	}
	return z.RanksByLex(r.LexRange)
}

func zrange(c *Call, q zrangeQuery) {
	if !q.parse(c, 2) {
		return
	}
	z, ok := readObject[keyspace.ZSet](c, c.Args[1])
	switch {
	case !ok:
	case z == nil:
		c.Reply.Array(0)
	default:
		from, to := q.within(z)
		replyScored(c, to-from, q.withScores, z.ByRank(from, to, q.reverse))
	}
}

// replyScored replies with n members and, if wanted, their scores: in RESP3 each with its score in an array of its own.
func replyScored(c *Call, n int, withScores bool, members iter.Seq2[[]byte, float64]) {
	pairs := withScores && c.Reply.Proto == 3
	if withScores && !pairs {
		n *= 2
	}
	c.Reply.Array(n)
	for member, score := range members {
		if pairs {
			c.Reply.Array(2)
		}
		c.Reply.Bulk(member)
		if withScores {
			c.Reply.Double(score)
		}
	}
}

func zrangestore(c *Call) {
	q := zrangeQuery{openKind: true, openDirection: true, store: true}
	if !q.parse(c, 3) {
		return
	}
	z, ok := readObject[keyspace.ZSet](c, c.Args[2])
	if !ok {
		return
	}
	result := keyspace.NewZSet()
	if z != nil {
		from, to := q.within(z)
		for member, score := range z.ByRank(from, to, q.reverse) {
			result.Set(member, score)
		}
	}
	storeScored(c, result)
}

// storeScored gives the first key of a command its result, and replies with the number of members.
func storeScored(c *Call, result *keyspace.ZSet) {
	if c.StoreObject(c.Args[1], result) {
		c.Changed(1)
	}
	c.Reply.Int(int64(result.Len()))
}

// countRange is ZCOUNT and ZLEXCOUNT.
func countRange(c *Call, kind rangeKind) {
	q := zrangeQuery{kind: kind, limit: -1}
	if !q.parseEnds(c, 2, 3) {
		return
	}
	z, ok := readObject[keyspace.ZSet](c, c.Args[1])
	switch {
	case !ok:
	case z == nil:
		c.Reply.Int(0)
	default:
		from, to := q.within(z)
		c.Reply.Int(int64(to - from))
	}
}

// removeRange is ZREMRANGEBYRANK and its like.
func removeRange(c *Call, kind rangeKind) {
	q := zrangeQuery{kind: kind, limit: -1}
	if !q.parseEnds(c, 2, 3) {
		return
	}
	key := c.Args[1]
	z, ok := writeObject[keyspace.ZSet](c, key)
	switch {
	case !ok:
		return
	case z == nil:
		c.Reply.Int(0)
		return
	}
	removed := z.RemoveRanks(q.within(z))
	if removed > 0 {
		c.Modified(key, z)
	}
	c.Changed(removed)
	c.Reply.Int(int64(removed))
}
