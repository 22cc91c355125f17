package command

import (
	"net/netip"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// Session is one client's connection as commands see it.
type Session struct {
	ID    uint64
	Addr  string // the client's host:port
	Laddr string // ours
	Name  string // CLIENT SETNAME
	Since clock.Instant
	Unix  bool // it came over the unix socket

	// Reply collects what is to be written to the client, in order. The node writes and empties it.
	Reply resp.Writer

	// Asking is set by ASKING and holds for the next command (through EXEC when that is MULTI).
	Asking bool
	// ReadOnly is set by READONLY: a replica may answer reads of its primary's slots.
	ReadOnly bool
	// Primary marks the pseudo-session that applies our primary's stream: never redirected, never answered.
	Primary bool
	// Replica is set once PSYNC or SYNC made this connection a replica's link; nil for ordinary clients.
	Replica *ReplicaLink

	authenticated bool
	silence       silence
	noEvict       bool
	noTouch       bool
	monitors      bool      // MONITOR
	library       library   // CLIENT SETINFO
	tracking      *tracking // CLIENT TRACKING; nil: off
	closing       bool      // Host.Disconnect was called: what it still sends is not for us
	lastCommand   *Command
	lastRequest   clock.Instant

	queue         *queue // between MULTI and EXEC
	watching      []watchedKey
	watchBroken   bool // a watched key was changed: EXEC will refuse
	subscriptions subscriptions
	wait          wait      // how long it is Blocked
	following     following // replication.go
}

// Authenticated says whether the client may send large requests: before it gave the password, small limits hold.
func (s *Session) Authenticated() bool { return s.authenticated }

// Subscribed says whether the client waits for messages: other limits hold for what it has not read.
func (s *Session) Subscribed() bool { return s.subscribed() }

// local says whether the client is on the same host.
func (s *Session) local() bool {
	addr, err := netip.ParseAddrPort(s.Addr)
	return s.Unix || err == nil && addr.Addr().Unmap().IsLoopback()
}

// silence is what CLIENT REPLY chose.
type silence uint8

const (
	answerAll  silence = iota
	skipNext           // CLIENT REPLY SKIP is running
	skipThis           // the request after it is not answered
	answerNone         // CLIENT REPLY OFF
)
