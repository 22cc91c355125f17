package keyspace

import "github.com/clusterspec/clusterspec/reference/clock"

// Kind is the data type of a value, as TYPE names it. The zero value is the kind of a key that does not exist.
type Kind uint8

// The kinds of values. Only String is stored today.
const (
	None Kind = iota
	String
	List
	Set
	Hash
	ZSet
)

// String returns what TYPE answers: "none", "string", "list", "set", "hash" or "zset".
func (k Kind) String() string {
	names := [...]string{"none", "string", "list", "set", "hash", "zset"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// Value is what a key holds.
type Value struct {
	Kind Kind
	// Str holds the bytes of a String. Read from a DB it is a view into its memory: valid until the next write to that
	// DB, and never to be written through.
	Str []byte
	// ExpireAt is the wall clock time after which the key counts as gone; 0 means never. The DB stores it and never
	// acts on it.
	ExpireAt clock.Millis
}
