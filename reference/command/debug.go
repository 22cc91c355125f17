package command

import (
	"crypto/sha1"
	"encoding/hex"
	"math"
	"math/big"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// debugCommands is DEBUG, of which there is what tools and tests of Redis use. It needs enable-debug-command.
var debugCommands = []Command{
	{
		Name: "debug", Arity: -2, Flags: Admin | NoScript | Loading | Stale | Protected, Group: "server", Since: "1.0.0",
		Complexity: "That of the subcommand", Summary: "Is for tests: DIGEST-VALUE, SET-ACTIVE-EXPIRE, SLEEP", Run: debug,
	},
}

// Sleeper is a Host that can stop the whole node for a while, the cluster bus included, as if it were busy.
type Sleeper interface {
	// Sleep stops the node after this turn.
	Sleep(clock.Millis)
}

func debug(c *Call) {
	word, more := c.Args[1], len(c.Args)-2
	sleeper, sleeps := c.Host.(Sleeper)
	switch {
	case is(word, "DIGEST-VALUE"):
		debugDigestValue(c)
	case is(word, "SET-ACTIVE-EXPIRE") && more == 1:
		c.noExpireCycle = string(c.Args[2]) == "0"
		c.OK()
	case is(word, "SLEEP") && more == 1 && sleeps:
		f := new(big.Float)
		if !parseFloat(f, c.Args[2]) {
			f.SetInt64(0)
		}
		seconds, _ := f.Float64()
		sleeper.Sleep(clock.Millis(min(max(seconds, 0), maxSleepSeconds) * 1000))
		c.OK()
	default:
		c.badSubcommand()
	}
}

// maxSleepSeconds bounds DEBUG SLEEP.
const maxSleepSeconds = 24 * 60 * 60

// debugDigestValue replies with digests that are the same on every server that has the same value and expiry.
func debugDigestValue(c *Call) {
	c.Reply.Array(len(c.Args) - 2)
	for _, key := range c.Args[2:] {
		var d digest
		if v, found := c.LookupRead(key); found {
			d.value(v)
		}
		c.Reply.Simple(hex.EncodeToString(d[:]))
	}
}

// digest is Redis's hash of a value (xorObjectDigest).
type digest [sha1.Size]byte

// xor adds data without regard to order.
func (d *digest) xor(data []byte) {
	for i, b := range sha1.Sum(data) {
		d[i] ^= b
	}
}

// mix adds data after what was added before.
func (d *digest) mix(data []byte) {
	d.xor(data)
	*d = sha1.Sum(d[:])
}

// The types' numbers in a digest.
var digestTypes = map[keyspace.Kind]byte{
	keyspace.String: 0, keyspace.ListKind: 1, keyspace.SetKind: 2, keyspace.ZSetKind: 3, keyspace.HashKind: 4,
}

// value adds a value, and whether it expires.
func (d *digest) value(v keyspace.Value) {
	d.mix([]byte{0, 0, 0, digestTypes[v.Kind]})
	switch o := v.Object.(type) {
	case nil:
		d.mix(v.Str)
	case *keyspace.List:
		for element := range o.All() {
			d.mix(element)
		}
	case *keyspace.Set:
		for member := range o.All() {
			d.xor(member)
		}
	case *keyspace.Hash:
		for field, value := range o.All() {
			d.pair(field, value)
		}
	case *keyspace.ZSet:
		for member, score := range o.All() {
			d.pair(member, digestScore(score))
		}
	}
	if v.ExpireAt != 0 {
		d.xor([]byte("!!expire!!"))
	}
}

// pair adds two elements that belong together.
func (d *digest) pair(first, second []byte) {
	var p digest
	p.mix(first)
	p.mix(second)
	d.xor(p[:])
}

// digestScore is a score in C's format %.17g.
func digestScore(score float64) []byte {
	if math.IsInf(score, 0) {
		return []byte(map[bool]string{false: "inf", true: "-inf"}[score < 0])
	}
	return strconv.AppendFloat(nil, score, 'g', 17, 64)
}
