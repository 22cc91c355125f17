package bus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/clusterspec/clusterspec/compose/wire"
)

const (
	signature = "RCmb"
	ipBytes   = 46
)

// Parse reads one whole frame. It keeps nothing of b. Of a light frame only the type is known.
func Parse(b []byte) (*Frame, error) {
	if len(b) < lightBytes || string(b[:len(signature)]) != signature {
		return nil, fmt.Errorf("no frame: %d bytes that begin with %q", len(b), b[:min(len(b), len(signature))])
	}
	big := binary.BigEndian
	if length := big.Uint32(b[4:]); int64(length) != int64(len(b)) {
		return nil, fmt.Errorf("a frame of %d bytes says it has %d", len(b), length)
	}
	f := &Frame{Version: big.Uint16(b[8:]), Type: Type(big.Uint16(b[12:]))}
	if f.IsLight() {
		return f, nil
	}
	if len(b) < HeaderBytes {
		return nil, fmt.Errorf("a frame of %d bytes: the header alone has %d", len(b), HeaderBytes)
	}
	f.Port, f.CurrentEpoch, f.ConfigEpoch, f.Offset = big.Uint16(b[10:]), big.Uint64(b[16:]), big.Uint64(b[24:]), big.Uint64(b[32:])
	f.Sender, f.Primary, f.IP = text(b[40:80]), text(b[2128:2168]), text(b[2168:2214])
	f.Slots = ranges(b[80:2128])
	f.BusPort, f.Flags, f.Down, f.Message = big.Uint16(b[2248:]), Flags(big.Uint16(b[2250:])), b[2252] != 0, b[2253]
	if f.Version != Version {
		return f, nil
	}
	return f, f.parseBody(b[HeaderBytes:], int(big.Uint16(b[14:])))
}

var errBody = errors.New("its body has not the length its type and counts ask for")

func (f *Frame) parseBody(body []byte, count int) error {
	big := binary.BigEndian
	switch f.Type {
	case Ping, Pong, Meet:
		if len(body) < count*gossipBytes {
			return fmt.Errorf("%s: %w", f.Type, errBody)
		}
		for ; count > 0; count, body = count-1, body[gossipBytes:] {
			f.Gossip = append(f.Gossip, parseGossip(body))
		}
	case Fail:
		if len(body) != idBytes {
			return fmt.Errorf("%s: %w", f.Type, errBody)
		}
		f.About, body = text(body), nil
	case Update:
		if len(body) != updateBytes {
			return fmt.Errorf("%s: %w", f.Type, errBody)
		}
		f.About = text(body[8 : 8+idBytes])
		f.Claim = Claim{ConfigEpoch: big.Uint64(body), Slots: ranges(body[8+idBytes:])}
		body = nil
	case Publish, PublishShard:
		if len(body) < 8 || int64(len(body)) != 8+int64(big.Uint32(body))+int64(big.Uint32(body[4:])) {
			return fmt.Errorf("%s: %w", f.Type, errBody)
		}
		channel := 8 + int(big.Uint32(body))
		f.Channel, body = string(body[8:channel]), body[channel:]
	}
	f.Payload = append(f.Payload, body...)
	return nil
}

func parseGossip(b []byte) Gossip {
	big := binary.BigEndian
	return Gossip{
		ID: text(b[:40]), PingSent: big.Uint32(b[40:]), PongReceived: big.Uint32(b[44:]), IP: text(b[48:94]),
		Port: big.Uint16(b[94:]), BusPort: big.Uint16(b[96:]), Flags: Flags(big.Uint16(b[98:])),
	}
}

// text is a field without the zeroes that fill it.
func text(field []byte) string {
	if end := bytes.IndexByte(field, 0); end >= 0 {
		field = field[:end]
	}
	return string(field)
}

// ranges are the slots of a bitmap.
func ranges(bitmap []byte) (slots []wire.SlotRange) {
	for slot := range wire.Slots {
		if bitmap[slot/8]&(1<<(slot%8)) == 0 {
			continue
		}
		if last := len(slots) - 1; last >= 0 && slots[last].To == slot-1 {
			slots[last].To = slot
			continue
		}
		slots = append(slots, wire.SlotRange{From: slot, To: slot})
	}
	return slots
}
