// Package migration is MIGRATE as a pure machine: what is sent to the target, what its replies mean, and what the client
// is told (spec §8.3). The node carries the bytes and keeps the connections; the engine freezes the keys meanwhile.
package migration

import (
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// Key is one key on its way.
type Key struct {
	Name []byte
	Slot slot.Slot
	// TTLMillis is the time left, at least 1; 0 means no expiry.
	TTLMillis int64
	// Payload is what DUMP answers.
	Payload []byte
}

// Job is one MIGRATE.
type Job struct {
	// Client is whoever waits for the outcome. The Job never looks at it.
	Client any

	// Host and Port are the target as the client gave them; Host may be a name.
	Host, Port string
	// DB is the destination database.
	DB int
	// TimeoutMillis is how long the target may make no progress, at each step.
	TimeoutMillis clock.Millis
	// Copy leaves the keys at the source, Replace overwrites them at the target.
	Copy, Replace bool
	// User and Password are for AUTH; without a Password none is sent.
	User, Password string
	// Plain sends RESTORE in place of RESTORE-ASKING: the source is not in cluster mode.
	Plain bool
	// Keys are what is moved, all of them present at the source when the Job began.
	Keys []Key
	// Defects are the deliberate errors of the source.
	Defects defect.Set
}

// Addr is the target as the connection cache keys it: host:port.
func (j *Job) Addr() string { return j.Host + ":" + j.Port }

// Request is what is to be sent on a connection whose selected database is selected, -1 when that is unknown. Calling it
// again, for a retry, begins again.
func (j *Job) Request(selected int) []byte { return nil }

// Receive reads replies from the head of data: n bytes are used up. done says that the last one was read.
func (j *Job) Receive(data []byte) (n int, done bool, err error) { return 0, false, nil }

// Acked are the keys that are the target's now: to be deleted here unless Copy.
func (j *Job) Acked() [][]byte { return nil }

// Outcome is what the client is told, a line of RESP without its CRLF: "+OK", "-IOERR ...", "-ERR Target instance
// replied with error: ...".
func (j *Job) Outcome() string { return "" }
