package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/pace"
	"github.com/clusterspec/clusterspec/bench/stats"
	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// topologies are the clusters that CLUSTER SLOTS, NODES and SHARDS are asked about. The other nodes are one listener that takes all
// connections and says nothing, and ends each after its life, if that is not 0: then some links are being made anew all the time.
var topologies = []struct {
	name  string
	nodes int
	life  time.Duration
}{
	{"6 nodes", 6, 0},
	{"200 nodes", 200, 0},
	{"1000 nodes", 1000, 0},
	{"1000 nodes whose links break", 1000, 5 * time.Second}, // about 20 in each 100 ms
}

// topology compares how long servers take to answer about a cluster, as they tell it themselves (INFO commandstats).
func topology(l *lab, o *options, report func(finding)) error {
	for _, t := range topologies {
		if !o.wants("CLUSTER SLOTS NODES SHARDS " + t.name) {
			continue
		}
		silent, err := listenSilently(t.life)
		if err != nil {
			return err
		}
		defer silent.Close()
		var servers []*server
		for _, k := range append([]kind{o.clustered(), o.reference()}, o.others()...) {
			s, err := l.start(k, func(port *target.Port) string { return manyNodes(port, silent.Addr().(*net.TCPAddr).Port, t.nodes, 0) })
			if err != nil {
				return err
			}
			servers = append(servers, s)
		}
		for _, what := range []string{"SLOTS", "NODES", "SHARDS"} {
			if err := l.compareServerTime(o, servers, what, t.name, report); err != nil {
				return err
			}
		}
		for _, s := range servers {
			l.stop(s)
		}
	}
	return nil
}

// compareServerTime asks the servers in turn.
func (l *lab) compareServerTime(o *options, servers []*server, what, nodes string, report func(finding)) error {
	const batch = 20
	times := make([][]float64, len(servers))
	for range 4 * stats.MinPairs {
		for i, s := range servers {
			took, err := l.serverTime(s, what, batch)
			if err != nil {
				return err
			}
			times[i] = append(times[i], took)
		}
	}
	for i, s := range servers[1:] {
		f, err := compare(fmt.Sprintf("CLUSTER %s, %s, server time", what, nodes), s, servers[0], times[i+1], times[0], "us", o.seed)
		if err != nil {
			return err
		}
		if s.name == referenceName {
			f.goal = goal{0.3, 0.02}
		}
		report(f)
	}
	return nil
}

// listenSilently reads whatever comes, and ends each connection after its life, if that is not 0.
func listenSilently(life time.Duration) (net.Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening in the name of other nodes: %w", err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if life > 0 {
				c.SetReadDeadline(time.Now().Add(life))
			}
			go func() {
				io.Copy(io.Discard, c)
				c.Close()
			}()
		}
	}()
	return l, nil
}

// manyNodes is the nodes.conf of a node among many, half of them primaries that share the slots; the node itself is the one with a number.
func manyNodes(port *target.Port, busPort, nodes, myself int) string {
	var b strings.Builder
	primaries := (nodes + 1) / 2
	for i := range nodes {
		id := fmt.Sprintf("%040x", i+1)
		addr, role, slots := fmt.Sprintf("127.0.0.1:%d@%d", 20000+i, busPort), "master -", ""
		if i == myself {
			addr, role = fmt.Sprintf("127.0.0.1:%d@%d", port.Number, port.Bus()), "myself,master -"
		}
		if i < primaries {
			slots = fmt.Sprintf(" %d-%d", i*wire.Slots/primaries, (i+1)*wire.Slots/primaries-1)
		} else {
			role = fmt.Sprintf("slave %040x", i-primaries+1)
		}
		fmt.Fprintf(&b, "%s %s %s 0 0 %d connected%s\n", id, addr, role, i+1, slots)
	}
	fmt.Fprintf(&b, "vars currentEpoch %d lastVoteEpoch 0\n", nodes)
	return b.String()
}

var microsPerCall = regexp.MustCompile(`usec_per_call=([0-9.]+)`)

