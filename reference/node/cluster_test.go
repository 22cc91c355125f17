package node

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/nodesconf"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// testOptions are those of the nodes in these tests: quick to notice failures.
func testOptions() map[string]string {
	return map[string]string{"cluster-enabled": "yes", "cluster-node-timeout": "1000", "cluster-startup-delay": "0"}
}

// idOf is the id of the i-th node of a cluster that is made by formed.
func idOf(i int) bus.NodeID {
	id, err := bus.ParseNodeID(strings.Repeat(strconv.Itoa(i), 40))
	if err != nil {
		panic(err)
	}
	return id
}

// formed makes a cluster from nodes.conf files that say it is one already: primaries first, then one replica for each.
// The primaries own equal parts of the slots.
func formed(n *network, primaries int) {
	for i := range 2 * primaries {
		f := nodesconf.File{CurrentEpoch: uint64(primaries)}
		for k := range 2 * primaries {
			port := uint16(7000 + k)
			node := nodesconf.Node{ID: idOf(k), IP: "127.0.0.1", Port: port, BusPort: port + 10000, ShardID: idOf(k % primaries), ConfigEpoch: uint64(1 + k%primaries)}
			if k < primaries {
				node.Flags = bus.FlagPrimary
				node.Slots.AddRange(slot.Slot(k*slot.Count/primaries), slot.Slot((k+1)*slot.Count/primaries-1))
			} else {
				node.Flags, node.Primary = bus.FlagReplica, idOf(k-primaries)
			}
			if k == i {
				node.Flags |= bus.FlagMyself
			}
			f.Nodes = append(f.Nodes, node)
		}
		n.add(fmt.Sprintf("node%d", i), uint16(7000+i), f.Append(nil), testOptions())
	}
	n.run(10_000, "the cluster to be up", n.settled)
}

// settled says whether all living nodes think the cluster is up, and all replicas have their primary's stream.
func (n *network) settled() bool {
	return !slices.ContainsFunc(n.hosts, func(r *machineRoom) bool {
		return r.alive && (!r.node.machine.Up() || r.node.upstream.active && !r.node.upstream.streaming())
	})
}

// primaryOf is the node that all living nodes take for the owner of a slot; nil: they do not agree, or are not up.
func (n *network) primaryOf(s slot.Slot) *machineRoom {
	var owner *machineRoom
	for _, r := range n.hosts {
		if !r.alive {
			continue
		}
		p := r.node.machine.Owner(s)
		if p == nil || !r.node.machine.Up() {
			return nil
		}
		to, _ := n.listener("127.0.0.1:" + strconv.Itoa(int(p.Port)))
		if to == nil || owner != nil && owner != to {
			return nil
		}
		owner = to
	}
	return owner
}

// all runs a program and waits for it to end.
func (n *network) all(limit clock.Millis, what string, body func(p *proc)) {
	n.t.Helper()
	p := n.spawn(body)
	n.run(limit, what, func() bool { return p.over })
}

func TestFormWriteKillRead(t *testing.T) {
	n := newNetwork(t, 1)
	for i := range 6 {
		n.add(fmt.Sprintf("node%d", i), uint16(7000+i), nil, testOptions())
	}
	n.all(20_000, "the cluster to be formed", func(p *proc) {
		first := p.connect("127.0.0.1:7000")
		for i := range 6 {
			w := p.connect(n.hosts[i].addr())
			if i < 3 {
				p.must(w, "CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(i*slot.Count/3), strconv.Itoa((i+1)*slot.Count/3-1))
				p.must(w, "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
			}
			if i > 0 {
				p.must(first, "CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(7000+i))
			}
		}
		p.sleep(3000)
		for i := 3; i < 6; i++ {
			id, _ := p.do(p.connect(n.hosts[i-3].addr()), "CLUSTER", "MYID")
			p.must(p.connect(n.hosts[i].addr()), "CLUSTER", "REPLICATE", bulk(id))
		}
	})
	n.run(10_000, "the cluster to be up", n.settled)

	const keys = 300
	n.all(30_000, "writes and reads around a failover", func(p *proc) {
		c := p.client()
		for i := range keys {
			if reply, ok := c.do(1000, key(i), "SET", key(i), strconv.Itoa(i)); reply != "+OK\r\n" {
				n.fatalf("SET %s: %q %v", key(i), reply, ok)
			}
		}
		n.hosts[1].kill()
		for i := range keys {
			reply, ok := c.do(20_000, key(i), "GET", key(i))
			if bulk(reply) != strconv.Itoa(i) {
				n.fatalf("GET %s after the failover: %q %v", key(i), reply, ok)
			}
		}
	})
	if to := n.primaryOf(slot.Count / 2); to != n.hosts[4] {
		n.fatalf("the replica of the killed primary does not lead its slots")
	}
	n.hosts[1].start()
	n.run(10_000, "the old primary to come back as a replica", func() bool {
		r := n.hosts[1].node
		return r.upstream.streaming() && r.db.Len() == n.hosts[4].node.db.Len()
	})
}

func key(i int) string { return "key:" + strconv.Itoa(i) }

// must runs a command that has to be answered with OK.
func (p *proc) must(w *wire, args ...string) {
	p.net.t.Helper()
	if w == nil {
		p.net.fatalf("%q: no connection", args)
	}
	if reply, ok := p.do(w, args...); !ok || reply != "+OK\r\n" {
		p.net.fatalf("%q: %q %v", args, reply, ok)
	}
}
