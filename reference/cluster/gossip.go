package cluster

import (
	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
)

const (
	// gossipMin is the least number of nodes a ping speaks of, if there are as many.
	gossipMin = 3
	// gossipShare: a ping speaks of one in so many nodes, so that within 2*N a majority has reported each failure.
	gossipShare = 10
	// gossipDraws bounds the random draws for each wanted entry.
	gossipDraws = 3
	// gossipTolerance is how far in our future another node's clock may be.
	gossipTolerance clock.Millis = 500
)

const (
	// gossipedFlags are what a gossip entry may say of a node. The others are private to each node.
	gossipedFlags = bus.FlagPrimary | bus.FlagReplica | bus.FlagPFail | bus.FlagFail | bus.FlagMigrateTo | bus.FlagNoFailover
	downFlags     = bus.FlagPFail | bus.FlagFail
	roleFlags     = bus.FlagPrimary | bus.FlagReplica
)

// appendGossip chooses whom a ping speaks of: some nodes at random, then all that do not answer us, so that reports about
// them spread fast (spec 3.1). The receiver needs no news about itself.
func (m *Machine) appendGossip(f *bus.Frame, receiver *Peer) {
	if m.defects.Has(defect.NoGossip) {
		return
	}
	m.pings++
	fresh := len(m.peers) - 2 // without ourselves and the receiver
	wanted := min(max(len(m.peers)/gossipShare, gossipMin), fresh)
	for draws := gossipDraws * wanted; draws > 0 && fresh > 0 && len(f.Gossip) < wanted; draws-- {
		p := m.peers[m.rand.IntN(len(m.peers))]
		if p == m.self || p == receiver || p.Suspected() || p.gossipedIn == m.pings {
			continue
		}
		if !speakable(p) || p.outbound == nil && p.slotCount == 0 {
			fresh--
			continue
		}
		p.gossipedIn = m.pings
		f.Gossip = append(f.Gossip, gossipOf(p))
		fresh--
	}
	for i, left := 0, m.suspects; i < len(m.peers) && left > 0; i++ {
		if p := m.peers[i]; p.Suspected() && speakable(p) {
			f.Gossip = append(f.Gossip, gossipOf(p))
			left--
		}
	}
}

// speakable reports whether gossip may name a node: its id and its address must be real.
func speakable(p *Peer) bool { return p.Flags&(bus.FlagHandshake|bus.FlagNoAddr) == 0 }

func gossipOf(p *Peer) bus.Gossip {
	return bus.Gossip{
		ID: p.ID, PingSentSeconds: seconds(p.PingSent), PongReceivedSeconds: seconds(p.PongReceived),
		IP: p.IP, Port: p.Port, BusPort: p.BusPort, PlainPort: p.PlainPort, Flags: p.Flags & gossipedFlags,
	}
}

func seconds(t clock.Millis) uint32 { return uint32(t / 1000) }

// learnGossip takes in what a node says of others (clusterProcessGossipSection). A nil sender is a stranger: it brings
// nobody new and its reports do not count. As in Redis 7.4, one malformed id discredits the whole section.
func (m *Machine) learnGossip(sender *Peer, f *bus.Frame) {
	m.gossiped = m.gossiped[:0]
	for i := range f.Gossip {
		p := m.byID.find(&f.Gossip[i].ID)
		if p == nil && !f.Gossip[i].ID.Valid() {
			return
		}
		m.gossiped = append(m.gossiped, p)
	}
	for i, p := range m.gossiped {
		g := &f.Gossip[i]
		if p == nil && m.byID.find(&g.ID) == nil { // nor has the section named it before
			m.learnPeer(sender, g)
		}
		if p == nil {
			continue
		}
		if sender != nil && (sender.IsPrimary() || m.defects.Has(defect.ReplicasAccuse)) && p != m.self {
			m.learnReport(sender, p, g.Flags)
		}
		if g.Flags&downFlags != 0 {
			continue
		}
		m.learnPong(p, g)
		if p.down() {
			m.learnNewAddress(p, g)
		}
	}
}

// learnPeer adds a node that somebody we trust knows. There is no handshake: it has to be exactly the node with this id,
// because another one may listen at the address by now. It must learn of us in the same way.
func (m *Machine) learnPeer(sender *Peer, g *bus.Gossip) {
	ip := plainText(g.IP)
	if sender == nil || ip == "" || g.Flags.Has(bus.FlagNoAddr) || len(m.peers) >= peersMax || m.blacklist.has(g.ID, m.now.Mono) {
		return
	}
	p := m.newPeer(g.ID, g.Flags&(gossipedFlags&^roleFlags)|oneRole(g.Flags))
	p.IP, p.Port, p.BusPort, p.PlainPort = ip, g.Port, g.BusPort, g.PlainPort
	m.addPeer(p)
	m.note(PeerLearned, p, 0, "")
}

// learnNewAddress believes a sender who can talk to a node that we cannot reach.
func (m *Machine) learnNewAddress(p *Peer, g *bus.Gossip) {
	if ip := plainText(g.IP); ip != "" && !g.Flags.Has(bus.FlagNoAddr) && !isAt(p, ip, g) {
		m.moveTo(p, ip, g.Port, g.PlainPort, g.BusPort)
	}
}

// learnPong saves pings: what a node has just answered to others it need not answer to us.
func (m *Machine) learnPong(p *Peer, g *bus.Gossip) {
	at := clock.Millis(g.PongReceivedSeconds) * 1000
	if p.PingSent == 0 && at > p.PongReceived && at <= m.now.Wall+gossipTolerance && m.countReports(p) == 0 {
		m.setPongReceived(p, at, m.now.Mono-(m.now.Wall-at))
	}
}

// oneRole is the role that flags from the bus give a node: never both.
func oneRole(flags bus.Flags) bus.Flags {
	if flags.Has(bus.FlagReplica) {
		return bus.FlagReplica
	}
	return flags & bus.FlagPrimary
}

func isAt(p *Peer, ip string, g *bus.Gossip) bool {
	return p.IP == ip && p.Port == g.Port && p.BusPort == g.BusPort && p.PlainPort == g.PlainPort
}
