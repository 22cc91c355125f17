package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/clusterspec/clusterspec/bench/figures"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
	"github.com/clusterspec/clusterspec/bench/serving"
)

// Options say what is measured for gates, and for how long at most.
type Options struct {
	Targets []string // text forms; the first is the base
	Gates   []Gate
	// Serving says how series are measured: Duration at a time.
	Serving serving.Options
	// Budget is how long each measurement may take in all. One that is undecided is continued until then.
	Budget      time.Duration
	Seed        uint64
	Destructive bool
	// SlotOf is the reference's function; nil: what needs it is not measured.
	SlotOf figures.SlotOf
}

// Validate says what is wrong with the options, as far as that can be known without starting anything.
func (o Options) Validate() error {
	if o.Budget < o.Serving.Duration {
		return fmt.Errorf("a budget of %v is not enough to measure for %v", o.Budget, o.Serving.Duration)
	}
	for _, g := range o.Gates {
		if err := o.check(g); err != nil {
			return fmt.Errorf("gate %q: %w", g.Name, err)
		}
	}
	return o.Serving.Validate(len(o.Targets))
}

func (o Options) check(g Gate) error {
	if g.Figure != "" {
		if _, err := figures.GroupOf(g.Figure); err != nil {
			return err
		}
	} else if known := o.Serving.IDs(); !slices.Contains(known, g.Series) {
		return fmt.Errorf("unknown series %q (known: %s)", g.Series, names(known))
	}
	return CheckTargets(g, o.Targets)
}

// CheckTargets says whether a gate can judge anything among targets, the first being the base.
func CheckTargets(g Gate, specs []string) error {
	switch {
	case len(specs) == 0:
		return errors.New("there are no targets")
	case g.Of != "" && !slices.Contains(specs, g.Of):
		return fmt.Errorf("it is of %s, and the targets are %s", g.Of, names(specs))
	case g.To != "" && g.To != specs[0]:
		return fmt.Errorf("it compares with %s, and the base, which is the first target, is %s", g.To, specs[0])
	case g.IsRatio && (len(specs) == 1 || g.Of == specs[0] && !slices.Contains(specs[1:], g.Of)):
		return fmt.Errorf("a ratio needs a target besides the base, %s", specs[0])
	}
	return nil
}

// Run starts the targets and measures what the gates are about, each as long as its gates need within the budget. When ctx ends, what was not measured
// by then is inconclusive, and there is no error. The result holds all that was measured, and what came of the gates.
func Run(ctx context.Context, o Options, r *result.Result, starting func(what string)) (err error) {
	servers, stop, err := rig.StartNodes(ctx, o.Targets, o.Destructive)
	defer func() { err = errors.Join(err, stop()) }()
	if err != nil {
		return err
	}
	for _, s := range servers {
		r.Targets = append(r.Targets, s.Target)
	}
	m := &runner{Options: o, result: r, starting: starting, servers: servers}
	for _, what := range o.measurements() {
		if err := m.decide(ctx, what); err != nil && ctx.Err() == nil {
			return err
		}
	}
	r.Interrupted = ctx.Err() != nil
	r.Gates = Judge(o.Gates, r)
	return nil
}

// measurement is a series, or a group of figures that are measured together.
type measurement struct{ series, group string }

func (m measurement) String() string { return m.series + m.group }

// of is where a gate gets its finding from.
func of(g Gate) measurement {
	group, _ := figures.GroupOf(g.Figure) // Validate has looked
	return measurement{g.Series, group}
}

// measurements are all that is needed, once each: first what is counted or weighed on servers of its own.
func (o Options) measurements() (all []measurement) {
	for _, isSeries := range []bool{false, true} {
		for _, g := range o.Gates {
			if m := of(g); (g.Series != "") == isSeries && !slices.Contains(all, m) {
				all = append(all, m)
			}
		}
	}
	return all
}

// runner is a run of gates under way.
type runner struct {
	Options
	result   *result.Result
	starting func(string)
	servers  []*rig.Server
	session  *serving.Session // nil until the first series
}

// decide measures until the gates on a measurement are decided, or its budget is spent.
func (m *runner) decide(ctx context.Context, what measurement) error {
	var gates []Gate
	for _, g := range m.Gates {
		if of(g) == what {
			gates = append(gates, g)
		}
	}
	begun := time.Now()
	for again := ""; ctx.Err() == nil; again = ", again" {
		m.starting(what.String() + again)
		turn := time.Now()
		if err := m.measure(ctx, what); err != nil {
			return err
		}
		m.result.Environment.Finish()
		isDecided := !slices.ContainsFunc(Judge(gates, m.result), func(o result.Gate) bool { return o.Verdict == result.GateInconclusive })
		if isDecided || time.Since(begun)+time.Since(turn) > m.Budget {
			return nil
		}
	}
	return nil
}

// measure measures once, and adds what it finds to the result.
func (m *runner) measure(ctx context.Context, what measurement) error {
	if what.group != "" {
		return figures.Measure(ctx, figures.Options{Targets: m.Targets, Seed: m.Seed, Groups: []string{what.group}, SlotOf: m.SlotOf}, func(string) {}, func(found []result.Figure) {
			for i := range found {
				m.add(&found[i])
			}
		})
	}
	if m.session == nil {
		var err error
		if m.session, err = serving.Open(ctx, m.Serving, m.servers); err != nil {
			return err
		}
	}
	s, _, err := m.session.Measure(ctx, what.series)
	if err != nil {
		return err
	}
	m.result.Series = slices.DeleteFunc(m.result.Series, func(old result.Series) bool { return old.ID == s.ID })
	m.result.Series = append(m.result.Series, *s)
	return nil
}

// add adds the trials of a figure to those that are there.
func (m *runner) add(f *result.Figure) {
	for i := range m.result.Figures {
		if old := &m.result.Figures[i]; old.ID == f.ID {
			old.Add(f, m.Seed)
			return
		}
	}
	m.result.Figures = append(m.result.Figures, *f)
}
