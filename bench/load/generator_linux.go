package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/clusterspec/clusterspec/bench/pace"
)

// Generator is a set of connections to a cluster and the loop that drives them. It is used from one goroutine.
type Generator struct {
	config  Config
	render  *renderer
	expect  *expectations
	poller  *poller
	tape    []entry
	slots   []uint16 // of the keys; only computed where there are several nodes
	random  *rand.Rand
	epoch   time.Time // the generator's clock counts nanoseconds from here
	scratch []byte

	nodes  []*node
	byAddr map[string]*node
	conns  []*conn
	dirty  []*conn // those with something in out since the last flush
	serves *slotMap

	learned  atomic.Pointer[slotMap] // a newer map, to be adopted
	learning atomic.Bool
	learnAt  int64 // not before

	run
}

// run is the state of one Run.
type run struct {
	sample   *Sample
	schedule *pace.Schedule // nil: closed loop
	begun    int64
	heldAt   int64 // when the server last had so many requests unanswered that no more could be sent
	stopAt   int64
	running  bool // requests are still being issued
	inFlight int
	tickAt   int64

	every     time.Duration // 0: all belongs to one sample
	intervals []*Sample
}

// Open learns the map of slots and connects.
func Open(ctx context.Context, config Config) (_ *Generator, err error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if config.Timeout == 0 {
		config.Timeout = DefaultTimeout
	}
	serves, err := learn(ctx, config.Addrs)
	if err != nil {
		return nil, err
	}
	g := &Generator{
		config: config, serves: serves, epoch: time.Now(), byAddr: make(map[string]*node),
		render: newRenderer(config.Workload),
		expect: newExpectations(config.Workload, config.Pipeline),
		tape:   config.Workload.draw(config.Seed),
		random: rand.New(rand.NewPCG(config.Seed, 1)),
	}
	if g.poller, err = newPoller(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			g.Close()
		}
	}()
	g.sample = NewSample()
	g.assign(g.tape, false)
	return g, g.awaitConnections(ctx)
}

// Close closes all connections.
func (g *Generator) Close() error {
	for _, c := range g.conns {
		c.shut()
	}
	g.poller.close()
	return nil
}

// awaitConnections lets the loop turn until all connections are up.
func (g *Generator) awaitConnections(ctx context.Context) error {
	deadline := g.now() + int64(g.config.Timeout)
	for {
		waiting := g.firstDown()
		if waiting == nil {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if g.now() > deadline {
			return fmt.Errorf("connecting %d times to %s: not done within %v", len(waiting.node.conns), waiting.node.addr, g.config.Timeout)
		}
		g.turn()
	}
}

func (g *Generator) firstDown() *conn {
	for _, c := range g.conns {
		if c.state != up {
			return c
		}
	}
	return nil
}

// now is the time on the generator's clock.
func (g *Generator) now() int64 { return int64(time.Since(g.epoch)) }

// assign gives each primary its connections and its part of a tape.
func (g *Generator) assign(tape []entry, once bool) {
	primaries := g.serves.primaries()
	each := max(1, g.config.Connections/len(primaries))
	spare := g.config.Connections - each*len(primaries)
	for i, addr := range primaries {
		n := g.nodeAt(addr)
		wanted := each
		if i < spare {
			wanted++
		}
		for len(n.conns) < wanted {
			g.addConn(n)
		}
	}
	parts := map[*node][]entry{g.byAddr[primaries[0]]: tape}
	if len(primaries) > 1 {
		parts = g.split(tape, g.byAddr[primaries[0]])
	}
	for _, n := range g.nodes {
		n.load(parts[n], g.config.Pipeline, once)
	}
}

// split sorts a tape by who serves the keys.
func (g *Generator) split(tape []entry, fallback *node) map[*node][]entry {
	parts := make(map[*node][]entry)
	for _, e := range tape {
		n := g.owner(e, fallback)
		parts[n] = append(parts[n], e)
	}
	return parts
}

// owner is the node that serves the key of a request. For slots that nobody serves it is the fallback, which will say so.
func (g *Generator) owner(e entry, fallback *node) *node {
	if g.slots == nil {
		g.slots = slotsOfKeys(g.config.Workload.Keys)
	}
	if n := g.byAddr[g.serves[g.slots[e.key()]]]; n != nil {
		return n
	}
	return fallback
}

// nodeAt is the node at an address, made if it is new.
func (g *Generator) nodeAt(addr string) *node {
	n := g.byAddr[addr]
	if n == nil {
		n = &node{addr: addr}
		g.byAddr[addr] = n
		g.nodes = append(g.nodes, n)
	}
	return n
}

func (g *Generator) addConn(n *node) {
	c := newConn(int32(len(g.conns)), n, g.config.Workload)
	n.conns = append(n.conns, c)
	g.conns = append(g.conns, c)
	g.connect(c)
}

// relearn asks for the map of slots again, beside the loop. It is adopted when it has come.
func (g *Generator) relearn(now int64) {
	const (
		interval = 100 * time.Millisecond
		limit    = 5 * time.Second
	)
	if now < g.learnAt || !g.learning.CompareAndSwap(false, true) {
		return
	}
	g.learnAt = now + int64(interval)
	addrs := append(g.serves.primaries(), g.config.Addrs...)
	go func() {
		defer g.learning.Store(false)
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		if m, err := learn(ctx, addrs); err == nil { // otherwise the next redirect or failure asks again
			g.learned.Store(m)
		}
	}()
}

// adopt takes over a map that was learnt. What waits for a node that is down goes to whoever serves it now.
func (g *Generator) adopt() {
	m := g.learned.Swap(nil)
	if m == nil || *m == *g.serves {
		return
	}
	g.serves = m
	g.assign(g.tape, false)
	for _, c := range g.conns {
		if c.state != up && c.flight.count > 0 {
			g.reroute(c)
		}
	}
}
