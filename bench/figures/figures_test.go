package figures

import (
	"slices"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/bench/result"
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
