package cluster

import (
	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
)

const (
	cronInterval clock.Millis = 100
	// randomPingCrons: every so many crons, once a second, somebody is pinged whether it is due or not.
	randomPingCrons = 10
	// randomPingDraws: the one of so many that has not answered for the longest time.
	randomPingDraws = 5
	// handshakeTimeoutMin is the least time a handshake has, where the node timeout is shorter.
	handshakeTimeoutMin clock.Millis = 1000
)

// Deadline is the monotonic time of the next Tick that does something.
func (m *Machine) Deadline() clock.Millis { return m.nextCron }

// Tick runs the periodic work when it is due (clusterCron, spec 3).
func (m *Machine) Tick(now clock.Instant) {
	if now.Mono < m.nextCron {
		return
	}
	m.now = now
	m.nextCron = now.Mono + cronInterval
	m.crons++
	m.connectPeers()
	if m.crons%randomPingCrons == 0 {
		m.pingOldest()
	}
	c := m.checkPeers()
	m.checkManualTimeout()
	if m.self.IsReplica() {
		if m.self.Primary != nil && !m.replicating && m.self.Primary.HasAddress() {
			m.follow()
		}
		m.continueManual()
		m.runForPrimary()
		m.migrateReplica(c)
	}
	if !m.up {
		m.wantState = true
	}
}

// connectPeers dials everybody we have no link to, the failed ones too, and ends handshakes that take too long
// (clusterNodeCronHandleReconnect).
func (m *Machine) connectPeers() {
	m.suspects = 0
	handshakeTimeout := max(m.options.NodeTimeout, handshakeTimeoutMin)
	var overdue []*Peer
	for _, p := range m.peers {
		switch {
		case p == m.self || p.Flags.Has(bus.FlagNoAddr):
			continue
		case p.InHandshake() && m.now.Mono-p.createdAt > handshakeTimeout:
			overdue = append(overdue, p)
			continue
		case p.Suspected():
			m.suspects++
		}
		if p.outbound == nil {
			m.dial(p)
		}
	}
	for _, p := range overdue {
		m.note(HandshakeTimedOut, p, 0, "")
		m.removePeer(p)
	}
}

// pingOldest pings, of a few peers drawn at random, the one that has not answered for the longest time.
func (m *Machine) pingOldest() {
	var oldest *Peer
	for range randomPingDraws {
		p := m.peers[m.rand.IntN(len(m.peers))]
		if !m.reachable(p) || p.PingSent != 0 {
			continue
		}
		if oldest == nil || p.pongReceivedAt < oldest.pongReceivedAt {
			oldest = p
		}
	}
	if oldest != nil {
		m.sendPing(oldest.outbound, bus.TypePing)
	}
}

// checkPeers pings those that are due, gives up links that are dead, and suspects those that owe us an answer for too
// long. It counts working replicas on the way.
func (m *Machine) checkPeers() census {
	var c census
	half := m.options.NodeTimeout / 2
	interval := m.options.PingInterval
	if interval == 0 {
		interval = half
	}
	for _, p := range m.peers {
		if p == m.self || p.Flags&(bus.FlagNoAddr|bus.FlagHandshake) != 0 {
			continue
		}
		if m.self.IsReplica() {
			c.count(p, m.self.Primary)
		}
		m.dropStaleLink(p, half)
		switch {
		case p.outbound != nil && p.PingSent == 0 && m.now.Mono-p.pongReceivedAt > interval:
			m.sendPing(p.outbound, bus.TypePing)
		case p.outbound != nil && p == m.manual.replica:
			m.sendPing(p.outbound, bus.TypePing) // it waits for our frozen offset
		case p.PingSent != 0 && m.suspect(p):
			m.wantState = true
		}
	}
	return c
}

// dropStaleLink gives up a link on which nothing comes back any more, so that the next cron opens a new one: the node may
// be well, and only the connection is not.
func (m *Machine) dropStaleLink(p *Peer, half clock.Millis) {
	l := p.outbound
	if l != nil && p.PingSent != 0 && m.now.Mono-l.createdAt.Mono > m.options.NodeTimeout &&
		m.now.Mono-p.pingSentAt > half && m.now.Mono-p.dataReceivedAt > half {
		m.hangUp(l)
	}
}
