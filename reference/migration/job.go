// Package migration is MIGRATE as a pure machine: what is sent to the target, what its replies mean, and what the client
// is told (spec §8.3). The node carries the bytes and keeps the connections; the engine freezes the keys meanwhile.
package migration

import (
	"fmt"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/resp"
)

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
	// Keys are the names of what is moved. The Job changes their order.
	Keys [][]byte
	// Dump appends to dst what DUMP answers for a key, and tells when it expires (wall); 0 means never. A key that is not
	// there is left out. It is asked when it is the key's turn, and must not change from then on until the Job is over.
	Dump func(dst, key []byte) (payload []byte, expireAt clock.Millis, ok bool)
	// Defects are the deliberate errors of the source.
	Defects defect.Set

	// Keys begins with those the target has acknowledged, then come those it was sent, then those that were not there, then
	// those whose turn has not come.
	acked, sent, next int

	selected        int // the database the connection is in; -1: unknown
	begun           bool
	preamble        int // replies due before those to RESTORE: to AUTH and SELECT
	read            int // replies read, of the current attempt
	attempts        int
	payload         []byte
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

// Begin begins an attempt, the first or another, on a connection whose selected database is selected, -1 when that is
// unknown.
func (j *Job) Begin(selected int) {
	j.attempts++
	j.selected, j.begun = selected, false
	j.preamble, j.read, j.sent, j.next = 0, 0, 0, 0
}

// Append appends to dst, at time now (wall), what is to be sent next: about so many bytes, and whole requests. The target
// restores the first keys while the next ones are still to be read here.
func (j *Job) Append(dst []byte, now clock.Millis, bytes int) []byte {
	if !j.begun {
		j.begun = true
		dst = j.appendPreamble(dst)
	}
	for enough := len(dst) + bytes; j.next < len(j.Keys) && len(dst) < enough; j.next++ {
		payload, expireAt, ok := j.Dump(j.payload[:0], j.Keys[j.next])
		if !ok {
			continue
		}
		dst = j.appendRestore(dst, j.Keys[j.next], payload, expireAt, now)
		j.payload = payload
		j.swap(j.sent, j.next)
		j.sent++
	}
	if cap(j.payload) > bytes {
		j.payload = nil // of a large value
	}
	return dst
}

func (j *Job) swap(a, b int) { j.Keys[a], j.Keys[b] = j.Keys[b], j.Keys[a] }

// Unsent says whether there is more to be sent.
func (j *Job) Unsent() bool { return !j.begun || j.next < len(j.Keys) }

func (j *Job) appendPreamble(b []byte) []byte {
	if j.Password != "" {
		auth := []string{"AUTH", j.User, j.Password}
		if j.User == "" {
			auth = []string{"AUTH", j.Password}
		}
		b = resp.AppendCommandStrings(b, auth...)
		j.preamble++
	}
	if j.selected != j.DB {
		b = resp.AppendCommandStrings(b, "SELECT", strconv.Itoa(j.DB))
		j.preamble++
	}
	return b
}

func (j *Job) appendRestore(b, key, payload []byte, expireAt, now clock.Millis) []byte {
	name, words, ttl := "RESTORE-ASKING", 4, clock.Millis(0)
	if j.Plain {
		name = "RESTORE"
	}
	replace := j.Replace && !j.Defects.Has(defect.MigrateNeverReplaces) || j.Defects.Has(defect.MigrateReplaces)
	if replace {
		words++
	}
	if expireAt != 0 && !j.Defects.Has(defect.MigrateDropsTTL) {
		ttl = max(1, expireAt-now)
	}
	var digits [20]byte
	w := resp.Writer{Buf: b}
	w.Array(words)
	w.BulkString(name)
	w.Bulk(key)
	w.Bulk(strconv.AppendInt(digits[:0], int64(ttl), 10))
	w.Bulk(payload)
	if replace {
		w.BulkString("REPLACE")
	}
	return w.Buf
}

// Receive reads replies from the head of data: n bytes are used up. done says that the last one was read. Anything but a
// status or an error is none that RESTORE gives, and nothing is replied before it is asked: such a connection is to be
// treated as broken.
func (j *Job) Receive(data []byte) (n int, done bool, err error) {
	for n < len(data) && !j.Done() {
		line, used := resp.ReplyLine(data[n:])
		if used == 0 {
			if len(data)-n > maxReplyBytes {
				return n, false, fmt.Errorf("a reply of the target is longer than %d bytes", maxReplyBytes)
			}
			return n, false, nil
		}
		n += used
		if len(line) == 0 || line[0] != '+' && line[0] != '-' || j.read == j.preamble+j.sent {
			return n, false, fmt.Errorf("the target replied %q to RESTORE", line)
		}
		j.reply(line)
	}
	return n, j.Done(), nil
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
		j.swap(j.acked, key)
		j.acked++
	}
}

// Done says that all was sent, and answered.
func (j *Job) Done() bool { return !j.Unsent() && j.read == j.preamble+j.sent }

// Retry says whether a connection that broke (and did not just time out) may be replaced by a new one, on which the
// same is sent again: once, and only while the target has not answered for any key.
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
func (j *Job) Acked() [][]byte { return j.Keys[:j.acked] }

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
