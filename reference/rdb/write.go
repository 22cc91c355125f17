package rdb

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// Writer builds an RDB file: Aux, then Begin, then Key for each key, then Finish. Take gives what there is so far, so that
// a large file need not be in memory as a whole.
type Writer struct {
	buf     []byte
	sum     uint64 // of what was taken
	options WriterOptions
	pack    packer
}

// WriterOptions say how a file is written. The zero value is how it is sent to replicas.
type WriterOptions struct {
	Compress   bool // texts of more than 20 bytes by LZF, if they become shorter (rdbcompression)
	NoChecksum bool // zero in place of a checksum (rdbchecksum no)
}

// NewWriter returns a Writer that has begun a file.
func NewWriter(o WriterOptions) *Writer {
	return &Writer{buf: fmt.Appendf(nil, "%s%04d", magic, Version), options: o}
}

// Len is how many bytes Take would return.
func (w *Writer) Len() int { return len(w.buf) }

// Take returns what was written since the last Take. It belongs to the caller.
func (w *Writer) Take() []byte {
	taken := w.buf
	w.sum = CRC64(w.sum, taken)
	w.buf = make([]byte, 0, cap(taken))
	return taken
}

// Aux adds a field about the file as a whole, such as redis-ver. Readers skip names they do not know.
func (w *Writer) Aux(key, value string) {
	w.buf = append(w.buf, opAux)
	w.buf = appendText(w.buf, []byte(key), nil)
	w.buf = appendText(w.buf, []byte(value), nil)
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
	var pack *packer
	if w.options.Compress {
		pack = &w.pack
	}
	w.buf = appendText(w.buf, key, pack)
	w.buf = appendValue(w.buf, v, pack)
}

// Finish adds the end mark and the checksum, and returns what was not taken.
func (w *Writer) Finish() []byte {
	w.buf = append(w.buf, opEnd)
	sum := CRC64(w.sum, w.buf)
	if w.options.NoChecksum {
		sum = 0
	}
	return binary.LittleEndian.AppendUint64(w.buf, sum)
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

// appendValue appends v without its type and expiry. Texts are packed if pack is set.
func appendValue(dst []byte, v keyspace.Value, pack *packer) []byte {
	if v.Kind == keyspace.String {
		return appendText(dst, v.Str, pack)
	}
	dst = appendLength(dst, uint64(v.Object.Len()))
	switch o := v.Object.(type) {
	case *keyspace.List:
		for element := range o.All() {
			dst = appendText(dst, element, pack)
		}
	case *keyspace.Set:
		for member := range o.All() {
			dst = appendText(dst, member, pack)
		}
	case *keyspace.Hash:
		for field, value := range o.All() {
			dst = appendText(appendText(dst, field, pack), value, pack)
		}
	case *keyspace.ZSet:
		// From the last one to the first, as Redis does: then each is inserted at the beginning.
		for member, score := range o.ByRank(0, o.Len(), true) {
			dst = binary.LittleEndian.AppendUint64(appendText(dst, member, pack), math.Float64bits(score))
		}
	}
	return dst
}
