package load

import (
	"bufio"
	"fmt"
	"maps"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	fakes "github.com/clusterspec/clusterspec/bench/fake"
)

// fake is a server that answers as a script says. It shares no code with the generator.
type fake struct {
	addr string
	// answer gives the reply to a request, as bytes; empty: none. The connection's own state is in session.
	answer func(s *session, args []string) string

	listener net.Listener
	conns    sync.Map
	mutex    sync.Mutex
	keys     map[string]int // how often each was asked for
	requests atomic.Int64
}

type session struct {
	asked  bool // ASKING was the last request
	served int
	hangUp bool
}

// newFake starts a fake.
func newFake(t *testing.T, answer func(s *session, args []string) string) *fake {
	t.Helper()
	f := listen(t)
	f.start(t, answer)
	return f
}

// listen makes a fake that has an address and does not answer yet.
func listen(t *testing.T) *fake {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &fake{addr: listener.Addr().String(), listener: listener, keys: make(map[string]int)}
}

func (f *fake) start(t *testing.T, answer func(s *session, args []string) string) {
	f.answer = answer
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := f.listener.Accept()
			if err != nil {
				return
			}
			f.conns.Store(conn, nil)
			serving.Go(func() { f.serve(conn) })
		}
	})
	t.Cleanup(func() {
		f.stop()
		serving.Wait()
	})
}

// stop is the end of the fake: nobody listens any longer, and all connections are closed.
func (f *fake) stop() {
	f.listener.Close()
	f.conns.Range(func(conn, _ any) bool { conn.(net.Conn).Close(); return true })
}

// asked tells how often each key was asked for.
func (f *fake) asked() map[string]int {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return maps.Clone(f.keys)
}

func (f *fake) serve(conn net.Conn) {
	defer conn.Close()
	in, out, s := bufio.NewReader(conn), bufio.NewWriter(conn), &session{}
	for !s.hangUp {
		args, err := fakes.ReadRequest(in)
		if err != nil {
			return
		}
		f.requests.Add(1)
		s.served++
		if len(args) > 1 && strings.HasPrefix(args[1], "key:") {
			f.mutex.Lock()
			f.keys[args[1]]++
			f.mutex.Unlock()
		}
		out.WriteString(f.answer(s, args))
		if in.Buffered() == 0 && out.Flush() != nil {
			return
		}
	}
	out.Flush()
}

const fakeValueBytes = 10

// honest answers like a server without cluster mode whose keys are all there.
func honest(_ *session, args []string) string {
	switch args[0] {
	case "GET":
		return "$10\r\nxxxxxxxxxx\r\n"
	case "SET":
		return "+OK\r\n"
	}
	return "-ERR This instance has cluster support disabled\r\n"
}

// instead answers GET as told, and everything else honestly.
func instead(reply string) func(*session, []string) string {
	return func(s *session, args []string) string {
		if args[0] == "GET" {
			return reply
		}
		return honest(s, args)
	}
}

// slotsReply is CLUSTER SLOTS for ranges of equal length.
func slotsReply(addrs ...string) string {
	reply := fmt.Sprintf("*%d\r\n", len(addrs))
	for i, addr := range addrs {
		host, port, _ := net.SplitHostPort(addr)
		from, to := i*16384/len(addrs), (i+1)*16384/len(addrs)-1
		reply += fmt.Sprintf("*3\r\n:%d\r\n:%d\r\n*3\r\n$%d\r\n%s\r\n:%s\r\n$40\r\n%040d\r\n", from, to, len(host), host, port, i)
	}
	return reply
}

// pauses are those of a server that stands still at the end of every interval.
type pauses struct {
	started time.Time
	every   time.Duration
	length  time.Duration
}

// wait stands still if now is within a pause.
func (p pauses) wait() {
	if into := time.Since(p.started) % p.every; into > p.every-p.length {
		time.Sleep(p.every - into)
	}
}
