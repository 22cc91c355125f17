package node

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/ports"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// shell drives one node over real sockets, for the tests that ask a real redis-server. One goroutine owns the node; one for
// each connection reads.
type shell struct {
	t      *testing.T
	node   *Node
	port   int
	inputs chan func()
	start  time.Time
	log    []string
}

func (s *shell) now() clock.Instant {
	t := time.Now()
	return clock.Instant{Mono: clock.Millis(t.Sub(s.start).Milliseconds()), Wall: clock.Millis(t.UnixMilli())}
}

func startShell(t *testing.T, options map[string]string) *shell {
	t.Helper()
	s := &shell{t: t, inputs: make(chan func(), 1000), start: time.Now()}
	conf := config.New()
	conf.SetAtStart("save", "") // snapshots have tests of their own
	for name, value := range options {
		if err := conf.SetAtStart(name, value); err != nil {
			t.Fatal(err)
		}
	}
	s.port = ports.ForTest(t)
	clients, bus := listen(t, s.port), listen(t, s.port+ports.BusOffset)
	node, err := New(Config{Options: conf, Port: uint16(s.port), BusPort: uint16(s.port + 10000), Seed: uint64(s.port), Now: s.now()})
	if err != nil {
		t.Fatal(err)
	}
	s.node = node
	stop, stopped := make(chan struct{}), make(chan struct{})
	go s.accept(clients, Client)
	go s.accept(bus, BusIn)
	go s.loop(stop, stopped)
	t.Cleanup(func() {
		clients.Close()
		bus.Close()
		close(stop)
		<-stopped
		if t.Failed() {
			t.Logf("the node's log:\n%s", strings.Join(s.log, "\n"))
		}
		for _, c := range s.node.conns {
			if socket, ok := c.Shell.(net.Conn); ok {
				socket.Close()
			}
		}
	})
	return s
}

func listen(t *testing.T, port int) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// loop owns the node.
func (s *shell) loop(stop, stopped chan struct{}) {
	defer close(stopped)
	for {
		deadline := s.turn()
		timer := time.NewTimer(time.Duration(max(0, deadline-s.now().Mono)) * time.Millisecond)
		select {
		case <-stop:
			timer.Stop()
			return
		case do := <-s.inputs:
			do()
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (s *shell) turn() clock.Millis {
	e := s.node.Turn(s.now())
	if e.Save != nil {
		s.node.Saved(s.now(), nil)
	}
	for _, line := range e.Log {
		s.log = append(s.log, fmt.Sprintf("%d %s", s.now().Mono, line.Text))
	}
	for _, c := range e.Write {
		if socket, ok := c.Shell.(net.Conn); ok {
			for len(c.Out()) > 0 {
				n, err := socket.Write(c.Out())
				s.node.Wrote(s.now(), c, n)
				if err != nil {
					break // the reader notices
				}
			}
		}
	}
	for _, c := range e.Close {
		if socket, ok := c.Shell.(net.Conn); ok {
			socket.Close()
		}
	}
	for _, c := range e.Dial {
		go s.dial(c)
	}
	return e.Deadline
}

func (s *shell) accept(l net.Listener, kind Kind) {
	for {
		socket, err := l.Accept()
		if err != nil {
			return
		}
		s.inputs <- func() {
			c := s.node.Accept(s.now(), kind, addrOf(socket.LocalAddr()), addrOf(socket.RemoteAddr()))
			c.Shell = socket
			go s.read(c, socket)
		}
	}
}

func (s *shell) dial(c *Conn) {
	socket, err := net.DialTimeout("tcp", c.Addr, time.Second)
	s.inputs <- func() {
		if err != nil {
			s.node.Closed(s.now(), c, err.Error())
			return
		}
		c.Shell = socket
		s.node.Connected(s.now(), c, addrOf(socket.LocalAddr()), addrOf(socket.RemoteAddr()))
		go s.read(c, socket)
	}
}

func (s *shell) read(c *Conn, socket net.Conn) {
	for {
		buf := make([]byte, 16<<10)
		n, err := socket.Read(buf)
		s.inputs <- func() {
			s.node.Receive(s.now(), c, buf[:n])
			if err != nil {
				s.node.Closed(s.now(), c, err.Error())
				socket.Close()
			}
		}
		if err != nil {
			return
		}
	}
}

// do runs f where the node may be looked at.
func (s *shell) do(f func()) {
	done := make(chan struct{})
	s.inputs <- func() { f(); close(done) }
	<-done
}

func addrOf(a net.Addr) netip.AddrPort { return a.(*net.TCPAddr).AddrPort() }

// eventually waits until cond holds.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !cond() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// ask sends a request to a port and returns the reply as it came.
func ask(t *testing.T, port int, args ...string) string {
	t.Helper()
	c, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Write(resp.AppendCommandStrings(nil, args...)); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(c)
	var reply []byte
	for replySize(reply) == 0 {
		b, err := r.ReadByte()
		if err != nil {
			t.Fatalf("%q: %v after %q", args, err, reply)
		}
		reply = append(reply, b)
	}
	return string(reply)
}

// want asks for a reply.
func want(t *testing.T, port int, reply string, args ...string) {
	t.Helper()
	if got := ask(t, port, args...); got != reply {
		t.Fatalf("%q: %q, want %q", args, got, reply)
	}
}

// field finds a line of INFO or CLUSTER INFO.
func field(info, name string) string {
	for line := range strings.SplitSeq(info, "\r\n") {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return value
		}
	}
	return ""
}
