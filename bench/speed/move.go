package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strconv"
	"time"

	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/rig"
	"github.com/clusterspec/clusterspec/bench/stats"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// movedTag is in the name of all keys of the slot that is moved, and movedSlot is that slot.
const movedTag = "{tag}"

var movedSlot = wire.SlotOf(movedTag)

// migrate compares how fast a slot with many keys goes from a primary to another, 1000 keys at a time: MIGRATE by itself, and with all else that
// moves a slot. Beside clusters of one kind there is a mixed one, which tells which side is slow.
func migrate(l *lab, o *options, report func(finding)) error {
	const keys = 20_000
	if !o.wants("MIGRATE of 1000 keys") {
		return nil
	}
	pairs, err := o.startPairs(l, true)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if err := fillSlot(l.ctx, p.nodes[0].addr, keys); err != nil {
			return err
		}
	}
	alone, whole := series{}, series{}
	for range o.rounds(len(pairs)) {
		for _, p := range o.shuffled(pairs) {
			for from := range p.nodes {
				begun := time.Now()
				migrating, err := p.moveSlot(l.ctx, from, keys)
				if err != nil {
					return err
				}
				alone.add(p.direction(from), keys/migrating.Seconds())
				whole.add(p.direction(from), keys/time.Since(begun).Seconds())
			}
		}
	}
	return errors.Join(
		alone.report(o, "MIGRATE of 1000 keys", "/s", goal{2, 5}, report),
		whole.report(o, "slot of 20000 keys, moved by MIGRATE of 1000", "/s", goal{}, report),
	)
}

// reading compares how long others wait for a GET at the primaries between which keys are moved.
func reading(l *lab, o *options, report func(finding)) error {
	const keys = 20_000
	if !o.wants("GET p99 during MIGRATE of 1000 keys") {
		return nil
	}
	pairs, err := o.startPairs(l, false)
	if err != nil {
		return err
	}
	atSource, atTarget := series{}, series{}
	for _, p := range pairs {
		if err := fillSlot(l.ctx, p.nodes[0].addr, keys); err != nil {
			return err
		}
	}
	for range o.rounds(len(pairs)) {
		for _, p := range o.shuffled(pairs) {
			for from := range p.nodes {
				var readers [2]*reader
				for i := range readers {
					if readers[i], err = startReader(l.ctx, p.nodes[i].addr); err != nil {
						return err
					}
				}
				_, moving := p.moveSlot(l.ctx, from, keys)
				for i, r := range readers {
					micros, err := r.stop()
					if err = errors.Join(moving, err); err != nil {
						return err
					}
					if i == from {
						atSource.add(p.direction(from), micros)
					} else {
						atTarget.add(p.direction(from), micros)
					}
				}
			}
		}
	}
	return errors.Join(
		atSource.report(o, "GET p99 at the source during MIGRATE of 1000 keys", "us", goal{1, 0.5}, report),
		atTarget.report(o, "GET p99 at the target during MIGRATE of 1000 keys", "us", goal{}, report),
	)
}

// reader asks for a key that is not moved, again and again.
type reader struct {
	end    chan struct{}
	ended  chan error
	micros []float64
}

func startReader(ctx context.Context, addr string) (*reader, error) {
	conn, err := wire.Dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	r := &reader{end: make(chan struct{}), ended: make(chan error, 1)}
	go func() {
		defer conn.Close()
		for {
			select {
			case <-r.end:
				r.ended <- nil
				return
			default:
			}
			begun := time.Now()
			if _, err := conn.Do(ctx, "GET", "any"); err != nil { // MOVED takes as long
				r.ended <- err
				return
			}
			r.micros = append(r.micros, float64(time.Since(begun).Nanoseconds())/1000)
		}
	}()
	return r, nil
}

// stop returns the p99.
func (r *reader) stop() (micros float64, err error) {
	close(r.end)
	if err := <-r.ended; err != nil {
		return 0, err
	}
	slices.Sort(r.micros)
	return r.micros[len(r.micros)*99/100], nil
}

// reshard compares how fast redis-cli moves slots, as administrators have it do.
func reshard(l *lab, o *options, report func(finding)) error {
	const (
		slots  = 200
		keys   = 200_000 // 12 a slot
		trials = 12
	)
	if !o.wants("redis-cli --cluster reshard") {
		return nil
	}
	if _, err := exec.LookPath("redis-cli"); err != nil {
		return fmt.Errorf("redis-cli is not here: %w (--only leaves it out)", err)
	}
	pairs, err := o.startPairs(l, false)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		config := workload("SET", 50, keys)
		config.Addrs = []string{p.nodes[0].addr, p.nodes[1].addr}
		g, err := load.Open(l.ctx, config)
		if err != nil {
			return fmt.Errorf("filling %s: %w", p.kinds[0].name, err)
		}
		if err := errors.Join(g.Fill(l.ctx), g.Close()); err != nil {
			return fmt.Errorf("filling %s: %w", p.kinds[0].name, err)
		}
	}
	rates := series{}
	for range trials / 2 {
		for _, p := range o.shuffled(pairs) {
			for from := range p.nodes {
				moved, took, err := p.reshard(l, from, slots)
				if err != nil {
					return err
				}
				rates.add(p.direction(from), float64(moved)/took.Seconds())
			}
		}
	}
	return rates.report(o, "redis-cli --cluster reshard", "/s", goal{1, 1.5}, report)
}

// pair is a cluster of two primaries between which slots go to and fro.
type pair struct {
	kinds [2]kind
	nodes [2]*server
	ids   [2]string
}

