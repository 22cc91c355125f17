package command

import (
	"fmt"
	"math"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// expiryCommands are about when keys expire.
var expiryCommands = []Command{
	{
		Name: "expire", Arity: -3, Flags: Write | Fast, Keys: oneKey(ReadWriteKey | UpdatesValue), Group: "generic", Since: "1.0.0",
		Complexity: "O(1)", Summary: "Has a key expire after seconds", Run: func(c *Call) { expireKey(c, inSeconds) },
	},
	{
		Name: "pexpire", Arity: -3, Flags: Write | Fast, Keys: oneKey(ReadWriteKey | UpdatesValue), Group: "generic", Since: "2.6.0",
		Complexity: "O(1)", Summary: "Has a key expire after milliseconds", Run: func(c *Call) { expireKey(c, inMillis) },
	},
	{
		Name: "expireat", Arity: -3, Flags: Write | Fast, Keys: oneKey(ReadWriteKey | UpdatesValue), Group: "generic", Since: "1.2.0",
		Complexity: "O(1)", Summary: "Has a key expire at a Unix time in seconds", Run: func(c *Call) { expireKey(c, atSeconds) },
	},
	{
		Name: "pexpireat", Arity: -3, Flags: Write | Fast, Keys: oneKey(ReadWriteKey | UpdatesValue), Group: "generic", Since: "2.6.0",
		Complexity: "O(1)", Summary: "Has a key expire at a Unix time in milliseconds", Run: func(c *Call) { expireKey(c, atMillis) },
	},
	{
		Name: "ttl", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "generic", Since: "1.0.0",
		Complexity: "O(1)", Tips: []string{"nondeterministic_output"}, Summary: "Returns the seconds until a key expires",
		Run: func(c *Call) { timeToLive(c, inSeconds) },
	},
	{
		Name: "pttl", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "generic", Since: "2.6.0",
		Complexity: "O(1)", Tips: []string{"nondeterministic_output"}, Summary: "Returns the milliseconds until a key expires",
		Run: func(c *Call) { timeToLive(c, inMillis) },
	},
	{
		Name: "expiretime", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "generic", Since: "7.0.0",
		Complexity: "O(1)", Summary: "Returns the Unix time in seconds when a key expires", Run: func(c *Call) { timeToLive(c, atSeconds) },
	},
	{
		Name: "pexpiretime", Arity: 2, Flags: ReadOnly | Fast, Keys: oneKey(ReadKey | ReturnsValue), Group: "generic", Since: "7.0.0",
		Complexity: "O(1)", Summary: "Returns the Unix time in milliseconds when a key expires", Run: func(c *Call) { timeToLive(c, atMillis) },
	},
	{
		Name: "persist", Arity: 2, Flags: Write | Fast, Keys: oneKey(ReadWriteKey | UpdatesValue), Group: "generic", Since: "2.2.0",
		Complexity: "O(1)", Summary: "Keeps a key from expiring", Run: persist,
	},
}

// expiryCondition is when EXPIRE changes an expiry.
type expiryCondition struct{ ifNone, ifSome, ifLater, ifSooner bool } // NX, XX, GT, LT

// parse reads the conditions, or replies with an error.
func (x *expiryCondition) parse(c *Call) bool {
	for _, word := range c.Args[3:] {
		switch {
		case is(word, "NX"):
			x.ifNone = true
		case is(word, "XX"):
			x.ifSome = true
		case is(word, "GT"):
			x.ifLater = true
		case is(word, "LT"):
			x.ifSooner = true
		default:
			c.Error(fmt.Sprintf("ERR Unsupported option %s", cString(word, math.MaxInt)))
			return false
		}
	}
	if x.ifNone && (x.ifSome || x.ifLater || x.ifSooner) {
		c.Error("ERR NX and XX, GT or LT options at the same time are not compatible")
		return false
	}
	if x.ifLater && x.ifSooner {
		c.Error("ERR GT and LT options at the same time are not compatible")
		return false
	}
	return true
}

// met says whether an expiry may change from old (0: none, which is later than any) to at.
func (x *expiryCondition) met(old, at clock.Millis) bool {
	switch {
	case x.ifNone && old != 0, x.ifSome && old == 0:
		return false
	case x.ifLater && (old == 0 || at <= old), x.ifSooner && old != 0 && at >= old:
		return false
	}
	return true
}

// expireKey is EXPIRE and its variants. Replicas get PEXPIREAT, or DEL when the time is over already.
func expireKey(c *Call, unit expiryUnit) {
	var condition expiryCondition
	if !condition.parse(c) {
		return
	}
	n, ok := c.intArg(2)
	if !ok {
		return
	}
	if unit == inSeconds || unit == atSeconds {
		if n > math.MaxInt64/1000 || n < math.MinInt64/1000 {
			c.Error(errExpireTime(c.Cmd.Name))
			return
		}
		n *= 1000
	}
	if unit == inSeconds || unit == inMillis {
		if n > math.MaxInt64-int64(c.Now.Wall) {
			c.Error(errExpireTime(c.Cmd.Name))
			return
		}
		n += int64(c.Now.Wall)
	}

	key, at := c.Args[1], clock.Millis(n)
	v, found := c.LookupWrite(key)
	if !found || !condition.met(v.ExpireAt, at) {
		c.Reply.Int(0)
		return
	}
	c.Changed(1)
	c.Reply.Int(1)
	if c.alreadyExpired(at) {
		c.Delete(key)
		c.Rewrite(wordDel, key)
		return
	}
	c.StoreExpiry(key, max(at, 1)) // 0 would mean that it does not expire
	rewritten := append([][]byte{wordPExpireAt, key, strconv.AppendInt(nil, n, 10)}, c.Args[3:]...)
	c.Rewrite(rewritten...)
}

// alreadyExpired says whether an expiry deletes its key at once. A replica leaves that to its primary.
func (e *Engine) alreadyExpired(at clock.Millis) bool { return at <= e.Now.Wall && !e.replica }

// timeToLive is TTL and its variants: -2 for no key, -1 for no expiry.
func timeToLive(c *Call, unit expiryUnit) {
	v, found := c.LookupRead(c.Args[1])
	if !found {
		c.Reply.Int(-2)
		return
	}
	if v.ExpireAt == 0 {
		c.Reply.Int(-1)
		return
	}
	n := int64(v.ExpireAt)
	if unit == inSeconds || unit == inMillis {
		n = max(n-int64(c.Now.Wall), 0)
	}
	if unit == inSeconds || unit == atSeconds {
		n = (n + 500) / 1000
	}
	c.Reply.Int(n)
}

func persist(c *Call) {
	v, found := c.LookupWrite(c.Args[1])
	if !found || v.ExpireAt == 0 {
		c.Reply.Int(0)
		return
	}
	c.StoreExpiry(c.Args[1], 0)
	c.Changed(1)
	c.Reply.Int(1)
}

// The active expiry cycle finds keys nobody asks for any more: a primary looks at some keys with an expiry at random,
// and goes on at once while many of them turn out to be over (Redis: activeExpireCycle).
const (
	expirePeriod      = clock.Millis(100)
	expireSample      = 20  // keys a round looks at
	expireRounds      = 200 // at most, so that clients do not wait for long
	expireEnoughStale = expireSample / 10
)

// expireDeadline is when the next cycle is due (mono). There is none while writes are paused.
func (e *Engine) expireDeadline() clock.Millis {
	if e.replica || e.noExpireCycle || e.DB.LenExpiring() == 0 || e.pauses.stopWrites() {
		return Never
	}
	return e.lastExpireCycle + expirePeriod
}

// expireCycle runs a cycle if one is due.
func (e *Engine) expireCycle() {
	if e.Now.Mono < e.expireDeadline() {
		return
	}
	e.lastExpireCycle = e.Now.Mono
	for round := 0; round < expireRounds; round++ {
		stale := 0
		e.DB.SampleExpiring(e.Rand, expireSample, func(at slot.Slot, key []byte, when clock.Millis) {
			if e.isExpired(keyspace.Value{ExpireAt: when}) && e.frozen[string(key)] == 0 {
				stale++
				e.scratch = append(e.scratch[:0], key...)
				e.expire(at, e.scratch)
				e.flushOutgoing()
			}
		})
		if stale <= expireEnoughStale {
			return
		}
	}
}
