package steps

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/clusterspec/clusterspec/compose/puppet"
	"github.com/clusterspec/clusterspec/compose/wire/bus"
)

func (w *World) busActions() []sentence {
	return []sentence{
		{`a stranger sends node ` + one + ` a PING on the bus`, w.strangerPings},
		{`a stranger sends node ` + one + ` bytes that are no frame`, w.strangerSendsNonsense},
		{`a stranger sends node ` + one + ` a PING of an unknown version on the bus`, w.strangerSendsOtherVersion},
		{`a stranger sends node ` + one + ` (a .+) that (.+)`, w.strangerSendsMalformed},
		{`a stranger asks node ` + one + ` to meet (\d+) nodes? that (?:is|are) not there`, w.strangerIntroduces},
		{`a stranger opens (\d+) links to node ` + one + ` and says nothing`, w.strangerSaysNothing},
	}
}

func (w *World) busStatements() []sentence {
	return []sentence{
		{`the PONG names node ` + one + `, its slots, its ports and its epochs`, w.pongIsOf},
		{`the link is closed`, w.linkIsClosed},
		{`the link is still open and a PING on it is answered`, w.linkIsOpen},
	}
}

// busState is what a scenario has on the bus.
type busState struct {
	puppets map[string]*puppet.Puppet
	epoch   uint64   // the one a vote was asked for last
	link    net.Conn // of a stranger
	idle    []net.Conn
	in      *bus.Reader
	pong    *bus.Frame
}

// strangerFrame is a frame from somebody the cluster does not know.
func strangerFrame(t bus.Type) bus.Frame {
	return bus.Frame{Version: bus.Version, Type: t, Sender: bus.NewID(), Port: 1, BusPort: 1, Flags: bus.FlagPrimary | bus.FlagMyself}
}

func strangerPing() []byte {
	f := strangerFrame(bus.Ping)
	return f.Bytes()
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
	w.bus.in = bus.NewReader(w.bus.link)
	_, err = w.bus.link.Write(bytes)
	return w.silence(m, err)
}

func (w *World) strangerPings(name string) error {
	if err := w.strangerSends(name, strangerPing()); err != nil {
		return err
	}
	return w.readPong(name)
}

func (w *World) readPong(name string) error {
	pong, err := w.bus.in.Frame()
	if err != nil {
		return w.check(name, false, err.Error(), "a PONG on the same link")
	}
	w.bus.pong = pong
	return w.check(name, pong.Type == bus.Pong, "a "+pong.Type.String(), "a PONG on the same link")
}

func (w *World) strangerSendsNonsense(name string) error {
	nonsense := strangerPing()
	copy(nonsense, "HTTP")
	return w.strangerSends(name, nonsense)
}

func (w *World) strangerSendsOtherVersion(name string) error {
	f := strangerFrame(bus.Ping)
	f.Version = bus.Version + 1
	return w.strangerSends(name, f.Bytes())
}

// malformed are frames that a node must not take for what they say they are.
var malformed = map[string]func() []byte{
	"ping that tells of three nodes and ends before": func() []byte {
		b := strangerPing()
		binary.BigEndian.PutUint16(b[14:], 3)
		return b
	},
	"fail frame that names half a node": func() []byte {
		f := strangerFrame(bus.Fail)
		f.About = bus.NewID()
		return cutShort(f, 20)
	},
	"update frame that ends in its slots": func() []byte {
		f := strangerFrame(bus.Update)
		f.About = bus.NewID()
		return cutShort(f, 1)
	},
	"publish frame that says its channel is longer than all of it": func() []byte {
		f := strangerFrame(bus.Publish)
		f.Channel, f.Payload = "news", []byte("hello")
		b := f.Bytes()
		binary.BigEndian.PutUint32(b[bus.HeaderBytes:], 1<<30)
		return b
	},
	"vote request that carries what it should not": func() []byte {
		f := strangerFrame(bus.VoteRequest)
		f.Payload = make([]byte, 100)
		return f.Bytes()
	},
	"frame that is of an unknown type": func() []byte {
		f := strangerFrame(200)
		return f.Bytes()
	},
	"ping that says it is shorter than its header": func() []byte {
		b := strangerPing()
		binary.BigEndian.PutUint32(b[4:], bus.HeaderBytes-1)
		return b
	},
	"ping that says it has no length": func() []byte {
		b := strangerPing()
		binary.BigEndian.PutUint32(b[4:], 0)
		return b
	},
}

// cutShort is the frame without its last bytes, and with a length that says so.
func cutShort(f bus.Frame, bytes int) []byte {
	b := f.Bytes()
	b = b[:len(b)-bytes]
	binary.BigEndian.PutUint32(b[4:], uint32(len(b)))
	return b
}

func (w *World) strangerSendsMalformed(name, what, flaw string) error {
	make := malformed[what[len("a "):]+" that "+flaw]
	if make == nil {
		return nonsense("nobody knows how to make %s that %s", what, flaw)
	}
	return w.strangerSends(name, make())
}

// strangerIntroduces sends as many MEETs as there are nodes to be met, each from another port at which nobody listens, and each on a link of its
// own: Valkey holds a link to be that of the node that met on it. Their PONGs tell that they were read.
func (w *World) strangerIntroduces(name string, nodes int) error {
	for i := range nodes {
		f := strangerFrame(bus.Meet)
		f.Port, f.BusPort = uint16(i+1), 1
		if err := w.strangerSends(name, f.Bytes()); err != nil {
			return err
		}
		if err := w.readPong(name); err != nil {
			return err
		}
		w.bus.link.Close()
	}
	return nil
}

// strangerSaysNothing opens links and leaves them alone to the end of the scenario.
func (w *World) strangerSaysNothing(links int, name string) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	ctx, cancel := w.limited()
	defer cancel()
	for range links {
		link, err := dialBus(ctx, m)
		if err != nil {
			return w.silence(m, err)
		}
		w.bus.idle = append(w.bus.idle, link)
	}
	return nil
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
	want := bus.Frame{Sender: m.id, Slots: line.Slots, Port: uint16(line.Port), BusPort: uint16(line.BusPort), ConfigEpoch: line.ConfigEpoch}
	return w.checkEqual(name, identity(w.bus.pong), identity(&want))
}

// identity is what of a header identifies its sender.
func identity(f *bus.Frame) string {
	return fmt.Sprintf("sender %s, slots %v, port %d, bus port %d, config epoch %d", f.Sender, f.Slots, f.Port, f.BusPort, f.ConfigEpoch)
}

func (w *World) linkIsClosed() error {
	_, err := w.bus.in.Rest().Read(make([]byte, 1))
	return w.check("", err == io.EOF || isReset(err), fmt.Sprint("read: ", err), "the end of the link")
}

// isReset tells whether the other side has thrown the link away, or closed it.
func isReset(err error) bool {
	var timeout net.Error
	return err != nil && !(errors.As(err, &timeout) && timeout.Timeout())
}

func (w *World) linkIsOpen() error {
	if _, err := w.bus.link.Write(strangerPing()); err != nil {
		return w.check("", false, err.Error(), "an open link")
	}
	return w.readPong("")
}

func (b *busState) close() {
	for _, p := range b.puppets {
		p.Close()
	}
	for _, link := range b.idle {
		link.Close()
	}
	if b.link != nil {
		b.link.Close()
	}
}
