// Package defect names the deliberate errors the reference can be started with. A conformance suite that passes a node
// with one of them is blind to it.
package defect

import (
	"fmt"
	"slices"
	"strings"
)

// Defect is one deliberate error.
type Defect uint8

// The defects, each named after what a node with it does.
const (
	// AskForMoved answers ASK where MOVED is due.
	AskForMoved Defect = iota
	// MovedWithoutPort leaves the port out of MOVED.
	MovedWithoutPort
	// AskingSticks keeps the ASKING flag after the next command.
	AskingSticks
	// ImportWithoutAsking serves keys of an importing slot to clients that did not say ASKING.
	ImportWithoutAsking
	// SecondHashTag hashes the second pair of braces when the first one is empty.
	SecondHashTag
	// VoteTwice grants more than one vote in an epoch.
	VoteTwice
	// MinorityElects lets a replica win with a single vote.
	MinorityElects
	// FailNeverCleared keeps FAIL on a node that is back.
	FailNeverCleared
	// MigrateDropsTTL restores migrated keys without their expiry.
	MigrateDropsTTL
	// MigrateKeepsSource leaves migrated keys behind at the source.
	MigrateKeepsSource
	// NoCrossSlot runs multi-key commands although their keys are in different slots.
	NoCrossSlot
	// ForgetsSlotsOnRestart writes nodes.conf without the slots.
	ForgetsSlotsOnRestart

	count
)

var names = [count]string{
	AskForMoved:           "ask-for-moved",
	MovedWithoutPort:      "moved-without-port",
	AskingSticks:          "asking-sticks",
	ImportWithoutAsking:   "import-without-asking",
	SecondHashTag:         "second-hash-tag",
	VoteTwice:             "vote-twice-in-epoch",
	MinorityElects:        "minority-elects",
	FailNeverCleared:      "fail-never-cleared",
	MigrateDropsTTL:       "migrate-drops-ttl",
	MigrateKeepsSource:    "migrate-keeps-source",
	NoCrossSlot:           "no-crossslot",
	ForgetsSlotsOnRestart: "nodes-conf-without-slots",
}

// String is the name the command line uses.
func (d Defect) String() string { return names[d] }

// Names lists all defects, in the order of their constants.
func Names() []string { return slices.Clone(names[:]) }

// Set holds the defects a node has. The zero value has none.
type Set struct{ bits uint64 }

// Has says whether the node is to err in this way.
func (s Set) Has(d Defect) bool { return s.bits&(1<<d) != 0 }

// Parse reads a comma-separated list of names. The empty text is the empty set.
func Parse(list string) (Set, error) {
	var s Set
	for name := range strings.SplitSeq(list, ",") {
		if name == "" {
			continue
		}
		i := slices.Index(names[:], name)
		if i < 0 {
			return Set{}, fmt.Errorf("unknown defect %q: known are %s", name, strings.Join(names[:], ", "))
		}
		s.bits |= 1 << i
	}
	return s, nil
}
