package figures

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
	"github.com/clusterspec/clusterspec/bench/stats"
	"github.com/clusterspec/clusterspec/compose/wire"
)

const planned = "the plan's number"

// redirection is what a client pays for asking the wrong node: the time of a GET that is redirected, less that of one that is not, the two in turn.
var redirection = group{
	name: "redirection",
	figures: []result.Figure{
		{ID: "redirection/moved", Title: "GET through MOVED less a direct one", Unit: "ns", Floor: 100e3, FloorSource: planned},
		{ID: "redirection/ask", Title: "GET through ASK less a direct one", Unit: "ns", Floor: 100e3, FloorSource: planned},
	},
	trials: 24, estimate: 8 * time.Second,
	open: openRedirects,
}

// redirects is a cluster of two primaries: here serves the first half of the slots, there the second.
type redirects struct {
	server      *rig.Server
	here, there *wire.Conn
	direct      string // key that is here
	moved       string // key that is there
	asked       string // key of a slot of here that is on its way there, and is there already
}

func openRedirects(ctx context.Context, spec string) (_ subject, err error) {
	s, err := rig.StartCluster(ctx, spec, rig.Shape{Primaries: 2, NodeTimeout: 15 * time.Second})
	if err != nil {
		return nil, err
	}
	r := &redirects{server: s}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	if r.here, err = wire.Dial(ctx, s.Addrs[0]); err != nil {
		return nil, err
	}
	if r.there, err = wire.Dial(ctx, s.Addrs[1]); err != nil {
		return nil, err
	}
	half := wire.Slots / 2
	r.direct = keyWhere(func(slot int) bool { return slot < half })
	r.moved = keyWhere(func(slot int) bool { return slot >= half })
	r.asked = keyWhere(func(slot int) bool { return slot < half && slot != wire.SlotOf(r.direct) })
	for _, set := range []struct {
		at  *wire.Conn
		key string
	}{{r.here, r.direct}, {r.there, r.moved}} {
		if _, err := rig.DemandOn(ctx, set.at, "SET", set.key, "x"); err != nil {
			return nil, err
		}
	}
	return r, r.openSlot(ctx)
}

// openSlot puts the slot of the key that is asked for on its way, with the key at its target.
func (r *redirects) openSlot(ctx context.Context) error {
	slot := fmt.Sprint(wire.SlotOf(r.asked))
	hereID, err := rig.Text(ctx, r.here.Addr(), "CLUSTER", "MYID")
	if err != nil {
		return err
	}
	thereID, err := rig.Text(ctx, r.there.Addr(), "CLUSTER", "MYID")
	if err != nil {
		return err
	}
	for _, step := range []struct {
		at   *wire.Conn
		args []string
	}{
		{r.there, []string{"CLUSTER", "SETSLOT", slot, "IMPORTING", hereID}},
		{r.here, []string{"CLUSTER", "SETSLOT", slot, "MIGRATING", thereID}},
		{r.there, []string{"ASKING"}},
		{r.there, []string{"SET", r.asked, "x"}},
	} {
		if _, err := rig.DemandOn(ctx, step.at, step.args...); err != nil {
			return err
		}
	}
	return nil
}

// keyWhere is a key in a slot that is wanted.
func keyWhere(want func(slot int) bool) string {
	for i := 0; ; i++ {
		if key := fmt.Sprint("key:", i); want(wire.SlotOf(key)) {
			return key
		}
	}
}

func (r *redirects) name() string { return r.server.Name }

func (r *redirects) trial(ctx context.Context) ([]float64, error) {
	const requests = 150 // of each kind
	var direct, moved, asked []float64
	for range requests {
		for _, way := range []struct {
			times *[]float64
			get   func(context.Context) (wire.Value, error)
		}{{&direct, r.getDirect}, {&moved, r.getMoved}, {&asked, r.getAsked}} {
			begun := time.Now()
			reply, err := way.get(ctx)
			*way.times = append(*way.times, float64(time.Since(begun)))
			if err != nil {
				return nil, err
			}
			if reply.Text != "x" {
				return nil, fmt.Errorf("a GET was answered by %s", reply)
			}
		}
	}
	return []float64{stats.Median(moved) - stats.Median(direct), stats.Median(asked) - stats.Median(direct)}, nil
}

func (r *redirects) getDirect(ctx context.Context) (wire.Value, error) {
	return r.here.Do(ctx, "GET", r.direct)
}

func (r *redirects) getMoved(ctx context.Context) (wire.Value, error) {
	if reply, err := r.here.Do(ctx, "GET", r.moved); err != nil || !strings.HasPrefix(reply.Text, "MOVED ") {
		return reply, errors.Join(err, fmt.Errorf("want MOVED, got %s", reply))
	}
	return r.there.Do(ctx, "GET", r.moved)
}

func (r *redirects) getAsked(ctx context.Context) (wire.Value, error) {
	if reply, err := r.here.Do(ctx, "GET", r.asked); err != nil || !strings.HasPrefix(reply.Text, "ASK ") {
		return reply, errors.Join(err, fmt.Errorf("want ASK, got %s", reply))
	}
	replies, err := r.there.Pipeline(ctx, []string{"ASKING"}, []string{"GET", r.asked})
	if err != nil {
		return wire.Value{}, err
	}
	return replies[1], nil
}

func (r *redirects) close() error {
	for _, c := range []*wire.Conn{r.here, r.there} {
		if c != nil {
			c.Close()
		}
	}
	return r.server.Close()
}
