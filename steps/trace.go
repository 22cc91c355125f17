package steps

import (
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/reports"
)

// Limits of what a failure shows of the wire.
const (
	traceExchanges = 20
	traceBytes     = 600 // of one request or reply
)

// trace keeps the last exchanges of the scenario's clients.
type trace struct {
	mutex sync.Mutex
	last  []tracedExchange
}

type tracedExchange struct {
	at             time.Time
	node           string
	request, reply string
}

func (t *trace) add(node string, e wire.Exchange) {
	next := tracedExchange{at: e.At, node: node, request: cut(commandText(e.Request)), reply: cut(e.Reply.String())}
	if len(e.Request) == 0 {
		next.request = "(unasked)"
	}
	if e.Err != nil {
		next.reply = e.Err.Error()
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if n := len(t.last); n > 0 && t.last[n-1].same(next) {
		t.last[n-1] = next // a poll that saw the same again
		return
	}
	t.last = append(t.last, next)
	if len(t.last) > traceExchanges {
		t.last = t.last[1:]
	}
}

func (e tracedExchange) same(o tracedExchange) bool {
	return e.node == o.node && e.request == o.request && e.reply == o.reply
}

// since lists the exchanges with their times counted from the beginning of the scenario.
func (t *trace) since(began time.Time) []reports.Exchange {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	var all []reports.Exchange
	for _, e := range t.last {
		all = append(all, reports.Exchange{AtMillis: max(0, e.at.Sub(began).Milliseconds()), Node: e.node, Request: e.request, Reply: e.reply})
	}
	return all
}

func cut(text string) string {
	if len(text) > traceBytes {
		return text[:traceBytes] + "…"
	}
	return text
}
