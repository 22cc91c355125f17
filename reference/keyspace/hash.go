package keyspace

import (
	"iter"
	"math/rand/v2"
)

// Hash is a map from fields to values. A small one keeps the order in which its fields came.
type Hash struct {
	fields dict[[]byte]
	acc    account
}

// NewHash returns an empty hash.
func NewHash() *Hash { return new(Hash) }

// Get returns the value of field, and whether it is there.
func (h *Hash) Get(field []byte) ([]byte, bool) {
	if place := h.fields.find(field); place >= 0 {
		return h.fields.entries[place].value, true
	}
	return nil, false
}

// Set gives field a value and reports whether it is new.
func (h *Hash) Set(field, value []byte) (added bool) {
	if limit := h.acc.limits().HashBytes; len(field) > limit || len(value) > limit {
		h.fields.addIndex()
	}
	if place := h.fields.find(field); place >= 0 {
		e := &h.fields.entries[place]
		h.acc.add(len(value) - len(e.value))
		e.value = clone(value)
		return false
	}
	if h.Len() >= h.acc.limits().HashEntries {
		h.fields.addIndex()
	}
	h.fields.add(clone(field), clone(value))
	h.acc.add(len(field) + len(value) + entryBytes)
	return true
}

// Delete removes field and reports whether it was there.
func (h *Hash) Delete(field []byte) bool {
	place := h.fields.find(field)
	if place < 0 {
		return false
	}
	e := &h.fields.entries[place]
	h.acc.add(-len(e.key) - len(e.value) - entryBytes)
	h.fields.remove(place)
	return true
}

// Len is the number of fields.
func (h *Hash) Len() int { return len(h.fields.entries) }

// All visits all fields and their values. The hash must not change meanwhile.
func (h *Hash) All() iter.Seq2[[]byte, []byte] {
	return func(yield func(field, value []byte) bool) {
		for i := range h.fields.entries {
			if e := &h.fields.entries[i]; !yield(e.key, e.value) {
				return
			}
		}
	}
}

// Scan visits about count fields and returns the cursor to go on from, as DB.Scan does. visit must not change the hash.
func (h *Hash) Scan(cursor uint64, count int, visit func(field, value []byte)) (next uint64) {
	return h.fields.scan(cursor, count, func(e *entry[[]byte]) { visit(e.key, e.value) })
}

// Random returns a field of a hash that has some, each as likely as any other.
func (h *Hash) Random(r *rand.Rand) (field, value []byte) {
	e := h.fields.random(r)
	return e.key, e.value
}

// At returns the field at place, 0 to Len()-1. The places of fields are any, and change with the hash: those who want
// several fields at random choose their places.
func (h *Hash) At(place int) (field, value []byte) {
	e := &h.fields.entries[place]
	return e.key, e.value
}

// Kind returns HashKind.
func (h *Hash) Kind() Kind { return HashKind }

// Encoding is "listpack" as long as there were few fields, and only short ones, or else "hashtable".
func (h *Hash) Encoding() string {
	if h.fields.indexed {
		return "hashtable"
	}
	return "listpack"
}

// Clone returns a copy.
func (h *Hash) Clone() Object {
	// Values are replaced and never written to: both may keep them.
	return &Hash{fields: h.fields.clone(func(v []byte) []byte { return v }), acc: h.acc.ofClone()}
}

func (h *Hash) account() *account { return &h.acc }
