package server

import (
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/node"
)

// cable is one node's network, which can be pulled out.
type cable struct {
	pulled  atomic.Bool
	dialled atomic.Int32
}

func (c *cable) MayDial(*node.Conn) bool { return !c.pulled.Load() }
func (c *cable) Established(*node.Conn, netip.AddrPort) bool {
	if c.pulled.Load() {
		return false
	}
	c.dialled.Add(1)
	return true
}
func (c *cable) Ended(netip.AddrPort)         { c.dialled.Add(-1) }
func (c *cable) Carries(conn *node.Conn) bool { return conn.Kind == node.Client || !c.pulled.Load() }

func TestLinksStandStillAndGoOn(t *testing.T) {
	onEveryLoop(t, func(t *testing.T, portable bool) {
		var wire cable
		start := func(links Links) *Server {
			options := parse(t, t.TempDir(), "--cluster-enabled", "yes", "--cluster-node-timeout", "300")
			s, err := Start(Options{Config: options, Portable: portable, Links: links})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Kill)
			return s
		}
		a, b := start(&wire), start(nil)
		toA := dial(t, a)
		nodes := func(text string, want bool) func() bool {
			return func() bool { return strings.Contains(toA.ask(t, "CLUSTER", "NODES"), text) == want }
		}

		wire.pulled.Store(true)
		a.Relink()
		host, port, _ := strings.Cut(b.Addr(), ":")
		toA.do(t, "+OK", "CLUSTER", "MEET", host, port)
		eventually(t, "the node dials", nodes("handshake", true))
		if n := wire.dialled.Load(); n != 0 {
			t.Fatalf("%d connections were dialled through a cable that is not there", n)
		}
		wire.pulled.Store(false)
		a.Relink()
		toA.do(t, "+OK", "CLUSTER", "MEET", host, port) // the first may have been given up
		id := dial(t, b).ask(t, "CLUSTER", "MYID")
		eventually(t, "they have met", func() bool { return nodes(id, true)() && nodes("handshake", false)() })

		wire.pulled.Store(true)
		a.Relink()
		eventually(t, "the other one is missed", nodes("fail", true))
		wire.pulled.Store(false)
		a.Relink()
		eventually(t, "the other one is back", func() bool { return nodes("fail", false)() && nodes("disconnected", false)() })

		resume := a.Pause()
		a.Relink() // must not wait for the node
		resume()
		toA.do(t, "+PONG", "PING")
		a.Kill()
		if n := wire.dialled.Load(); n != 0 {
			t.Errorf("%d connections were dialled and never ended", n)
		}
		if a.Do(func(*node.Node) {}) || !a.Ended() {
			t.Error("a node that was killed goes on")
		}
	})
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came true that %s", what)
		}
	}
}
