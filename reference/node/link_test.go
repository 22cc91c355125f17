package node

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/bus"
)

// lonePeer is a node in cluster mode, with a link that a peer has opened to it.
func lonePeer(t testing.TB) (*lone, *Conn) {
	l := newLone(t, map[string]string{"cluster-enabled": "yes", "cluster-startup-delay": "0"})
	return l, l.node.Accept(l.now, BusIn, addrPort("127.0.0.1:17000"), clientAddr())
}

// ping is a ping from a stranger, who gets a pong and nothing else (spec §2.8).
func ping() []byte {
	f := bus.Frame{Header: bus.Header{Type: bus.TypePing, Sender: idOf(7), Port: 7007, BusPort: 17007, Flags: bus.FlagPrimary}}
	return f.Append(nil)
}

func TestFramesInAnyPieces(t *testing.T) {
	for seed := range uint64(20) {
		l, c := lonePeer(t)
		r := rand.New(rand.NewPCG(seed, 0))
		const pings = 10
		pongs := 0
		for in := bytes.Repeat(ping(), pings); len(in) > 0; {
			n := 1 + r.IntN(min(len(in), 5000))
			l.node.Receive(l.now, c, in[:n])
			in = in[n:]
			l.turn()
			for out := []byte(l.take(c)); len(out) > 0; pongs++ {
				size, err := bus.Length(out)
				var f bus.Frame
				if err = errors.Join(err, f.Parse(out[:size])); err != nil || f.Type != bus.TypePong {
					t.Fatalf("answer %v: %v", f.Type, err)
				}
				out = out[size:]
			}
		}
		if pongs != pings {
			t.Fatalf("seed %d: %d pongs for %d pings", seed, pongs, pings)
		}
	}
}

// TestDamagedFrames: some end the link, the others are passed over (spec §2.6).
func TestDamagedFrames(t *testing.T) {
	change := func(at int, b byte) []byte {
		f := ping()
		f[at] = b
		return f
	}
	for _, c := range []struct {
		name  string
		frame []byte
		ends  bool
	}{
		{"signature", change(0, 'X'), true},
		{"length below a header", change(6, 0), true},
		{"version", change(9, 2), false},
		{"more gossip than bytes", change(15, 1), false},
	} {
		l, conn := lonePeer(t)
		l.node.Receive(l.now, conn, append(c.frame, ping()...))
		l.turn()
		if l.closed(conn) != c.ends {
			t.Errorf("%s: link closed %v, want %v", c.name, l.closed(conn), c.ends)
		}
		if answered := len(conn.Out()) > 0; !c.ends && !answered {
			t.Errorf("%s: the frame after it was not answered", c.name)
		}
	}
}

// TestLongFramesOfNoUse: what will be dropped is not kept until it is complete, and what comes after it is read.
func TestLongFramesOfNoUse(t *testing.T) {
	begin := func(t bus.Type, claim int) []byte {
		f := bus.Frame{Header: bus.Header{Type: t, Sender: idOf(7), Port: 7007, BusPort: 17007, Flags: bus.FlagPrimary}}
		b := f.Append(nil)[:bus.HeaderBytes]
		binary.BigEndian.PutUint32(b[4:], uint32(claim))
		return b
	}
	for _, kind := range []bus.Type{bus.TypePing, bus.TypeFail, bus.TypePublish, bus.TypeAuthRequest, bus.TypeUpdate, bus.TypeModule, 99} {
		l, c := lonePeer(t)
		const claim = 8 << 20
		l.node.Receive(l.now, c, begin(kind, claim))
		rest := make([]byte, 1<<20)
		for left := claim - bus.HeaderBytes; left > 0; {
			n := min(left, len(rest))
			l.node.Receive(l.now, c, rest[:n])
			if kept := c.in.len(); kept > 1<<12 {
				t.Fatalf("%v: %d bytes are kept", kind, kept)
			}
			left -= n
		}
		l.turn()
		before := len(c.Out())
		l.node.Receive(l.now, c, ping())
		l.turn()
		if l.closed(c) || len(c.Out()) == before {
			t.Errorf("%v: the ping after it is not answered", kind)
		}
	}
}

