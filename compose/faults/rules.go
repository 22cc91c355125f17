package faults

import (
	"slices"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire/bus"
)

// Rules say what becomes of what one node sends another. They are pure: who asks brings all that matters. The zero value lets everything pass.
type Rules struct {
	cut     map[way]bool
	filters []Filter
}

// way is a direction between two nodes.
type way struct{ from, to string }

// Filter takes frames of the bus out of their links, or holds them up.
type Filter struct {
	From, To []string   // names of nodes
	Types    []bus.Type // none: all types
	Delay    time.Duration
	Drop     bool
}

func (f *Filter) matches(from, to string, t bus.Type) bool {
	return slices.Contains(f.From, from) && slices.Contains(f.To, to) && (len(f.Types) == 0 || slices.Contains(f.Types, t))
}

// Cut separates each node of one group from each node of the other, in both directions: on the bus, in replication and in migration.
func (r *Rules) Cut(one, other []string) {
	if r.cut == nil {
		r.cut = map[way]bool{}
	}
	for _, a := range one {
		for _, b := range other {
			if a != b {
				r.cut[way{a, b}], r.cut[way{b, a}] = true, true
			}
		}
	}
}

// Add adds a filter. Of several that hold a frame up the longest delay counts.
func (r *Rules) Add(f Filter) { r.filters = append(r.filters, f) }

// Heal removes all rules.
func (r *Rules) Heal() { *r = Rules{} }

// Frame says whether a frame of the bus is dropped, and for how long it is held up if not.
func (r *Rules) Frame(from, to string, t bus.Type) (drop bool, delay time.Duration) {
	for i := range r.filters {
		if f := &r.filters[i]; f.matches(from, to, t) {
			drop, delay = drop || f.Drop, max(delay, f.Delay)
		}
	}
	return drop, delay
}

// Holds says whether everything from one node to another has to wait. Nothing is lost for that: once a network is whole again TCP sends what
// did not arrive, and so a node that waits for an answer on an old link gets it.
func (r *Rules) Holds(from, to string) bool { return r.cut[way{from, to}] }
