package cluster

import (
	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
)

// Receive takes in one frame, which was wireBytes long. It is only read during the call (clusterProcessPacket).
func (m *Machine) Receive(now clock.Instant, id LinkID, f *bus.Frame, wireBytes int) {
	m.now = now
	m.stats.received(f.Type, wireBytes)
	l := m.links[id]
	if l == nil {
		return // hung up in this very turn
	}
	sender := m.byID.find(&f.Sender)
	if sender != nil && sender.InHandshake() {
		sender = nil // the id is made up, by us: whoever uses it has read our CLUSTER NODES
	}
	switch {
	case f.Sender == m.self.ID:
		m.receiveOwn(l, f.Type)
		return
	case sender != nil && !l.outbound:
		m.adopt(l, sender)
	}
	if sender != nil {
		m.learnHeader(sender, f)
	}
	if f.Type.HasGossip() {
		m.receivePing(l, sender, f)
		return
	}
	if sender == nil {
		return // only MEET introduces strangers
	}
	switch f.Type {
	case bus.TypeFail:
		m.receiveFail(f)
	case bus.TypePublish, bus.TypePublishShard:
		m.emit(Deliver{f.Channel, f.Payload, f.Type == bus.TypePublishShard})
	case bus.TypeAuthRequest:
		m.receiveVoteRequest(sender, f)
	case bus.TypeAuthAck:
		m.receiveVote(sender, f)
	case bus.TypeUpdate:
		m.receiveUpdate(f)
	case bus.TypeMFStart:
		m.receiveManualStart(l, sender)
	}
}

// Dropped counts a frame that bus.Frame.Parse refused with bus.ErrDropped.
func (m *Machine) Dropped(t bus.Type, wireBytes int) { m.stats.received(t, wireBytes) }

// receivePing takes in a ping, pong or meet, in the order of spec 2.9. The pong leaves before the rest is looked at, so it
// shows what we thought before.
func (m *Machine) receivePing(l *link, sender *Peer, f *bus.Frame) {
	if f.Type != bus.TypePong {
		m.learnOwnIP(l, f.Type)
		if sender == nil && (f.Type == bus.TypeMeet || m.defects.Has(defect.StrangersJoin)) {
			m.welcome(l, f)
		}
		m.sendPing(l, bus.TypePong)
	}
	if l.outbound && !m.checkName(l, sender, f) {
		return
	}
	if sender != nil {
		m.setFlags(sender, f.Flags&bus.FlagNoFailover, bus.FlagNoFailover)
		if f.Type == bus.TypePing {
			m.learnAddress(sender, l, f)
		}
	}
	if l.outbound && f.Type == bus.TypePong {
		m.pongReceived(l.peer)
	}
	if sender == nil || m.outrun(sender, f) {
		return
	}
	m.learnRole(sender, f)
	m.learnSlots(sender, f)
	m.resolveCollision(sender, f.ConfigEpoch)
	m.learnGossip(sender, f)
	m.learnExtensions(sender, f)
}

// receiveOwn answers ourselves: somebody told us to meet our own address, or it has become the address of a peer that is
// gone. Nothing in the frame is news, and our own gossip must not count as another's report.
func (m *Machine) receiveOwn(l *link, t bus.Type) {
	switch {
	case t == bus.TypePing || t == bus.TypeMeet:
		m.sendPing(l, bus.TypePong)
	case t == bus.TypePong && l.outbound && l.peer.InHandshake():
		m.removePeer(l.peer)
	case t == bus.TypePong && l.outbound:
		m.loseAddress(l.peer)
	}
}

// learnHeader takes from a known sender's header what every type of message carries (spec 2.9, step 2).
func (m *Machine) learnHeader(sender *Peer, f *bus.Frame) {
	sender.dataReceivedAt = m.now.Mono
	if !m.defects.Has(defect.EpochNotLearned) {
		m.currentEpoch = max(m.currentEpoch, f.CurrentEpoch)
	}
	if f.ConfigEpoch > sender.ConfigEpoch {
		sender.ConfigEpoch = f.ConfigEpoch
		m.changed()
		m.save(true)
	}
	if (f.Offset == 0) != (sender.Offset == 0) {
		m.changed()
	}
	sender.Offset = f.Offset
	if m.self.Primary == sender && f.Message.Has(bus.Paused) {
		m.noteFrozenOffset(f.Offset)
	}
}

// pongReceived notes that a node answered on our own link, the only thing that proves to us that it lives (spec 2.7).
func (m *Machine) pongReceived(p *Peer) {
	m.setPongReceived(p, m.now.Wall, m.now.Mono)
	m.setPingSent(p, 0, 0)
	switch {
	case p.Suspected():
		m.setFlags(p, 0, bus.FlagPFail)
		m.save(false)
		m.wantState = true
	case p.Failed():
		m.forgive(p)
	}
}

// outrun reports whether a frame was overtaken by a newer one of the same sender. Two links join each pair of nodes, so
// that a replica's frame from before its promotion can arrive after the news of it; believed, it would unbind the slots
// the sender has just taken over. Such a frame names a primary of the same shard in an epoch that is over (Redis 7.4,
// clusterProcessPacket: "Ignore stale message"; 7.0 believes it).
func (m *Machine) outrun(sender *Peer, f *bus.Frame) bool {
	primary := m.byID.find(&f.Primary)
	return primary != nil && sender.IsPrimary() && sender.slotCount > 0 && primary.ShardID == sender.ShardID &&
		f.ConfigEpoch < sender.ConfigEpoch
}

// learnRole notes whether the sender is a primary or whose replica it is (spec 2.9, step 7).
func (m *Machine) learnRole(sender *Peer, f *bus.Frame) {
	if f.Primary.IsZero() {
		m.setAsPrimary(sender)
		return
	}
	if !sender.IsReplica() {
		m.unbindAll(sender)
		m.setFlags(sender, bus.FlagReplica, bus.FlagPrimary|bus.FlagMigrateTo)
		m.save(false)
		m.wantState = true
	}
	primary := m.byID.find(&f.Primary)
	if primary == nil || primary == sender || sender.Primary == primary {
		return
	}
	m.attach(primary, sender)
	m.setShardID(sender, primary.ShardID)
	m.save(false)
}
