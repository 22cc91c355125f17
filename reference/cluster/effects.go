package cluster

import (
	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// Effect is something the driver has to do. The types below are all there are.
type Effect interface{ effect() }

type (
	// Dial opens a link to a bus port. The outcome comes back as Connected or Closed.
	Dial struct {
		Link LinkID
		IP   string
		Port uint16
	}

	// Send writes a frame to a link. The frame is valid until the next input: encode it at once. Several Sends of a
	// broadcast share one frame.
	Send struct {
		Link  LinkID
		Frame *bus.Frame
	}

	// Hangup closes a link, whether connected or still dialling; what is not written yet is lost. The machine has
	// forgotten the link.
	Hangup struct{ Link LinkID }

	// Save writes m.AppendFile to nodes.conf before any byte of this turn leaves. Sync: it must survive a crash of the
	// machine, too.
	Save struct{ Sync bool }

	// Follow begins to replicate a node, or continues at its new address.
	Follow struct {
		Primary bus.NodeID
		IP      string
		Port    uint16
	}

	// Promoted ends replication: we are a primary now. The data stay, and the replication id changes.
	Promoted struct{}

	// DropSlots deletes the keys in slots that have become another node's.
	DropSlots struct{ Slots slot.Set }

	// SlotsGone says that our shard no longer serves these slots: sharded subscriptions end (spec 6.7).
	SlotsGone struct{ Slots slot.Set }

	// FlushAll empties the key space: CLUSTER RESET of a replica.
	FlushAll struct{}

	// PauseWrites holds clients' writes, and expiry, and the pings in the replication stream, until the monotonic time
	// Until or ResumeWrites: one of our replicas wants to take over (spec 5.3).
	PauseWrites struct{ Until clock.Millis }

	// ResumeWrites ends PauseWrites.
	ResumeWrites struct{}

	// Deliver gives a message from the bus to our own subscribers. The bytes are valid until the next input.
	Deliver struct {
		Channel, Payload []byte
		Shard            bool // to sharded subscribers
	}
)

func (Dial) effect()         {}
func (Send) effect()         {}
func (Hangup) effect()       {}
func (Save) effect()         {}
func (Follow) effect()       {}
func (Promoted) effect()     {}
func (DropSlots) effect()    {}
func (SlotsGone) effect()    {}
func (FlushAll) effect()     {}
func (PauseWrites) effect()  {}
func (ResumeWrites) effect() {}
func (Deliver) effect()      {}
func (Note) effect()         {}

// Effects returns what is to be done since the last call, in order, and forgets it. The slice and the frames in it are
// valid until the next input.
func (m *Machine) Effects() []Effect {
	out := m.effects
	m.effects, m.effectsGiven = m.effectsGiven[:0], out
	m.framesUsed = 0
	return out
}

func (m *Machine) emit(e Effect) { m.effects = append(m.effects, e) }
