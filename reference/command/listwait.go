package command

import (
	"math"
	"math/big"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// listWaitCommands wait for elements if there are none. Replicas get the command that does the same without waiting.
var listWaitCommands = []Command{
	{
		Name: "blpop", Arity: -3, Flags: Write | NoScript | Blocking, Keys: keysBeforeLast(ReadWriteKey | ReturnsValue | DeletesValue),
		Group: "list", Since: "2.0.0", Complexity: "O(N) in the number of keys",
		Summary: "Removes the first element of the first list that has some, or waits for one", Run: func(c *Call) { popOrWait(c, left) },
	},
	{
		Name: "brpop", Arity: -3, Flags: Write | NoScript | Blocking, Keys: keysBeforeLast(ReadWriteKey | ReturnsValue | DeletesValue),
		Group: "list", Since: "2.0.0", Complexity: "O(N) in the number of keys",
		Summary: "Removes the last element of the first list that has some, or waits for one", Run: func(c *Call) { popOrWait(c, right) },
	},
	{
		Name: "blmpop", Arity: -5, Flags: Write | Blocking | MovableKeys, Keys: countedKeys(2, ReadWriteKey|ReturnsValue|DeletesValue),
		Group: "list", Since: "7.0.0", Complexity: "O(N+M) in the number of keys and of elements wanted",
		Summary: "Removes elements of the first list that has some, or waits for one", Run: blmpop,
	},
	{
		Name: "blmove", Arity: 6, Flags: Write | DenyOOM | NoScript | Blocking,
		Keys: twoKeys(ReadWriteKey|ReturnsValue|DeletesValue, ReadWriteKey|InsertsValue), Group: "list", Since: "6.2.0",
		Complexity: "O(1)", Summary: "Moves an element from one list to another, or waits for one", Run: blmove,
	},
	{
		Name: "brpoplpush", Arity: 4, Flags: Write | DenyOOM | NoScript | Blocking,
		Keys: twoKeys(ReadWriteKey|ReturnsValue|DeletesValue, ReadWriteKey|InsertsValue), Group: "list", Since: "2.2.0",
		Complexity: "O(1)", Summary: "Moves the last element of a list before the first one of another, or waits for one", Run: brpoplpush,
	},
}

// keysBeforeLast is a command whose arguments are keys but for the last one.
func keysBeforeLast(a Access) Keys { return Keys{First: 1, Last: -2, Step: 1, Access: []Access{a}} }

// waitArg reads an argument as how many seconds to wait, and returns when (mono) they are over; 0 stays 0: forever.
func (c *Call) waitArg(i int) (clock.Millis, bool) {
	seconds := new(big.Float).SetPrec(floatPrecision)
	if !parseFloat(seconds, c.Args[i]) {
		c.Error("ERR timeout is not a float or out of range")
		return 0, false
	}
	millis := seconds.Mul(seconds, big.NewFloat(1000))
	n, accuracy := millis.Int64()
	if accuracy == big.Below && n < math.MaxInt64 { // a part of a millisecond counts as a whole one
		n++
	}
	switch {
	case n < 0:
		c.Error("ERR timeout is negative")
		return 0, false
	case n > math.MaxInt64-int64(c.Now.Wall): // which Redis adds it to; 7.0 takes what is too large for negative
		c.Error("ERR timeout is out of range")
		return 0, false
	case n == 0:
		return 0, true
	}
	return c.Now.Mono + min(clock.Millis(n), Never-c.Now.Mono), true
}

// replyNullArray answers who has waited in vain.
func replyNullArray(s *Session) { s.Reply.NullArray() }

// popOrWait is BLPOP and BRPOP.
func popOrWait(c *Call, from end) {
	last := len(c.Args) - 1
	deadline, ok := c.waitArg(last)
	if !ok {
		return
	}
	serve := func(c *Call, key []byte) { c.popPair(key, from) }
	for _, key := range c.Args[1:last] {
		list, ok := writeObject[keyspace.List](c, key)
		if !ok {
			return
		}
		if list != nil {
			serve(c, key)
			return
		}
	}
	c.waitForList(1, last-1, deadline, serve)
}

// waitForList waits for one of n lists whose keys stand from the i-th word on. A transaction does not wait.
func (c *Call) waitForList(i, n int, deadline clock.Millis, serve func(c *Call, key []byte)) {
	if c.inTransaction {
		c.Reply.NullArray()
		return
	}
	c.WaitForKeys(i, n, keyspace.ListKind, deadline, serve, replyNullArray)
}

// popPair pops one element of a list that is there, and replies with the key and the element.
func (c *Call) popPair(key []byte, from end) {
	list, ok := writeObject[keyspace.List](c, key)
	if !ok {
		return
	}
	c.Reply.Array(2)
	c.Reply.Bulk(key)
	c.Reply.Bulk(from.pop(list))
	c.Modified(key, list)
	c.Changed(1)
	c.Rewrite(from.popWord(), key)
}

func blmpop(c *Call) {
	p, ok := c.popSeveralArgs(2)
	if !ok {
		return
	}
	deadline, ok := c.waitArg(1)
	if !ok || c.popFirst(p) {
		return
	}
	from, most := p.from, p.most
	c.waitForList(3, len(p.keys), deadline, func(c *Call, key []byte) {
		if list, ok := writeObject[keyspace.List](c, key); ok {
			c.popFrom(key, list, popSeveral{from: from, most: most})
		}
	})
}

func blmove(c *Call) {
	from, ok := c.endArg(3)
	if !ok {
		return
	}
	to, ok := c.endArg(4)
	if !ok {
		return
	}
	deadline, ok := c.waitArg(5)
	if !ok {
		return
	}
	moveOrWait(c, deadline, from, to, func(c *Call) [][]byte {
		if c.Session.wait.blocked { // Redis has forgotten in which letters the ends were given
			return [][]byte{wordLMove, c.Args[1], c.Args[2], from.word(), to.word()}
		}
		return [][]byte{wordLMove, c.Args[1], c.Args[2], c.Args[3], c.Args[4]}
	})
}

func brpoplpush(c *Call) {
	if deadline, ok := c.waitArg(3); ok {
		moveOrWait(c, deadline, right, left, func(c *Call) [][]byte { return [][]byte{wordRPopLPush, c.Args[1], c.Args[2]} })
	}
}

// moveOrWait moves an element, or waits for one. plain is the request that does not wait.
func moveOrWait(c *Call, deadline clock.Millis, from, to end, plain func(*Call) [][]byte) {
	serve := func(c *Call, key []byte) {
		source, ok := writeObject[keyspace.List](c, key)
		if !ok {
			return
		}
		if c.moveFrom(source, from, to); c.dirty > 0 {
			c.Rewrite(plain(c)...)
		}
	}
	source, ok := writeObject[keyspace.List](c, c.Args[1])
	switch {
	case !ok:
	case source != nil:
		serve(c, c.Args[1])
	case c.inTransaction:
		c.Reply.Null()
	default:
		c.WaitForKeys(1, 1, keyspace.ListKind, deadline, serve, replyNullArray)
	}
}
