package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// The type bytes of values that are read (spec 9.5). Those with "in" are one text that contains the elements.
const (
	typeString            = 0
	typeList              = 1
	typeSet               = 2
	typeZSetText          = 3 // scores are texts
	typeHash              = 4
	typeZSet              = 5
	typeHashInZipmap      = 9
	typeListInZiplist     = 10
	typeSetInIntset       = 11
	typeZSetInZiplist     = 12
	typeHashInZiplist     = 13
	typeListInZiplists    = 14
	typeHashInListpack    = 16
	typeZSetInListpack    = 17
	typeListInListpacks   = 18
	typeSetInListpack     = 20
	quicklistNodePlain    = 1
	quicklistNodeListpack = 2
)

// otherTypes is what the type bytes of values mean that are not read.
var otherTypes = map[byte]string{
	6: "module value", 7: "module value", 15: "stream", 19: "stream", 21: "stream", 22: "hash with field expiry",
	23: "hash with field expiry", 24: "hash with field expiry", 25: "hash with field expiry",
}

// UnsupportedError tells of a value of a kind that package keyspace does not hold.
type UnsupportedError struct {
	Type   byte   // as in the data
	Key    []byte // nil in a DUMP payload
	Offset int    // of the type byte
}

// Error names the key, the type and the offset.
func (e *UnsupportedError) Error() string {
	name := otherTypes[e.Type]
	if name == "" {
		name = "unknown"
	}
	const can = "only strings, lists, sets, hashes and sorted sets can be read"
	if e.Key == nil {
		return fmt.Sprintf("value of type %d (%s): %s", e.Type, name, can)
	}
	return fmt.Sprintf("key %q at offset %d is of type %d (%s): %s", e.Key, e.Offset, e.Type, name, can)
}

// Unwrap makes it an ErrFormat: Redis, too, has no other word for a type it does not know.
func (e *UnsupportedError) Unwrap() error { return ErrFormat }

// errEmpty is for a value without elements, which no key holds. Redis leaves such keys of a file out, and refuses to
// restore one.
var errEmpty = errors.New("serialized data: a value without elements")

// value reads the value of a type. Elements may be given twice in a list only.
func (in *input) value(kind byte) (keyspace.Value, error) {
	var to sink
	switch kind {
	case typeString:
		text, err := in.text()
		return keyspace.Value{Kind: keyspace.String, Str: text}, err
	case typeList, typeListInZiplist, typeListInZiplists, typeListInListpacks:
		to = listSink{keyspace.NewList()}
	case typeSet, typeSetInIntset, typeSetInListpack:
		to = setSink{keyspace.NewSet()}
	case typeHash, typeHashInZipmap, typeHashInZiplist, typeHashInListpack:
		to = &hashSink{hash: keyspace.NewHash()}
	case typeZSetText, typeZSet, typeZSetInZiplist, typeZSetInListpack:
		to = &zsetSink{zset: keyspace.NewZSet()}
	default:
		return keyspace.Value{}, &UnsupportedError{Type: kind, Offset: in.at - 1}
	}
	if err := in.elements(kind, to); err != nil {
		return keyspace.Value{}, err
	}
	o, err := to.finish()
	if err != nil {
		return keyspace.Value{}, in.errorf("%v", err)
	}
	if o.Len() == 0 {
		return keyspace.Value{}, errEmpty
	}
	return keyspace.ObjectValue(o), nil
}

// elements reads the elements of a value of many.
func (in *input) elements(kind byte, to sink) error {
	switch kind {
	case typeList, typeSet:
		return in.texts(1, to)
	case typeHash:
		return in.texts(2, to)
	case typeZSetText, typeZSet:
		return in.scored(kind, to.(*zsetSink))
	case typeListInZiplists, typeListInListpacks:
		return in.quicklist(kind, to)
	}
	return in.packed(unpackers[kind], to)
}

// unpackers read the types that are one text.
var unpackers = map[byte]func([]byte, sink) error{
	typeHashInZipmap: unpackZipmap, typeListInZiplist: unpackZiplist, typeSetInIntset: unpackIntset,
	typeZSetInZiplist: unpackZiplist, typeHashInZiplist: unpackZiplist, typeHashInListpack: unpackListpack,
	typeZSetInListpack: unpackListpack, typeSetInListpack: unpackListpack,
}

// texts reads a number, and as many times texts as it says.
func (in *input) texts(times uint64, to sink) error {
	n, err := in.number()
	if err != nil {
		return err
	}
	if left := uint64(len(in.b) - in.at); n > left { // each takes a byte at least
		return in.errorf("%d elements should follow, %d bytes are left", n, left)
	}
	for range n * times {
		text, err := in.text()
		if err != nil {
			return err
		}
		if err := to.add(text); err != nil {
			return in.errorf("%v", err)
		}
	}
	return nil
}

// Scores in their text form begin with the length of the text, or are one of these.
const (
	scoreNaN = 253 + iota
	scoreInf
	scoreMinusInf
)

// scored reads a number, and as many members with their scores as it says.
func (in *input) scored(kind byte, to *zsetSink) error {
	n, err := in.number()
	if err != nil {
		return err
	}
	for range n {
		member, err := in.text()
		if err != nil {
			return err
		}
		score, err := in.score(kind)
		if err != nil {
			return err
		}
		if err := to.set(member, score); err != nil {
			return in.errorf("%v", err)
		}
	}
	return nil
}

// score reads a score in the form that a type of value has.
func (in *input) score(kind byte) (float64, error) {
	if kind == typeZSet {
		b, err := in.take(8)
		if err != nil {
			return 0, err
		}
		return math.Float64frombits(binary.LittleEndian.Uint64(b)), nil
	}
	length, err := in.oneByte()
	switch {
	case err != nil:
		return 0, err
	case length == scoreNaN:
		return math.NaN(), nil
	case length == scoreInf:
		return math.Inf(1), nil
	case length == scoreMinusInf:
		return math.Inf(-1), nil
	}
	text, err := in.take(uint64(length))
	if err != nil {
		return 0, err
	}
	return parseScore(text), nil
}

// quicklist reads a number, and as many nodes as it says. Each is a ziplist; or a listpack or a single element, and
// begins with a number that tells which.
func (in *input) quicklist(kind byte, to sink) error {
	nodes, err := in.number()
	if err != nil {
		return err
	}
	for range nodes {
		unpack := unpackZiplist
		if kind == typeListInListpacks {
			form, err := in.number()
			switch {
			case err != nil:
				return err
			case form == quicklistNodePlain:
				unpack = func(b []byte, to sink) error { return to.add(b) }
			case form == quicklistNodeListpack:
				unpack = unpackListpack
			default:
				return in.errorf("a node of a list in the unknown form %d", form)
			}
		}
		if err := in.packed(unpack, to); err != nil {
			return err
		}
	}
	return nil
}

// packed reads a text that contains elements.
func (in *input) packed(unpack func([]byte, sink) error, to sink) error {
	b, err := in.text()
	if err != nil {
		return err
	}
	if err := unpack(b, to); err != nil {
		return in.errorf("%v", err)
	}
	return nil
}
