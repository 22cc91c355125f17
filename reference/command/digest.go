package command

import (
	"crypto/sha1"
	"encoding/hex"
	"math"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// debugDigest replies with a digest of all keys that is the same on every server that has the same ones (computeDatasetDigest).
func debugDigest(c *Call) {
	var all digest
	if c.DB.Len() > 0 {
		all.mix([]byte{0, 0, 0, 0}) // the number of the database
	}
	c.DB.Each(func(_ slot.Slot, key []byte, v keyspace.Value) bool {
		var d digest
		d.mix(key)
		d.value(v)
		all.xor(d[:])
		return true
	})
	c.Reply.Simple(hex.EncodeToString(all[:]))
}

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
