package steps

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/compose/wire/bus"
	"github.com/clusterspec/clusterspec/reports"
)

// Recording is everything that can be told about one scenario: what a bundle for reproducing it is made of.
type Recording struct {
	Case string
	// Began is when the cluster was handed over to the scenario.
	Began time.Time
	// Wire is every request and reply in the order they were sent, nothing shortened and polling included.
	Wire []Spoken
	// Frames are all frames of the bus that a proxy or a puppet saw, those of the cluster's forming included; From and To are names.
	Frames []bus.Seen
	Faults []reports.Fault
	Nodes  []NodeRecord
}

// Spoken is one exchange on a client port.
type Spoken struct {
	Node string // its name; an address or a tool if it is none of the cluster's
	// Judge tells that the suite asked for itself; a client of the scenario did otherwise.
	Judge bool
	wire.Exchange
}

// NodeRecord is a node's own view at three moments: when the scenario began, when it ended or failed, and after the cluster had time to come to rest.
type NodeRecord struct {
	Name, ID, Addr    string
	Before, At, After NodeState
	// Log is all of its log, "" if it cannot be read.
	Log string
}

// NodeState is what a node says and has written down; "" where it did not answer or the file cannot be read.
type NodeState struct{ ClusterNodes, NodesConf string }

// restTimeouts is how many node timeouts a cluster gets to come to rest after a failure.
const restTimeouts = 2

// recorder keeps what goes on in one scenario. The nil recorder keeps nothing.
type recorder struct {
	mutex sync.Mutex
	wire  []Spoken
	nodes []NodeRecord
}

func (r *recorder) heard(node string, judge bool, e wire.Exchange) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.wire = append(r.wire, Spoken{node, judge, e})
}

// listen begins with the cluster that was handed over.
func (r *recorder) listen(w *World) {
	w.trace.all = func(node string, e wire.Exchange) { r.heard(node, false, e) }
	for _, m := range w.cluster.members {
		r.nodes = append(r.nodes, NodeRecord{Name: m.name, ID: m.id, Addr: m.Addr()})
	}
	r.see(w, "before")
	for _, m := range w.cluster.members {
		m.hear(func(e wire.Exchange) { r.heard(m.name, true, e) })
	}
}

func (m *member) hear(f func(wire.Exchange)) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.heard = f
}

// see notes what every node says and has written down now.
func (r *recorder) see(w *World, when string) {
	if r == nil || w.cluster == nil {
		return
	}
	for i, m := range w.cluster.members {
		var now NodeState
		if !m.down {
			now.ClusterNodes, _ = m.askText(context.Background(), "CLUSTER", "NODES")
		}
		if reader, able := m.Node.(target.ConfReader); able {
			now.NodesConf, _ = reader.NodesConf()
		}
		n := &r.nodes[i]
		*map[string]*NodeState{"before": &n.Before, "at": &n.At, "after": &n.After}[when] = now
	}
}

// finish lets a cluster come to rest that has not been looked at since it failed, and gives out what was kept.
func (r *recorder) finish(w *World, failed bool) *Recording {
	if failed {
		select {
		case <-w.ctx.Done():
		case <-time.After(restTimeouts * w.nodeTimeout):
		}
	}
	all := &Recording{Case: w.scenario.ID, Began: w.handedOver}
	if w.cluster == nil {
		return all
	}
	r.see(w, "after")
	for i, m := range w.cluster.members {
		m.hear(nil)
		if reader, able := m.Node.(target.LogReader); able {
			r.nodes[i].Log, _ = reader.Log()
		}
	}
	for _, s := range w.seen() {
		s.From, s.To = w.nameOfNode(s.From), w.nameOfNode(s.To)
		all.Frames = append(all.Frames, s)
	}
	for _, d := range w.done {
		d.fault.AtMillis = millisSince(w.handedOver, d.at)
		all.Faults = append(all.Faults, d.fault)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	slices.SortStableFunc(r.wire, func(a, b Spoken) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
	all.Wire, all.Nodes = r.wire, r.nodes
	return all
}

// watched is the scenario with a proxy in the path of every link.
func (s *scenario) watched() *scenario {
	own := *s
	if own.shape != (shape{}) {
		own.shape.proxied = true
	}
	return &own
}
