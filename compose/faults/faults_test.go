package faults

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/compose/wire/bus"
)

func TestRules(t *testing.T) {
	var r Rules
	r.Cut([]string{"A", "B"}, []string{"B", "C"})
	r.Add(Filter{From: []string{"D"}, To: []string{"A"}, Types: []bus.Type{bus.Ping}, Drop: true})
	r.Add(Filter{From: []string{"D"}, To: []string{"A", "B"}, Delay: time.Second})
	r.Add(Filter{From: []string{"D"}, To: []string{"B"}, Delay: time.Minute})
	for _, test := range []struct {
		from, to string
		kind     bus.Type
		drop     bool
		delay    time.Duration
		holds    bool
	}{
		{"A", "B", bus.Ping, false, 0, true},
		{"B", "A", bus.Pong, false, 0, true},
		{"C", "B", bus.Fail, false, 0, true},
		{"B", "B", bus.Fail, false, 0, false},
		{"D", "A", bus.Ping, true, time.Second, false},
		{"D", "A", bus.Pong, false, time.Second, false},
		{"A", "D", bus.Ping, false, 0, false},
		{"D", "B", bus.Ping, false, time.Minute, false},
		{"", "B", bus.Ping, false, 0, false},
	} {
		drop, delay := r.Frame(test.from, test.to, test.kind)
		if drop != test.drop || delay != test.delay || r.Holds(test.from, test.to) != test.holds {
			t.Errorf("%s to %s, %s: dropped %t, delayed %s, held %t", test.from, test.to, test.kind, drop, delay, r.Holds(test.from, test.to))
		}
	}
	r.Heal()
	if drop, delay := r.Frame("D", "B", bus.Ping); drop || delay != 0 || r.Holds("A", "B") {
		t.Error("healed, and not whole")
	}
}

func TestCommandsAreUnderstoodHoweverTheyAreCut(t *testing.T) {
	stream := wire.AppendCommand(nil, "MIGRATE", "127.0.0.1", "7000", "key", "0", "1000")
	stream = wire.AppendCommand(stream, "SET", "k", strings.Repeat("x", 100_000), "\r\n*1\r\n$4\r\nPING\r\n")
	stream = wire.AppendCommand(stream, "REPLCONF", "listening-port", "")
	want := [][]string{{"MIGRATE", "127.0.0.1", "7000"}, {"SET", "k", strings.Repeat("x", keptBytes)}, {"REPLCONF", "listening-port", ""}}
	for _, size := range []int{1, 2, 7, 1000, len(stream)} {
		var c commands
		var got [][]string
		for rest := stream; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			c.scan(rest[:min(size, len(rest))], func(args []string) { got = append(got, args) })
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("in pieces of %d: %q", size, got)
		}
	}
}

func FuzzCommands(f *testing.F) {
	f.Add(wire.AppendCommand(nil, "GET", "a"), 3)
	f.Add([]byte("PING\r\n*-1\r\n$5\r\n*3\r\n$999999999999\r\n"), 1)
	f.Fuzz(func(t *testing.T, stream []byte, size int) {
		if size < 1 {
			return
		}
		read := func(size int) (got [][]string) {
			var c commands
			for rest := stream; len(rest) > 0; rest = rest[min(size, len(rest)):] {
				c.scan(rest[:min(size, len(rest))], func(args []string) { got = append(got, args) })
			}
			return got
		}
		if whole, pieces := read(len(stream)+1), read(size); !reflect.DeepEqual(whole, pieces) {
			t.Errorf("whole %q, in pieces %q", whole, pieces)
		}
	})
}

// backend is a node that echoes what it is sent.
type backend struct {
	name string
	port int // the client port that it announces
	echo [2]net.Listener
}

// stand puts a proxy in front of nodes that echo.
func stand(t *testing.T, names ...string) (*Proxy, map[string]*backend) {
	p, nodes := New(), map[string]*backend{}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range names {
		n := &backend{name: name}
		for i := range n.echo {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			n.echo[i] = l
			go func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					go func() { io.Copy(conn, conn); conn.Close() }()
				}
			}()
		}
		var err error
		if n.port, err = p.Announce(name, n.echo[0].Addr().String(), n.echo[1].Addr().(*net.TCPAddr).Port); err != nil {
			t.Fatal(err)
		}
		nodes[name] = n
	}
	return p, nodes
}

