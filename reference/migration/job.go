// Package migration is MIGRATE as a pure machine: what is sent to the target, what its replies mean, and what the client
// is told (spec §8.3). The node carries the bytes and keeps the connections; the engine freezes the keys meanwhile.
package migration

import (
	"fmt"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/resp"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// Key is one key on its way.
type Key struct {
	Name []byte
	Slot slot.Slot
	// ExpireAt is when the key expires (wall); 0 means never.
	ExpireAt clock.Millis
	// Payload is what DUMP answers.
	Payload []byte
}

// Job is one MIGRATE. A key is the target's from the moment that its acknowledgement was read, and the source's until
// then, whatever becomes of the connection.
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

	preamble        int // replies due before those to RESTORE: to AUTH and SELECT
	read            int // replies read, of the current attempt
	attempts        int
	acked           [][]byte
	refused         bool   // the target replied with an error,
	refusal         string // the first one, without its minus, which may be empty
	preambleRefused bool   // and that was its answer to AUTH or SELECT
	failed          Failure
}

// Failure is a trouble with the connection.
type Failure uint8

const (
	// Connecting: it could not be established in time.
	Connecting Failure = iota + 1
	// Writing: it broke, or stood still, before all was written. A refused connection counts as this one: Redis notices it
	// at the first write.
	Writing
	// Reading: it broke, or stood still, after that.
	Reading
)

// maxReplyBytes is how long one line from the target may be.
const maxReplyBytes = 64 << 10

// Addr is the target as the connection cache keys it: host:port.
func (j *Job) Addr() string { return j.Host + ":" + j.Port }

// Request is what is to be sent, at time now (wall), on a connection whose selected database is selected, -1 when that is
// unknown. Calling it again, for a retry, begins again.
func (j *Job) Request(now clock.Millis, selected int) []byte {
	j.attempts++
	j.preamble, j.read = 0, 0
	b := make([]byte, 0, j.requestBytes())
	if j.Password != "" {
		auth := []string{"AUTH", j.User, j.Password}
		if j.User == "" {
			auth = []string{"AUTH", j.Password}
		}
		b = resp.AppendCommandStrings(b, auth...)
		j.preamble++
	}
	if selected != j.DB {
		b = resp.AppendCommandStrings(b, "SELECT", strconv.Itoa(j.DB))
		j.preamble++
	}
	for i := range j.Keys {
		b = j.appendRestore(b, &j.Keys[i], now)
	}
	return b
}

// requestBytes is about how long a request is: long enough in most cases.
func (j *Job) requestBytes() (total int) {
	const framing = 100 // of one RESTORE, and of what goes before the first
	for i := range j.Keys {
		total += len(j.Keys[i].Name) + len(j.Keys[i].Payload) + framing
	}
	return total + framing
}

// The words of a request to restore a key.
var (
	restore       = []byte("RESTORE")
	restoreAsking = []byte("RESTORE-ASKING")
	replace       = []byte("REPLACE")
)

func (j *Job) appendRestore(b []byte, k *Key, now clock.Millis) []byte {
	name, ttl := restoreAsking, clock.Millis(0)
	if j.Plain {
		name = restore
	}
	if k.ExpireAt != 0 {
		ttl = max(1, k.ExpireAt-now)
	}
	if j.Defects.Has(defect.MigrateDropsTTL) {
		ttl = 0
	}
	var digits [20]byte
	millis := strconv.AppendInt(digits[:0], int64(ttl), 10)
	if j.Replace && !j.Defects.Has(defect.MigrateNeverReplaces) || j.Defects.Has(defect.MigrateReplaces) {
		return resp.AppendCommand(b, name, k.Name, millis, k.Payload, replace)
	}
	return resp.AppendCommand(b, name, k.Name, millis, k.Payload)
}

// Receive reads replies from the head of data: n bytes are used up. done says that the last one was read. Anything but a
// status or an error is none that RESTORE gives: such a connection is to be treated as broken.
func (j *Job) Receive(data []byte) (n int, done bool, err error) {
	for !j.done() {
		line, used := resp.ReplyLine(data[n:])
		if used == 0 {
			if len(data)-n > maxReplyBytes {
				return n, false, fmt.Errorf("a reply of the target is longer than %d bytes", maxReplyBytes)
			}
			return n, false, nil
		}
		n += used
		if len(line) == 0 || line[0] != '+' && line[0] != '-' {
			return n, false, fmt.Errorf("the target replied %q to RESTORE", line)
		}
		j.reply(line)
	}
	return n, true, nil
}

// reply takes one line. After a refused AUTH or SELECT no RESTORE counts, whatever it answered.
func (j *Job) reply(line []byte) {
	key := j.read - j.preamble
	j.read++
	switch {
	case line[0] == '-':
		if !j.refused {
			j.refused, j.refusal = true, string(line[1:])
			j.preambleRefused = key < 0
		}
	case key >= 0 && !j.preambleRefused:
		j.acked = append(j.acked, j.Keys[key].Name)
	}
}

func (j *Job) done() bool { return j.read == j.preamble+len(j.Keys) }

// Retry says whether a connection that broke (and did not just time out) may be replaced by a new one, on which the
// Request is sent again: once, and only while the target has not answered for any key.
func (j *Job) Retry() bool { return j.attempts < 2 && j.read <= j.preamble && !j.refused }

// Fail ends the Job because of f. What the target acknowledged before remains acknowledged.
func (j *Job) Fail(f Failure) { j.failed = f }

// Selected is the database the connection is left in, -1 when that is unknown.
func (j *Job) Selected() int {
	if j.refused || j.failed != 0 {
		return -1
	}
	return j.DB
}

// Acked are the keys that are the target's now: to be deleted here unless Copy.
func (j *Job) Acked() [][]byte { return j.acked }

// Outcome is what the client is told: "OK", or an error with its code. What the target said comes before trouble with the
// connection.
func (j *Job) Outcome() (text string, ok bool) {
	switch {
	case j.refused:
		return "ERR Target instance replied with error: " + j.refusal, false
	case j.failed == Connecting:
		return "IOERR error or timeout connecting to the client", false
	case j.failed == Writing:
		return "IOERR error or timeout writing to target instance", false
	case j.failed == Reading:
		return "IOERR error or timeout reading to target instance", false
	}
	return "OK", true
}
