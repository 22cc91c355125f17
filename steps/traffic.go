package steps

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
)

// traffic is a number of clients that write to and read from the cluster until they are stopped. Each client has keys that only it writes,
// and writes growing numbers to them, so that a stale read shows; all read all keys.
type traffic struct {
	cancel   context.CancelFunc
	stop     atomic.Bool
	tireless bool // an error does not stop a client: it tries again
	running  sync.WaitGroup
	keys     []string
	acked    []atomic.Int64 // the last number acknowledged for a key, by index
	ackedAt  []atomic.Int64 // when, as the history counts time
	history  history
	clients  []*worker
}

// storer is a client that writes and reads keys, wherever they are.
type storer interface {
	set(key, value string) error
	get(key string) (string, error)
	close()
}

// worker is one of the clients.
type worker struct {
	t       *traffic
	client  storer
	number  int
	stale   string // the first stale read, in words
	trouble error
	writes  int
	history []porcupine.Operation
}

// startTraffic begins with clients that work until cancel is called. Tireless ones go on whatever they are answered.
func startTraffic(cancel context.CancelFunc, keys []string, clients []storer, tireless bool) *traffic {
	t := &traffic{cancel: cancel, keys: keys, tireless: tireless, acked: make([]atomic.Int64, len(keys)), ackedAt: make([]atomic.Int64, len(keys))}
	t.history.begin(len(keys))
	for i, c := range clients {
		t.clients = append(t.clients, &worker{t: t, client: c, number: i})
	}
	for _, w := range t.clients { // which each of them looks at
		t.running.Go(w.run)
	}
	return t
}

// lastCommandLimit is how long tireless clients wait for the answer to their last command.
const lastCommandLimit = 2 * time.Second

// end stops the clients after the command each of them is at. It may be called again.
func (t *traffic) end() {
	t.stop.Store(true)
	if t.tireless {
		defer time.AfterFunc(lastCommandLimit, t.cancel).Stop()
	}
	t.running.Wait()
	t.cancel()
	for _, w := range t.clients {
		w.client.close()
	}
}

// run writes and reads in turn.
func (w *worker) run() {
	for n := int64(1); !w.t.stop.Load(); n++ {
		own := (w.number + int(n)*len(w.t.clients)) % len(w.t.keys)
		own -= (own - w.number) % len(w.t.clients) // the key next to it that is ours
		if w.trouble = w.write(own, n); w.trouble == nil {
			w.trouble = w.read(int(n*7+int64(w.number)) % len(w.t.keys))
		}
		if w.trouble != nil && !w.t.tireless {
			return
		}
		if w.trouble != nil {
			w.rest()
		}
	}
}

// rest waits a moment before the next try, on new connections if the client can be told so.
func (w *worker) rest() {
	if c, can := w.client.(interface{ forget() }); can {
		c.forget()
	}
	time.Sleep(pollInterval)
}

func (w *worker) write(i int, n int64) error {
	called := w.t.history.now()
	a := access{key: i, write: true, value: n}
	if err := w.client.set(w.t.keys[i], strconv.FormatInt(n, 10)); err != nil {
		w.history = w.t.history.addUnknown(w.history, w.number, a, called)
		return err
	}
	w.history = w.t.history.add(w.history, w.number, a, called, n)
	w.t.acked[i].Store(n)
	w.t.ackedAt[i].Store(w.t.history.now())
	w.writes++
	return nil
}

// read takes a value that is at least as new as what had been acknowledged when it began.
func (w *worker) read(i int) error {
	least, called := w.t.acked[i].Load(), w.t.history.now()
	text, err := w.client.get(w.t.keys[i])
	if err != nil {
		return err
	}
	got, _ := strconv.ParseInt(text, 10, 64)
	w.history = w.t.history.add(w.history, w.number, access{key: i}, called, got)
	if got < least && w.stale == "" {
		w.stale = fmt.Sprintf("GET %s gave %q after %d had been acknowledged", w.t.keys[i], text, least)
	}
	return nil
}
