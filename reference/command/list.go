package command

import (
	"bytes"
	"math"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// listCommands are for the elements of one list; listmove.go has those that take elements off the ends of lists.
var listCommands = []Command{
	{
		Name: "lpush", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | InsertsValue), Group: "list", Since: "1.0.0",
		Complexity: "O(N) in the number of elements given", Summary: "Puts elements before a list",
		Run: func(c *Call) { push(c, left, true) },
	},
	{
		Name: "rpush", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | InsertsValue), Group: "list", Since: "1.0.0",
		Complexity: "O(N) in the number of elements given", Summary: "Puts elements behind a list",
		Run: func(c *Call) { push(c, right, true) },
	},
	{
		Name: "lpushx", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | InsertsValue), Group: "list", Since: "2.2.0",
		Complexity: "O(N) in the number of elements given", Summary: "Puts elements before a list that exists",
		Run: func(c *Call) { push(c, left, false) },
	},
	{
		Name: "rpushx", Arity: -3, Flags: Write | DenyOOM | Fast, Keys: oneKey(ReadWriteKey | InsertsValue), Group: "list", Since: "2.2.0",
		Complexity: "O(N) in the number of elements given", Summary: "Puts elements behind a list that exists",
		Run: func(c *Call) { push(c, right, false) },
	},
	{
		Name: "llen", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey), Group: "list", Since: "1.0.0",
		Complexity: "O(1)", Summary: "Counts the elements of a list", Run: llen,
	},
	{
		Name: "lrange", Arity: 4, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "list", Since: "1.0.0",
		Complexity: "O(N) in the number of elements returned", Summary: "Returns a part of a list", Run: lrange,
	},
	{
		Name: "lindex", Arity: 3, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "list", Since: "1.0.0",
		Complexity: "O(1)", Summary: "Returns one element of a list", Run: lindex,
	},
	{
		Name: "lpos", Arity: -3, Flags: ReadOnly, Keys: oneKey(ReadKey | ReturnsValue), Group: "list", Since: "6.0.6",
		Complexity: "O(N) in the size of the list", Summary: "Finds elements of a list", Run: lpos,
	},
	{
		Name: "lset", Arity: 4, Flags: Write | DenyOOM, Keys: oneKey(ReadWriteKey | UpdatesValue), Group: "list", Since: "1.0.0",
		Complexity: "O(1)", Summary: "Replaces one element of a list", Run: lset,
	},
	{
		Name: "linsert", Arity: 5, Flags: Write | DenyOOM, Keys: oneKey(ReadWriteKey | InsertsValue), Group: "list", Since: "2.2.0",
		Complexity: "O(N) in the size of the list", Summary: "Puts an element before or behind another", Run: linsert,
	},
	{
		Name: "lrem", Arity: 4, Flags: Write, Keys: oneKey(ReadWriteKey | DeletesValue), Group: "list", Since: "1.0.0",
		Complexity: "O(N) in the size of the list", Summary: "Removes elements that are equal to one given", Run: lrem,
	},
	{
		Name: "ltrim", Arity: 4, Flags: Write, Keys: oneKey(ReadWriteKey | DeletesValue), Group: "list", Since: "1.0.0",
		Complexity: "O(N) in the number of elements removed", Summary: "Removes all but a part of a list", Run: ltrim,
	},
}

// end is one of the two ends of a list.
type end uint8

const (
	left end = iota
	right
)

// word names the end.
func (e end) word() []byte {
	if e == left {
		return []byte("left")
	}
	return []byte("right")
}

func (e end) push(l *keyspace.List, v []byte) {
	if e == left {
		l.PushFront(v)
	} else {
		l.PushBack(v)
	}
}

func (e end) pop(l *keyspace.List) []byte {
	if e == left {
		return l.PopFront()
	}
	return l.PopBack()
}

// push adds elements at one end of a list, which is created if it may be.
func push(c *Call, at end, create bool) {
	key := c.Args[1]
	list, ok := writeObject[keyspace.List](c, key)
	if !ok {
		return
	}
	fresh := list == nil
	if fresh && !create {
		c.Reply.Int(0)
		return
	}
	if fresh {
		list = keyspace.NewList()
	}
	for _, element := range c.Args[2:] {
		at.push(list, element)
	}
	c.keep(key, list, fresh)
	c.Changed(len(c.Args) - 2)
	c.Reply.Int(int64(list.Len()))
}

func llen(c *Call) {
	list, ok := readObject[keyspace.List](c, c.Args[1])
	switch {
	case !ok:
	case list == nil:
		c.Reply.Int(0)
	default:
		c.Reply.Int(int64(list.Len()))
	}
}

// partArgs reads arguments 2 and 3 as the first and the last index of a part.
func (c *Call) partArgs() (first, last int64, ok bool) {
	if first, ok = c.intArg(2); !ok {
		return 0, 0, false
	}
	last, ok = c.intArg(3)
	return first, last, ok
}

// part turns a first and a last index, of which negative ones count from the end, into a range of size elements:
// 0 <= from <= to <= size.
func part(first, last int64, size int) (from, to int) {
	n := int64(size)
	if first < 0 {
		first = max(first+n, 0)
	}
	if last < 0 {
		last += n
	}
	last = min(last, n-1)
	if first > last || first >= n {
		return 0, 0
	}
	return int(first), int(last) + 1
}

func lrange(c *Call) {
	first, last, ok := c.partArgs()
	if !ok {
		return
	}
	list, ok := readObject[keyspace.List](c, c.Args[1])
	switch {
	case !ok:
		return
	case list == nil:
		c.Reply.Array(0)
		return
	}
	from, to := part(first, last, list.Len())
	c.Reply.Array(to - from)
	for i := from; i < to; i++ {
		element, _ := list.Index(i)
		c.Reply.Bulk(element)
	}
}

