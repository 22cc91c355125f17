package bus

import (
	"encoding/binary"
	"math"
	"strings"
)

// An extension is a head of 8 bytes and its data, padded with NULs to a multiple of 8:
//
//	0  4  length, the head included
//	4  2  extension type
//	6  2  zero
const (
	extHeadBytes      = 8
	extAlignBytes     = 8
	extForgottenBytes = NodeIDBytes + 8
	extShardIDBytes   = NodeIDBytes

	// maxExtBytes is the longest extension: real receivers look at only 16 bits of the length when they validate it.
	maxExtBytes = math.MaxUint16 &^ (extAlignBytes - 1)

	// maxExtTextBytes is the longest text an extension has room for, its NUL apart.
	maxExtTextBytes = maxExtBytes - extHeadBytes - 1

	// maxForgotten keeps the number of extensions within the header's 16 bits, next to two names and a shard id.
	maxForgotten = math.MaxUint16 - 3
)

// The extension types whose meaning all servers agree on. Type 4 is a secret in Redis 8 and an address in Valkey 8.
const (
	extHostname  = 0
	extNodename  = 1
	extForgotten = 2
	extShardID   = 3
)

// Extensions are what a ping, pong or meet says beyond header and gossip. A ping or pong without a hostname or nodename
// tells the receiver that the sender has none (spec 2.4), so they belong into every one. Types not listed here are
// skipped when read and never written.
type Extensions struct {
	// Present: the message says that its sender understands extensions, even when it carries none. Append sets the
	// message flag for it, and also whenever one of the others is set.
	Present bool

	Hostname    string // the name clients may be given instead of the address
	HasHostname bool   // writes Hostname even when it is empty
	Nodename    string // the name for people and logs
	HasNodename bool   // writes Nodename even when it is empty

	Forgotten []Forgotten // nodes the sender was told to forget

	ShardID NodeID // the id that a primary and its replicas share; zero: absent
}

// Forgotten asks the receiver to forget a node too and not to learn of it again from gossip for a while.
type Forgotten struct {
	ID         NodeID
	TTLSeconds uint64
}

func (e *Extensions) reset() { *e = Extensions{Forgotten: e.Forgotten[:0]} }

// parse reads count extensions, which must fill b exactly.
func (e *Extensions) parse(b []byte, count int, t *texts) error {
	e.Present = true
	for range count {
		if len(b) < extHeadBytes {
			return drop("an extension has %d bytes where its head needs %d", len(b), extHeadBytes)
		}
		n := binary.BigEndian.Uint32(b)
		if n < extHeadBytes || n > maxExtBytes || n%extAlignBytes != 0 || int(n) > len(b) {
			return drop("an extension claims %d bytes of %d: want a multiple of %d", n, len(b), extAlignBytes)
		}
		kind := binary.BigEndian.Uint16(b[4:])
		if err := e.parseOne(kind, b[extHeadBytes:n], t); err != nil {
			return err
		}
		b = b[n:]
	}
	if len(b) != 0 {
		return drop("%d bytes behind the last extension", len(b))
	}
	return nil
}

// parseOne takes in one extension. Of two of the same type the last counts, as in Redis. Data too short for its type drops
// the frame: early servers read on beyond it (CVE-2026-92925), later ones drop the frame too.
func (e *Extensions) parseOne(kind uint16, data []byte, t *texts) error {
	switch kind {
	case extHostname, extNodename:
		if len(data) == 0 || data[len(data)-1] != 0 {
			return drop("the text of extension %d has no NUL at its end", kind)
		}
		text := t.intern(untilNUL(data))
		if kind == extHostname {
			e.Hostname, e.HasHostname = text, true
		} else {
			e.Nodename, e.HasNodename = text, true
		}
	case extForgotten:
		if len(data) < extForgottenBytes {
			return drop("forgotten-node extension carries %d bytes, want %d", len(data), extForgottenBytes)
		}
		ttl := binary.BigEndian.Uint64(data[NodeIDBytes:])
		e.Forgotten = append(e.Forgotten, Forgotten{NodeID(data), ttl})
	case extShardID:
		if len(data) < extShardIDBytes {
			return drop("shard-id extension carries %d bytes, want %d", len(data), extShardIDBytes)
		}
		e.ShardID = NodeID(data)
	}
	return nil
}

// append writes the extensions that are set, in the order real servers write them, and says how many there are.
func (e *Extensions) append(dst []byte) ([]byte, int) {
	count := 0
	if e.HasHostname || e.Hostname != "" {
		dst = appendTextExtension(dst, extHostname, e.Hostname)
		count++
	}
	if e.HasNodename || e.Nodename != "" {
		dst = appendTextExtension(dst, extNodename, e.Nodename)
		count++
	}
	forgotten := e.Forgotten[:min(len(e.Forgotten), maxForgotten)]
	for i := range forgotten {
		dst = appendExtensionHead(dst, extForgotten, extForgottenBytes)
		dst = append(dst, forgotten[i].ID[:]...)
		dst = binary.BigEndian.AppendUint64(dst, forgotten[i].TTLSeconds)
	}
	count += len(forgotten)
	if !e.ShardID.IsZero() {
		dst = appendExtensionHead(dst, extShardID, extShardIDBytes)
		dst = append(dst, e.ShardID[:]...)
		count++
	}
	return dst, count
}

// appendTextExtension writes text, its NUL and the padding: at least one NUL, up to eight.
func appendTextExtension(dst []byte, kind uint16, text string) []byte {
	text = text[:min(len(text), maxExtTextBytes)]
	padding := extAlignBytes - len(text)%extAlignBytes
	dst = appendExtensionHead(dst, kind, len(text)+padding)
	return appendZeros(append(dst, text...), padding)
}

func appendExtensionHead(dst []byte, kind uint16, dataBytes int) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(extHeadBytes+dataBytes))
	dst = binary.BigEndian.AppendUint16(dst, kind)
	return append(dst, 0, 0)
}

// summary is what a log line says of the extensions.
func (e *Extensions) summary() string {
	var line strings.Builder
	if e.Hostname != "" {
		line.WriteString(" hostname " + e.Hostname)
	}
	if e.Nodename != "" {
		line.WriteString(" nodename " + e.Nodename)
	}
	for i := range e.Forgotten {
		line.WriteString(" forget " + e.Forgotten[i].ID.String())
	}
	if !e.ShardID.IsZero() {
		line.WriteString(" shard " + e.ShardID.String())
	}
	return line.String()
}
