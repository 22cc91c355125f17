package figures

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
	"github.com/clusterspec/clusterspec/bench/stats"
	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// queries are the questions about the cluster that clients and tools ask, to a node that knows many others.
var queries = []group{queriesAt(6), queriesAt(50), queriesAt(500)}

var queryWords = []string{"INFO", "NODES", "SLOTS", "SHARDS"}

func queriesAt(nodes int) group {
	g := group{
		name: fmt.Sprintf("queries-%d", nodes), trials: 12, estimate: 6 * time.Second,
		open: func(ctx context.Context, spec string) (subject, error) { return openQueries(ctx, spec, nodes) },
	}
	for _, word := range queryWords {
		name := strings.ToLower(word)
		g.figures = append(g.figures,
			result.Figure{ID: fmt.Sprintf("queries/%s-%d", name, nodes), Title: fmt.Sprintf("CLUSTER %s of %d nodes, round trip", word, nodes),
				Unit: "ns", Floor: 10e6, FloorSource: planned},
			result.Figure{ID: fmt.Sprintf("queries/%s-%d-cpu", name, nodes), Title: fmt.Sprintf("CLUSTER %s of %d nodes, processor time of the server", word, nodes),
				Unit: "ns"},
		)
	}
	return g
}

// query is one node that knows many, out of a nodes.conf of ours. The others are one listener that accepts every link and says nothing; the
// node timeout is so long that nobody is missed, and that hardly a ping is sent.
type query struct {
	server *rig.Server
	others net.Listener
	conn   *wire.Conn
	cpu    func() (time.Duration, error)
}

func openQueries(ctx context.Context, spec string, nodes int) (_ subject, err error) {
	const hour = time.Hour
	s, err := rig.StartCluster(ctx, spec, rig.Shape{Primaries: 1, NodeTimeout: hour})
	if err != nil {
		return nil, err
	}
	q := &query{server: s, cpu: s.CPU()}
	defer func() {
		if err != nil {
			err = errors.Join(err, q.close())
		}
	}()
	if q.others, err = listen(); err != nil {
		return nil, err
	}
	if err := q.introduce(ctx, nodes); err != nil {
		return nil, err
	}
	q.conn, err = wire.Dial(ctx, s.Addrs[0])
	return q, err
}

// listen accepts every connection, reads what comes, and answers nothing.
func listen() (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening in the place of other nodes: %w", err)
	}
	go func() {
		var conns []net.Conn
		for {
			c, err := l.Accept()
			if err != nil {
				for _, c := range conns {
					c.Close()
				}
				return
			}
			conns = append(conns, c)
			go discard(c)
		}
	}()
	return l, nil
}

func discard(c net.Conn) {
	buf := make([]byte, 4<<10)
	for {
		if _, err := c.Read(buf); err != nil {
			return
		}
	}
}

// introduce starts the node again on a nodes.conf that has all nodes, each a primary with its share of the slots.
func (q *query) introduce(ctx context.Context, nodes int) error {
	node := q.server.Cluster.Nodes()[0]
	writer, canWrite := node.(target.ConfWriter)
	stopper, canStop := node.(target.Stopper)
	starter, canStart := node.(target.Restarter)
	if !canWrite || !canStop || !canStart {
		return &cannotError{q.server.Name, "it cannot be started on a nodes.conf of ours"}
	}
	id, err := rig.Text(ctx, node.Addr(), "CLUSTER", "MYID")
	if err != nil {
		return err
	}
	shape := rig.Shape{Primaries: nodes}
	_, port, err := rig.SplitAddr(q.others.Addr().String())
	if err != nil {
		return err
	}
	var text strings.Builder
	for i := range nodes {
		line := fmt.Sprintf("%040x 127.0.0.1:%d@%d master", i, port, port)
		if i == 0 {
			line = fmt.Sprintf("%s %s@%d myself,master", id, node.Addr(), node.BusPort())
		}
		fmt.Fprintf(&text, "%s - 0 0 %d connected %s\n", line, i+1, shape.Slots(i))
	}
	fmt.Fprintf(&text, "vars currentEpoch %d lastVoteEpoch 0\n", nodes)
	if err := stopper.Stop(ctx); err != nil {
		return err
	}
	if err := writer.WriteNodesConf(text.String()); err != nil {
		return err
	}
	if err := starter.Restart(ctx); err != nil {
		return err
	}
	q.cpu = q.server.CPU()
	return rig.Poll(ctx, func(ctx context.Context) error {
		info, err := rig.Info(ctx, node.Addr(), "CLUSTER", "INFO")
		if err == nil && (info["cluster_known_nodes"] != fmt.Sprint(nodes) || info["cluster_state"] != "ok") {
			err = fmt.Errorf("%s knows %s nodes and says %s, and its nodes.conf has %d", q.server.Spec, info["cluster_known_nodes"], info["cluster_state"], nodes)
		}
		return err
	})
}

func (q *query) name() string { return q.server.Name }

func (q *query) trial(ctx context.Context) (values []float64, err error) {
	for _, word := range queryWords {
		roundTrip, cpu, err := q.ask(ctx, word)
		if err != nil {
			return nil, err
		}
		values = append(values, roundTrip, cpu)
	}
	return values, nil
}

// ask asks a query some times, one after the other.
func (q *query) ask(ctx context.Context, word string) (roundTrip, cpu float64, err error) {
	const times = 40
	cpu = unseen
	var before, after time.Duration
	if q.cpu != nil {
		if before, err = q.cpu(); err != nil {
			return 0, 0, err
		}
	}
	var trips []float64
	for range times {
		begun := time.Now()
		if _, err := rig.DemandOn(ctx, q.conn, "CLUSTER", word); err != nil {
			return 0, 0, err
		}
		trips = append(trips, float64(time.Since(begun)))
	}
	if q.cpu != nil {
		if after, err = q.cpu(); err != nil {
			return 0, 0, err
		}
		cpu = float64(after-before) / times
	}
	return stats.Median(trips), cpu, nil
}

func (q *query) close() error {
	if q.conn != nil {
		q.conn.Close()
	}
	if q.others != nil {
		q.others.Close()
	}
	return q.server.Close()
}
