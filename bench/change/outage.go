package change

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// watch writes to each range of slots again and again, on connections of its own. The function it returns waits for the end of ctx and tells when a
// range accepted no write.
func watch(ctx context.Context, s *rig.Server, begun time.Time) func() []result.Outage {
	shape := rig.Shape{Primaries: primaries}
	found := make([][]result.Outage, primaries)
	var watching sync.WaitGroup
	for i := range primaries {
		w := &watcher{slots: shape.Slots(i), addrs: s.Addrs, owner: s.Addrs[i], begun: begun}
		watching.Go(func() { found[i] = w.watch(ctx) })
	}
	return func() []result.Outage {
		watching.Wait()
		return slices.Concat(found...)
	}
}

// watcher looks after one range.
type watcher struct {
	slots wire.SlotRange
	addrs []string
	owner string // who is asked next
	begun time.Time
	conn  *wire.Conn
}

const (
	lookEvery  = 5 * time.Millisecond
	lookWithin = 250 * time.Millisecond // a write that takes longer is an outage for whoever waits
)

func (w *watcher) watch(ctx context.Context) (outages []result.Outage) {
	defer w.hangUp()
	var refused error
	key, lastGood, turn := w.key(), time.Now(), 0
	for ctx.Err() == nil {
		err := w.write(ctx, key)
		switch now := time.Now(); {
		case err != nil && ctx.Err() == nil:
			refused = err
			turn++
			w.redirect(err, w.addrs[turn%len(w.addrs)])
		case err == nil:
			if refused != nil && now.Sub(lastGood) > lookWithin {
				outages = append(outages, result.Outage{
					Slots: w.slots.String(), FromMillis: lastGood.Sub(w.begun).Milliseconds(), ToMillis: now.Sub(w.begun).Milliseconds(), Because: refused.Error(),
				})
			}
			refused, lastGood = nil, now
		}
		select {
		case <-ctx.Done():
		case <-time.After(lookEvery):
		}
	}
	return outages
}

// key is one in the last slot of the range, which is not among those that move.
func (w *watcher) key() string {
	for i := 0; ; i++ {
		if key := fmt.Sprint("watched:", i); wire.SlotOf(key) == w.slots.To {
			return key
		}
	}
}

func (w *watcher) write(ctx context.Context, key string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	if w.conn == nil {
		if w.conn, err = wire.Dial(ctx, w.owner); err != nil {
			w.conn = nil
			return err
		}
	}
	_, err = rig.DemandOn(ctx, w.conn, "SET", key, "x")
	return err
}

// redirect turns to where an answer points, or to another node.
func (w *watcher) redirect(answer error, other string) {
	w.hangUp()
	w.owner = other
	if _, rest, moved := strings.Cut(answer.Error(), "MOVED "); moved {
		if words := strings.Fields(rest); len(words) > 1 {
			w.owner = strings.Trim(words[1], `"`)
		}
	}
}

func (w *watcher) hangUp() {
	if w.conn != nil {
		w.conn.Close()
		w.conn = nil
	}
}
