package bus

import (
	"encoding/binary"
	"math"
)

// GossipBytes is the length of a gossip entry:
//
//	0   40  node id
//	40  4   when the sender pinged it, in seconds; 0: it owes no answer
//	44  4   when it last answered the sender, in seconds
//	48  46  ip as NUL-padded text
//	94  2   client port
//	96  2   bus port
//	98  2   flags
//	100 2   the other client port
//	102 2   zero
const GossipBytes = 104

// Where an entry's fields are.
const (
	offGossipPingSent     = 40
	offGossipPongReceived = 44
	offGossipIP           = 48
	offGossipPort         = 94
	offGossipBusPort      = 96
	offGossipFlags        = 98
	offGossipPlainPort    = 100
)

// Gossip is what a sender knows of a third node.
type Gossip struct {
	ID                  NodeID
	PingSentSeconds     uint32 // Unix time of the oldest unanswered ping; 0: none
	PongReceivedSeconds uint32 // Unix time of the last pong
	IP                  string
	Port                uint16
	BusPort             uint16
	PlainPort           uint16
	Flags               Flags
}

// parsePing reads the gossip section and what follows it. The counts come from the header; neither is believed beyond
// the bytes that are there.
func (f *Frame) parsePing(head, body []byte) error {
	count := int(binary.BigEndian.Uint16(head[offGossipCount:]))
	section := count * GossipBytes
	if section > len(body) {
		return drop("%v claims %d gossip entries in %d bytes", f.Type, count, len(body))
	}
	for b := body[:section]; len(b) > 0; b = b[GossipBytes:] {
		f.Gossip = append(f.Gossip, parseGossip(b, &f.texts))
	}
	rest := body[section:]
	if !f.Message.Has(ExtData) {
		return wantBytes(f.Type, rest, 0)
	}
	return f.Ext.parse(rest, int(binary.BigEndian.Uint16(head[offExtCount:])), &f.texts)
}

// appendPing writes the gossip section and the extensions, and patches their counts into the header at start.
func (f *Frame) appendPing(dst []byte, start int) []byte {
	gossip := f.Gossip[:min(len(f.Gossip), math.MaxUint16)]
	for i := range gossip {
		dst = gossip[i].append(dst)
	}
	dst, extensions := f.Ext.append(dst)
	binary.BigEndian.PutUint16(dst[start+offGossipCount:], uint16(len(gossip)))
	binary.BigEndian.PutUint16(dst[start+offExtCount:], uint16(extensions))
	if extensions > 0 || f.Ext.Present {
		dst[start+offMessageFlags] |= byte(ExtData)
	}
	return dst
}

func parseGossip(b []byte, t *texts) Gossip {
	be := binary.BigEndian
	return Gossip{
		ID:                  NodeID(b),
		PingSentSeconds:     be.Uint32(b[offGossipPingSent:]),
		PongReceivedSeconds: be.Uint32(b[offGossipPongReceived:]),
		IP:                  t.intern(ipAt(b[offGossipIP:])),
		Port:                be.Uint16(b[offGossipPort:]),
		BusPort:             be.Uint16(b[offGossipBusPort:]),
		Flags:               Flags(be.Uint16(b[offGossipFlags:])),
		PlainPort:           be.Uint16(b[offGossipPlainPort:]),
	}
}

func (g *Gossip) append(dst []byte) []byte {
	be := binary.BigEndian
	dst = append(dst, g.ID[:]...)
	dst = be.AppendUint32(dst, g.PingSentSeconds)
	dst = be.AppendUint32(dst, g.PongReceivedSeconds)
	dst = appendIP(dst, g.IP)
	dst = be.AppendUint16(dst, g.Port)
	dst = be.AppendUint16(dst, g.BusPort)
	dst = be.AppendUint16(dst, uint16(g.Flags))
	dst = be.AppendUint16(dst, g.PlainPort)
	return append(dst, 0, 0)
}
