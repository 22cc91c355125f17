package cluster

import (
	"fmt"
	"net/netip"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// Joining (spec 2.8). CLUSTER MEET makes a peer with a made-up id and the flags HANDSHAKE and MEET. The cron dials it, the
// MEET makes the other side do the same with us, and the first pong on our own link tells its real id.

// Meet begins a handshake with whoever listens at ip. It is no error if one is under way (clusterStartHandshake).
func (m *Machine) Meet(now clock.Instant, ip string, port, busPort int) error {
	m.now = now
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Zone() != "" || !isPort(port) || !isPort(busPort) {
		return ReplyError(fmt.Sprintf("Invalid node address specified: %s:%d", ip, port))
	}
	m.startHandshake(addr.String(), uint16(port), uint16(busPort), bus.FlagMeet)
	return nil
}

func isPort(n int) bool { return n > 0 && n <= 65535 }

// Limits that Redis has not, far above what clusters have: what strangers send must not fill our memory.
const (
	// strangersMax is how many handshakes there may be before we welcome no further stranger.
	strangersMax = 4096
	// peersMax is how many nodes there may be before we believe gossip in no further one: a cluster has no more primaries
	// than slots.
	peersMax = 2 * slot.Count
)

// startHandshake makes a peer in handshake, unless there is one at this address. A stranger's may come to nothing: nil.
func (m *Machine) startHandshake(ip string, port, busPort uint16, flags bus.Flags) *Peer {
	handshakes := 0
	for _, p := range m.peers {
		if !p.InHandshake() {
			continue
		}
		if p.IP == ip && p.Port == port && p.BusPort == busPort {
			return p
		}
		handshakes++
	}
	if handshakes >= strangersMax && !flags.Has(bus.FlagMeet) {
		return nil
	}
	p := m.newPeer(m.newID(), bus.FlagHandshake|flags)
	p.IP, p.Port, p.BusPort = ip, port, busPort
	m.addPeer(p)
	return p
}

// welcome begins our side of a handshake with a stranger that sent MEET. Its gossip may correct what we know of others,
// but names nobody new: the sender is not known yet.
func (m *Machine) welcome(l *link, f *bus.Frame) {
	if ip := senderIP(l, f); ip != "" {
		if p := m.startHandshake(ip, f.Port, f.BusPort, 0); p != nil {
			p.PlainPort = f.PlainPort
		}
	}
	m.learnGossip(nil, f)
}

// checkName compares the name that answers on our own link with the one we dialled. It completes handshakes, and reports
// whether the frame is to be looked at further.
func (m *Machine) checkName(l *link, sender *Peer, f *bus.Frame) bool {
	p := l.peer
	switch {
	case !p.InHandshake() && p.ID == f.Sender:
		return true
	case !p.InHandshake():
		m.loseAddress(p)
		return false
	case sender != nil: // an old acquaintance, perhaps at a new address
		m.learnAddress(sender, l, f)
		m.removePeer(p)
		return false
	case !f.Sender.Valid(), p.ID != f.Sender && m.byID.find(&f.Sender) != nil: // the latter is another one's made-up id
		m.removePeer(p)
		return false
	}
	m.rename(p, f.Sender)
	m.setFlags(p, oneRole(f.Flags), bus.FlagHandshake|bus.FlagMeet|roleFlags)
	if p.IsReplica() {
		m.unbindAll(p) // SETSLOT NODE may have used its made-up id
	}
	m.note(PeerMet, p, 0, "")
	m.save(false)
	return true
}

// loseAddress notes that somebody else answers where we thought p was. It stays without an address until it speaks to us or
// is forgotten.
func (m *Machine) loseAddress(p *Peer) {
	m.note(AddressLost, p, 0, "")
	m.setFlags(p, bus.FlagNoAddr, 0)
	p.IP, p.Port, p.PlainPort, p.BusPort = "", 0, 0, 0
	m.hangUp(p.outbound)
	m.changed()
	m.save(false)
}

// learnAddress moves a known node to where its frame came from (nodeUpdateAddressIfNeeded). What comes in on our own link
// to it says nothing: that address we knew.
func (m *Machine) learnAddress(p *Peer, l *link, f *bus.Frame) {
	ip := senderIP(l, f)
	if l == p.outbound || ip == "" {
		return
	}
	if p.IP == ip && p.Port == f.Port && p.PlainPort == f.PlainPort && p.BusPort == f.BusPort {
		return
	}
	m.moveTo(p, ip, f.Port, f.PlainPort, f.BusPort)
	m.save(false)
	m.wantState = true
	if m.self.Primary == p {
		m.follow()
	}
}

// moveTo stores a new address and gives up the link to the old one.
func (m *Machine) moveTo(p *Peer, ip string, port, plainPort, busPort uint16) {
	p.IP, p.Port, p.PlainPort, p.BusPort = ip, port, plainPort, busPort
	m.hangUp(p.outbound)
	m.setFlags(p, 0, bus.FlagNoAddr)
	m.note(AddressChanged, p, 0, fmt.Sprintf("now %s:%d", ip, port))
	m.changed()
}

// learnOwnIP takes our own address from the link that a MEET came in on: that is how the cluster reaches us. Without any
// address a ping serves as well.
func (m *Machine) learnOwnIP(l *link, t bus.Type) {
	if m.options.AnnounceIP != "" || l.localIP == "" || l.localIP == m.self.IP {
		return
	}
	if t == bus.TypeMeet || m.self.IP == "" {
		m.self.IP = l.localIP
		m.note(OwnAddress, nil, 0, l.localIP)
		m.changed()
		m.save(false)
	}
}

// senderIP is the address a frame's sender announces, or else the one its link comes from.
func senderIP(l *link, f *bus.Frame) string {
	if ip := plainText(f.IP); ip != "" {
		return ip
	}
	return l.remoteIP
}

// plainText is text from the bus that will stand in CLUSTER NODES and in nodes.conf, or nothing if it would tear their
// lines apart.
func plainText(text string) string {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || c == ',' || c == '"' || c == '\'' {
			return ""
		}
	}
	return text
}
