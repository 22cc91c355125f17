package cluster

import (
	"fmt"

	"github.com/clusterspec/clusterspec/reference/bus"
)

// Note is an effect for the log: something worth knowing happened. The simulator's checkers read the same notes.
type Note struct {
	Kind   NoteKind
	Peer   bus.NodeID // the node it is about; zero: ourselves
	Epoch  uint64     // the epoch it is about, 0 for kinds without one
	Detail string     // a reason or a number, in words; empty for most kinds
}

// NoteKind says what happened.
type NoteKind uint8

// The kinds of Note.
const (
	PeerMet           NoteKind = iota // a handshake is complete
	PeerLearned                       // gossip named a node we did not know
	PeerForgotten                     // a node is no longer part of our cluster
	HandshakeTimedOut                 // nobody answered a MEET
	AddressChanged                    // a node is elsewhere now
	AddressLost                       // another node answers at a node's address
	OwnAddress                        // we learned our own address
	PeerSuspected                     // PFAIL was set
	PeerFailed                        // FAIL was set
	PeerBack                          // FAIL was cleared
	StateChanged                      // the cluster is up, or down
	EpochBumped                       // our configEpoch has a new value
	VoteGranted                       // we voted for a replica
	VoteRefused                       // we did not; Detail says why
	ElectionScheduled                 // we will ask for votes
	ElectionStarted                   // we asked for votes
	ElectionWon                       // a majority voted for us
	ElectionExpired                   // too few voted in time
	ElectionRefused                   // we may not ask for votes; Detail says why
	BecamePrimary                     // our role changed
	BecameReplica                     // our role or our primary changed
	ManualStarted                     // CLUSTER FAILOVER was accepted
	ManualPaused                      // our replica takes over: we hold our writes
	ManualReady                       // we have all of our primary's data and may take over
	ManualTimedOut                    // a manual failover did not end in time
	UpdateSent                        // we told a node of a newer owner of its slots
	SlotsLost                         // another node owns slots of ours now; their keys are deleted
	WasReset                          // CLUSTER RESET
)

var notePhrases = [...]string{
	PeerMet:           "handshake completed with",
	PeerLearned:       "gossip added",
	PeerForgotten:     "forgot",
	HandshakeTimedOut: "handshake timed out with",
	AddressChanged:    "address updated for",
	AddressLost:       "another node answers at the address of",
	OwnAddress:        "own address updated",
	PeerSuspected:     "possibly failing:",
	PeerFailed:        "marked as failing:",
	PeerBack:          "reachable again:",
	StateChanged:      "cluster state changed",
	EpochBumped:       "own config epoch set",
	VoteGranted:       "vote granted to",
	VoteRefused:       "vote refused to",
	ElectionScheduled: "election scheduled",
	ElectionStarted:   "election started",
	ElectionWon:       "election won",
	ElectionExpired:   "election expired",
	ElectionRefused:   "cannot start an election",
	BecamePrimary:     "turned into a primary",
	BecameReplica:     "turned into a replica of",
	ManualStarted:     "manual failover accepted",
	ManualPaused:      "manual failover requested by replica",
	ManualReady:       "all data of the primary processed, manual failover can start",
	ManualTimedOut:    "manual failover timed out",
	UpdateSent:        "sent update to",
	SlotsLost:         "slots lost with keys in them, now owned by",
	WasReset:          "cluster reset",
}

// String is the kind as a phrase.
func (k NoteKind) String() string { return notePhrases[k] }

// String is the note as a log line.
func (n Note) String() string {
	line := n.Kind.String()
	if !n.Peer.IsZero() {
		line += " " + n.Peer.String()
	}
	if n.Epoch != 0 {
		line += fmt.Sprintf(" in epoch %d", n.Epoch)
	}
	if n.Detail != "" {
		line += ": " + n.Detail
	}
	return line
}

func (m *Machine) note(kind NoteKind, p *Peer, epoch uint64, detail string) {
	n := Note{Kind: kind, Epoch: epoch, Detail: detail}
	if p != nil {
		n.Peer = p.ID
	}
	m.emit(n)
}
