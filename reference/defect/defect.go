// Package defect names the deliberate errors the reference can be started with. A conformance suite that passes a node
// with one of them is blind to it.
//
//	defect.go   sets of defects, and their names
//	table.go    the defects: name, area, and what a node with it does
package defect

import (
	"fmt"
	"slices"
	"strings"
)

// Defect is one deliberate error. The place that keeps the rule it breaks asks Set.Has for it.
type Defect uint8

// Info describes a defect.
type Info struct {
	// Name selects it: --defect NAME.
	Name string
	// Area is the folder of the features that its rule belongs to: "redirection".
	Area string
	// Does says what a node with it does and, unless that goes without saying, what it should do.
	Does string
}

// String is the name the command line uses.
func (d Defect) String() string { return table[d].Name }

// All lists all defects, grouped by area.
func All() []Info { return slices.Clone(table[:]) }

// Names lists the names of all defects, in the same order.
func Names() []string {
	names := make([]string, len(table))
	for i := range table {
		names[i] = table[i].Name
	}
	return names
}

// Set holds the defects a node has. The zero value has none.
type Set struct{ bits [(count + 63) / 64]uint64 }

// Of is the set of these defects.
func Of(defects ...Defect) (s Set) {
	for _, d := range defects {
		s.bits[d/64] |= 1 << (d % 64)
	}
	return s
}

// Has says whether the node is to err in this way.
func (s Set) Has(d Defect) bool { return s.bits[d/64]&(1<<(d%64)) != 0 }

// Parse reads a comma-separated list of names. The empty text is the empty set.
func Parse(list string) (Set, error) {
	var chosen []Defect
	for name := range strings.SplitSeq(list, ",") {
		if name == "" {
			continue
		}
		i := slices.IndexFunc(table[:], func(known Info) bool { return known.Name == name })
		if i < 0 {
			return Set{}, fmt.Errorf("unknown defect %q: known are %s", name, strings.Join(Names(), ", "))
		}
		chosen = append(chosen, Defect(i))
	}
	return Of(chosen...), nil
}
