package steps

import (
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/reports"
)

// Limits of what is kept of the wire.
const (
	traceFirst       = 30 // exchanges from the beginning of a scenario
	traceLast        = 30 // and from its end
	failureExchanges = 20 // of them, those that a failure shows
	traceBytes       = 600
	timelineBytes    = 200 // of one request or reply in the timeline
)

// trace keeps the exchanges of the scenario's clients: the first and the last, if there are many.
type trace struct {
	mutex   sync.Mutex
	first   []tracedExchange
	last    []tracedExchange
	dropped int
	polled  map[string]string // while the judge waits: what each question was answered last
	all     func(node string, e wire.Exchange)
}

type tracedExchange struct {
	at             time.Time
	node           string
	request, reply string
}

// unasked stands for the request where a node spoke first.
const unasked = "(unasked)"

func (t *trace) add(node string, e wire.Exchange) {
	next := tracedExchange{at: e.At, node: node, request: cut(commandText(e.Request)), reply: cut(e.Reply.String())}
	if len(e.Request) == 0 {
		next.request = unasked
	}
	if e.Err != nil {
		next.reply = e.Err.Error()
	}
	if t.all != nil {
		t.all(node, e)
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	switch {
	case t.sawThat(next):
	case len(t.first) < traceFirst:
		t.first = append(t.first, next)
	case len(t.last) < traceLast:
		t.last = append(t.last, next)
	default:
		t.last = append(t.last[1:], next)
		t.dropped++
	}
}

// sawThat tells whether a poll was answered as it was before.
func (t *trace) sawThat(e tracedExchange) bool {
	if t.polled == nil || e.request == unasked {
		return false
	}
	question := e.node + " " + e.request
	before, asked := t.polled[question]
	t.polled[question] = e.reply
	return asked && before == e.reply
}

// polling leaves out, until its result is called, what only repeats itself.
func (t *trace) polling() (over func()) {
	set := func(polled map[string]string) {
		t.mutex.Lock()
		defer t.mutex.Unlock()
		t.polled = polled
	}
	set(map[string]string{})
	return func() { set(nil) }
}

// since lists the exchanges with their times counted from the beginning of the scenario, and says how many were dropped from their middle.
func (t *trace) since(began time.Time) (all []reports.Exchange, dropped int) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, part := range [][]tracedExchange{t.first, t.last} {
		for _, e := range part {
			all = append(all, reports.Exchange{AtMillis: millisSince(began, e.at), Node: e.node, Request: e.request, Reply: e.reply})
		}
	}
	return all, t.dropped
}

func millisSince(began, at time.Time) int64 { return max(0, at.Sub(began).Milliseconds()) }

func cut(text string) string { return cutTo(text, traceBytes) }

// cutTo shortens a text to some bytes, so that no rune is broken.
func cutTo(text string, bytes int) string {
	if len(text) <= bytes {
		return text
	}
	for bytes > 0 && text[bytes]&0xc0 == 0x80 {
		bytes--
	}
	return text[:bytes] + "…"
}
