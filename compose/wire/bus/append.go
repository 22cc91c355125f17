package bus

import (
	"encoding/binary"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// Bytes is the frame as it goes over the wire.
func (f *Frame) Bytes() []byte {
	b := make([]byte, HeaderBytes)
	big := binary.BigEndian
	copy(b, signature)
	big.PutUint16(b[8:], f.Version)
	big.PutUint16(b[10:], f.Port)
	big.PutUint16(b[12:], uint16(f.Type))
	big.PutUint16(b[14:], uint16(len(f.Gossip)))
	big.PutUint64(b[16:], f.CurrentEpoch)
	big.PutUint64(b[24:], f.ConfigEpoch)
	big.PutUint64(b[32:], f.Offset)
	copy(b[40:80], f.Sender)
	putSlots(b[80:2128], f.Slots)
	copy(b[2128:2168], f.Primary)
	copy(b[2168:2213], f.IP)
	big.PutUint16(b[2248:], f.BusPort)
	big.PutUint16(b[2250:], uint16(f.Flags))
	if f.Down {
		b[2252] = 1
	}
	b[2253] = f.Message
	b = f.appendBody(b)
	big.PutUint32(b[4:], uint32(len(b)))
	return b
}

func (f *Frame) appendBody(b []byte) []byte {
	big := binary.BigEndian
	switch f.Type {
	case Ping, Pong, Meet:
		for _, g := range f.Gossip {
			b = g.append(b)
		}
	case Fail:
		b = appendPadded(b, f.About, idBytes)
	case Update:
		b = big.AppendUint64(b, f.Claim.ConfigEpoch)
		b = appendPadded(b, f.About, idBytes)
		b = append(b, make([]byte, slotBytes)...)
		putSlots(b[len(b)-slotBytes:], f.Claim.Slots)
	case Publish, PublishShard:
		b = big.AppendUint32(b, uint32(len(f.Channel)))
		b = big.AppendUint32(b, uint32(len(f.Payload)))
		b = append(b, f.Channel...)
	}
	return append(b, f.Payload...)
}

func (g *Gossip) append(b []byte) []byte {
	big := binary.BigEndian
	b = appendPadded(b, g.ID, idBytes)
	b = big.AppendUint32(b, g.PingSent)
	b = big.AppendUint32(b, g.PongReceived)
	b = appendPadded(b, g.IP, ipBytes)
	b = big.AppendUint16(b, g.Port)
	b = big.AppendUint16(b, g.BusPort)
	b = big.AppendUint16(b, uint16(g.Flags))
	return append(b, 0, 0, 0, 0) // the other port, and a field that is not used
}

// appendPadded appends text as a field of a fixed length.
func appendPadded(b []byte, text string, length int) []byte {
	field := make([]byte, length)
	copy(field, text)
	return append(b, field...)
}

// putSlots sets the bits of the slots: the lowest bit of a byte is its first slot.
func putSlots(bitmap []byte, slots []wire.SlotRange) {
	for _, r := range slots {
		for slot := r.From; slot <= r.To; slot++ {
			bitmap[slot/8] |= 1 << (slot % 8)
		}
	}
}
