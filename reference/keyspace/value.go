package keyspace

import "github.com/clusterspec/clusterspec/reference/clock"

// Kind is the data type of a value, as TYPE names it. The zero value is the kind of a key that does not exist.
type Kind uint8

// The kinds of values. Those that are held in a type of their own have its name.
const (
	None Kind = iota
	String
	ListKind
	SetKind
	HashKind
	ZSetKind
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
	// Object holds a value of any other kind: a *List, *Set, *Hash or *ZSet. A DB holds the object itself, not a copy:
	// what is read from it may be changed, and is changed for the key.
	Object Object
	// ExpireAt is the wall clock time after which the key counts as gone; 0 means never. The DB stores it and never
	// acts on it.
	ExpireAt clock.Millis
}

// ObjectValue returns the value that holds o and never expires.
func ObjectValue(o Object) Value { return Value{Kind: o.Kind(), Object: o} }

// Clone returns a value that shares nothing with v.
func (v Value) Clone() Value {
	if v.Object != nil {
		v.Object = v.Object.Clone()
	}
	if v.Str != nil {
		v.Str = append([]byte{}, v.Str...)
	}
	return v
}
