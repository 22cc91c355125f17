package node

import (
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/command"
)

// Effects is what the driver is to do after a Turn, in the order that the package comment gives. It and its slices are
// valid until the next Turn.
type Effects struct {
	// Save is the content nodes.conf must have before any byte of this Turn leaves; nil: leave it alone.
	Save []byte
	// Sync says that Save must survive a crash of the machine (fsync), not only of the process.
	Sync bool
	// Write are the Conns whose Out got bytes, replicas first: what we acknowledge is on its way to them by then.
	Write []*Conn
	// Close are the Conns the node is done with, some of them perhaps still being dialled. The node has forgotten them: it
	// needs no Closed for them, and Wrote only for those with CloseAfterWrite.
	Close []*Conn
	// Dial are the Conns to be connected: to Conn.Addr.
	Dial []*Conn
	// Dump are steps of snapshots on their way to disk, in order. Their data belong to the driver.
	Dump []command.DumpStep
	// Log are the lines for the log, in order.
	Log []Line
	// Deadline is when Turn must be called at the latest (mono).
	Deadline clock.Millis
	// Exit, when set, ends the node.
	Exit *Exit
}

// Exit is how the process is to end.
type Exit struct {
	Code    int
	Message string
}

// Level is the weight of a log line, as redis-server's loglevel knows it.
type Level uint8

// The levels, from the most talkative.
const (
	Debug Level = iota
	Verbose
	Notice
	Warning
)

// Line is one line of the log.
type Line struct {
	Level Level
	Text  string
}
