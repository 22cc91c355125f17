package embedded

import (
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/targettest"
)

func TestContract(t *testing.T) {
	targettest.Run(t, targettest.Kind{Target: New(), Leftovers: leftListeners})
}

// A port that is still held for a moment delays a restart and does not fail it.
func TestRestartWaitsForThePort(t *testing.T) {
	ctx := t.Context()
	c, err := New().Start(ctx, target.Topology{Nodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	n := c.Nodes()[0].(*Node)
	if err := n.Kill(ctx); err != nil {
		t.Fatal(err)
	}
	holder, err := net.Listen("tcp", n.Addr())
	if err != nil {
		t.Fatal(err)
	}
	const held = 50 * time.Millisecond
	time.AfterFunc(held, func() { holder.Close() })
	if err := n.Restart(ctx); err != nil {
		t.Error(err)
	}
}

// leftListeners lists the ports something listens on.
func leftListeners(_ *testing.T, c target.Cluster) (left []string) {
	for _, port := range c.(*Cluster).ports {
		for _, addr := range []string{port.Addr(), net.JoinHostPort("127.0.0.1", strconv.Itoa(port.Bus()))} {
			if conn, err := net.Dial("tcp", addr); err == nil {
				conn.Close()
				left = append(left, addr)
			}
		}
	}
	return left
}
