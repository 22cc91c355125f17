package cluster_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/ports"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// bridge puts one machine on a real TCP port, so that it can be in one cluster with real servers. It has no client port
// and no data: where the machine asks for a replication offset, it says what its primary last said.
type bridge struct {
	t       *testing.T
	port    uint16 // nobody listens there
	busPort uint16
	begun   time.Time
	ln      net.Listener
	wg      sync.WaitGroup
	stopped chan struct{}

	mu        sync.Mutex // guards what follows
	m         *cluster.Machine
	conns     map[cluster.LinkID]*busConn
	notes     []cluster.Note
	delivered []string
}

// busConn is a link. Frames sent before it is connected wait in pending.
type busConn struct {
	conn    net.Conn
	pending []byte
}

func newBridge(t *testing.T, slots ...slot.Range) *bridge {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &bridge{t: t, ln: ln, begun: time.Now(), stopped: make(chan struct{}), conns: make(map[cluster.LinkID]*busConn)}
	b.busPort = netip.MustParseAddrPort(ln.Addr().String()).Port()
	b.port = uint16(ports.ForTest(t))
	options := cluster.DefaultOptions()
	options.NodeTimeout = clock.Millis(redisNodeTimeout)
	b.m, err = cluster.New(cluster.Config{
		Port: b.port, BusPort: b.busPort, Options: options, Data: bridgeData{b}, Rand: rand.New(rand.NewPCG(rand.Uint64(), 0)),
	}, b.now())
	if err != nil {
		t.Fatal(err)
	}
	if len(slots) > 0 {
		b.must(func(m *cluster.Machine, now clock.Instant) error { return m.AddSlots(now, slots) })
	}
	b.wg.Add(2)
	go b.accept()
	go b.tick()
	t.Cleanup(b.stop)
	return b
}

func (b *bridge) stop() {
	close(b.stopped)
	_ = b.ln.Close()
	b.mu.Lock()
	for _, c := range b.conns {
		if c.conn != nil {
			_ = c.conn.Close()
		}
	}
	b.mu.Unlock()
	b.wg.Wait()
	if b.t.Failed() {
		for _, n := range b.notes {
			b.t.Log(n)
		}
		b.t.Logf("the machine sees\n%s", b.m.Nodes())
	}
}

func (b *bridge) now() clock.Instant {
	return clock.Instant{Mono: clock.Millis(time.Since(b.begun).Milliseconds()), Wall: clock.Millis(time.Now().UnixMilli())}
}

// turn gives the machine one input and carries out what follows.
func (b *bridge) turn(input func(m *cluster.Machine, now clock.Instant)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	input(b.m, b.now())
	b.m.BeforeSleep(b.now())
	for _, e := range b.m.Effects() {
		switch e := e.(type) {
		case cluster.Send:
			if c := b.conns[e.Link]; c != nil {
				c.send(e.Frame.Append(nil))
			}
		case cluster.Dial:
			b.conns[e.Link] = new(busConn)
			b.wg.Add(1)
			go b.dial(e)
		case cluster.Hangup:
			if c := b.conns[e.Link]; c != nil && c.conn != nil {
				_ = c.conn.Close()
			}
			delete(b.conns, e.Link)
		case cluster.Deliver:
			b.delivered = append(b.delivered, fmt.Sprintf("%s %s %v", e.Channel, e.Payload, e.Shard))
		case cluster.Note:
			b.notes = append(b.notes, e)
		}
	}
}

func (c *busConn) send(frame []byte) {
	if c.conn == nil {
		c.pending = append(c.pending, frame...)
		return
	}
	_ = c.conn.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = c.conn.Write(frame) // a broken link shows when it is read
}

func (b *bridge) accept() {
	defer b.wg.Done()
	for {
		conn, err := b.ln.Accept()
		if err != nil {
			return
		}
		var id cluster.LinkID
		b.turn(func(m *cluster.Machine, now clock.Instant) {
			id = m.Accepted(now, ipOf(conn.RemoteAddr()), ipOf(conn.LocalAddr()))
			b.conns[id] = &busConn{conn: conn}
		})
		b.wg.Add(1)
		go b.read(id, conn)
	}
}

