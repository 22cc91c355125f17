// Package steps is the judge: it runs the features against targets and says what came of each scenario.
//
//	run.go        Run and List
//	catalogue.go  the scenarios, their ids, rules and needs, read from the features
//	selection.go  which of them were asked for
//	ladder.go     the order in which a new server makes them pass
//	profile.go    what holds for which server
//	join.go       what a target is, what it can do, and the proof that it can fail
//	suite.go      godog over one target
//	ledger.go     the verdicts; godog's own counts are never read
//	pool.go, form.go, cluster.go   the clusters scenarios run on
//	world.go      what a scenario has: how it checks, waits, and speaks of nodes (names.go)
//	*_steps.go    the sentences of the features, one file for each domain: a table, and below it the methods
package steps

import (
	"context"
	"errors"
	"io/fs"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/reports"
)

// Options say what to run, on whom and how.
type Options struct {
	// Targets are what is judged, side by side.
	Targets []target.Target
	// Features holds the feature files.
	Features fs.FS

	// Tags is a tag expression as godog has it: "@must && ~@needs:kill". Levels and IDs select further; an id may end at any slash:
	// "redirection/moved". Empty: all.
	Tags   string
	Levels []reports.Level
	IDs    []string
	// Phase selects the scenarios of one rung of the ladder, UpTo those of all rungs up to one; 0: all.
	Phase, UpTo int

	// Require makes a failure of what is otherwise no verdict: a target that does not join, an ability that is missing.
	Require bool
	// Profile is what the targets are judged by, in place of what they say they are: "redis-6.2". Empty: each by its own.
	Profile string
	// Destructive allows to reset and reconfigure clusters that were there before us.
	Destructive bool

	// NodeTimeout is cluster-node-timeout of the clusters that are started; 0: EmbeddedNodeTimeout for the reference, DefaultNodeTimeout for others.
	NodeTimeout time.Duration
	// Parallel is how many scenarios run at the same time on one target; 0: by its kind, the cores and the number of targets.
	Parallel int
	// Repeat is how often each scenario is run; 0 means once. One that passes and does not is flaky.
	Repeat int
	// Retry is how often a scenario that failed is run again, at most; it ends with the first pass. One that passes then is flaky.
	Retry int
	// Shuffle runs the scenarios of each feature in an order drawn from Seed.
	Shuffle bool
	Seed    uint64

	// Record is given everything that can be told about a scenario when it has come to its end; nil: it is not kept.
	Record func(*Recording)
	// Watch puts a proxy in the path of every link, where the target allows it, so that every frame of the bus is seen.
	Watch bool

	// Suite is the version of this program and Command the command line, for the report.
	Suite   string
	Command []string
	// Progress is told what happens, from several goroutines at once.
	Progress func(reports.Event)

	formLimit time.Duration // how long a cluster may take to form; 0: by the node timeout
}

func (o *Options) rounds() int { return max(1, o.Repeat) }

// nodeOptions are the settings of the nodes the suite starts.
func nodeOptions(nodeTimeout time.Duration) map[string]string {
	return map[string]string{target.NodeTimeoutOption: strconv.FormatInt(nodeTimeout.Milliseconds(), 10)}
}

// List returns the selected scenarios in the order of the features. It returns a *UsageError if the selection makes no sense.
func List(o Options) ([]reports.Case, error) {
	p, err := o.plan()
	if err != nil {
		return nil, err
	}
	return p.chosen.cases(), nil
}

// plan is what a run is made of: the chosen scenarios, the ladder they stand on, and what holds for which server.
type plan struct {
	chosen   catalogue
	ladder   *ladder
	profiles profiles
}

// plan reads the suite and looks whether what was asked for is there.
func (o *Options) plan() (p plan, err error) {
	if p.ladder, err = readLadder(o.Features); err != nil {
		return p, err
	}
	if p.profiles, err = readProfiles(o.Features); err != nil {
		return p, err
	}
	all, err := readCatalogue(o.Features, p.ladder)
	if err != nil {
		return p, err
	}
	_, unknown := p.profiles.named(o.Profile)
	if err := errors.Join(p.ladder.check(o.Phase), p.ladder.check(o.UpTo), unknown); err != nil {
		return p, err
	}
	p.chosen, err = o.selection().of(all)
	return p, err
}

func (all catalogue) cases() []reports.Case {
	var cases []reports.Case
	for _, s := range all {
		cases = append(cases, s.Case)
	}
	return cases
}

// Run runs the selected scenarios on every target. What targets do wrong is in the report; the error is a *UsageError or says that the
// features could not be read.
func Run(ctx context.Context, o Options) (*reports.Report, error) {
	p, err := o.plan()
	if err != nil {
		return nil, err
	}
	chosen := p.chosen
	report := &reports.Report{
		Schema: reports.Schema, Suite: o.Suite, Command: o.Command, Started: time.Now(), Seed: o.Seed,
		Host:  reports.Host{OS: runtime.GOOS + "/" + runtime.GOARCH, Kernel: kernel(), CPU: cpu(), Cores: runtime.NumCPU(), GoVersion: runtime.Version()},
		Cases: chosen.cases(), Ladder: p.ladder.rungs,
	}
	entrants := joinAll(ctx, &o, p.profiles)
	progress := newProgress(&o, entrants, len(chosen)*o.rounds())
	results := make([][]reports.Result, len(entrants))
	var running sync.WaitGroup
	for i, e := range entrants {
		report.Targets = append(report.Targets, e.report)
		running.Go(func() { results[i] = judgeRepeatedly(ctx, e, chosen, progress, &o) })
	}
	running.Wait()
	for _, own := range results {
		report.Results = append(report.Results, own...)
	}
	report.Finished = time.Now()
	return report, nil
}

// judgeRepeatedly takes a target through the scenarios as often as was asked for, and once more through those that failed.
func judgeRepeatedly(ctx context.Context, e *entrant, chosen catalogue, p *progress, o *Options) []reports.Result {
	runs := map[string][]reports.Result{}
	run := func(chosen catalogue) {
		l := newLedger(e.report.Name, chosen, p)
		judge(ctx, e, chosen, l, o)
		for _, r := range l.results() {
			runs[r.Case] = append(runs[r.Case], r)
		}
	}
	for range o.rounds() {
		if run(chosen); ctx.Err() != nil {
			break
		}
	}
	for range o.Retry {
		failed := slices.DeleteFunc(slices.Clone(chosen), func(s *scenario) bool { return !onlyFailed(runs[s.ID]) })
		if len(failed) == 0 || ctx.Err() != nil {
			break
		}
		p.expect(len(failed))
		run(failed)
	}
	var all []reports.Result
	for _, s := range chosen {
		if own := runs[s.ID]; len(own) > 0 {
			all = append(all, together(own))
		}
	}
	return all
}

// onlyFailed tells whether a scenario has failed every time it was run, and was begun at all: what a target lacks it lacks the next time as well.
func onlyFailed(runs []reports.Result) bool {
	return len(runs) > 0 && !slices.ContainsFunc(runs, func(r reports.Result) bool { return r.Verdict != reports.Fail || len(r.Steps) == 0 })
}

// joinAll examines all targets at the same time.
func joinAll(ctx context.Context, o *Options, known profiles) []*entrant {
	entrants := make([]*entrant, len(o.Targets))
	var joining sync.WaitGroup
	for i, t := range o.Targets {
		joining.Go(func() { entrants[i] = join(ctx, t, o, known) })
	}
	joining.Wait()
	uniqueNames(entrants)
	return entrants
}
