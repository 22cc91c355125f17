package figures

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
)

// footprint is what keys and connections weigh: the resident memory of the server with them, less that without.
var footprint = group{
	name: "footprint",
	figures: []result.Figure{
		{ID: "footprint/key", Title: "resident memory of a key: 1 million, 64-byte values", Unit: "bytes"},
		{ID: "footprint/connection", Title: "resident memory of an idle connection: 2000", Unit: "bytes"},
	},
	trials: 1, estimate: 8 * time.Second,
	open: openWeight,
}

const (
	weighedKeys        = 1_000_000
	weighedBytes       = 64
	weighedConnections = 2000
)

// weight is one node.
type weight struct {
	server *rig.Server
}

func openWeight(ctx context.Context, spec string) (subject, error) {
	s, err := rig.StartNode(ctx, spec, false)
	if err != nil {
		return nil, err
	}
	return &weight{s}, nil
}

func (w *weight) name() string { return w.server.Name }
func (w *weight) close() error { return w.server.Close() }

func (w *weight) trial(ctx context.Context) ([]float64, error) {
	pid := w.server.PID(0)
	if pid == 0 {
		return []float64{unseen, unseen}, nil
	}
	bare, err := rig.Resident(pid)
	if err != nil {
		return nil, err
	}
	connected, err := withConnections(ctx, w.server.Addrs[0], func() (int64, error) { return rig.Resident(pid) })
	if err != nil {
		return nil, err
	}
	before, err := rig.Resident(pid)
	if err != nil {
		return nil, err
	}
	if err := fill(ctx, w.server.Addrs, weighedKeys, weighedBytes); err != nil {
		return nil, err
	}
	time.Sleep(settling)
	after, err := rig.Resident(pid)
	return []float64{float64(after-before) / weighedKeys, positive(float64(connected-bare) / weighedConnections)}, err
}

// positive is what something weighs, unless that is lost in what the process gave back meanwhile.
func positive(bytes float64) float64 {
	if bytes <= 0 {
		return unseen
	}
	return bytes
}

// settling is how long a server has to give back what it needs for the writing only.
const settling = time.Second

// withConnections weighs while many connections are open that have asked for something once.
func withConnections(ctx context.Context, addr string, weigh func() (int64, error)) (int64, error) {
	var conns []net.Conn
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	var dialer net.Dialer
	answer := make([]byte, len("+PONG\r\n"))
	for range weighedConnections {
		c, err := dialer.DialContext(ctx, "tcp", addr)
		if err != nil {
			return 0, fmt.Errorf("connection %d to %s: %w", len(conns)+1, addr, err)
		}
		conns = append(conns, c)
		if _, err := c.Write([]byte("PING\r\n")); err != nil {
			return 0, err
		}
		if _, err := c.Read(answer); err != nil {
			return 0, err
		}
	}
	return weigh()
}
