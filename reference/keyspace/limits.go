package keyspace

import (
	"cmp"
	"slices"

	"github.com/clusterspec/clusterspec/reference/resp"
)

// Limits say how large a value may become before it is held in another way, which OBJECT ENCODING shows. There is no way back for a value that
// passed a limit, and one that is held already is not looked at again when the limits change, both as in Redis.
type Limits struct {
	HashEntries, HashBytes int // fields of a compact hash, and bytes of the longest (Redis: hash-max-listpack-entries and -value)
	Integers               int // members of a set that is held as integers (Redis: set-max-intset-entries)
	ZSetEntries, ZSetBytes int // members of a compact sorted set, and bytes of the longest (Redis: zset-max-listpack-entries and -value)
}

// usual is Redis's defaults.
var usual = Limits{HashEntries: 512, HashBytes: 64, Integers: 512, ZSetEntries: 128, ZSetBytes: 64}

// SetLimits says how values are held that come into the DB, or grow, from now on.
func (db *DB) SetLimits(l Limits) { db.limits = l }

// limits are those of the DB the object is in. One that is still being made knows of none, and is made to fit when it comes into a DB.
func (a *account) limits() *Limits {
	if a.in == nil {
		return &usual
	}
	return a.in.limits
}

// fit holds a new object as the limits want it, whose maker went by the usual ones.
func (a *account) fit(o Object, in *objects) {
	isNew := a.in == nil
	a.in = in
	if isNew && *in.limits != usual {
		o.hold()
	}
}

// hold is for a hash that is as its maker left it.
func (h *Hash) hold() {
	l, compact := h.acc.limits(), true
	for _, e := range h.fields.entries {
		compact = compact && max(len(e.key), len(e.value)) <= l.HashBytes
	}
	h.fields.hold(compact && h.Len() <= l.HashEntries)
}

// hold is for a sorted set that is as its maker left it.
func (z *ZSet) hold() {
	l, compact := z.acc.limits(), true
	for _, e := range z.members.entries {
		compact = compact && len(e.key) <= l.ZSetBytes
	}
	z.members.hold(compact && z.Len() <= l.ZSetEntries)
}

// hold is for a set that is as its maker left it.
func (s *Set) hold() {
	integers := s.Len() <= s.acc.limits().Integers
	for _, e := range s.members.entries {
		_, isInteger := resp.ParseInt(e.key)
		integers = integers && isInteger
	}
	s.members.hold(integers)
	if integers {
		slices.SortFunc(s.members.entries, func(a, b entry[struct{}]) int {
			m, _ := resp.ParseInt(a.key)
			n, _ := resp.ParseInt(b.key)
			return cmp.Compare(m, n)
		})
	}
}

// hold is for a list, which is held in one way only.
func (l *List) hold() {}

// hold makes a dict compact or one with an index.
func (d *dict[V]) hold(compact bool) {
	if !compact {
		d.addIndex()
		return
	}
	d.indexed, d.index = false, table{}
}
