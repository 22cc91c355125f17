package bus

import (
	"encoding/binary"

	"github.com/clusterspec/clusterspec/reference/slot"
)

// An update message is 2096 bytes behind the header:
//
//	0   8     configEpoch of the owner
//	8   40    id of the owner
//	48  2048  bitmap of all its slots
const updateBytes = 8 + NodeIDBytes + slot.BitmapBytes

// Update corrects a node whose claim to slots is out of date: it names a newer owner and everything that owner has.
type Update struct {
	ConfigEpoch uint64
	ID          NodeID
	Slots       slot.Set
}

func (u *Update) parse(body []byte) error {
	if err := wantBytes(TypeUpdate, body, updateBytes); err != nil {
		return err
	}
	u.ConfigEpoch = binary.BigEndian.Uint64(body)
	u.ID = NodeID(body[8:])
	u.Slots = slotsAt(body[8+NodeIDBytes:])
	return nil
}

func (u *Update) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, u.ConfigEpoch)
	dst = append(dst, u.ID[:]...)
	return u.Slots.AppendBitmap(dst)
}
