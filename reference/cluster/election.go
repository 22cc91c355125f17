package cluster

import (
	"fmt"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
)

// The replica's side of an election (spec 5.1).

const (
	// electionDelay lets the news of FAIL reach the voters before we ask them.
	electionDelay clock.Millis = 500
	// electionJitter spreads replicas of equal rank; they are drawn from below it.
	electionJitter = 500
	// rankDelay is what each replica with newer data is ahead of us.
	rankDelay clock.Millis = 1000
	// electionTimeoutMin is the least time that votes have to arrive.
	electionTimeoutMin clock.Millis = 2000
)

// election is our attempt to replace our primary.
type election struct {
	scheduledAt clock.Millis // when we may ask for votes; never: there was no attempt yet
	rank        int          // how many replicas have newer data
	requested   bool         // we asked
	epoch       uint64       // in which epoch
	votes       int
	refusal     string // why there is none, to say it once
	expired     bool   // too late for this attempt, to say it once
}

// runForPrimary moves our election on, if there is a reason for one. It is called by every cron and whenever something
// happened that matters (clusterHandleSlaveFailover).
func (m *Machine) runForPrimary() {
	e := &m.election
	agreed := m.manual.until != 0 && m.manual.ready
	if !m.mayReplacePrimary(agreed) {
		e.refusal = ""
		return
	}
	if !agreed && m.dataTooOld() {
		m.refuseElection("the data is too old")
		return
	}
	timeout := max(2*m.options.NodeTimeout, electionTimeoutMin)
	age := m.now.Mono - e.scheduledAt
	if age > 2*timeout {
		if e.requested && m.defects.Has(defect.ElectionOnce) {
			return
		}
		m.scheduleElection()
		return
	}
	if !e.requested && m.manual.until == 0 {
		m.yieldToFresher()
	}
	switch {
	case m.now.Mono < e.scheduledAt:
	case age > timeout:
		if !e.expired {
			e.expired = true
			m.note(ElectionExpired, nil, e.epoch, fmt.Sprintf("%d of %d votes", e.votes, m.votesNeeded()))
		}
	case !e.requested:
		m.requestVotes()
	case e.votes >= m.votesNeeded():
		m.winElection()
	}
}

// mayReplacePrimary reports whether there is a primary with slots to replace, and a reason.
func (m *Machine) mayReplacePrimary(agreed bool) bool {
	primary := m.self.Primary
	if m.self.IsPrimary() || primary == nil || primary.slotCount == 0 {
		return false
	}
	forbidden := m.options.ReplicaNoFailover && !m.defects.Has(defect.NoFailoverIgnored) || m.defects.Has(defect.NoElection)
	return agreed || primary.Failed() && !forbidden
}

// dataTooOld reports whether we were without our primary for so long, before it failed, that others should rather take
// over. The node timeout is not counted: it was needed to notice the failure.
func (m *Machine) dataTooOld() bool {
	o := &m.options
	if o.ReplicaValidityFactor == 0 || m.defects.Has(defect.DataAgeIgnored) {
		return false
	}
	_, since := m.data.PrimaryLink()
	age := m.now.Mono - since
	if age > o.NodeTimeout {
		age -= o.NodeTimeout
	}
	return age > o.ReplicaPingPeriod+o.NodeTimeout*clock.Millis(o.ReplicaValidityFactor)
}

func (m *Machine) refuseElection(why string) {
	if m.election.refusal != why {
		m.election.refusal = why
		m.note(ElectionRefused, nil, 0, why)
	}
}

// scheduleElection plans when to ask for votes: at once if a human asked, otherwise the later the more replicas have newer
// data. The others learn our offset, so that they can do the same sum.
func (m *Machine) scheduleElection() {
	e := election{scheduledAt: m.now.Mono}
	if m.manual.until == 0 {
		e.rank = m.rank()
		jitter := clock.Millis(m.rand.IntN(electionJitter))
		e.scheduledAt += electionDelay + jitter + clock.Millis(e.rank)*rankDelay
	} else {
		m.wantFailover = true
	}
	m.election = e
	m.note(ElectionScheduled, nil, 0, fmt.Sprintf("in %d ms, rank %d, offset %d",
		e.scheduledAt-m.now.Mono, e.rank, m.data.ReplicationOffset()))
	m.broadcastPong(toRivals)
}

// yieldToFresher delays our election further if more replicas with newer data have shown up.
func (m *Machine) yieldToFresher() {
	e := &m.election
	if rank := m.rank(); rank > e.rank {
		e.scheduledAt += clock.Millis(rank-e.rank) * rankDelay
		e.rank = rank
	}
}

// rank counts the other replicas of our primary that want to take over and have newer data (clusterGetSlaveRank).
func (m *Machine) rank() int {
	rank, offset := 0, m.data.ReplicationOffset()
	for _, p := range m.self.Primary.Replicas {
		ahead := p.Offset > offset
		if m.defects.Has(defect.OldDataFirst) {
			ahead = p.Offset < offset
		}
		if p != m.self && !p.Flags.Has(bus.FlagNoFailover) && ahead {
			rank++
		}
	}
	return rank
}

// requestVotes asks everybody: those who may not vote ignore it (clusterRequestFailoverAuth).
func (m *Machine) requestVotes() {
	m.currentEpoch++
	m.election.epoch = m.currentEpoch
	m.election.requested = true
	f := m.newFrame(bus.TypeAuthRequest)
	if m.manual.until != 0 {
		f.Message |= bus.ForceAck
	}
	m.broadcast(f)
	m.note(ElectionStarted, nil, m.election.epoch, "")
	m.save(true)
	m.wantState = true
}

// receiveVote counts a vote, if its sender has one to give and gives it for this election.
func (m *Machine) receiveVote(sender *Peer, f *bus.Frame) {
	mayVote := sender.IsPrimary() && sender.slotCount > 0 || m.defects.Has(defect.ForeignVotesCount)
	if m.election.requested && mayVote && f.CurrentEpoch >= m.election.epoch {
		m.election.votes++
		m.wantFailover = true
	}
}

func (m *Machine) votesNeeded() int {
	if m.defects.Has(defect.MinorityElects) {
		return 1
	}
	return m.majority()
}

func (m *Machine) winElection() {
	e := m.election
	m.note(ElectionWon, nil, e.epoch, fmt.Sprintf("%d votes", e.votes))
	if m.self.ConfigEpoch < e.epoch && !m.defects.Has(defect.WinnerKeepsEpoch) {
		m.setConfigEpoch(e.epoch, "election won")
	}
	m.takeOver()
}