func (b *bridge) dial(d cluster.Dial) {
	addr := netip.AddrPortFrom(netip.MustParseAddr(d.IP), d.Port)
	conn, err := net.DialTimeout("tcp", addr.String(), time.Second)
	if err != nil {
		b.turn(func(m *cluster.Machine, now clock.Instant) {
			delete(b.conns, d.Link)
			m.Closed(now, d.Link)
		})
		b.wg.Done()
		return
	}
	known := false
	b.turn(func(m *cluster.Machine, now clock.Instant) {
		if c := b.conns[d.Link]; c != nil {
			known = true
			c.conn = conn
			c.send(c.pending)
			m.Connected(now, d.Link, ipOf(conn.LocalAddr()))
		}
	})
	if !known {
		_ = conn.Close()
	}
	b.read(d.Link, conn)
}

// read takes frames from a link until it ends.
func (b *bridge) read(id cluster.LinkID, conn net.Conn) {
	defer b.wg.Done()
	defer func() { _ = conn.Close() }()
	frame := new(bus.Frame)
	head := make([]byte, bus.HeadBytes)
	for r := bufio.NewReader(conn); ; {
		if _, err := io.ReadFull(r, head); err != nil {
			break
		}
		size, err := bus.Length(head)
		if err != nil {
			b.t.Errorf("a real server sent: %v", err)
			break
		}
		whole := make([]byte, size)
		copy(whole, head)
		if _, err := io.ReadFull(r, whole[len(head):]); err != nil {
			break
		}
		if err := frame.Parse(whole); err != nil {
			b.t.Errorf("a real server sent: %v", err)
			continue
		}
		b.turn(func(m *cluster.Machine, now clock.Instant) { m.Receive(now, id, frame, size) })
	}
	b.turn(func(m *cluster.Machine, now clock.Instant) {
		delete(b.conns, id)
		m.Closed(now, id)
	})
}

func (b *bridge) tick() {
	defer b.wg.Done()
	const often = 20 * time.Millisecond
	for ticker := time.NewTicker(often); ; {
		select {
		case <-b.stopped:
			ticker.Stop()
			return
		case <-ticker.C:
			b.turn(func(m *cluster.Machine, now clock.Instant) { m.Tick(now) })
		}
	}
}

// must runs a command that has to succeed.
func (b *bridge) must(command func(m *cluster.Machine, now clock.Instant) error) {
	b.t.Helper()
	var err error
	b.turn(func(m *cluster.Machine, now clock.Instant) { err = command(m, now) })
	if err != nil {
		b.t.Fatal(err)
	}
}

// nodes is the machine's CLUSTER NODES.
func (b *bridge) nodes() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.m.Nodes())
}

// ask looks at the machine.
func (b *bridge) ask(question func(m *cluster.Machine) bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return question(b.m)
}

// noted counts notes of a kind.
func (b *bridge) noted(kind cluster.NoteKind) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	count := 0
	for _, n := range b.notes {
		if n.Kind == kind {
			count++
		}
	}
	return count
}

func (b *bridge) id() string { return b.m.Myself().ID.String() }

// bridgeData is what the machine sees of a bridge.
type bridgeData struct{ b *bridge }

func (bridgeData) KeysInSlot(slot.Slot) int { return 0 }
func (bridgeData) Keys() int                { return 0 }

// ReplicationOffset is what our primary last said: as if we had all of it.
func (d bridgeData) ReplicationOffset() uint64 {
	if d.b.m != nil && d.b.m.Myself().Primary != nil {
		return d.b.m.Myself().Primary.Offset
	}
	return 0
}

func (d bridgeData) PrimaryLink() (up bool, since clock.Millis) { return true, d.b.now().Mono }

func ipOf(a net.Addr) string {
	host, _, _ := net.SplitHostPort(a.String())
	return host
}

// line finds a node's line in the text of CLUSTER NODES, split into words; nil: there is none.
func line(nodes, id string) []string {
	for l := range strings.Lines(nodes) {
		if words := strings.Fields(l); len(words) > 0 && words[0] == id {
			return words
		}
	}
	return nil
}
