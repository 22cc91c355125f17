// Package replication is both ends of Redis's replication as pure machines: a Source is the stream of writes a node
// produces or relays, with its ids, offset and backlog; a Sink is a replica's side of the link to its primary. Bytes and
// time come in as arguments; nothing here knows keys, commands or sockets.
package replication

import "math/rand/v2"

// ID names one history of writes: 40 lowercase hexadecimal digits. Two nodes with the same ID and offset hold the same
// data. The zero ID names none.
type ID [40]byte

// NewID draws an ID.
func NewID(r *rand.Rand) ID {
	const digits = "0123456789abcdef"
	var id ID
	for i := range id {
		id[i] = digits[r.IntN(len(digits))]
	}
	return id
}

// ParseID reads an ID. Redis compares ids without looking at their letters, so anything 40 bytes long is one, and
// anything else (such as the ? of a first PSYNC) is none.
func ParseID[T string | []byte](text T) (ID, bool) {
	var id ID
	if len(text) != len(id) {
		return ID{}, false
	}
	copy(id[:], text)
	return id, true
}

// String is the ID as PSYNC and INFO write it: the zero ID is 40 zeros.
func (id ID) String() string {
	if id.IsZero() {
		return "0000000000000000000000000000000000000000"
	}
	return string(id[:])
}

// IsZero says that id names no history.
func (id ID) IsZero() bool { return id == ID{} }