// startPairs starts a cluster of each kind that is compared, and with mixed one of both kinds.
func (o *options) startPairs(l *lab, mixed bool) (pairs []*pair, err error) {
	kinds := [][2]kind{{o.clustered(), o.clustered()}, {o.reference(), o.reference()}}
	for _, k := range o.others() {
		kinds = append(kinds, [2]kind{k, k})
	}
	if mixed {
		kinds = append(kinds, [2]kind{o.reference(), o.clustered()})
	}
	for _, k := range kinds {
		p := &pair{kinds: k}
		if err := p.start(l); err != nil {
			return nil, fmt.Errorf("a cluster of %s: %w", p.direction(0), err)
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

// start starts two nodes and makes them a cluster. The first has the slot that is moved.
func (p *pair) start(l *lab) (err error) {
	halves := [2][2]int{{0, wire.Slots/2 - 1}, {wire.Slots / 2, wire.Slots - 1}}
	if movedSlot >= wire.Slots/2 {
		halves[0], halves[1] = halves[1], halves[0]
	}
	for i, k := range p.kinds {
		if p.nodes[i], err = l.start(k, nil); err != nil {
			return err
		}
		if _, err := l.ask(p.nodes[i], "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1)); err != nil {
			return err
		}
		if err := l.serve(p.nodes[i], halves[i][0], halves[i][1]); err != nil {
			return err
		}
		id, err := l.ask(p.nodes[i], "CLUSTER", "MYID")
		if err != nil {
			return err
		}
		p.ids[i] = id.Text
	}
	if _, err := l.ask(p.nodes[1], "CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(p.nodes[0].port.Number)); err != nil {
		return err
	}
	return errors.Join(l.awaitUp(p.nodes[0]), l.awaitUp(p.nodes[1]))
}

// direction is the name of moves that begin at one of the two nodes.
func (p *pair) direction(from int) string {
	if a, b := p.kinds[from].name, p.kinds[1-from].name; a != b {
		return a + " to " + b
	}
	return p.kinds[0].name
}

// moveSlot moves the slot and says how long was waited for MIGRATE.
func (p *pair) moveSlot(ctx context.Context, from, keys int) (migrating time.Duration, err error) {
	mover, err := rig.NewMover(ctx, p.nodes[from].addr, p.nodes[1-from].addr)
	if err != nil {
		return 0, err
	}
	defer mover.Close()
	moved, err := mover.Move(ctx, movedSlot)
	if err == nil && moved != keys {
		err = fmt.Errorf("%d keys were moved, not %d", moved, keys)
	}
	if err != nil {
		return 0, fmt.Errorf("moving a slot, %s: %w", p.direction(from), err)
	}
	return mover.Migrating, nil
}

// reshard has redis-cli move slots, and says how many keys that were.
func (p *pair) reshard(l *lab, from, slots int) (moved int, took time.Duration, err error) {
	before, err := l.ask(p.nodes[1-from], "DBSIZE")
	if err != nil {
		return 0, 0, err
	}
	begun := time.Now()
	if err := rig.Reshard(l.ctx, p.nodes[0].addr, p.ids[from], p.ids[1-from], slots); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", p.direction(from), err)
	}
	took = time.Since(begun)
	after, err := l.ask(p.nodes[1-from], "DBSIZE")
	if err != nil {
		return 0, 0, err
	}
	had, _ := before.Int()
	has, _ := after.Int()
	return int(has - had), took, nil
}

// fillSlot writes keys that are all in the moved slot. The values are digits without a pattern: a compressor gains nothing.
func fillSlot(ctx context.Context, addr string, keys int) error {
	const batch = 1000
	conn, err := wire.Dial(ctx, addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	r := rand.New(rand.NewPCG(4, 4))
	for at := 0; at < keys; at += batch {
		words := []string{"MSET"}
		for i := range batch {
			words = append(words, fmt.Sprintf("%s:%010d", movedTag, at+i), fmt.Sprintf("%016x%016x%016x%016x", r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()))
		}
		if _, err := rig.DemandOn(ctx, conn, words...); err != nil {
			return err
		}
	}
	return nil
}

// rounds is how often each of some clusters has its turn: in the measuring time, if a turn takes as long as it does with redis-server.
func (o *options) rounds(clusters int) int {
	const turn = 400 * time.Millisecond
	return max(stats.MinPairs, int(o.duration/turn)/clusters)
}

// shuffled is the clusters in an order that is drawn anew for each round.
func (o *options) shuffled(pairs []*pair) []*pair {
	shuffled := slices.Clone(pairs)
	rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	return shuffled
}

// series is what was measured, by direction.
type series map[string][]float64

func (s series) add(direction string, value float64) { s[direction] = append(s[direction], value) }

// report compares all directions with redis-server. Those of a mixed cluster have half as many values: the pairs are made of those there are.
func (s series) report(o *options, what, unit string, wanted goal, report func(finding)) error {
	base := o.clustered().name
	names := []string{referenceName, "other build", referenceName + " to " + base, base + " to " + referenceName}
	for _, name := range names {
		values, baseValues := s[name], s[base]
		if len(values) == 0 {
			continue
		}
		if n := len(values); n < len(baseValues) {
			halved := make([]float64, n)
			for i := range halved {
				halved[i] = (baseValues[2*i] + baseValues[2*i+1]) / 2
			}
			baseValues = halved
		}
		f, err := compare(what, &server{name: name}, &server{name: base}, values, baseValues, unit, o.seed)
		if err != nil {
			return err
		}
		if name == referenceName {
			f.goal, f.more = wanted, unit == "/s"
		}
		report(f)
	}
	return nil
}
