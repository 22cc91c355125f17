package bus

import (
	"bytes"
	"fmt"
)

// NodeIDBytes is the length of a node id, on the wire and as text.
const NodeIDBytes = 40

// NodeID names a node for life. On the wire and in text it is the same 40 characters, lower-case letters and digits.
// The zero value means "no node".
type NodeID [NodeIDBytes]byte

// ParseNodeID reads an id. It must be 40 characters of a-z and 0-9 (Redis writes hexadecimal, but reads all letters).
func ParseNodeID[T string | []byte](text T) (NodeID, error) {
	var id NodeID
	if len(text) != NodeIDBytes {
		return NodeID{}, fmt.Errorf("node id %q has %d characters, want %d", clip(string(text)), len(text), NodeIDBytes)
	}
	copy(id[:], text)
	if !id.Valid() {
		return NodeID{}, fmt.Errorf("node id %q has a character other than a-z and 0-9", string(text))
	}
	return id, nil
}

// Valid reports whether id has only the characters an id may have. Frames are parsed without this check, as in
// Redis 7.2 and older; since 7.4 a receiver ignores the whole gossip section when one id in it is not valid.
func (id NodeID) Valid() bool {
	for _, c := range id {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// IsZero reports whether id names no node.
func (id NodeID) IsZero() bool { return id == NodeID{} }

// Compare orders ids as memcmp does: the smaller of two nodes with the same epoch is the one that moves.
func (id NodeID) Compare(o NodeID) int { return bytes.Compare(id[:], o[:]) }

// String is the id as text, or "-" for none.
func (id NodeID) String() string {
	if id.IsZero() {
		return "-"
	}
	return string(id[:])
}

// clip shortens what goes into an error message.
func clip(text string) string {
	const maxShownBytes = 64
	if len(text) > maxShownBytes {
		return text[:maxShownBytes] + "..."
	}
	return text
}
