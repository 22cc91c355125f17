package node

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// lone is a node without a cluster, and without a network: the test is its driver.
type lone struct {
	t    testing.TB
	node *Node
	now  clock.Instant
	last *Effects
}

func newLone(t testing.TB, options map[string]string) *lone {
	t.Helper()
	conf := config.New()
	conf.SetAtStart("save", "") // snapshots have tests of their own
	for name, value := range options {
		if err := conf.SetAtStart(name, value); err != nil {
			t.Fatal(err)
		}
	}
	l := &lone{t: t, now: clock.Instant{Mono: 1, Wall: wallStart}}
	node, err := New(Config{Options: conf, Port: 7000, BusPort: 17000, Now: l.now})
	if err != nil {
		t.Fatal(err)
	}
	l.node = node
	return l
}

func (l *lone) accept() *Conn {
	return l.node.Accept(l.now, Client, addrPort("127.0.0.1:7000"), clientAddr())
}

// send gives the node bytes and has it do its turn.
func (l *lone) send(c *Conn, text string) {
	l.node.Receive(l.now, c, []byte(text))
	l.turn()
}

func (l *lone) turn() { l.last = l.node.Turn(l.now) }

// pass lets time pass, with all the turns the node asks for.
func (l *lone) pass(d clock.Millis) {
	for end := l.now.Mono + d; l.now.Mono < end; {
		l.now = l.now.Add(max(1, min(l.last.Deadline, end)-l.now.Mono))
		l.turn()
	}
}

// take takes what stands in Out.
func (l *lone) take(c *Conn) string {
	out := string(c.Out())
	l.node.Wrote(l.now, c, len(out))
	return out
}

// closed says whether the last turn closes c.
func (l *lone) closed(c *Conn) bool {
	for _, other := range l.last.Close {
		if other == c {
			return true
		}
	}
	return false
}

func TestRequestsInAnyPieces(t *testing.T) {
	var in, want strings.Builder
	for i := range 200 {
		switch i % 4 {
		case 0:
			in.Write(resp.AppendCommandStrings(nil, "SET", key(i), strings.Repeat("v", i)))
			want.WriteString("+OK\r\n")
		case 1:
			in.Write(resp.AppendCommandStrings(nil, "STRLEN", key(i-1)))
			fmt.Fprintf(&want, ":%d\r\n", i-1)
		case 2:
			in.WriteString("PING inline\r\n")
			want.WriteString("$6\r\ninline\r\n")
		case 3:
			in.WriteString("\r\n*0\r\n")
		}
	}
	for seed := range uint64(50) {
		l := newLone(t, nil)
		c := l.accept()
		r := rand.New(rand.NewPCG(seed, 0))
		var got strings.Builder
		for rest := in.String(); rest != ""; {
			n := 1 + r.IntN(min(len(rest), 1<<r.IntN(12)))
			l.send(c, rest[:n])
			rest = rest[n:]
			out := c.Out()
			out = out[:r.IntN(len(out)+1)] // the socket takes a part of it
			got.Write(out)
			l.node.Wrote(l.now, c, len(out))
		}
		got.WriteString(l.take(c))
		if got.String() != want.String() {
			t.Fatalf("seed %d: replies differ:\n%.200q\n%.200q", seed, got.String(), want.String())
		}
		if cap(c.in.buf) > keptBytes {
			t.Fatalf("%d bytes kept for requests that are done", cap(c.in.buf))
		}
	}
}

func TestProtocolErrorIsAnsweredThenTheConnectionCloses(t *testing.T) {
	l := newLone(t, nil)
	c := l.accept()
	l.send(c, "PING\r\n*1\r\n:1\r\nPING\r\n")
	if !l.closed(c) || !c.CloseAfterWrite {
		t.Fatal("the connection goes on")
	}
	if got := l.take(c); got != "+PONG\r\n-ERR Protocol error: expected '$', got ':'\r\n" {
		t.Errorf("%q", got)
	}
	l.send(c, "PING\r\n")
	if len(c.Out()) > 0 {
		t.Errorf("a connection that ended was answered: %q", c.Out())
	}
	l.node.Closed(l.now, c, "late")
}

