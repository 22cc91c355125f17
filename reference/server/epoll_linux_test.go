package server

import (
	"net"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/clusterspec/clusterspec/reference/node"
)

// TestLinksAreWatchedByTCP: a link of the bus whose other end is gone is noticed within node timeouts; a client's connection
// is kept alive as tcp-keepalive says, from the next connection on.
func TestLinksAreWatchedByTCP(t *testing.T) {
	s := startServer(t, false, t.TempDir(), "--cluster-enabled", "yes", "--cluster-node-timeout", "3000", "--tcp-keepalive", "90")
	for _, addr := range []string{s.Addr(), net.JoinHostPort("127.0.0.1", strconv.Itoa(s.BusPort()))} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
	}
	want := map[node.Kind][4]int{node.Client: {90, 30, 3, 0}, node.BusIn: {6, 2, 3, 6000}}
	got := make(map[node.Kind][4]int)
	l := s.loop.(*epoll)
	for deadline := time.Now().Add(10 * time.Second); len(got) < len(want) && time.Now().Before(deadline); {
		done := make(chan struct{})
		l.do(func() {
			defer close(done)
			for _, socket := range l.sockets {
				if socket == nil || socket.conn == nil {
					continue
				}
				var values [4]int
				for i, option := range []int{unix.TCP_KEEPIDLE, unix.TCP_KEEPINTVL, unix.TCP_KEEPCNT, unix.TCP_USER_TIMEOUT} {
					values[i], _ = unix.GetsockoptInt(socket.fd, unix.IPPROTO_TCP, option)
				}
				got[socket.conn.Kind] = values
			}
		})
		<-done
	}
	for kind, values := range want {
		if got[kind] != values {
			t.Errorf("kind %d: idle, interval, probes, user timeout are %v, want %v", kind, got[kind], values)
		}
	}
}
