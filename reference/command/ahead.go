package command

import (
	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// Request is one request of a client, as it was parsed. Prepare fills in the rest.
type Request struct {
	Args  [][]byte
	Bytes int // on the wire

	cmd, container *Command  // what commandTable.lookup found
	key            []byte    // at cmd.Keys.First; nil if there is none
	slot           slot.Slot // of it
	more           bool      // others follow that were prepared with this one
}

// Prepare looks at requests that are about to be executed one after the other. What their keys need is brought into the processor's
// cache for all of them together: a pipeline then waits for memory once, not with every request.
func (e *Engine) Prepare(requests []Request) {
	keys := 0
	for i := range requests {
		r := &requests[i]
		r.more = i+1 < len(requests)
		if len(r.Args) == 0 {
			continue
		}
		r.cmd, r.container = table.lookup(r.Args)
		if r.cmd == nil || r.cmd.Keys.First == 0 || r.cmd.Keys.First >= len(r.Args) {
			continue
		}
		r.key = r.Args[r.cmd.Keys.First]
		r.slot = e.SlotOf(r.key)
		keys++
	}
	if keys > 1 {
		e.prefetch(requests)
	}
}

// prefetch is Prepare's look at the keyspace.
func (e *Engine) prefetch(requests []Request) {
	var places [keyspace.PlacesMax]keyspace.Place
	n := 0
	for i := range requests {
		if r := &requests[i]; r.key != nil && n < len(places) {
			places[n] = keyspace.Place{Slot: r.slot, Key: r.key}
			n++
		}
	}
	e.DB.Prefetch(places[:n])
}
