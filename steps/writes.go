package steps

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/clusterspec/clusterspec/reports"
)

// writesAreAccounted reads back what clients at work in the background were told is written. What is lost is counted. It is a violation where
// the protocol promises that nothing is: it does as long as no replica takes the place of its primary and no node loses its memory.
func (w *World) writesAreAccounted() error {
	if w.traffic == nil {
		return nil
	}
	lost := w.countWrites()
	if w.promiseIsOff() {
		return nil
	}
	if len(lost) > 0 {
		const shown = 3
		return violated("", "%d of %d keys lost a write that was acknowledged, though no replica was promoted and no node went down: %s",
			len(lost), w.writes.Keys, strings.Join(lost[:min(shown, len(lost))], "; "))
	}
	var parts [][]porcupine.Operation
	for _, c := range w.traffic.clients {
		parts = append(parts, c.history)
	}
	if !w.traffic.history.isLinearizable(parts...) {
		return violated("", "the %d writes and the reads of %d clients fit into no order: the history is not linearizable", w.writes.Acknowledged, len(parts))
	}
	return nil
}

// countWrites fills in w.writes and describes each key whose last acknowledged write is not there.
func (w *World) countWrites() (lost []string) {
	w.writes = &reports.Writes{}
	for _, c := range w.traffic.clients {
		w.writes.Acknowledged += c.writes
	}
	reader, err := w.clusterClientAsking(w.cluster.running()[0])
	if err == nil {
		defer reader.close()
	}
	for i, key := range w.traffic.keys {
		acked := w.traffic.acked[i].Load()
		if acked == 0 {
			continue
		}
		w.writes.Keys++
		if err != nil {
			w.writes.Unread++
			continue
		}
		value, readErr := reader.do(key, "GET", key)
		if readErr != nil || value.IsError() {
			reader.forget()
			w.writes.Unread++
			continue
		}
		if got, _ := strconv.ParseInt(value.Text, 10, 64); got < acked {
			w.writes.Lost++
			lost = append(lost, fmt.Sprintf("%s holds %s after %d had been acknowledged", key, value, acked))
		}
	}
	return lost
}

// promiseIsOff tells whether acknowledged writes may be lost: a replica was promoted, a node went down, or a puppet may have taken slots.
func (w *World) promiseIsOff() bool {
	if len(w.bus.puppets) > 0 {
		return true
	}
	for _, m := range w.cluster.members {
		if m.wasDown {
			return true
		}
		v, err := w.cluster.view(w.ctx, m)
		if err != nil || w.cluster.shape.primaryOf(m.name) != "" && v.role(m.name) == "primary" {
			return true
		}
	}
	return false
}
