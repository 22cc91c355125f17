package cluster

import (
	"fmt"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
)

// Epochs (spec 4.1, 4.2). currentEpoch is the cluster's logical clock. A primary's configEpoch is the version of its claim
// to slots: where claims differ, the higher one wins, so no two primaries may share one.

// setConfigEpoch gives us a new configEpoch.
func (m *Machine) setConfigEpoch(epoch uint64, why string) {
	m.self.ConfigEpoch = epoch
	m.changed()
	m.note(EpochBumped, nil, epoch, why)
}

// resolveCollision moves us to a new epoch if another primary has ours. Of the two, the one with the smaller id moves
// (clusterHandleConfigEpochCollision).
func (m *Machine) resolveCollision(sender *Peer, epoch uint64) {
	if !m.self.IsPrimary() || !sender.IsPrimary() || epoch != m.self.ConfigEpoch || sender.ConfigEpoch != epoch {
		return
	}
	if lesser := m.self.ID.Compare(sender.ID) < 0; lesser == m.defects.Has(defect.CollisionWrongNode) || m.defects.Has(defect.CollisionIgnored) {
		return
	}
	m.currentEpoch++
	m.setConfigEpoch(m.currentEpoch, "collision with "+sender.ID.String())
	m.save(true)
}

// bumpWithoutConsensus raises our configEpoch above all others without asking anybody, unless it is there already. It
// reports whether it did (clusterBumpConfigEpochWithoutConsensus).
func (m *Machine) bumpWithoutConsensus(why string) bool {
	highest := m.currentEpoch
	for _, p := range m.peers {
		highest = max(highest, p.ConfigEpoch)
	}
	if m.self.ConfigEpoch != 0 && m.self.ConfigEpoch == highest {
		return false
	}
	m.currentEpoch++
	m.setConfigEpoch(m.currentEpoch, why)
	m.save(true)
	return true
}

// BumpEpoch raises our configEpoch above all others, unless it is there already. It returns what it is afterwards.
func (m *Machine) BumpEpoch() (epoch uint64, bumped bool) {
	bumped = m.bumpWithoutConsensus("requested")
	return m.self.ConfigEpoch, bumped
}

// SetConfigEpoch gives a fresh node its configEpoch, so that a new cluster does not begin with collisions.
func (m *Machine) SetConfigEpoch(now clock.Instant, epoch int64) error {
	m.now = now
	switch {
	case epoch < 0:
		return ReplyError(fmt.Sprintf("Invalid config epoch specified: %d", epoch))
	case len(m.peers) > 1:
		return ReplyError("The user can assign a config epoch only when the node does not know any other node.")
	case m.self.ConfigEpoch != 0:
		return ReplyError("Node config epoch is already non-zero")
	}
	m.currentEpoch = max(m.currentEpoch, uint64(epoch))
	m.setConfigEpoch(uint64(epoch), "requested")
	m.save(false)
	m.wantState = true
	return nil
}
