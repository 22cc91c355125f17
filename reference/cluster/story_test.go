package cluster_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/sim"
	"github.com/clusterspec/clusterspec/reference/slot"
)

var (
	firstSeed = flag.Uint64("seed", 1, "the first seed of every story")
	seeds     = flag.Uint64("seeds", 4, "how many seeds every story is told with")
)

// timeout is the node timeout of every story.
const timeout clock.Millis = 2000

// story is one test in virtual time.
type story struct {
	*sim.World
	t *testing.T
}

// tell runs a story with several seeds, in a cluster with the given primaries, each with the given replicas: node i is a
// primary if i < primaries, and a replica of node i%primaries otherwise.
func tell(t *testing.T, primaries, replicas int, tale func(s *story)) {
	t.Helper()
	tellWith(t, cluster.DefaultOptions(), primaries, replicas, tale)
}

// tellWith is tell with other options.
func tellWith(t *testing.T, options cluster.Options, primaries, replicas int, tale func(s *story)) {
	t.Helper()
	tellUnformed(t, options, primaries*(1+replicas), func(s *story) {
		s.must(s.Form(primaries))
		tale(s)
	})
}

// tellUnformed is tell for nodes that do not know each other yet.
func tellUnformed(t *testing.T, options cluster.Options, nodes int, tale func(s *story)) {
	t.Helper()
	options.NodeTimeout = timeout
	for seed := *firstSeed; seed < *firstSeed+*seeds; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := &story{sim.New(sim.Options{Seed: seed, Nodes: nodes, Machine: &options, CompareOneIn: 4}), t}
			defer func() {
				if t.Failed() {
					name, _, _ := strings.Cut(t.Name(), "/")
					t.Logf("\n%srepeat with: go test ./reference/cluster -run '^%s$' -seed=%d -seeds=1", s.Trace(), name, seed)
				}
			}()
			tale(s)
			s.must(s.Err())
		})
	}
}

func (s *story) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *story) pass(d clock.Millis) {
	s.t.Helper()
	s.must(s.Run(d))
}

// within lets time pass until ok.
func (s *story) within(limit clock.Millis, what string, ok func() bool) {
	s.t.Helper()
	s.must(s.Until(limit, func() error {
		if ok() {
			return nil
		}
		return fmt.Errorf("waiting for %s", what)
	}))
}

// do runs a command that must succeed.
func (s *story) do(node int, command func(m *cluster.Machine, now clock.Instant) error) {
	s.t.Helper()
	s.must(s.Nodes[node].Do(command))
}

// refused runs a command that must fail with the given text.
func (s *story) refused(node int, want string, command func(m *cluster.Machine, now clock.Instant) error) {
	s.t.Helper()
	if err := s.Nodes[node].Do(command); err == nil || err.Error() != want {
		s.t.Errorf("the command gives %v, want %q", err, want)
	}
}

func (s *story) machine(node int) *cluster.Machine { return s.Nodes[node].Machine }

// self is a node as it sees itself.
func (s *story) self(node int) *cluster.Peer { return s.machine(node).Myself() }

// seen is a node as another sees it; nil: it does not.
func (s *story) seen(by, node int) *cluster.Peer { return s.machine(by).Peer(s.self(node).ID) }

func (s *story) id(node int) string { return s.self(node).ID.String() }

func (s *story) check(ok bool, format string, args ...any) {
	s.t.Helper()
	if !ok {
		s.t.Errorf("at %d ms: %s", s.Now(), fmt.Sprintf(format, args...))
	}
}

// noted counts the notes of a kind, of one node, since a time.
func (s *story) noted(kind cluster.NoteKind, node int, since clock.Millis) int {
	count := 0
	for _, e := range s.Noted(kind) {
		if e.Node.Index == node && e.At >= since {
			count++
		}
	}
	return count
}

// pick lists nodes.
func (s *story) pick(indexes ...int) []*sim.Node {
	var nodes []*sim.Node
	for _, i := range indexes {
		nodes = append(nodes, s.Nodes[i])
	}
	return nodes
}

// agree checks that some nodes see the same cluster.
func (s *story) agree(indexes ...int) {
	s.t.Helper()
	s.must(s.Agreement(s.pick(indexes...)...))
}

// sound looks for contradictions in the tables of all nodes.
func sound(s *story) error {
	for _, n := range s.Nodes {
		if err := sim.SoundTables(n.Machine); err != nil {
			return fmt.Errorf("node %d: %w", n.Index, err)
		}
	}
	return nil
}

// distinctEpochs returns nil when the first nodes have different configEpochs.
func (s *story) distinctEpochs(nodes int) error {
	owners := make(map[uint64]int)
	for i := range nodes {
		epoch := s.self(i).ConfigEpoch
		if other, taken := owners[epoch]; taken {
			return fmt.Errorf("nodes %d and %d both have epoch %d", other, i, epoch)
		}
		owners[epoch] = i
	}
	return nil
}

func one(n slot.Slot) []slot.Range { return []slot.Range{{From: n, To: n}} }
