package rdb

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// Writer builds an RDB file: Aux, then Begin, then Key for each key, then Finish.
type Writer struct {
	buf   []byte
	start int // of the file in buf
}

// NewWriter returns a Writer that has begun a file behind what dst contains.
func NewWriter(dst []byte) *Writer {
	return &Writer{buf: fmt.Appendf(dst, "%s%04d", magic, Version), start: len(dst)}
}

// Aux adds a field about the file as a whole, such as redis-ver. Readers skip names they do not know.
func (w *Writer) Aux(key, value string) {
	w.buf = append(w.buf, opAux)
	w.buf = appendText(w.buf, []byte(key))
	w.buf = appendText(w.buf, []byte(value))
}

// Begin opens database 0 and says how many keys follow, and how many of them have an expiry, so that readers can make
// room.
func (w *Writer) Begin(keys, expires int) {
	w.buf = append(w.buf, opSelect, 0, opResize)
	w.buf = appendLength(w.buf, uint64(keys))
	w.buf = appendLength(w.buf, uint64(expires))
}

// Key adds a key with its value and expiry.
func (w *Writer) Key(key []byte, v keyspace.Value) {
	if v.ExpireAt != 0 {
		w.buf = binary.LittleEndian.AppendUint64(append(w.buf, opExpireMillis), uint64(v.ExpireAt))
	}
	w.buf = append(w.buf, typeOf(v))
	w.buf = appendText(w.buf, key)
	w.buf = appendValue(w.buf, v)
}

// Finish adds the end mark and the checksum, and returns the file behind what NewWriter was given.
func (w *Writer) Finish() []byte {
	w.buf = append(w.buf, opEnd)
	w.buf = binary.LittleEndian.AppendUint64(w.buf, CRC64(0, w.buf[w.start:]))
	return w.buf
}

// typeOf is the type byte of v as it is written: in the plain forms, which every server reads and turns into those it
// likes best.
func typeOf(v keyspace.Value) byte {
	switch v.Kind {
	case keyspace.String:
		return typeString
	case keyspace.ListKind:
		return typeList
	case keyspace.SetKind:
		return typeSet
	case keyspace.HashKind:
		return typeHash
	case keyspace.ZSetKind:
		return typeZSet
	}
	panic(fmt.Sprintf("rdb: a value of kind %v cannot be written", v.Kind))
}

// appendValue appends v without its type and expiry.
func appendValue(dst []byte, v keyspace.Value) []byte {
	if v.Kind == keyspace.String {
		return appendText(dst, v.Str)
	}
	dst = appendLength(dst, uint64(v.Object.Len()))
	switch o := v.Object.(type) {
	case *keyspace.List:
		for element := range o.All() {
			dst = appendText(dst, element)
		}
	case *keyspace.Set:
		for member := range o.All() {
			dst = appendText(dst, member)
		}
	case *keyspace.Hash:
		for field, value := range o.All() {
			dst = appendText(appendText(dst, field), value)
		}
	case *keyspace.ZSet:
		// From the last one to the first, as Redis does: then each is inserted at the beginning.
		for member, score := range o.ByRank(0, o.Len(), true) {
			dst = binary.LittleEndian.AppendUint64(appendText(dst, member), math.Float64bits(score))
		}
	}
	return dst
}
