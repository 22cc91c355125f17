package steps

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
)

// A history is what clients asked and were answered, with the times of both. It is linearizable when every key behaves like a register: as if
// each command had happened at one moment between its request and its reply.

// Limits of what is kept; later commands are not judged. The search for an order takes memory by the square of a key's commands.
const (
	historyLimit = 20_000 // commands of all clients
	historyOfKey = 500    // for each key there is
)

// historyCheckLimit bounds the search for an order; a history that takes longer is not judged.
const historyCheckLimit = 5 * time.Second

// history is kept by several clients at once, each in a part of its own.
type history struct {
	began time.Time
	limit int64 // how many commands of all clients are kept
	kept  atomic.Int64
	ended atomic.Int64 // the moment from which on nothing is kept; 0: not yet
}

// access is one command on a key.
type access struct {
	key   int
	write bool
	value int64
}

// begin starts a history of some keys.
func (h *history) begin(keys int) {
	h.began, h.limit = time.Now(), int64(min(historyLimit, historyOfKey*keys))
}

// now is the time since the history began, in nanoseconds.
func (h *history) now() int64 { return int64(time.Since(h.began)) }

// add appends a command to a client's part.
func (h *history) add(part []porcupine.Operation, client int, a access, called int64, got int64) []porcupine.Operation {
	if end := h.ended.Load(); end != 0 && called >= end {
		return part
	}
	returned := h.now()
	if h.kept.Add(1) >= h.limit {
		h.ended.CompareAndSwap(0, returned)
	}
	return append(part, porcupine.Operation{ClientId: client, Input: a, Call: called, Output: got, Return: returned})
}

// addUnknown appends a write that was not answered: it may take effect at any time, or never.
func (h *history) addUnknown(part []porcupine.Operation, client int, a access, called int64) []porcupine.Operation {
	if end := h.ended.Load(); end != 0 && called >= end {
		return part
	}
	return append(part, porcupine.Operation{ClientId: client, Input: a, Call: called, Output: a.value, Return: math.MaxInt64})
}

// register is a key that holds 0 at the beginning.
var register = porcupine.Model{
	Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
		byKey := map[int][]porcupine.Operation{}
		for _, op := range all {
			key := op.Input.(access).key
			byKey[key] = append(byKey[key], op)
		}
		var parts [][]porcupine.Operation
		for _, part := range byKey {
			parts = append(parts, part)
		}
		return parts
	},
	Init: func() any { return int64(0) },
	Step: func(state, input, output any) (bool, any) {
		if a := input.(access); a.write {
			return true, a.value
		}
		return output == state, state
	},
	DescribeOperation: func(input, output any) string {
		a := input.(access)
		if a.write {
			return fmt.Sprintf("SET %d %d", a.key, a.value)
		}
		return fmt.Sprintf("GET %d gave %d", a.key, output)
	},
}

// isLinearizable judges the parts of all clients together. What cannot be decided in time counts as linearizable.
func (h *history) isLinearizable(parts ...[]porcupine.Operation) bool {
	var all []porcupine.Operation
	end := h.ended.Load()
	for _, part := range parts {
		for _, op := range part {
			// A read that ended later may have seen a write that is not kept.
			if end == 0 || op.Return <= end || op.Input.(access).write {
				all = append(all, op)
			}
		}
	}
	return porcupine.CheckOperationsTimeout(register, all, historyCheckLimit) != porcupine.Illegal
}
