package command

import (
	"bytes"

	"github.com/clusterspec/clusterspec/reference/clock"
)

// stats counts what INFO tells.
type stats struct {
	connections                       int
	refused                           int // connections, for want of room
	commands                          int
	changes                           int // since the last snapshot on disk
	hits                              int
	misses                            int
	expired                           int
	unapplied                         int // commands of our primary's stream that drew an error
	wrongPasswords                    int
	peakBytes                         int
	fullSyncs                         int // as a primary
	partialSyncs, refusedPartialSyncs int
	errors                            map[string]*int // by code
	errorsTotal                       int
	counters                          []counters // by Command.index
	rates                             rates
}

// counters are of one command.
type counters struct {
	calls, rejected, failed int
	took                    clock.Micros // all calls together
	histogram               *histogram   // nil: it was not called while latency-tracking was on
}

// start makes room.
func (s *stats) start() {
	s.errors = make(map[string]*int)
	s.counters = make([]counters, table.rows)
}

// of are the counters of one command.
func (s *stats) of(cmd *Command) *counters { return &s.counters[cmd.index] }

// errorCodeBytes bounds the code of an error; without a code the error counts as ERR.
const errorCodeBytes = 32

// countError counts an error reply by its code.
func (s *stats) countError(reply []byte) {
	s.errorsTotal++
	code := []byte("ERR")
	if end := bytes.IndexByte(reply[:min(len(reply), errorCodeBytes)], ' '); end > 0 {
		code = reply[1:end]
	}
	if n := s.errors[string(code)]; n != nil {
		*n++
		return
	}
	n := 1
	s.errors[string(code)] = &n
}

// reset is CONFIG RESETSTAT.
func (e *Engine) resetStats() {
	changes := e.stats.changes
	e.stats = stats{changes: changes}
	e.stats.start()
	e.Traffic = Traffic{}
}

// Traffic is what went over the connections of clients and of replication, in bytes, and how often.
type Traffic struct {
	In, Out       int // replication included
	ReplicaIn     int // from our primary
	ReplicaOut    int // to our replicas
	Reads, Writes int // system calls that moved something
}

// Received counts what one read brought.
func (t *Traffic) Received(bytes int, replication bool) {
	t.Reads++
	t.In += bytes
	if replication {
		t.ReplicaIn += bytes
	}
}

// Sent counts what one write took.
func (t *Traffic) Sent(bytes int, replication bool) {
	t.Writes++
	t.Out += bytes
	if replication {
		t.ReplicaOut += bytes
	}
}

// CountRefused counts a connection that was refused because there are maxclients.
func (e *Engine) CountRefused() { e.stats.refused++ }

// rates are how much there is in a second, now: the mean of some short stretches (Redis: trackInstantaneousMetric).
type rates struct {
	at       clock.Millis // mono, of the last sample
	commands int
	traffic  Traffic
	next     int
	samples  [rateSamples]rate
}

// rate is how much there was in a second, in one stretch of time.
type rate struct{ commands, in, out, replicaIn, replicaOut float64 }

const (
	rateSamples              = 16
	rateMillis  clock.Millis = 100 // the least time between samples
)

// sample takes one if it is time.
func (s *stats) sample(now clock.Millis, t Traffic) {
	r := &s.rates
	passed := now - r.at
	if passed < rateMillis {
		return
	}
	perSecond := func(n, before int) float64 { return float64(max(n-before, 0)) * 1000 / float64(passed) }
	r.samples[r.next] = rate{
		perSecond(s.commands, r.commands), perSecond(t.In, r.traffic.In), perSecond(t.Out, r.traffic.Out),
		perSecond(t.ReplicaIn, r.traffic.ReplicaIn), perSecond(t.ReplicaOut, r.traffic.ReplicaOut),
	}
	r.next = (r.next + 1) % rateSamples
	r.at, r.commands, r.traffic = now, s.commands, t
}

// now is the mean of the samples.
func (r *rates) now() (mean rate) {
	for _, s := range r.samples {
		mean.commands += s.commands / rateSamples
		mean.in += s.in / rateSamples
		mean.out += s.out / rateSamples
		mean.replicaIn += s.replicaIn / rateSamples
		mean.replicaOut += s.replicaOut / rateSamples
	}
	return mean
}