// TestSlowPeerLosesItsLink: what waits for a peer is looked at when the cron is due, and CLUSTER INFO counts who lost a link.
func TestSlowPeerLosesItsLink(t *testing.T) {
	l := newLone(t, map[string]string{"cluster-enabled": "yes", "cluster-link-sendbuf-limit": "100kb"})
	slow := l.node.Accept(l.now, BusIn, addrPort("127.0.0.1:17000"), clientAddr())
	quick := l.node.Accept(l.now, BusIn, addrPort("127.0.0.1:17000"), clientAddr())
	for range 100 {
		l.node.Receive(l.now, slow, ping())
		l.node.Receive(l.now, quick, ping())
		l.turn()
		l.node.Wrote(l.now, quick, len(quick.Out()))
	}
	if l.closed(slow) {
		t.Error("the link is dropped between two crons: the peer had no chance to read")
	}
	l.pass(100)
	if !l.closed(slow) || l.closed(quick) {
		t.Errorf("%d bytes unread: closed %v; %d bytes unread: closed %v", len(slow.Out()), l.closed(slow), len(quick.Out()), l.closed(quick))
	}
	c := l.accept()
	l.send(c, "CLUSTER INFO\r\n")
	if got := l.take(c); !strings.Contains(got, "total_cluster_links_buffer_limit_exceeded:1\r\n") {
		t.Errorf("CLUSTER INFO does not count one link: %q", got)
	}
}

// TestNothingIsToldThatIsNotSaved: when nodes.conf cannot be written, a node that changed it ends, and one that only was
// asked to save it says so.
func TestNothingIsToldThatIsNotSaved(t *testing.T) {
	broken := errors.New("no space left on device")
	l := newLone(t, map[string]string{"cluster-enabled": "yes"})
	c := l.accept()
	l.turn()
	l.node.Saved(l.now, nil)
	l.take(c)
	l.send(c, "CLUSTER SAVECONFIG\r\nPING\r\n")
	if l.last.Save == nil || len(c.Out()) > 0 {
		t.Fatalf("SAVECONFIG saves %d bytes and says %q", len(l.last.Save), c.Out())
	}
	l.node.Saved(l.now, nil)
	l.turn()
	if got := l.take(c); got != "+OK\r\n+PONG\r\n" {
		t.Errorf("SAVECONFIG: %q", got)
	}
	other := l.accept()
	l.node.Receive(l.now, other, []byte("PING\r\n"))
	l.send(c, "CLUSTER SAVECONFIG\r\n")
	l.node.Saved(l.now, broken)
	l.turn()
	if got := l.take(c); got != "-ERR error saving the cluster node config: no space left on device\r\n" || l.last.Exit != nil {
		t.Errorf("SAVECONFIG without space: %q, exit %v", got, l.last.Exit)
	}
	if len(l.last.Write) != 2 {
		t.Errorf("%d connections to write to: the turn that was not carried out is forgotten", len(l.last.Write))
	}
	l.send(c, "CLUSTER ADDSLOTS 1\r\n")
	if l.last.Save == nil || !strings.Contains(string(l.last.Save), " 1\n") {
		t.Fatalf("saved: %q", l.last.Save)
	}
	l.node.Saved(l.now, broken)
	l.turn()
	if l.last.Exit == nil || l.last.Exit.Code == 0 {
		t.Errorf("exit %v after a slot that could not be saved", l.last.Exit)
	}
}

func TestDamagedNodesConfIsAnError(t *testing.T) {
	l := newLone(t, map[string]string{"cluster-enabled": "yes"})
	_, err := New(Config{Options: l.node.options, NodesConf: []byte("no nodes in here\n"), Now: l.now})
	if err == nil || !strings.Contains(err.Error(), "nodes.conf") {
		t.Errorf("error %v", err)
	}
}

// FuzzBusBytes: no bytes of a peer can break the node.
func FuzzBusBytes(f *testing.F) {
	f.Add(ping())
	meet := bus.Frame{Header: bus.Header{Type: bus.TypeMeet, Sender: idOf(7), Port: 7007, BusPort: 17007, Flags: bus.FlagPrimary}}
	f.Add(meet.Append(ping()))
	f.Add(ping()[:100])
	f.Fuzz(func(t *testing.T, in []byte) {
		l, c := lonePeer(t)
		other := l.accept()
		for _, piece := range [][]byte{in[:len(in)/2], in[len(in)/2:]} {
			l.node.Receive(l.now, c, piece)
			l.turn()
		}
		l.pass(300)
		l.send(other, "ECHO alive\r\n")
		if got := l.take(other); got != "$5\r\nalive\r\n" {
			t.Fatalf("a client is told %q", got)
		}
	})
}
