package command

import (
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// zalgebraCommands combine sorted sets, and sets, whose members count with a score of 1.
var zalgebraCommands = []Command{
	{
		Name: "zunion", Arity: -3, Flags: ReadOnly | MovableKeys, Keys: countedKeys(1, ReadKey|ReturnsValue), Group: "sorted-set",
		Since: "6.2.0", Complexity: "O(N + M log M) with N members given and M in the result",
		Summary: "Returns the members that any of the sorted sets has", Run: func(c *Call) { combineScored(c, uniteScored, true) },
	},
	{
		Name: "zunionstore", Arity: -4, Flags: Write | DenyOOM | MovableKeys,
		Keys: storeAndCountedKeys(OverwriteKey|UpdatesValue, ReadKey|ReturnsValue), Group: "sorted-set", Since: "2.0.0",
		Complexity: "O(N + M log M) with N members given and M in the result",
		Summary:    "Stores the members that any of the sorted sets has", Run: func(c *Call) { storeCombined(c, uniteScored, true) },
	},
	{
		Name: "zinter", Arity: -3, Flags: ReadOnly | MovableKeys, Keys: countedKeys(1, ReadKey|ReturnsValue), Group: "sorted-set",
		Since: "6.2.0", Complexity: "O(N*K + M log M) with N members in the smallest of K sorted sets and M in the result",
		Summary: "Returns the members that all sorted sets have", Run: func(c *Call) { combineScored(c, intersectScored, true) },
	},
	{
		Name: "zinterstore", Arity: -4, Flags: Write | DenyOOM | MovableKeys,
		Keys: storeAndCountedKeys(OverwriteKey|UpdatesValue, ReadKey|ReturnsValue), Group: "sorted-set", Since: "2.0.0",
		Complexity: "O(N*K + M log M) with N members in the smallest of K sorted sets and M in the result",
		Summary:    "Stores the members that all sorted sets have", Run: func(c *Call) { storeCombined(c, intersectScored, true) },
	},
	{
		Name: "zintercard", Arity: -3, Flags: ReadOnly | MovableKeys, Keys: countedKeys(1, ReadKey|ReturnsValue), Group: "sorted-set",
		Since: "7.0.0", Complexity: "O(N*K) with N members in the smallest of K sorted sets",
		Summary: "Counts the members that all sorted sets have", Run: zintercard,
	},
	{
		Name: "zdiff", Arity: -3, Flags: ReadOnly | MovableKeys, Keys: countedKeys(1, ReadKey|ReturnsValue), Group: "sorted-set",
		Since: "6.2.0", Complexity: "O(N*K + M log M) with N members in the first of K sorted sets and M in the result",
		Summary: "Returns the members of the first sorted set that no other has", Run: func(c *Call) { combineScored(c, subtractScored, false) },
	},
	{
		Name: "zdiffstore", Arity: -4, Flags: Write | DenyOOM | MovableKeys,
		Keys: storeAndCountedKeys(OverwriteKey|UpdatesValue, ReadKey|ReturnsValue), Group: "sorted-set", Since: "6.2.0",
		Complexity: "O(N*K + M log M) with N members in the first of K sorted sets and M in the result",
		Summary:    "Stores the members of the first sorted set that no other has", Run: func(c *Call) { storeCombined(c, subtractScored, false) },
	},
}

// scored is one of the values that are combined.
type scored struct {
	set    *keyspace.Set // one of the two,
	zset   *keyspace.ZSet
	weight float64 // and what its scores are multiplied by
}

// size is the number of members.
func (s *scored) size() int {
	switch {
	case s.set != nil:
		return s.set.Len()
	case s.zset != nil:
		return s.zset.Len()
	}
	return 0
}

// all visits all members.
func (s *scored) all() iter.Seq2[[]byte, float64] {
	return func(yield func([]byte, float64) bool) {
		if s.zset != nil {
			s.zset.All()(yield)
			return
		}
		if s.set != nil {
			for member := range s.set.All() {
				if !yield(member, 1) {
					return
				}
			}
		}
	}
}

// score is that of one member, and whether it is there.
func (s *scored) score(member []byte) (float64, bool) {
	switch {
	case s.set != nil:
		return 1, s.set.Has(member)
	case s.zset != nil:
		return s.zset.Score(member)
	}
	return 0, false
}

// scoredQuery is what ZUNION and its like ask for.
type scoredQuery struct {
	sources    []scored
	aggregate  func(a, b float64) float64
	withScores bool
	limit      int64 // of ZINTERCARD; 0 is none
}

// scoredOptions are which options a command has.
type scoredOptions struct{ weights, withScores, limit bool }

// parse reads the number of keys, which stands at a position, the keys and the options, or replies with an error.
func (q *scoredQuery) parse(c *Call, at int, allowed scoredOptions) bool {
	n, ok := c.intArg(at)
	if !ok {
		return false
	}
	if n < 1 {
		c.Error(fmt.Sprintf("ERR at least 1 input key is needed for '%s' command", c.Cmd.Name))
		return false
	}
	if n > int64(len(c.Args)-at-1) {
		c.Error(errSyntax)
		return false
	}
	options := at + 1 + int(n)
	if q.sources, ok = c.readScored(c.Args[at+1 : options]); !ok {
		return false
	}
	q.aggregate = sumScores
	for i := options; i < len(c.Args); {
		n := q.option(c, i, allowed)
		if n == 0 {
			return false
		}
		i += n
	}
	return true
}

// readScored finds the values of keys, or replies that one has no members.
func (c *Call) readScored(keys [][]byte) (sources []scored, ok bool) {
	for _, key := range keys {
		source := scored{weight: 1}
		v, found := c.LookupRead(key)
		switch o := v.Object.(type) {
		case *keyspace.Set:
			source.set = o
		case *keyspace.ZSet:
			source.zset = o
		default:
			if found {
				c.Error(errWrongType)
				return nil, false
			}
		}
		sources = append(sources, source)
	}
	return sources, true
}

// option reads the option at a position and says how many words it has, or replies with an error.
func (q *scoredQuery) option(c *Call, i int, allowed scoredOptions) int {
	word, left := c.Args[i], len(c.Args)-i
	switch {
	case allowed.weights && left > len(q.sources) && is(word, "WEIGHTS"):
		for n := range q.sources {
			var ok bool
			if q.sources[n].weight, ok = c.scoreArg(i+1+n, "ERR weight value is not a float"); !ok {
				return 0
			}
		}
		return 1 + len(q.sources)
	case allowed.weights && left > 1 && is(word, "AGGREGATE"):
		if q.aggregate = aggregateNamed(c.Args[i+1]); q.aggregate == nil {
			c.Error(errSyntax)
			return 0
		}
		return 2
	case allowed.withScores && is(word, "WITHSCORES"):
		q.withScores = true
		return 1
	case allowed.limit && left > 1 && is(word, "LIMIT"):
		var ok bool
		if q.limit, ok = c.limitArg(i + 1); !ok {
			return 0
		}
		return 2
	}
	c.Error(errSyntax)
	return 0
}

// aggregateNamed is how the scores of one member become one.
func aggregateNamed(word []byte) func(a, b float64) float64 {
	switch {
	case is(word, "SUM"):
		return sumScores
	case is(word, "MIN"):
		return func(a, b float64) float64 {
			if b < a { // not so for NaN
				return b
			}
			return a
		}
	case is(word, "MAX"):
		return func(a, b float64) float64 {
			if b > a {
				return b
			}
			return a
		}
	}
	return nil
}

// sumScores adds scores; opposite infinities make 0.
func sumScores(a, b float64) float64 { return zeroIfNaN(a + b) }

// zeroIfNaN keeps a score a number: infinity times 0 is 0.
func zeroIfNaN(score float64) float64 {
	if math.IsNaN(score) {
		return 0
	}
	return score
}

// scoredCombination makes one sorted set of several.
type scoredCombination func(q *scoredQuery) *keyspace.ZSet

// combineScored replies with what a combination gives; weighted says whether it takes WEIGHTS and AGGREGATE.
func combineScored(c *Call, combine scoredCombination, weighted bool) {
	var q scoredQuery
	if !q.parse(c, 1, scoredOptions{weights: weighted, withScores: true}) {
		return
	}
	result := combine(&q)
	replyScored(c, result.Len(), q.withScores, result.All())
}

// storeCombined stores what a combination gives.
func storeCombined(c *Call, combine scoredCombination, weighted bool) {
	var q scoredQuery
	if !q.parse(c, 2, scoredOptions{weights: weighted}) {
		return
	}
	result := keyspace.NewZSet()
	for member, score := range combine(&q).All() {
		result.Set(member, withoutMinus(score))
	}
	storeScored(c, result)
}

func zintercard(c *Call) {
	var q scoredQuery
	if !q.parse(c, 1, scoredOptions{limit: true}) {
		return
	}
	found := int64(0)
	q.eachCommon(func([]byte, float64) bool {
		found++
		return found != q.limit
	})
	c.Reply.Int(found)
}

// bySize puts the smallest source first: the order decides how sums are rounded.
func (q *scoredQuery) bySize() {
	slices.SortStableFunc(q.sources, func(a, b scored) int { return a.size() - b.size() })
}

func uniteScored(q *scoredQuery) *keyspace.ZSet {
	q.bySize()
	result := keyspace.NewZSet()
	for i := range q.sources {
		source := &q.sources[i]
		for member, score := range source.all() {
			score = zeroIfNaN(score * source.weight)
			if before, there := result.Score(member); there {
				score = q.aggregate(before, score)
			}
			result.Set(member, score)
		}
	}
	return result
}

func intersectScored(q *scoredQuery) *keyspace.ZSet {
	result := keyspace.NewZSet()
	q.eachCommon(func(member []byte, score float64) bool { result.Set(member, score); return true })
	return result
}

// eachCommon visits the members that all sources have, with their scores together, until visit returns false.
func (q *scoredQuery) eachCommon(visit func(member []byte, score float64) bool) {
	q.bySize()
	first := &q.sources[0]
next:
	for member, score := range first.all() {
		score = zeroIfNaN(score * first.weight)
		for i := range q.sources[1:] {
			source := &q.sources[1+i]
			more, there := source.score(member)
			if !there {
				continue next
			}
			score = q.aggregate(score, more*source.weight)
		}
		if !visit(member, score) {
			return
		}
	}
}

func subtractScored(q *scoredQuery) *keyspace.ZSet {
	result := keyspace.NewZSet()
next:
	for member, score := range q.sources[0].all() {
		for i := range q.sources[1:] {
			if _, there := q.sources[1+i].score(member); there {
				continue next
			}
		}
		result.Set(member, score)
	}
	return result
}
