package steps

import (
	"fmt"
	"io"
	"net"
	"strconv"
)

func (w *World) busActions() []sentence {
	return []sentence{
		{`a bus peer ([XYZ]) joins node ` + one + ` as a replica of node ` + one, w.peerJoins},
		{`peer ([XYZ]) asks node ` + one + ` for its vote in (the next|the same|an old) epoch( although its primary is up)?`, w.peerAsks},
		{`a stranger sends node ` + one + ` a PING on the bus`, w.strangerPings},
		{`a stranger sends node ` + one + ` bytes that are no frame`, w.strangerSendsNonsense},
		{`a stranger sends node ` + one + ` a PING of an unknown version on the bus`, w.strangerSendsOtherVersion},
	}
}

func (w *World) busStatements() []sentence {
	return []sentence{
		{`node ` + one + ` has given peer ([XYZ]) (\d+) votes?`, w.hasVoted},
		{`the PONG names node ` + one + `, its slots, its ports and its epochs`, w.pongIsOf},
		{`the link is closed`, w.linkIsClosed},
		{`the link is still open and a PING on it is answered`, w.linkIsOpen},
	}
}

// busState is what a scenario has on the bus.
type busState struct {
	peers map[string]*busPeer
	epoch uint64   // the one a vote was asked for last
	link  net.Conn // of a stranger
	pong  *busFrame
}

// joinTimeouts is how long a node may take to list a peer it was told to meet.
const joinTimeouts = 5

func (w *World) peerJoins(name, at, primary string) error {
	m, err := w.node(at)
	if err != nil {
		return err
	}
	v, err := w.view(m)
	if err != nil {
		return err
	}
	line, _ := v.line(primary)
	p, err := newBusPeer(line)
	if err != nil {
		return err
	}
	if w.bus.peers == nil {
		w.bus.peers = map[string]*busPeer{}
	}
	w.bus.peers[name] = p
	port := strconv.Itoa(int(p.header.port))
	if err := m.demand(w.ctx, "CLUSTER", "MEET", "127.0.0.1", port, port); err != nil {
		return w.silence(m, err)
	}
	return w.within(joinTimeouts, func() error { return w.listsPeer(m, p, primary) })
}

// listsPeer checks that a node has taken the peer for what it says it is.
func (w *World) listsPeer(m *member, p *busPeer, primary string) error {
	v, err := w.view(m)
	if err != nil {
		return err
	}
	got := v.role(p.header.sender) + ", " + v.state(p.header.sender)
	return w.checkEqual(m.name, got, "replica of "+primary+", connected")
}

func (w *World) peerAsks(name, of, which, force string) error {
	p, m := w.bus.peers[name], w.cluster.member(of)
	if p == nil || m == nil {
		return nonsense("there is no peer %s or no node %s", name, of)
	}
	if which != "the same" {
		info, err := m.info(w.ctx, "CLUSTER", "INFO")
		if err != nil {
			return w.silence(m, err)
		}
		w.bus.epoch = uint64(number(info["cluster_current_epoch"]))
		if which == "the next" {
			w.bus.epoch++
		} else {
			w.bus.epoch--
		}
	}
	ctx, cancel := w.limited()
	defer cancel()
	return w.silence(m, p.ask(ctx, m, w.bus.epoch, force != ""))
}

func (w *World) hasVoted(of, name string, votes int) error {
	p, m := w.bus.peers[name], w.cluster.member(of)
	if p == nil || m == nil {
		return nonsense("there is no peer %s or no node %s", name, of)
	}
	return w.checkEqual(of, fmt.Sprintf("votes for %s: %d", name, p.votesOf(m.id)), fmt.Sprintf("votes for %s: %d", name, votes))
}

// strangerFrame is a PING from somebody the cluster does not know.
func strangerFrame() busFrame {
	return busFrame{version: busVersion, kind: busPing, sender: newBusID(), port: 1, busPort: 1, flags: busFlagPrimary | busFlagMyself}
}

// strangerSends opens a link and writes to it.
func (w *World) strangerSends(name string, bytes []byte) (err error) {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	ctx, cancel := w.limited()
	defer cancel()
	if w.bus.link, err = dialBus(ctx, m); err != nil {
		return w.silence(m, err)
	}
	_, err = w.bus.link.Write(bytes)
	return w.silence(m, err)
}

func (w *World) strangerPings(name string) error {
	if err := w.strangerSends(name, strangerFrame().bytes()); err != nil {
		return err
	}
	return w.readPong(name)
}

func (w *World) readPong(name string) error {
	pong, err := readBusFrame(w.bus.link)
	if err != nil {
		return w.check(name, false, err.Error(), "a PONG on the same link")
	}
	w.bus.pong = &pong
	return w.check(name, pong.kind == busPong, fmt.Sprintf("a frame of type %d", pong.kind), "a PONG on the same link")
}

func (w *World) strangerSendsNonsense(name string) error {
	nonsense := strangerFrame().bytes()
	copy(nonsense, "HTTP")
	return w.strangerSends(name, nonsense)
}

func (w *World) strangerSendsOtherVersion(name string) error {
	f := strangerFrame()
	f.version = busVersion + 1
	return w.strangerSends(name, f.bytes())
}

func (w *World) pongIsOf(name string) error {
	m, err := w.node(name)
	if err != nil || w.bus.pong == nil {
		return nonsense("there is no PONG, or no node %s", name)
	}
	v, err := w.view(m)
	if err != nil {
		return err
	}
	line, _ := v.line(name)
	want := busFrame{sender: m.id, slots: line.Slots, port: uint16(line.Port), busPort: uint16(line.BusPort), configEpoch: line.ConfigEpoch}
	return w.checkEqual(name, w.bus.pong.text(), want.text())
}

// text is what of a header identifies its sender.
func (f *busFrame) text() string {
	return fmt.Sprintf("sender %s, slots %v, port %d, bus port %d, config epoch %d", f.sender, f.slots, f.port, f.busPort, f.configEpoch)
}

func (w *World) linkIsClosed() error {
	_, err := w.bus.link.Read(make([]byte, 1))
	return w.check("", err == io.EOF || isReset(err), fmt.Sprint("read: ", err), "the end of the link")
}

// isReset tells whether the other side has thrown the link away.
func isReset(err error) bool {
	timeout, ok := err.(net.Error)
	return err != nil && (!ok || !timeout.Timeout())
}

func (w *World) linkIsOpen() error {
	if _, err := w.bus.link.Write(strangerFrame().bytes()); err != nil {
		return w.check("", false, err.Error(), "an open link")
	}
	return w.readPong("")
}

func (b *busState) close() {
	for _, p := range b.peers {
		p.close()
	}
	if b.link != nil {
		b.link.Close()
	}
}
