// Package figures measures single quantities of targets in trials that take turns: what a redirect costs, how many keys a second move, how long
// cluster queries take, what a key and a connection weigh.
package figures

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/stats"
)

// Options say what is measured.
type Options struct {
	// Targets are text forms; the first is the base, and is measured twice.
	Targets []string
	Seed    uint64
	// Groups are names from Groups.
	Groups []string
	// SlotOf is the reference's function, to be measured in this process; nil: there is none.
	SlotOf SlotOf
}

// group is a set of figures that are measured on one set-up.
type group struct {
	name    string
	figures []result.Figure
	// trials is how often each target has its turn; 1 for what does not vary.
	trials   int
	estimate time.Duration // for one target
	open     func(ctx context.Context, spec string) (subject, error)
	// own, instead of open, sets up subjects that are no servers: the base first, and again second. None: there is nothing to measure here.
	own func(ctx context.Context, o Options) ([]subject, error)
}

// subject is a target that is set up for a group.
type subject interface {
	// name is how the target is called in results.
	name() string
	// trial measures each figure of the group once. NaN: it cannot be seen of this target.
	trial(ctx context.Context) ([]float64, error)
	close() error
}

var groups = slices.Concat([]group{lookup, redirection, migrations}, queries, []group{footprint, work, applications})

// Groups are the names there are.
func Groups() (names []string) {
	for _, g := range groups {
		names = append(names, g.name)
	}
	return names
}

// GroupOf is the group that a figure is measured in.
func GroupOf(figure string) (string, error) {
	var known []string
	for _, g := range groups {
		for _, f := range g.figures {
			if f.ID == figure {
				return g.name, nil
			}
			known = append(known, f.ID)
		}
	}
	return "", fmt.Errorf("unknown figure %q (known: %s)", figure, strings.Join(known, ", "))
}

// Validate says what is wrong with the options.
func (o Options) Validate() error {
	for _, name := range o.Groups {
		if !slices.Contains(Groups(), name) {
			return fmt.Errorf("unknown figures %q (known: %s)", name, strings.Join(Groups(), ", "))
		}
	}
	return nil
}

// Estimate is about how long all of it takes.
func (o Options) Estimate() (total time.Duration) {
	for _, g := range o.groups() {
		total += g.estimate * time.Duration(len(o.Targets)+1)
	}
	return total
}

func (o Options) groups() (chosen []group) {
	for _, g := range groups {
		if slices.Contains(o.Groups, g.name) {
			chosen = append(chosen, g)
		}
	}
	return chosen
}

// Measure measures one group after the other and hands each over as soon as it is there. When ctx ends, the group under way is handed over as far as
// its rounds are whole, and there is no error.
func Measure(ctx context.Context, o Options, starting func(name string), done func([]result.Figure)) error {
	for _, g := range o.groups() {
		if ctx.Err() != nil {
			return nil
		}
		starting(g.name)
		figures, err := g.measure(ctx, o)
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("measuring %s: %w", g.name, err)
		}
		if len(figures) > 0 {
			done(figures)
		}
	}
	return nil
}

// openAll sets up all that take turns, the base twice and first.
func (g group) openAll(ctx context.Context, o Options) (subjects []subject, err error) {
	if g.own != nil {
		return g.own(ctx, o)
	}
	for _, spec := range append([]string{o.Targets[0]}, o.Targets...) {
		s, err := g.open(ctx, spec)
		var cannot *cannotError
		if errors.As(err, &cannot) {
			s, err = &absent{cannot}, nil
		}
		if err != nil {
			return subjects, err
		}
		subjects = append(subjects, s)
	}
	return subjects, nil
}

// cannotError says that a group cannot be measured of a target, whatever is tried.
type cannotError struct{ target, why string }

func (e *cannotError) Error() string { return e.target + ": " + e.why }

// absent stands for a target that cannot be measured.
type absent struct{ *cannotError }

func (a *absent) name() string                             { return a.target }
func (a *absent) close() error                             { return nil }
func (a *absent) trial(context.Context) ([]float64, error) { return nil, nil }

// measure sets the targets up, the base twice, and lets them take turns in an order drawn anew for each round.
func (g group) measure(ctx context.Context, o Options) (_ []result.Figure, err error) {
	var subjects []subject
	defer func() {
		for _, s := range subjects {
			err = errors.Join(err, s.close())
		}
	}()
	figures := slices.Clone(g.figures)
	for i := range figures {
		figures[i].Parties = nil
	}
	if subjects, err = g.openAll(ctx, o); err != nil || len(subjects) == 0 {
		return nil, err
	}
	seen := make(map[string]int)
	for i, s := range subjects {
		name := s.name()
		if i == 1 {
			name += result.TwinSuffix
		} else if seen[name]++; seen[name] > 1 {
			name += fmt.Sprintf(" #%d", seen[name])
		}
		for k := range figures {
			figures[k].Parties = append(figures[k].Parties, result.Measured{Name: name})
		}
	}
	rounds, err := g.play(ctx, o.Seed, subjects, figures)
	if err != nil || rounds == 0 {
		return nil, err
	}
	for k := range figures {
		figures[k].Conclude(rounds >= stats.MinPairs, o.Seed)
	}
	return figures, nil
}

// play lets the subjects take turns and adds their trials to the figures. It returns the number of rounds, which is less than planned when ctx ends: the round under
// way does not count.
func (g group) play(ctx context.Context, seed uint64, subjects []subject, figures []result.Figure) (rounds int, err error) {
	order := rand.New(rand.NewPCG(seed, 3))
	for ; rounds < g.trials; rounds++ {
		found := make([][]float64, len(subjects))
		for _, i := range order.Perm(len(subjects)) {
			if found[i], err = subjects[i].trial(ctx); ctx.Err() != nil {
				return rounds, nil
			}
			if err != nil {
				return rounds, fmt.Errorf("%s: %w", subjects[i].name(), err)
			}
		}
		for i, values := range found {
			for k, v := range values {
				figures[k].Parties[i].Add(v)
			}
			if a, isAbsent := subjects[i].(*absent); isAbsent {
				for k := range figures {
					figures[k].Parties[i].Missing = a.why
				}
			}
		}
	}
	return rounds, nil
}

// unseen is the value of a figure that cannot be seen of a target.
var unseen = math.NaN()