// serverTime is how many microseconds a server says it took to answer, on average over some requests.
func (l *lab) serverTime(s *server, what string, requests int) (float64, error) {
	c, err := wire.Dial(l.ctx, s.addr)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	if _, err := c.Do(l.ctx, "CONFIG", "RESETSTAT"); err != nil {
		return 0, err
	}
	for range requests {
		if reply, err := c.Do(l.ctx, "CLUSTER", what); err != nil || reply.IsError() {
			return 0, fmt.Errorf("CLUSTER %s of %s: %v, %w", what, s.name, reply, err)
		}
	}
	info, err := c.Do(l.ctx, "INFO", "commandstats")
	if err != nil {
		return 0, err
	}
	found := microsPerCall.FindStringSubmatch(wire.ParseInfo(info.Text)["cmdstat_cluster|"+strings.ToLower(what)])
	if found == nil {
		return 0, fmt.Errorf("%s does not tell how long CLUSTER %s took", s.name, what)
	}
	took, err := strconv.ParseFloat(found[1], 64)
	return max(took, 1.0/float64(2*requests)), err // less than the clock can tell
}

// moved compares the processor time of a GET that is answered with MOVED, at pipeline 16.
func moved(l *lab, o *options, report func(finding)) error {
	const pipeline = 16
	if !o.wants("MOVED") {
		return nil
	}
	silent, err := listenSilently(0)
	if err != nil {
		return err
	}
	defer silent.Close()
	var parties []duet.Party
	var servers []*server
	for _, k := range append([]kind{o.clustered(), o.reference()}, o.others()...) {
		s, err := l.start(k, func(port *target.Port) string { return manyNodes(port, silent.Addr().(*net.TCPAddr).Port, 6, 0) })
		if err != nil {
			return err
		}
		if err := l.awaitUp(s); err != nil {
			return err
		}
		loader, err := newRepeater(s.addr, pipeline, "GET", "foo") // slot 12182: the third primary's
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		defer loader.close()
		servers = append(servers, s)
		parties = append(parties, duet.Party{Name: s.name, Loader: loader, CPU: s.cpu})
	}
	played := duet.Play(l.ctx, duet.Plan{Rounds: duet.RoundsIn(o.duration, len(parties)), Seed: o.seed}, parties)
	for i, s := range servers[1:] {
		f, err := compare("MOVED reply P=16, server CPU", s, servers[0], played[i+1].Rounds[duet.CPU], played[0].Rounds[duet.CPU], "ns", o.seed)
		if err != nil {
			return err
		}
		if s.name == referenceName {
			f.goal = goal{0.7, 0.4}
		}
		report(f)
	}
	return nil
}

// repeater asks one question again and again, on many connections; the answer is known.
type repeater struct {
	conns    []net.Conn
	pipeline int
	requests []byte
	replies  int // bytes
}

func newRepeater(addr string, pipeline int, request ...string) (*repeater, error) {
	r := &repeater{pipeline: pipeline}
	one := wire.AppendCommand(nil, request...)
	for range pipeline {
		r.requests = append(r.requests, one...)
	}
	for range connections {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			r.close()
			return nil, err
		}
		r.conns = append(r.conns, c)
	}
	reply := make([]byte, 1024)
	if _, err := r.conns[0].Write(one); err != nil {
		return nil, err
	}
	n, err := r.conns[0].Read(reply)
	if err != nil || !strings.HasPrefix(string(reply[:n]), "-MOVED ") {
		return nil, fmt.Errorf("%v was answered by %q (%v), not by MOVED", request, reply[:n], err)
	}
	r.replies = n * pipeline
	return r, nil
}

func (r *repeater) close() {
	for _, c := range r.conns {
		c.Close()
	}
}

// Run implements duet.Loader.
func (r *repeater) Run(_ context.Context, d time.Duration, _ pace.Pacer, s *load.Sample) {
	begun := time.Now()
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, c := range r.conns {
		all.Go(func() {
			buf, asked, answered := make([]byte, r.replies), uint64(0), uint64(0)
			for time.Since(begun) < d {
				asked += uint64(r.pipeline)
				if _, err := c.Write(r.requests); err != nil {
					break
				}
				if _, err := io.ReadFull(c, buf); err != nil {
					break
				}
				answered += uint64(r.pipeline)
			}
			mu.Lock()
			defer mu.Unlock()
			s.Sent += asked
			s.OK += answered
			s.Lost += asked - answered
		})
	}
	all.Wait()
	s.Elapsed = time.Since(begun)
}
