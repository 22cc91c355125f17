package steps

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
)

// traffic is a number of clients that write to and read from the cluster until they are stopped. Each client has keys that only it writes,
// and writes growing numbers to them, so that a stale read shows; all read all keys.
type traffic struct {
	cancel  context.CancelFunc
	stop    atomic.Bool
	running sync.WaitGroup
	keys    []string
	acked   []atomic.Int64 // the last number acknowledged for a key, by index
	clients []*worker
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
}

// startTraffic begins with clients that work until cancel is called.
func startTraffic(cancel context.CancelFunc, keys []string, clients []storer) *traffic {
	t := &traffic{cancel: cancel, keys: keys, acked: make([]atomic.Int64, len(keys))}
	for i, c := range clients {
		w := &worker{t: t, client: c, number: i}
		t.clients = append(t.clients, w)
		t.running.Go(w.run)
	}
	return t
}

// end stops the clients after the command each of them is at.
func (t *traffic) end() {
	t.stop.Store(true)
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
		if w.trouble = w.write(own, n); w.trouble != nil {
			return
		}
		if w.trouble = w.read(int(n*7+int64(w.number)) % len(w.t.keys)); w.trouble != nil {
			return
		}
	}
}

func (w *worker) write(i int, n int64) error {
	if err := w.client.set(w.t.keys[i], strconv.FormatInt(n, 10)); err != nil {
		return err
	}
	w.t.acked[i].Store(n)
	w.writes++
	return nil
}

// read takes a value that is at least as new as what had been acknowledged when it began.
func (w *worker) read(i int) error {
	least := w.t.acked[i].Load()
	text, err := w.client.get(w.t.keys[i])
	if err != nil {
		return err
	}
	got, _ := strconv.ParseInt(text, 10, 64)
	if got < least && w.stale == "" {
		w.stale = fmt.Sprintf("GET %s gave %q after %d had been acknowledged", w.t.keys[i], text, least)
	}
	return nil
}