func TestUnfinishedRequestHasALimit(t *testing.T) {
	l := newLone(t, map[string]string{"client-query-buffer-limit": "1mb"})
	c := l.accept()
	l.send(c, "*2\r\n$3\r\nGET\r\n$2000000\r\n")
	for i := 0; i < 30 && !l.closed(c); i++ {
		l.send(c, strings.Repeat("x", 50_000))
	}
	if !l.closed(c) || c.CloseAfterWrite || len(c.Out()) > 0 {
		t.Error("a request above client-query-buffer-limit was taken, or answered")
	}
}

func TestBlockedClientKeepsItsOrderAndItsLimit(t *testing.T) {
	l := newLone(t, map[string]string{"client-query-buffer-limit": "1mb"})
	c := l.accept()
	l.send(c, "SET a 1\r\nWAIT 1 100\r\nSET a 2\r\nGET a\r\n")
	if got := l.take(c); got != "+OK\r\n" {
		t.Fatalf("before the wait is over: %q", got)
	}
	l.pass(99)
	l.send(c, "PING\r\n")
	if got := l.take(c); got != "" {
		t.Fatalf("before the wait is over: %q", got)
	}
	l.pass(1)
	if got := l.take(c); got != ":0\r\n+OK\r\n$1\r\n2\r\n+PONG\r\n" {
		t.Fatalf("after the wait: %q", got)
	}
	l.send(c, "WAIT 1 0\r\n")
	for i := 0; i < 30 && !l.closed(c); i++ {
		l.send(c, strings.Repeat("PING\r\n", 10_000))
	}
	if !l.closed(c) {
		t.Error("a client that waits may send without limit")
	}
}

func TestPausedWritesComeAgainInOrder(t *testing.T) {
	l := newLone(t, nil)
	a, b := l.accept(), l.accept()
	l.send(a, "CLIENT PAUSE 500 WRITE\r\nSET x 1\r\nGET x\r\n")
	l.send(b, "GET x\r\nSET y 1\r\n")
	if got := l.take(a) + l.take(b); got != "+OK\r\n$-1\r\n" {
		t.Fatalf("during the pause: %q", got)
	}
	l.pass(499)
	l.send(b, "GET y\r\n")
	if got := l.take(a) + l.take(b); got != "" {
		t.Fatalf("during the pause: %q", got)
	}
	l.pass(1)
	if got := l.take(a); got != "+OK\r\n$1\r\n1\r\n" {
		t.Errorf("after the pause: %q", got)
	}
	if got := l.take(b); got != "+OK\r\n$1\r\n1\r\n" {
		t.Errorf("after the pause: %q", got)
	}
}

// TestTooManyClients: another node counts as two connections, as soon as there is one.
func TestTooManyClients(t *testing.T) {
	for options, want := range map[string]string{
		"no":  "-ERR max number of clients reached\r\n",
		"yes": "-ERR max number of clients + cluster connections reached\r\n",
	} {
		l := newLone(t, map[string]string{"maxclients": "3", "cluster-enabled": options})
		first, second := l.accept(), l.accept()
		l.turn()
		if l.closed(first) || l.closed(second) {
			t.Errorf("cluster-enabled %s: two clients are too many", options)
		}
		if options == "yes" {
			l.send(first, "CLUSTER MEET 127.0.0.1 1234\r\n")
			l.turn()
		} else {
			l.accept()
		}
		c := l.accept()
		l.turn()
		if got := l.take(c); got != want || !l.closed(c) {
			t.Errorf("cluster-enabled %s: the client that is too many is told %q", options, got)
		}
	}
}

