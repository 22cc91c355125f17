package sim

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/defect"
)

// Options describe a World. The zero value of a field means its default.
type Options struct {
	Seed  uint64
	Nodes int // how many; they do not know each other
	// Machine is the cluster options of every node; nil: redis-server's, with a node timeout of 2 s.
	Machine *cluster.Options
	Defects defect.Set
	// DelayMin and DelayMax bound how long a packet takes; 1 and 5 ms.
	DelayMin, DelayMax clock.Millis
	// CompareOneIn: one frame in so many is read back from its bytes and must be the same; 1: all, the default; never: none.
	CompareOneIn int
	// ClockSkew bounds how far the wall clocks of two nodes are apart.
	ClockSkew clock.Millis
	// ForgetfulDisks lose what was synced, too: a broken promise that the checkers must notice.
	ForgetfulDisks bool
	// Diskless nodes keep nothing. With a thousand nodes what they would write while they form, all of it again for every node
	// they meet, costs more than everything else; a node that is started again is a new one.
	Diskless bool
}

// epoch is the wall clock's time when a World begins.
const epoch clock.Millis = 1_700_000_000_000

// World is a network of nodes in virtual time.
type World struct {
	Nodes []*Node

	options  Options
	byIP     map[string]*Node // who was found at an address last
	rand     *rand.Rand
	now      clock.Millis
	agenda   agenda
	side     []int           // of the partition that each node is on
	cuts     map[[2]int]bool // one-way cuts, from node to node
	streams  []*stream
	crashOne int // one save in so many is the last thing its node does; 0: none

	checkers []Checker
	err      error
	diary    []Entry

	traffic traffic
	spare   []*encoded // to be used again
	arrived bus.Frame
	longest int // frame so far, in bytes
}

// Entry is something that happened: a node's note, or a fault.
type Entry struct {
	At   clock.Millis
	Node *Node         // nil: it happened to the World
	Note *cluster.Note // nil: it is none
	Text string        // the note in words, or what else happened
}

// New makes a World of nodes that were just started for the first time.
func New(o Options) *World {
	w := newWorld(o)
	for _, n := range w.Nodes {
		n.Start()
	}
	return w
}

// newWorld makes a World of nodes that were never started.
func newWorld(o Options) *World {
	if o.Machine == nil {
		options := cluster.DefaultOptions()
		options.NodeTimeout = 2000
		o.Machine = &options
	}
	if o.DelayMax == 0 {
		o.DelayMin, o.DelayMax = 1, 5
	}
	if o.CompareOneIn == 0 {
		o.CompareOneIn = 1
	}
	w := &World{
		options: o, rand: rand.New(rand.NewPCG(o.Seed, 0x5eed)), side: make([]int, o.Nodes),
		byIP: make(map[string]*Node), cuts: make(map[[2]int]bool), checkers: safetyCheckers(),
	}
	for i := range o.Nodes {
		w.Nodes = append(w.Nodes, w.newNode(i))
	}
	w.after(replicationInterval, w.replicate)
	return w
}

// Now is the virtual time since the World began.
func (w *World) Now() clock.Millis { return w.now }

// Err is the first violation, if there was one. Nothing happens after it.
func (w *World) Err() error { return w.err }

// Run lets time pass.
func (w *World) Run(d clock.Millis) error {
	end := w.now + d
	for w.err == nil {
		at, run := w.agenda.next(end)
		if run == nil {
			break
		}
		w.now = at
		run()
	}
	if w.err == nil {
		w.now = end
	}
	return w.err
}

// Until lets time pass until why returns nil, which it is asked ten times a second, but no longer than limit. The error
// is what why said last.
func (w *World) Until(limit clock.Millis, why func() error) error {
	const interval = 100
	end := w.now + limit
	for {
		err := why()
		if err == nil {
			return nil
		}
		if w.now >= end {
			return fmt.Errorf("not within %d ms: %w", limit, err)
		}
		if err := w.Run(interval); err != nil {
			return err
		}
	}
}

// Noted lists the notes of one kind, of all nodes.
func (w *World) Noted(kind cluster.NoteKind) []Entry {
	var found []Entry
	for _, e := range w.diary {
		if e.Note != nil && e.Note.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// Trace is what happened last, a line each.
func (w *World) Trace() string {
	const shown = 300
	var lines strings.Builder
	for _, e := range w.diary[max(0, len(w.diary)-shown):] {
		who := "world"
		if e.Node != nil {
			who = fmt.Sprintf("node %d", e.Node.Index)
		}
		fmt.Fprintf(&lines, "%8d %-8s %s\n", e.At, who, e.Text)
	}
	return lines.String()
}

// fail stops the World.
func (w *World) fail(err error) {
	if w.err == nil && err != nil {
		w.err = fmt.Errorf("at %d ms: %w", w.now, err)
	}
}

func (w *World) log(n *Node, text string) {
	w.diary = append(w.diary, Entry{At: w.now, Node: n, Text: text})
}

func (w *World) at(t clock.Millis, run func()) { w.agenda.plan(max(t, w.now), run) }

func (w *World) after(d clock.Millis, run func()) { w.at(w.now+d, run) }

// delay draws how long a packet takes.
func (w *World) delay() clock.Millis {
	return w.options.DelayMin + clock.Millis(w.rand.IntN(int(w.options.DelayMax-w.options.DelayMin)+1))
}

// never is once in so many times: not at all.
const never = -1

// oneIn is true once in n times; never for n <= 0.
func (w *World) oneIn(n int) bool { return n > 0 && w.rand.IntN(n) == 0 }
