package cluster

import (
	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
)

// Manual failover (spec 5.3). The replica asks its primary to hold writes (MFSTART); the primary's headers then carry
// PAUSED and an offset that stands still; when the replica has got so far it holds an election that needs no failure.

const (
	// manualTimeout is how long an attempt may take.
	manualTimeout clock.Millis = 5000
	// manualPause is how long the primary holds writes at most: longer than the attempt, so that no write slips in
	// between the promotion and its own demotion.
	manualPause = 2 * manualTimeout
)

// manual is a manual failover that is under way, on either side.
type manual struct {
	until   clock.Millis // when it is given up; 0: there is none
	replica *Peer        // on the primary: who takes over
	ready   bool         // on the replica: the election may begin

	offset      uint64 // on the replica: where the primary stands still
	offsetKnown bool
}

// FailoverMode says how much CLUSTER FAILOVER asks others.
type FailoverMode uint8

// The modes of CLUSTER FAILOVER.
const (
	// FailoverAgreed lets the primary hold its writes until the replica has them all, then asks for votes.
	FailoverAgreed FailoverMode = iota
	// FailoverForce asks for votes without the primary.
	FailoverForce
	// FailoverTakeover asks nobody.
	FailoverTakeover
)

// Failover begins to replace our primary by us. It returns at once; the rest follows in this and later turns.
func (m *Machine) Failover(now clock.Instant, mode FailoverMode) error {
	m.now = now
	primary := m.self.Primary
	asks := mode == FailoverAgreed || mode == FailoverForce && m.defects.Has(defect.ForceNeedsPrimary)
	switch {
	case m.self.IsPrimary():
		return ReplyError("You should send CLUSTER FAILOVER to a replica")
	case primary == nil:
		return ReplyError("I'm a replica but my master is unknown to me")
	case asks && (primary.Failed() || primary.outbound == nil):
		return ReplyError("Master is down or failed, please use CLUSTER FAILOVER FORCE")
	}
	m.resetManual()
	m.election = election{scheduledAt: never} // an earlier attempt must not hold up this one
	m.manual.until = m.now.Mono + manualTimeout
	m.note(ManualStarted, primary, 0, "")
	if m.defects.Has(defect.TakeoverAsks) && mode == FailoverTakeover {
		mode = FailoverForce
	}
	switch mode {
	case FailoverAgreed:
		m.sendTo(primary, m.newFrame(bus.TypeMFStart))
	case FailoverForce:
		m.manual.ready = true
		m.wantFailover = true
	case FailoverTakeover:
		if !m.defects.Has(defect.TakeoverWithoutEpoch) {
			m.bumpWithoutConsensus("takeover")
		}
		m.takeOver()
	}
	return nil
}

// Paused reports whether one of our replicas is taking over and our writes are held: no pings in the replication stream.
func (m *Machine) Paused() bool { return m.self.IsPrimary() && m.manual.until != 0 }

// receiveManualStart holds our writes for a replica of ours. It learns our offset at once, on the link it asked on.
func (m *Machine) receiveManualStart(l *link, sender *Peer) {
	if sender.Primary != m.self || m.defects.Has(defect.MFStartIgnored) {
		return
	}
	m.resetManual()
	m.manual = manual{until: m.now.Mono + manualTimeout, replica: sender}
	if !m.defects.Has(defect.ManualWithoutPause) {
		m.emit(PauseWrites{m.now.Mono + manualPause})
	}
	m.note(ManualPaused, sender, 0, "")
	m.sendPing(l, bus.TypePing)
}

// noteFrozenOffset keeps the first offset that our primary sends with its writes held.
func (m *Machine) noteFrozenOffset(offset uint64) {
	if m.manual.until != 0 && !m.manual.offsetKnown {
		m.manual.offset, m.manual.offsetKnown = offset, true
	}
}

// continueManual begins the election once we have all our primary has (clusterHandleManualFailover).
func (m *Machine) continueManual() {
	if m.manual.offsetKnown && !m.manual.ready && m.manual.offset == m.data.ReplicationOffset() {
		m.manual.ready = true
		m.wantFailover = true
		m.note(ManualReady, nil, 0, "")
	}
}

// checkManualTimeout gives up an attempt that did not end in time (manualFailoverCheckTimeout).
func (m *Machine) checkManualTimeout() {
	if m.manual.until != 0 && m.manual.until < m.now.Mono {
		m.note(ManualTimedOut, nil, 0, "")
		m.resetManual()
	}
}

// resetManual ends a manual failover, well or badly. Writes we held go on.
func (m *Machine) resetManual() {
	if m.manual.replica != nil {
		m.emit(ResumeWrites{})
	}
	m.manual = manual{}
}
