package bus

import (
	"bytes"
	"encoding/binary"

	"github.com/clusterspec/clusterspec/reference/slot"
)

const (
	// HeaderBytes is the length of the header, and so of the shortest frame.
	HeaderBytes = 2256

	// ipBytes is the room for an address as text, the terminating NUL included.
	ipBytes = 46
)

// Where the header's fields are.
const (
	offLength       = 4
	offVersion      = 8
	offPort         = 10
	offType         = 12
	offGossipCount  = 14
	offCurrentEpoch = 16
	offConfigEpoch  = 24
	offOffset       = 32
	offSender       = 40
	offSlots        = 80
	offPrimary      = 2128
	offIP           = 2168
	offExtCount     = 2214
	offPlainPort    = 2246
	offBusPort      = 2248
	offFlags        = 2250
	offState        = 2252
	offMessageFlags = 2253
)

// stateDown is the state byte of a sender that thinks the cluster is down.
const stateDown = 1

// Header is what every message says of its sender.
type Header struct {
	Type      Type
	Port      uint16 // client port: the TLS port if tls-cluster is on
	PlainPort uint16 // the other client port: 7.0 sends the plain one next to a TLS port, later versions either; 0: none
	BusPort   uint16

	CurrentEpoch uint64
	ConfigEpoch  uint64 // a replica sends its primary's
	Offset       uint64 // replication offset: what a primary has written, what a replica has processed

	Sender  NodeID
	Slots   slot.Set // a replica sends its primary's
	Primary NodeID   // zero when the sender is a primary

	IP      string // announced address, at most 45 bytes; empty: where the connection came from
	Flags   Flags
	Down    bool // the sender thinks that the cluster is down
	Message MessageFlags
}

// parse reads the header at the head of a frame whose length and version are right.
func (h *Header) parse(b []byte, t *texts) {
	be := binary.BigEndian
	h.Type = Type(be.Uint16(b[offType:]))
	h.Port = be.Uint16(b[offPort:])
	h.PlainPort = be.Uint16(b[offPlainPort:])
	h.BusPort = be.Uint16(b[offBusPort:])
	h.CurrentEpoch = be.Uint64(b[offCurrentEpoch:])
	h.ConfigEpoch = be.Uint64(b[offConfigEpoch:])
	h.Offset = be.Uint64(b[offOffset:])
	h.Sender = NodeID(b[offSender:])
	h.Slots = slotsAt(b[offSlots:])
	h.Primary = NodeID(b[offPrimary:])
	h.IP = t.intern(ipAt(b[offIP:]))
	h.Flags = Flags(be.Uint16(b[offFlags:]))
	h.Down = b[offState] != 0
	h.Message = MessageFlags(b[offMessageFlags])
}

// append writes the header with the length and the counts still zero.
func (h *Header) append(dst []byte) []byte {
	be := binary.BigEndian
	dst = append(dst, signature...)
	dst = be.AppendUint32(dst, 0)
	dst = be.AppendUint16(dst, version)
	dst = be.AppendUint16(dst, h.Port)
	dst = be.AppendUint16(dst, uint16(h.Type))
	dst = be.AppendUint16(dst, 0)
	dst = be.AppendUint64(dst, h.CurrentEpoch)
	dst = be.AppendUint64(dst, h.ConfigEpoch)
	dst = be.AppendUint64(dst, h.Offset)
	dst = append(dst, h.Sender[:]...)
	dst = h.Slots.AppendBitmap(dst)
	dst = append(dst, h.Primary[:]...)
	dst = appendIP(dst, h.IP)
	dst = appendZeros(dst, offPlainPort-offExtCount)
	dst = be.AppendUint16(dst, h.PlainPort)
	dst = be.AppendUint16(dst, h.BusPort)
	dst = be.AppendUint16(dst, uint16(h.Flags))
	state := byte(0)
	if h.Down {
		state = stateDown
	}
	return append(dst, state, byte(h.Message), 0, 0)
}

// slotsAt reads the bitmap at the head of b, which must hold at least that much.
func slotsAt(b []byte) slot.Set {
	set, err := slot.SetOfBitmap(b[:slot.BitmapBytes])
	if err != nil {
		panic("bus: a bitmap of the right length was refused: " + err.Error())
	}
	return set
}

// ipAt is the text of the address field at the head of b. The last byte is never part of it: C readers rely on a NUL.
func ipAt(b []byte) []byte { return untilNUL(b[:ipBytes-1]) }

func appendIP(dst []byte, ip string) []byte {
	ip = ip[:min(len(ip), ipBytes-1)]
	return appendZeros(append(dst, ip...), ipBytes-len(ip))
}

// untilNUL is the text in a NUL-padded field.
func untilNUL(field []byte) []byte {
	if i := bytes.IndexByte(field, 0); i >= 0 {
		return field[:i]
	}
	return field
}

// appendZeros appends n zero bytes, n being small.
func appendZeros(dst []byte, n int) []byte {
	var zeros [64]byte
	return append(dst, zeros[:n]...)
}
