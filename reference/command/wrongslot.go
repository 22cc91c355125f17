package command

import (
	"bytes"

	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// wrongSlot is the slot function of a node that computes slots wrongly on purpose; nil for all others. It is chosen once,
// so that right nodes do not ask with every key.
func wrongSlot(d defect.Set) func(key []byte) slot.Slot {
	switch {
	case d.Has(defect.WrongPolynomial):
		return func(key []byte) slot.Slot { return slot.Slot(otherCRC16(slot.HashTag(key)) % slot.Count) }
	case d.Has(defect.SecondHashTag):
		return slotBySecondTag
	case d.Has(defect.NoHashTag):
		return func(key []byte) slot.Slot { return slot.Slot(slot.CRC16(key) % slot.Count) }
	case d.Has(defect.LastBrace):
		return slotToLastBrace
	}
	return nil
}

// otherCRC16 is a CRC16 of the polynomial 0x8005.
func otherCRC16(b []byte) (crc uint16) {
	for _, c := range b {
		crc ^= uint16(c) << 8
		for range 8 {
			carry := crc >> 15
			crc = crc<<1 ^ carry*0x8005
		}
	}
	return crc
}

// slotBySecondTag looks for a second pair of braces when nothing stands between the first.
func slotBySecondTag(key []byte) slot.Slot {
	at := bytes.IndexByte(key, '{')
	if at >= 0 && bytes.HasPrefix(key[at:], []byte("{}")) {
		rest := key[at+len("{}"):]
		if tag := slot.HashTag(rest); len(tag) < len(rest) {
			return slot.Of(rest)
		}
	}
	return slot.Of(key)
}

// slotToLastBrace takes everything up to the last closing brace for the tag.
func slotToLastBrace(key []byte) slot.Slot {
	open, end := bytes.IndexByte(key, '{'), bytes.LastIndexByte(key, '}')
	if open >= 0 && end > open+1 {
		key = key[open+1 : end]
	}
	return slot.Slot(slot.CRC16(key) % slot.Count)
}
