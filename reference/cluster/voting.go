package cluster

import (
	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/defect"
)

// The voter's side of an election (spec 5.2).

// voteInterval is how many node timeouts pass between two votes about the same primary.
const voteInterval = 2

// receiveVoteRequest votes for the replica that asks, or does not (clusterSendFailoverAuthIfNeeded). The vote is on disk
// before the answer leaves: after a restart we must not vote again in this epoch.
func (m *Machine) receiveVoteRequest(sender *Peer, f *bus.Frame) {
	if (m.self.IsReplica() || m.self.slotCount == 0) && !m.defects.Has(defect.EmptyVotes) || m.defects.Has(defect.NeverVotes) {
		return // no vote to give
	}
	if why := m.refuseVote(sender, f); why != "" {
		m.note(VoteRefused, sender, f.CurrentEpoch, why)
		return
	}
	sender.Primary.votedAt = m.now.Mono
	m.lastVoteEpoch = m.currentEpoch
	m.save(true)
	m.note(VoteGranted, sender, m.currentEpoch, "")
	m.sendTo(sender, m.newFrame(bus.TypeAuthAck))
}

// refuseVote is the first reason against a vote, in the order of Redis; empty: there is none. Our currentEpoch is at least
// the request's, because we have read its header.
func (m *Machine) refuseVote(sender *Peer, f *bus.Frame) string {
	again := m.defects.Has(defect.VoteTwice)
	primary := sender.Primary
	switch {
	case f.CurrentEpoch < m.currentEpoch && !m.defects.Has(defect.VoteInOldEpoch):
		return "its epoch is over"
	case m.lastVoteEpoch == m.currentEpoch && !again:
		return "already voted in this epoch"
	case sender.IsPrimary():
		return "it is a primary"
	case primary == nil:
		return "its primary is unknown"
	case !primary.Failed() && !f.Message.Has(bus.ForceAck) && !m.defects.Has(defect.VoteAgainstLiving):
		return "its primary is up"
	case m.now.Mono-primary.votedAt < voteInterval*m.options.NodeTimeout && !again && !m.defects.Has(defect.VoteAgain):
		return "voted about this primary not long ago"
	case m.outdated(f) && !m.defects.Has(defect.VoteForOutdated):
		return "somebody owns its slots with a newer epoch"
	}
	return ""
}

// outdated reports whether a slot that the request is about has an owner whose claim is newer.
func (m *Machine) outdated(f *bus.Frame) bool {
	for s := range f.Slots.All() {
		if !m.unclaimed(s) && m.owner[s].ConfigEpoch > f.ConfigEpoch {
			return true
		}
	}
	return false
}
