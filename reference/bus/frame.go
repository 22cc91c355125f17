package bus

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

const (
	signature = "RCmb"
	version   = 1

	// HeadBytes is how much of a frame must have arrived before its length is known.
	HeadBytes = 8

	// MaxFrameBytes limits the length a frame may claim. The largest honest frame publishes a message of 512 MiB, the
	// default proto-max-bulk-len. It is a limit on the claim, not a size to allocate: buffer only what has arrived.
	MaxFrameBytes = HeaderBytes + publishHeadBytes + 512<<20
)

var (
	// ErrSignature: the bytes are not a bus frame. Close the link.
	ErrSignature = errors.New("bus frame does not begin with " + signature)

	// ErrLength: no frame can be as long as this one claims, or the bytes given are not one whole frame. Close the link.
	ErrLength = errors.New("bus frame has an impossible length")

	// ErrDropped: the frame's end is known but its content contradicts itself. Count it as received and keep the link.
	ErrDropped = errors.New("bus frame dropped")
)

// Type is the kind of a message.
type Type uint16

// The message types. Higher numbers exist in the future; they are well formed whatever they carry.
const (
	TypePing Type = iota
	TypePong
	TypeMeet
	TypeFail
	TypePublish
	TypeAuthRequest
	TypeAuthAck
	TypeUpdate
	TypeMFStart
	TypeModule
	TypePublishShard

	// TypeCount is how many types are known: the size of a table of counters.
	TypeCount = int(iota)
)

var typeNames = [TypeCount]string{
	"ping", "pong", "meet", "fail", "publish", "auth-req", "auth-ack", "update", "mfstart", "module", "publishshard",
}

// String is the type's name in CLUSTER INFO's cluster_stats_messages_<name>_sent.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "unknown"
}

// HasGossip reports whether messages of this type carry gossip and extensions.
func (t Type) HasGossip() bool { return t <= TypeMeet }

// Frame is one message. Which of the parts behind the header count depends on the header's Type; Append looks at no
// others, and Parse leaves the others zero.
type Frame struct {
	Header

	Gossip []Gossip   // ping, pong, meet: what the sender thinks of some other nodes
	Ext    Extensions // ping, pong, meet: what the sender says of itself beyond the header

	Failed NodeID // fail: who is down

	Channel []byte // publish, publishshard
	Payload []byte // publish, publishshard: the published message; unknown types: all that follows the header

	Update Update // update: who owns which slots, since which epoch
	Module Module // module

	texts texts
}

// Length is the whole length in bytes of the frame that begins at head. It is 0 as long as fewer than HeadBytes have
// arrived. ErrSignature and ErrLength mean that the link must be closed.
func Length(head []byte) (int, error) {
	if len(head) < HeadBytes {
		return 0, nil
	}
	if string(head[:4]) != signature {
		return 0, fmt.Errorf("%w but with %q", ErrSignature, head[:4])
	}
	n := binary.BigEndian.Uint32(head[4:])
	if n < HeaderBytes || n > MaxFrameBytes {
		return 0, fmt.Errorf("%w: %d bytes, want %d to %d", ErrLength, n, HeaderBytes, MaxFrameBytes)
	}
	return int(n), nil
}

// Outline is what the header of a frame tells before the rest has arrived.
type Outline struct {
	Type    Type
	Sender  NodeID
	Longest int // how long a sound frame with this header can be
}

// extensionsMax is how many bytes of extensions an outline believes in: the names, and 18000 forgotten nodes.
const extensionsMax = 1 << 20

// Peek reads the outline of a frame of which at least HeaderBytes have arrived. What claims to be longer than the longest
// sound frame will be dropped, and need not be kept until then.
func Peek(head []byte) Outline {
	o := Outline{Type: Type(binary.BigEndian.Uint16(head[offType:])), Sender: NodeID(head[offSender : offSender+NodeIDBytes])}
	switch o.Type {
	case TypePing, TypePong, TypeMeet:
		o.Longest = HeaderBytes + GossipBytes*int(binary.BigEndian.Uint16(head[offGossipCount:])) + extensionsMax
	case TypeFail:
		o.Longest = HeaderBytes + NodeIDBytes
	case TypeUpdate:
		o.Longest = HeaderBytes + updateBytes
	case TypeAuthRequest, TypeAuthAck, TypeMFStart:
		o.Longest = HeaderBytes
	default:
		o.Longest = MaxFrameBytes
	}
	return o
}

