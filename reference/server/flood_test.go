package server

import (
	"net"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// TestFloodOfConnections: thousands of connections to both ports, silent ones and ones that stop in the middle of a frame or
// a request, neither keep others from being served nor leave a descriptor behind.
func TestFloodOfConnections(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("descriptors are counted in /proc")
	}
	descriptors := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	for name, portable := range loops { // one after the other: they are counted in this process
		t.Run(name, func(t *testing.T) {
			s := startServer(t, portable, t.TempDir(), "--cluster-enabled", "yes", "--maxclients", "2000")
			before := descriptors()
			halves := map[string]string{
				s.Addr(): "*2\r\n$3\r\nGET\r\n$1000000\r\nhalf a k",
				net.JoinHostPort("127.0.0.1", strconv.Itoa(s.BusPort())): "RCmb\x00\x00\x20\x00\x00\x01half a header",
			}
			const connections = 1000 // to each port
			var open []net.Conn
			for addr, half := range halves {
				for i := range connections {
					conn, err := net.Dial("tcp", addr)
					if err != nil {
						t.Fatal(err)
					}
					open = append(open, conn)
					if i%2 == 0 {
						conn.Write([]byte(half))
					}
				}
			}
			c := dial(t, s)
			c.do(t, "+PONG", "PING")
			for _, conn := range open {
				conn.Close()
			}
			after := 0
			for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
				c.do(t, "+PONG", "PING")
				if after = descriptors(); after <= before+2 { // both ends of c
					return
				}
			}
			t.Errorf("%d descriptors are left of %d connections", after-before-2, len(open))
		})
	}
}
