package command

import (
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// zwaitCommands wait for members if there are none. Replicas get the command that does the same without waiting.
var zwaitCommands = []Command{
	{
		Name: "bzpopmin", Arity: -3, Flags: Write | NoScript | Blocking | Fast, Keys: keysBeforeLast(ReadWriteKey | ReturnsValue | DeletesValue),
		Group: "sorted-set", Since: "5.0.0", Complexity: "O(log N)",
		Summary: "Removes the first member of the first sorted set that is there, or waits for one",
		Run:     func(c *Call) { zpopOrWait(c, firstMembers) },
	},
	{
		Name: "bzpopmax", Arity: -3, Flags: Write | NoScript | Blocking | Fast, Keys: keysBeforeLast(ReadWriteKey | ReturnsValue | DeletesValue),
		Group: "sorted-set", Since: "5.0.0", Complexity: "O(log N)",
		Summary: "Removes the last member of the first sorted set that is there, or waits for one",
		Run:     func(c *Call) { zpopOrWait(c, lastMembers) },
	},
	{
		Name: "bzmpop", Arity: -5, Flags: Write | Blocking | MovableKeys, Keys: countedKeys(2, ReadWriteKey|ReturnsValue|DeletesValue),
		Group: "sorted-set", Since: "7.0.0", Complexity: "O(K + M log N) with K keys given and M members wanted",
		Summary: "Removes members from an end of the first sorted set that is there, or waits for one", Run: bzmpop,
	},
}

// zpopOrWait is BZPOPMIN and BZPOPMAX.
func zpopOrWait(c *Call, end zsetEnd) {
	last := len(c.Args) - 1
	deadline, ok := c.waitArg(last)
	if !ok {
		return
	}
	key, z, ok := c.firstScored(c.Args[1:last])
	switch {
	case !ok:
	case z != nil:
		end.takeOne(c, key, z)
	default:
		c.waitForScored(1, last-1, deadline, end.takeOne)
	}
}

// takeOne takes one member and replies with the key, the member and its score.
func (end zsetEnd) takeOne(c *Call, key []byte, z *keyspace.ZSet) {
	c.Reply.Array(3)
	c.Reply.Bulk(key)
	end.take(c, key, z, 1, false)
	c.Rewrite(end.word, key)
}

func bzmpop(c *Call) {
	var q zmpopQuery
	if !q.parse(c, 2) {
		return
	}
	deadline, ok := c.waitArg(1)
	if !ok || q.serve(c) {
		return
	}
	end, count := q.end, q.count
	c.waitForScored(3, len(q.keys), deadline, func(c *Call, key []byte, z *keyspace.ZSet) { end.takeFrom(c, key, z, count) })
}

// waitForScored waits for one of n sorted sets whose keys stand from the i-th word on. A transaction does not wait.
func (c *Call) waitForScored(i, n int, deadline clock.Millis, serve func(c *Call, key []byte, z *keyspace.ZSet)) {
	if c.inTransaction {
		c.Reply.NullArray()
		return
	}
	c.WaitForKeys(i, n, keyspace.ZSetKind, deadline, func(c *Call, key []byte) {
		if z, ok := writeObject[keyspace.ZSet](c, key); ok && z != nil {
			serve(c, key, z)
		}
	}, replyNullArray)
}
