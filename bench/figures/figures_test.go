package figures

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// Every figure is measured on a real server, and has a value that can be true.
func TestOnARealServer(t *testing.T) {
	for _, g := range []group{redirection, migrations, queriesAt(6), work, applications} {
		t.Run(g.name, func(t *testing.T) {
			g.trials = 1
			found, err := g.measure(t.Context(), Options{Targets: []string{"redis-server"}, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			if len(found) != len(g.figures) {
				t.Fatalf("%d figures, want %d", len(found), len(g.figures))
			}
			for _, f := range found {
				if len(f.Parties) != 2 || f.Parties[1].Name != f.Parties[0].Name+result.TwinSuffix {
					t.Fatalf("%s: the parties are %+v", f.ID, f.Parties)
				}
				for _, p := range f.Parties {
					if p.Missing != "" || len(p.Trials) != 1 || f.Unit == "ns" && p.Median > float64(time.Second) || f.MoreIsBetter && p.Median <= 0 {
						t.Errorf("%s: %+v", f.ID, p)
					}
				}
			}
		})
	}
}

// The lookup of a slot is measured in this process, beside go-redis, and only where the reference is asked for.
func TestLookup(t *testing.T) {
	g := lookup
	g.trials = 2
	o := Options{Targets: []string{"redis-server", "reference"}, Seed: 1, SlotOf: func(key []byte) uint16 { return wire.CRC16(key) % wire.Slots }}
	found, err := g.measure(t.Context(), o)
	if err != nil || len(found) != 2 {
		t.Fatalf("%v, %d figures", err, len(found))
	}
	for _, f := range found {
		if len(f.Parties) != 3 || f.Parties[0].Name != lookupLibrary || f.Parties[1].Name != lookupLibrary+result.TwinSuffix || f.Parties[2].Name != "reference" {
			t.Fatalf("%+v", f.Parties)
		}
		for _, p := range f.Parties {
			if p.Median < 1 || p.Median > float64(time.Millisecond) {
				t.Errorf("%s of %s takes %v ns", f.ID, p.Name, p.Median)
			}
		}
	}
	o.Targets = o.Targets[:1]
	if found, err := g.measure(t.Context(), o); err != nil || len(found) != 0 {
		t.Errorf("without the reference: %v, %v", found, err)
	}
}

// What a target cannot do is missing there, with the reason, and the others are measured.
func TestWhatCannotBeMeasuredIsMissing(t *testing.T) {
	g := lookup
	g.trials, g.own = 1, nil
	g.open = func(ctx context.Context, spec string) (subject, error) {
		if spec == "unable" {
			return nil, fmt.Errorf("opening it: %w", &cannotError{"unable 1", "it has no such thing"})
		}
		return newLibraryLookup(ctx)
	}
	found, err := g.measure(t.Context(), Options{Targets: []string{"able", "unable"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if p := f.Parties; len(p) != 3 || p[0].Missing != "" || len(p[0].Trials) != 1 || p[2].Name != "unable 1" || p[2].Missing != "it has no such thing" {
			t.Errorf("%+v", p)
		}
	}
}

// ending is a subject during whose third turn the run is ended.
type ending struct {
	turns int
	end   context.CancelFunc
}

func (e *ending) name() string { return "it" }
func (e *ending) close() error { return nil }

func (e *ending) trial(ctx context.Context) ([]float64, error) {
	if e.turns++; e.turns == 3 {
		e.end()
	}
	return []float64{float64(e.turns), 0}, ctx.Err()
}

// What was measured of a group before the run was ended is kept, in whole rounds.
func TestEndedGroupIsKept(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	g := lookup
	g.own = func(context.Context, Options) ([]subject, error) {
		return []subject{&ending{end: cancel}, &ending{end: cancel}}, nil
	}
	found, err := g.measure(ctx, Options{Seed: 1})
	if err != nil || len(found) != 2 {
		t.Fatalf("%v, %v", found, err)
	}
	for _, p := range found[0].Parties {
		if !slices.Equal(p.Trials, []float64{1, 2}) {
			t.Errorf("%+v", p)
		}
	}
}

// A second measurement leaves the figures of the first alone.
func TestFiguresAreNotShared(t *testing.T) {
	for _, g := range groups {
		for _, f := range g.figures {
			if f.Parties != nil || f.ID == "" || f.Title == "" || f.Unit == "" {
				t.Errorf("%+v", f)
			}
		}
	}
}

func TestValidate(t *testing.T) {
	if err := (Options{Groups: Groups()}).Validate(); err != nil {
		t.Error(err)
	}
	if err := (Options{Groups: []string{"speed"}}).Validate(); err == nil {
		t.Error("unknown figures pass")
	}
	if names := Groups(); !slices.Contains(names, "queries-500") {
		t.Errorf("%v", names)
	}
}
