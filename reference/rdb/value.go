package rdb

import (
	"fmt"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// typeString is the type byte of a string; other types are only known by name.
const typeString = 0

// typeNames is what the type bytes of values mean (spec 9.5).
var typeNames = [...]string{
	0: "string", 1: "list", 2: "set", 3: "sorted set", 4: "hash", 5: "sorted set", 6: "module value", 7: "module value",
	9: "hash as zipmap", 10: "list as ziplist", 11: "set as intset", 12: "sorted set as ziplist", 13: "hash as ziplist",
	14: "list as quicklist", 15: "stream", 16: "hash as listpack", 17: "sorted set as listpack", 18: "list as quicklist 2",
	19: "stream", 20: "set as listpack", 21: "stream", 22: "hash with field expiry", 23: "hash with field expiry",
	24: "hash with field expiry", 25: "hash with field expiry",
}

// UnsupportedError tells of a value of a kind that package keyspace does not hold.
type UnsupportedError struct {
	Type   byte   // as in the data
	Key    []byte // nil in a DUMP payload
	Offset int    // of the type byte
}

// Error names the key, the type and the offset.
func (e *UnsupportedError) Error() string {
	name := "unknown"
	if int(e.Type) < len(typeNames) && typeNames[e.Type] != "" {
		name = typeNames[e.Type]
	}
	if e.Key == nil {
		return fmt.Sprintf("value of type %d (%s): only strings can be read", e.Type, name)
	}
	return fmt.Sprintf("key %q at offset %d is of type %d (%s): only strings can be read", e.Key, e.Offset, e.Type, name)
}

// Unwrap makes it an ErrFormat: Redis, too, has no other word for a type it does not know.
func (e *UnsupportedError) Unwrap() error { return ErrFormat }

// typeOf is the type byte of v.
func typeOf(v keyspace.Value) byte {
	if v.Kind != keyspace.String {
		panic(fmt.Sprintf("rdb: a value of kind %v cannot be written", v.Kind))
	}
	return typeString
}