func dial(t *testing.T, port int) net.Conn {
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// busOf opens a link of the bus from one node to another.
func busOf(t *testing.T, from, to *backend) *peer {
	conn := dial(t, to.port+target.BusPortOffset)
	return &peer{t, from, conn, bus.NewReader(conn)}
}

type peer struct {
	t    *testing.T
	node *backend
	conn net.Conn
	in   *bus.Reader
}

func (p *peer) send(kind bus.Type) {
	p.t.Helper()
	f := bus.Frame{Version: bus.Version, Type: kind, Sender: bus.NewID(), BusPort: uint16(p.node.port + target.BusPortOffset)}
	if _, err := p.conn.Write(f.Bytes()); err != nil {
		p.t.Fatal(err)
	}
}

// echoed is the type of the frame that comes back next, or "" if none does for a while.
func (p *peer) echoed(wait time.Duration) string {
	p.conn.SetReadDeadline(time.Now().Add(wait))
	f, err := p.in.Frame()
	if err != nil {
		return ""
	}
	return f.Type.String()
}

const (
	soon  = 10 * time.Second
	never = 100 * time.Millisecond
)

func TestFramesPassAndAreRecorded(t *testing.T) {
	p, nodes := stand(t, "A", "B")
	link := busOf(t, nodes["A"], nodes["B"])
	link.send(bus.Ping)
	if got := link.echoed(soon); got != "ping" {
		t.Fatalf("got %q", got)
	}
	all := p.Log.All()
	if len(all) != 2 || all[0].From != "A" || all[0].To != "B" || all[1].From != "B" || all[1].To != "A" {
		t.Errorf("recorded %+v", all)
	}
}

func TestFramesAreDroppedByTypeAndWay(t *testing.T) {
	p, nodes := stand(t, "A", "B")
	link := busOf(t, nodes["A"], nodes["B"])
	p.Change(func(r *Rules) {
		r.Add(Filter{From: []string{"A"}, To: []string{"B"}, Types: []bus.Type{bus.Fail}, Drop: true})
	})
	link.send(bus.Fail)
	link.send(bus.Ping)
	if got := link.echoed(soon); got != "ping" {
		t.Errorf("first came %q", got)
	}
	if n := p.Log.Count(func(s *bus.Seen) bool { return s.Dropped }); n != 1 {
		t.Errorf("%d frames are recorded as dropped", n)
	}
}

func TestACutHoldsTheBusAndLosesNothing(t *testing.T) {
	p, nodes := stand(t, "A", "B", "C")
	link, other := busOf(t, nodes["A"], nodes["B"]), busOf(t, nodes["C"], nodes["B"])
	p.Change(func(r *Rules) { r.Cut([]string{"A"}, []string{"B", "C"}) })
	link.send(bus.Ping)
	other.send(bus.Ping)
	if got := other.echoed(soon); got != "ping" {
		t.Errorf("between those that are not cut off: %q", got)
	}
	if got := link.echoed(never); got != "" {
		t.Errorf("across the cut came %q", got)
	}
	p.Change((*Rules).Heal)
	link.in = bus.NewReader(link.conn)
	link.send(bus.Meet)
	for _, want := range []string{"ping", "meet"} {
		if got := link.echoed(soon); got != want {
			t.Errorf("after the cut came %q, want %q", got, want)
		}
	}
}

func TestDelayedFramesKeepTheirOrder(t *testing.T) {
	p, nodes := stand(t, "A", "B")
	link := busOf(t, nodes["A"], nodes["B"])
	const delay = 200 * time.Millisecond
	p.Change(func(r *Rules) {
		r.Add(Filter{From: []string{"A"}, To: []string{"B"}, Types: []bus.Type{bus.Pong}, Delay: delay})
	})
	began := time.Now()
	for range 3 {
		link.send(bus.Pong)
		link.send(bus.Ping)
	}
	for i := range 6 {
		if got := link.echoed(soon); got != []string{"pong", "ping"}[i%2] {
			t.Errorf("frame %d is a %s", i, got)
		}
	}
	if took := time.Since(began); took < delay || took > 5*delay {
		t.Errorf("all together took %s", took)
	}
}

func TestWhatIsNoFramePasses(t *testing.T) {
	_, nodes := stand(t, "A", "B")
	link := busOf(t, nodes["A"], nodes["B"])
	link.send(bus.Ping)
	io.WriteString(link.conn, "GET / HTTP/1.0\r\n")
	if got := link.echoed(soon); got != "ping" {
		t.Fatalf("got %q", got)
	}
	if line, err := bufio.NewReader(link.in.Rest()).ReadString('\n'); line != "GET / HTTP/1.0\r\n" {
		t.Errorf("%q, %v", line, err)
	}
}

// exchange sends a request and reads as many bytes back.
func exchange(conn net.Conn, request []byte, wait time.Duration) bool {
	conn.SetDeadline(time.Now().Add(wait))
	if _, err := conn.Write(request); err != nil {
		return false
	}
	back := make([]byte, len(request))
	_, err := io.ReadFull(conn, back)
	return err == nil && bytes.Equal(back, request)
}

func TestReplicationIsHeldAndClientsAreNot(t *testing.T) {
	p, nodes := stand(t, "A", "B")
	replica, client := dial(t, nodes["A"].port), dial(t, nodes["A"].port)
	own := nodes["B"].echo[0].Addr().(*net.TCPAddr).Port
	hello := wire.AppendCommand(nil, "REPLCONF", "listening-port", strconv.Itoa(own))
	if !exchange(replica, hello, soon) {
		t.Fatal("nothing came back")
	}
	p.Change(func(r *Rules) { r.Cut([]string{"A"}, []string{"B"}) })
	ping := wire.AppendCommand(nil, "PING")
	if exchange(replica, ping, never) {
		t.Error("a replica that is cut off is answered")
	}
	if !exchange(client, ping, soon) {
		t.Error("a client is not answered")
	}
	p.Change((*Rules).Heal)
	back := make([]byte, len(ping))
	replica.SetDeadline(time.Now().Add(soon))
	if _, err := io.ReadFull(replica, back); err != nil || !bytes.Equal(back, ping) {
		t.Errorf("after the cut: %q, %v", back, err)
	}
}

func TestMigrationIsKnownByTheMigrateThatBeganIt(t *testing.T) {
	p, nodes := stand(t, "A", "B")
	client := dial(t, nodes["A"].port)
	if !exchange(client, wire.AppendCommand(nil, "MIGRATE", "127.0.0.1", strconv.Itoa(nodes["B"].port), "k", "0", "9"), soon) {
		t.Fatal("nothing came back")
	}
	p.Change(func(r *Rules) { r.Cut([]string{"A"}, []string{"B"}) })
	if exchange(dial(t, nodes["B"].port), wire.AppendCommand(nil, "RESTORE-ASKING", "k", "0", "x"), never) {
		t.Error("keys cross the cut")
	}
}

func TestLinksBreak(t *testing.T) {
	p, nodes := stand(t, "A", "B")
	link := busOf(t, nodes["A"], nodes["B"])
	link.send(bus.Ping)
	link.echoed(soon)
	p.Break("B", "A")
	link.conn.SetReadDeadline(time.Now().Add(soon))
	if _, err := link.conn.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("read: %v", err)
	}
}

func TestANodeThatIsDownEndsTheConnection(t *testing.T) {
	_, nodes := stand(t, "A")
	nodes["A"].echo[0].Close()
	conn := dial(t, nodes["A"].port)
	conn.SetReadDeadline(time.Now().Add(soon))
	if _, err := conn.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("read: %v", err)
	}
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}

// A link that nobody reads at the far end fills up to its limit and then holds its sender.
func TestTheQueueIsBounded(t *testing.T) {
	q := newQueue()
	pushed := make(chan int)
	go func() {
		n := 0
		for q.push(make([]byte, 1<<20), time.Now()) {
			n++
			pushed <- n
		}
		close(pushed)
	}()
	for range queueBytes >> 20 {
		<-pushed
	}
	select {
	case n := <-pushed:
		t.Errorf("%d MB were taken", n)
	case <-time.After(never):
	}
	q.close()
	for range pushed {
	}
}