// listIndex is the place of index n, which counts from the end if it is negative; what is no place stays none.
func listIndex(n int64, size int) int {
	if n < 0 {
		n += int64(size)
	}
	if n < 0 || n >= int64(size) {
		return -1
	}
	return int(n)
}

func lindex(c *Call) {
	list, ok := readObject[keyspace.List](c, c.Args[1])
	switch {
	case !ok:
		return
	case list == nil:
		c.Reply.Null()
		return
	}
	n, ok := c.intArg(2)
	if !ok {
		return
	}
	if element, there := list.Index(listIndex(n, list.Len())); there {
		c.Reply.Bulk(element)
	} else {
		c.Reply.Null()
	}
}

// lposOptions are those of LPOS.
type lposOptions struct {
	rank  int64 // of the first match that counts; negative: from the end
	count int64 // matches wanted, 0 for all; -1: one, which is not returned as a list
	limit int64 // elements compared, 0 for all
}

// parse reads the options, or replies with an error.
func (o *lposOptions) parse(c *Call) (ok bool) {
	o.rank, o.count = 1, -1
	for i := 3; i < len(c.Args); i += 2 {
		word, more := c.Args[i], i+1 < len(c.Args)
		switch {
		case is(word, "RANK") && more:
			if o.rank, ok = c.rangeArg(i+1, -math.MaxInt64, math.MaxInt64, ""); !ok {
				return false
			}
			if o.rank == 0 {
				c.Error("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to " +
					"start from the end of the list")
				return false
			}
		case is(word, "COUNT") && more:
			if o.count, ok = c.rangeArg(i+1, 0, math.MaxInt64, "ERR COUNT can't be negative"); !ok {
				return false
			}
		case is(word, "MAXLEN") && more:
			if o.limit, ok = c.rangeArg(i+1, 0, math.MaxInt64, "ERR MAXLEN can't be negative"); !ok {
				return false
			}
		default:
			c.Error(errSyntax)
			return false
		}
	}
	return true
}

// find returns the places of the matches.
func (o *lposOptions) find(list *keyspace.List, element []byte) (places []int) {
	from, to, step, skip := 0, list.Len()-1, 1, o.rank-1
	if o.rank < 0 {
		from, to, step, skip = to, 0, -1, -o.rank-1
	}
	i, compared := from, int64(0)
	for e := range list.Range(from, to) {
		if o.limit > 0 && compared == o.limit {
			break
		}
		compared++
		switch {
		case !bytes.Equal(e, element):
		case skip > 0:
			skip--
		default:
			places = append(places, i)
			if o.count != 0 && int64(len(places)) >= o.count {
				return places
			}
		}
		i += step
	}
	return places
}

func lpos(c *Call) {
	var o lposOptions
	if !o.parse(c) {
		return
	}
	list, ok := readObject[keyspace.List](c, c.Args[1])
	if !ok {
		return
	}
	var places []int
	if list != nil {
		places = o.find(list, c.Args[2])
	}
	switch {
	case o.count >= 0:
		c.Reply.Array(len(places))
		for _, place := range places {
			c.Reply.Int(int64(place))
		}
	case len(places) > 0:
		c.Reply.Int(int64(places[0]))
	default:
		c.Reply.Null()
	}
}

func lset(c *Call) {
	key := c.Args[1]
	list, ok := writeObject[keyspace.List](c, key)
	switch {
	case !ok:
		return
	case list == nil:
		c.Error(errNoSuchKey)
		return
	}
	n, ok := c.intArg(2)
	if !ok {
		return
	}
	if !list.Set(listIndex(n, list.Len()), c.Args[3]) {
		c.Error("ERR index out of range")
		return
	}
	c.Modified(key, list)
	c.Changed(1)
	c.OK()
}

func linsert(c *Call) {
	key, pivot, element := c.Args[1], c.Args[3], c.Args[4]
	behind := is(c.Args[2], "AFTER")
	if !behind && !is(c.Args[2], "BEFORE") {
		c.Error(errSyntax)
		return
	}
	list, ok := writeObject[keyspace.List](c, key)
	switch {
	case !ok:
		return
	case list == nil:
		c.Reply.Int(0)
		return
	}
	places := (&lposOptions{rank: 1, count: 1}).find(list, pivot)
	if len(places) == 0 {
		c.Reply.Int(-1)
		return
	}
	at := places[0]
	if behind {
		at++
	}
	list.Insert(at, element)
	c.Modified(key, list)
	c.Changed(1)
	c.Reply.Int(int64(list.Len()))
}

func lrem(c *Call) {
	key := c.Args[1]
	n, ok := c.intArg(2)
	if !ok {
		return
	}
	list, ok := writeObject[keyspace.List](c, key)
	switch {
	case !ok:
		return
	case list == nil:
		c.Reply.Int(0)
		return
	}
	removed := list.RemoveEqual(c.Args[3], int(max(n, -math.MaxInt)))
	if removed > 0 {
		c.Modified(key, list)
	}
	c.Changed(removed)
	c.Reply.Int(int64(removed))
}

func ltrim(c *Call) {
	key := c.Args[1]
	first, last, ok := c.partArgs()
	if !ok {
		return
	}
	list, ok := writeObject[keyspace.List](c, key)
	switch {
	case !ok:
		return
	case list == nil:
		c.OK()
		return
	}
	size := list.Len()
	from, to := part(first, last, size)
	list.Remove(to, size-to)
	list.Remove(0, from)
	c.Modified(key, list)
	c.Changed(size - list.Len())
	c.OK()
}
