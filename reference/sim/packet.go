package sim

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/clusterspec/clusterspec/reference/bus"
)

// packet is a frame, or the end of the stream.
type packet struct {
	frame *encoded
	fin   bool
}

// encoded is a frame as bytes. Those that a broadcast sends to everybody share one.
type encoded struct {
	bytes []byte
	uses  int // packets that have not arrived yet
}

// traffic is what was sent so far.
type traffic struct{ frames, bytes uint64 }

// encode takes a frame from the node that sends it. One in CompareOneIn is read back at once and must say the same.
func (w *World) encode(f *bus.Frame) *encoded {
	var e *encoded
	if last := len(w.spare) - 1; last >= 0 {
		e, w.spare = w.spare[last], w.spare[:last]
	} else {
		e = &encoded{bytes: make([]byte, 0, w.longest)}
	}
	e.bytes = f.Append(e.bytes[:0])
	w.longest = max(w.longest, len(e.bytes))
	if w.oneIn(w.options.CompareOneIn) {
		var parsed bus.Frame
		if err := parsed.Parse(e.bytes); err != nil {
			w.fail(fmt.Errorf("a frame that was sent cannot be read: %w\n%v", err, f))
		} else if !sameFrame(f, &parsed) {
			w.fail(fmt.Errorf("a frame changed on the wire:\nsent     %v\nreceived %v", f, &parsed))
		}
	}
	return e
}

// read gives a frame that arrived, until the next one does.
func (w *World) read(e *encoded) *bus.Frame {
	if err := w.arrived.Parse(e.bytes); err != nil {
		w.fail(fmt.Errorf("a frame that was sent cannot be read: %w", err))
		return nil
	}
	return &w.arrived
}

// handOver notes that one of the packets of a frame was taken in. Its bytes are used again when that was the last one.
// Packets that are lost on the way are not worth the trouble.
func (w *World) handOver(e *encoded) {
	if e.uses--; e.uses == 0 {
		w.spare = append(w.spare, e)
	}
}

// sameFrame compares what a frame says. Encoding sets the ExtData flag, and an empty slice may come back as none.
func sameFrame(a, b *bus.Frame) bool {
	ha, hb := a.Header, b.Header
	ha.Message |= bus.ExtData
	hb.Message |= bus.ExtData
	ea, eb := a.Ext, b.Ext
	ea.Forgotten, eb.Forgotten = nil, nil
	ea.Present, eb.Present = true, true
	return ha == hb && slices.Equal(a.Gossip, b.Gossip) && slices.Equal(a.Ext.Forgotten, b.Ext.Forgotten) &&
		reflect.DeepEqual(ea, eb) && a.Failed == b.Failed && a.Update == b.Update &&
		string(a.Channel) == string(b.Channel) && string(a.Payload) == string(b.Payload)
}