func TestProtectedMode(t *testing.T) {
	for _, c := range []struct {
		options map[string]string
		from    string
		refused bool
	}{
		{nil, "127.0.0.1:5", false},
		{nil, "[::1]:5", false},
		{nil, "[::ffff:127.0.0.1]:5", false},
		{nil, "10.0.0.1:5", true},
		{map[string]string{"protected-mode": "no"}, "10.0.0.1:5", false},
		{map[string]string{"requirepass": "x"}, "10.0.0.1:5", false},
	} {
		l := newLone(t, c.options)
		conn := l.node.Accept(l.now, Client, addrPort("10.0.0.2:7000"), addrPort(c.from))
		l.turn()
		if refused := l.closed(conn); refused != c.refused || refused != strings.HasPrefix(l.take(conn), "-DENIED ") {
			t.Errorf("%v from %s: refused %v", c.options, c.from, refused)
		}
	}
}

func TestIdleClientsAreClosed(t *testing.T) {
	l := newLone(t, map[string]string{"timeout": "5"})
	idle, busy, listening := l.accept(), l.accept(), l.accept()
	l.send(listening, "SUBSCRIBE x\r\n")
	l.take(listening)
	for range 6 {
		l.send(busy, "PING\r\n")
		l.take(busy)
		l.pass(1000)
	}
	if !idle.gone() || busy.gone() || listening.gone() {
		t.Errorf("closed: the idle one %v, the busy one %v, the listening one %v", idle.gone(), busy.gone(), listening.gone())
	}
}

func TestSlowReadersOfMessagesAreClosed(t *testing.T) {
	message := func(bytes int) string {
		return string(resp.AppendCommandStrings(nil, "PUBLISH", "x", strings.Repeat("m", bytes)))
	}
	l := newLone(t, map[string]string{"client-output-buffer-limit": "pubsub 1mb 100kb 10"})
	slow, other := l.accept(), l.accept()
	l.send(slow, "SUBSCRIBE x\r\n")
	l.send(other, message(100<<10))
	l.pass(10_000)
	if slow.gone() {
		t.Fatal("closed before its time was over")
	}
	l.pass(2000)
	if !slow.gone() {
		t.Error("above the soft limit for too long, and not closed")
	}
	slow = l.accept()
	l.send(slow, "SUBSCRIBE x\r\n")
	l.send(other, message(1<<20))
	if !l.closed(slow) || slow.CloseAfterWrite {
		t.Error("above the hard limit, and not closed at once")
	}
	l.send(other, "GET x\r\n")
	if other.gone() {
		t.Error("an ordinary client has a limit")
	}
	l.send(l.accept(), "CONFIG SET client-output-buffer-limit \"normal 5kb 0 0\"\r\n")
	l.send(other, message(1)+"SET k "+strings.Repeat("v", 6000)+"\r\nGET k\r\n")
	if !other.gone() {
		t.Error("an ordinary client is above its limit, and not closed")
	}
}

// TestUnreadRepliesTakeTheirOwnSize: what a client does not read is kept in pieces, in order, and takes hardly more memory
// than it is long.
func TestUnreadRepliesTakeTheirOwnSize(t *testing.T) {
	const size, times = 10_000, 2000
	l := newLone(t, nil)
	c := l.accept()
	l.send(c, "SET k "+strings.Repeat("v", size)+"\r\n")
	l.take(c)
	for range times / 100 {
		l.send(c, strings.Repeat("GET k\r\n", 100))
	}
	one := fmt.Sprintf("$%d\r\n%s\r\n", size, strings.Repeat("v", size))
	if got := c.unwritten(); got != times*len(one) {
		t.Fatalf("%d bytes are to be written, want %d", got, times*len(one))
	}
	memory := cap(c.Session.Reply.Buf)
	for _, block := range c.blocks {
		memory += cap(block)
	}
	if most := times * len(one) * 5 / 4; memory > most {
		t.Errorf("%d bytes of replies take %d", times*len(one), memory)
	}
	var got []byte
	for len(c.Out()) > 0 {
		n := min(len(c.Out()), 100_000) // a socket takes what it likes
		got = append(got, c.Out()[:n]...)
		l.node.Wrote(l.now, c, n)
	}
	if string(got) != strings.Repeat(one, times) {
		t.Error("the replies are not what was asked for, in order")
	}
	if l.send(c, "PING\r\n"); l.take(c) != "+PONG\r\n" {
		t.Error("it does not go on")
	}
}