// Parse reads b, which must be exactly one frame, into f. Slices of f are reused; Channel, Payload and Module.Data alias
// b. After ErrDropped only f.Type has a meaning: it says which counter of received messages the frame belongs to.
func (f *Frame) Parse(b []byte) error {
	n, err := Length(b)
	if err != nil {
		return err
	}
	if n != len(b) || n == 0 {
		return fmt.Errorf("%w: %d bytes given where the frame has %d", ErrLength, len(b), n)
	}
	f.reset()
	f.Type = Type(binary.BigEndian.Uint16(b[offType:]))
	if v := binary.BigEndian.Uint16(b[offVersion:]); v != version {
		return drop("protocol version %d, want %d", v, version)
	}
	f.Header.parse(b, &f.texts)
	body := b[HeaderBytes:]
	switch f.Type {
	case TypePing, TypePong, TypeMeet:
		return f.parsePing(b, body)
	case TypeFail:
		return f.parseFail(body)
	case TypePublish, TypePublishShard:
		return f.parsePublish(body)
	case TypeUpdate:
		return f.Update.parse(body)
	case TypeModule:
		return f.Module.parse(body)
	case TypeAuthRequest, TypeAuthAck, TypeMFStart:
		return wantBytes(f.Type, body, 0)
	default:
		f.Payload = body
		return nil
	}
}

// Append appends the frame to dst. It allocates only when dst lacks room. The length, the counts and, if extensions are
// set, the ExtData flag are worked out here. Texts too long for their field are cut.
func (f *Frame) Append(dst []byte) []byte {
	start := len(dst)
	dst = f.Header.append(dst)
	switch f.Type {
	case TypePing, TypePong, TypeMeet:
		dst = f.appendPing(dst, start)
	case TypeFail:
		dst = append(dst, f.Failed[:]...)
	case TypePublish, TypePublishShard:
		dst = f.appendPublish(dst)
	case TypeUpdate:
		dst = f.Update.append(dst)
	case TypeModule:
		dst = f.Module.append(dst)
	case TypeAuthRequest, TypeAuthAck, TypeMFStart:
	default:
		dst = append(dst, f.Payload...)
	}
	binary.BigEndian.PutUint32(dst[start+offLength:], uint32(len(dst)-start))
	return dst
}

// String is the frame in one line, for logs.
func (f *Frame) String() string {
	line := fmt.Sprintf("%v from %v (%v) epochs %d/%d offset %d slots %d",
		f.Type, f.Sender, f.Flags, f.CurrentEpoch, f.ConfigEpoch, f.Offset, f.Slots.Len())
	if !f.Primary.IsZero() {
		line += fmt.Sprintf(" of primary %v", f.Primary)
	}
	if f.Down {
		line += " cluster down"
	}
	if f.Message&^ExtData != 0 {
		line += fmt.Sprintf(" message flags %#x", uint8(f.Message&^ExtData))
	}
	switch {
	case f.Type.HasGossip():
		line += fmt.Sprintf(" gossip %d%s", len(f.Gossip), f.Ext.summary())
	case f.Type == TypeFail:
		line += fmt.Sprintf(" failed %v", f.Failed)
	case f.Type == TypePublish, f.Type == TypePublishShard:
		line += fmt.Sprintf(" channel %q message of %d bytes", clip(string(f.Channel)), len(f.Payload))
	case f.Type == TypeUpdate:
		line += fmt.Sprintf(" owner %v epoch %d slots %d", f.Update.ID, f.Update.ConfigEpoch, f.Update.Slots.Len())
	case f.Type == TypeModule:
		line += fmt.Sprintf(" module %#x type %d of %d bytes", f.Module.ID, f.Module.Kind, len(f.Module.Data))
	}
	return strings.Map(printable, line)
}

// printable keeps what other nodes made up, ids and names, from breaking a log line.
func printable(r rune) rune {
	if !unicode.IsPrint(r) {
		return '?'
	}
	return r
}

// reset forgets the last message but keeps the memory it used.
func (f *Frame) reset() {
	f.Gossip = f.Gossip[:0]
	f.Ext.reset()
	f.Failed = NodeID{}
	f.Channel, f.Payload = nil, nil
	f.Update = Update{}
	f.Module = Module{}
}

// wantBytes checks the length of a body whose type fixes it.
func wantBytes(t Type, body []byte, n int) error {
	if len(body) != n {
		return drop("%v carries %d bytes behind the header, want %d", t, len(body), n)
	}
	return nil
}

func drop(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrDropped}, args...)...)
}
