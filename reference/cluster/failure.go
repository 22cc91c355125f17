package cluster

import (
	"slices"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
)

// Failure detection (spec 3.2 to 3.4). PFAIL is our own opinion of a node that does not answer us; when a majority of
// primaries shares it, it becomes FAIL, and everybody is told.

const (
	// reportValidity is how many node timeouts a report counts after it was last repeated.
	reportValidity = 2
	// forgiveAfter is how many node timeouts a failed owner of slots stays failed although it is back: by then nobody
	// else wants the slots.
	forgiveAfter = 2
)

// failureReport is one primary's word that a node does not answer it.
type failureReport struct {
	from *Peer
	at   clock.Millis // when it was last repeated
}

// learnReport takes a primary's opinion of a node from its gossip.
func (m *Machine) learnReport(from, about *Peer, flags bus.Flags) {
	if flags&downFlags == 0 {
		if !m.defects.Has(defect.AccusationsStay) {
			about.removeReport(from)
		}
		return
	}
	about.addReport(from, m.now.Mono)
	m.failIfAgreed(about)
}

func (p *Peer) addReport(from *Peer, now clock.Millis) {
	for i := range p.reports {
		if p.reports[i].from == from {
			p.reports[i].at = now
			return
		}
	}
	p.reports = append(p.reports, failureReport{from, now})
}

func (p *Peer) removeReport(from *Peer) {
	if len(p.reports) == 0 {
		return // nearly always, and it is asked for with each entry of gossip
	}
	p.reports = slices.DeleteFunc(p.reports, func(r failureReport) bool { return r.from == from })
}

// countReports drops reports that nobody repeats any more and counts the others (clusterNodeFailureReportsCount).
func (m *Machine) countReports(p *Peer) int {
	oldest := m.now.Mono - reportValidity*m.options.NodeTimeout
	if m.defects.Has(defect.AccusationsNeverExpire) {
		oldest = never
	}
	p.reports = slices.DeleteFunc(p.reports, func(r failureReport) bool { return r.at < oldest })
	return len(p.reports)
}

// suspect sets PFAIL on a node that owes us an answer for longer than the node timeout. It reports whether that is news.
func (m *Machine) suspect(p *Peer) bool {
	silence := min(m.now.Mono-p.pingSentAt, m.now.Mono-p.dataReceivedAt)
	if silence <= m.options.NodeTimeout || p.down() || m.defects.Has(defect.NeverSuspects) {
		return false
	}
	m.setFlags(p, bus.FlagPFail, 0)
	m.note(PeerSuspected, p, 0, "")
	switch {
	case m.defects.Has(defect.FailWithoutMajority):
		m.declareFailed(p)
	case m.size == 1 && m.self.IsPrimary() && m.self.slotCount > 0:
		m.failIfAgreed(p) // we are the majority, and nobody's gossip will come to tell us
	}
	return true
}

// failIfAgreed turns PFAIL into FAIL if a majority of the primaries agrees, and tells everybody
// (markNodeAsFailingIfNeeded). Replicas do that, too: they have no voice, but they can count.
func (m *Machine) failIfAgreed(p *Peer) {
	if !p.Suspected() || p.Failed() {
		return
	}
	voices := m.countReports(p)
	if m.self.IsPrimary() {
		voices++
	}
	if voices >= m.majority() {
		m.declareFailed(p)
	}
}

// declareFailed sets FAIL on a node and tells everybody.
func (m *Machine) declareFailed(p *Peer) {
	m.setFailed(p)
	if m.defects.Has(defect.FailNotTold) {
		return
	}
	f := m.newFrame(bus.TypeFail)
	f.Failed = p.ID
	m.broadcast(f)
}

// receiveFail believes a known node that a majority agreed.
func (m *Machine) receiveFail(f *bus.Frame) {
	if m.defects.Has(defect.FailIgnored) {
		return
	}
	if p := m.byID.find(&f.Failed); p != nil && (p != m.self || m.defects.Has(defect.FailAboutMyself)) && !p.Failed() {
		m.setFailed(p)
	}
}

func (m *Machine) setFailed(p *Peer) {
	m.setFlags(p, bus.FlagFail, bus.FlagPFail)
	p.failedAt = m.now.Mono
	m.note(PeerFailed, p, 0, "")
	m.save(false)
	m.wantState = true
}

// forgive clears FAIL from a node that answers again, unless others may be about to take its slots
// (clearNodeFailureIfNeeded).
func (m *Machine) forgive(p *Peer) {
	if m.defects.Has(defect.FailNeverCleared) {
		return
	}
	owner := p.IsPrimary() && p.slotCount > 0
	if owner && m.now.Mono-p.failedAt <= forgiveAfter*m.options.NodeTimeout {
		return
	}
	m.setFlags(p, 0, bus.FlagFail)
	m.note(PeerBack, p, 0, "")
	m.save(false)
	m.wantState = true
}