func TestShutdown(t *testing.T) {
	l := newLone(t, nil)
	l.turn()
	if l.last.Exit != nil {
		t.Fatal("exit before it was asked for")
	}
	l.node.Stop(l.now)
	l.turn()
	if l.last.Exit == nil || l.last.Exit.Code != 0 {
		t.Errorf("exit %v", l.last.Exit)
	}
	l = newLone(t, nil)
	l.send(l.accept(), "SHUTDOWN\r\n")
	if l.last.Exit == nil || l.last.Exit.Code != 0 {
		t.Errorf("exit %v after SHUTDOWN", l.last.Exit)
	}
}

// TestNothingIsAllocatedPerRequest: a GET and a SET, from the bytes that arrived to the bytes that are written.
func TestNothingIsAllocatedPerRequest(t *testing.T) {
	for _, options := range []map[string]string{nil, {"cluster-enabled": "yes", "cluster-startup-delay": "0"}} {
		l := newLone(t, options)
		c := l.accept()
		if options != nil {
			l.send(c, "CLUSTER ADDSLOTSRANGE 0 16383\r\n")
			l.pass(3000)
			l.take(c)
		}
		set := resp.AppendCommandStrings(nil, "SET", "key:000000000042", strings.Repeat("v", 64))
		get := resp.AppendCommandStrings(nil, "GET", "key:000000000042")
		round := func() {
			for _, request := range [][]byte{set, get} {
				l.node.Receive(l.now, c, request)
				for _, w := range l.node.Turn(l.now).Write {
					l.node.Wrote(l.now, w, len(w.Out()))
				}
			}
		}
		for range 100 {
			round()
		}
		if n := testing.AllocsPerRun(1000, round); n != 0 {
			t.Errorf("options %v: %v allocations for a SET and a GET", options, n)
		}
		l.send(c, "GET key:000000000042\r\n")
		if got := l.take(c); got != "$64\r\n"+strings.Repeat("v", 64)+"\r\n" {
			t.Errorf("GET: %q", got)
		}
	}
}

// FuzzClientBytes: no bytes of a client can break the node, and it still serves others.
func FuzzClientBytes(f *testing.F) {
	f.Add([]byte("PING\r\n*1\r\n$4\r\nPING\r\n"))
	f.Add([]byte("PSYNC ? -1\r\nSET a b\r\nREPLCONF ACK 1\r\n"))
	f.Add([]byte("MULTI\r\nSET a b\r\nEXEC\r\nSYNC\r\n"))
	f.Add([]byte("SET a b\r\nMIGRATE 127.0.0.1 1 a 0 10\r\nGET a\r\nSET a c\r\n"))
	f.Add([]byte("REPLCONF listening-port 1 capa psync2\r\nPSYNC aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 5\r\nWAIT 1 1\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		l := newLone(t, nil)
		c, other := l.accept(), l.accept()
		for _, piece := range [][]byte{in[:len(in)/2], in[len(in)/2:]} {
			l.node.Receive(l.now, c, piece)
			l.turn()
		}
		l.pass(50)
		l.node.Closed(l.now, c, "end")
		l.pass(50)
		lower := bytes.ToLower(in)
		for _, word := range []string{"client", "debug", "shutdown", "config"} {
			if bytes.Contains(lower, []byte(word)) {
				return // the other client may rightly be gone, or paused
			}
		}
		l.send(other, "ECHO alive\r\n")
		if got := l.take(other); got != "$5\r\nalive\r\n" {
			t.Fatalf("another client is told %q", got)
		}
	})
}
