package steps

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cucumber/godog"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/clusterspec/clusterspec/reports"
)

// suiteCount makes the names of godog suites unique in this program.
var suiteCount atomic.Int64

// suite is the run of the chosen scenarios on one target.
type suite struct {
	ledger   *ledger
	pool     *pool
	runnable map[string]*scenario // by pickle id
	seed     uint64
	profile  *profile
	record   func(*Recording)
}

// judge runs what can be run on a target and settles the rest.
func judge(ctx context.Context, e *entrant, chosen catalogue, l *ledger, o *Options) {
	defer l.finish()
	if !e.report.Joined {
		return
	}
	s := &suite{ledger: l, runnable: map[string]*scenario{}, seed: o.Seed, profile: e.profile, record: o.Record}
	var runnable catalogue
	for _, sc := range chosen {
		if e.broken != nil {
			l.decide(sc, reports.HarnessError, e.broken.Error())
		} else if verdict, reason := e.cannotRun(sc, o); verdict != "" {
			l.decide(sc, verdict, reason)
		} else {
			if o.Watch && unreachable(e.report.Kind) == "" {
				sc = sc.watched()
			}
			runnable = append(runnable, sc)
			s.runnable[sc.pickle] = sc
		}
	}
	if len(runnable) == 0 {
		return
	}
	s.pool = newPool(e, o, runnable)
	s.pool.leftOver = l.leftBehind
	defer s.pool.close()
	s.run(ctx, e, o, runnable)
}

func (s *suite) run(ctx context.Context, e *entrant, o *Options, runnable catalogue) {
	registerFormatter()
	name := fmt.Sprintf("%s %d", e.report.Name, suiteCount.Add(1))
	ledgers.Store(name, s.ledger)
	defer ledgers.Delete(name)
	options := &godog.Options{
		FS: o.Features, Paths: []string{"."}, Tags: runnable.tags(), Format: formatterName, Output: io.Discard, NoColors: true,
		Strict: true, Concurrency: o.parallel(e.report.Kind), DefaultContext: ctx,
	}
	if e.exists {
		options.Concurrency = 1 // there is only one cluster
	}
	if o.Shuffle {
		options.Randomize = int64(o.Seed>>1) + 1 // godog takes 0 for no and -1 for a seed of its own
	}
	godog.TestSuite{Name: name, ScenarioInitializer: s.initialize, Options: options}.Run()
}

// tags selects the scenarios by their ids, in godog's words. An outline is selected as a whole; initialize passes over the rows not chosen.
func (all catalogue) tags() string {
	var ids []string
	for _, s := range all {
		for _, tag := range s.Tags {
			if strings.HasPrefix(tag, "@id:") {
				ids = append(ids, tag)
			}
		}
	}
	return strings.Join(ids, ",")
}

// initialize makes the World of the next scenario.
func (s *suite) initialize(sc *godog.ScenarioContext) {
	w := newWorld(s.pool)
	w.seed = s.seed
	if s.record != nil {
		w.recorder = &recorder{}
	}
	w.register(sc)
	sc.Before(func(ctx context.Context, p *godog.Scenario) (context.Context, error) {
		chosen := s.runnable[p.Id]
		if chosen == nil || ctx.Err() != nil {
			return ctx, godog.ErrSkip
		}
		w.ctx, w.scenario = ctx, chosen
		_, w.instead = s.profile.of(chosen.ID)
		s.ledger.beginPickle(chosen, p)
		return ctx, nil
	})
	var began time.Time
	sc.StepContext().Before(func(ctx context.Context, step *godog.Step) (context.Context, error) {
		w.step, began = step.Text, time.Now()
		return ctx, nil
	})
	sc.StepContext().After(func(ctx context.Context, step *godog.Step, status godog.StepResultStatus, err error) (context.Context, error) {
		s.ledger.stepTook(w.scenario, step.Id, time.Since(began))
		return ctx, nil
	})
	sc.After(func(ctx context.Context, p *godog.Scenario, err error) (context.Context, error) {
		if chosen := s.runnable[p.Id]; chosen != nil && w.ctx != nil {
			s.end(w, chosen, err)
		}
		return ctx, nil
	})
}

// end keeps what a scenario leaves behind and then takes it down.
func (s *suite) end(w *World, chosen *scenario, err error) {
	if w.traffic != nil {
		w.traffic.end()
	}
	w.recorder.see(w, "at")
	var broken error
	if err == nil {
		broken = w.invariants()
	}
	w.restored = w.restored && broken == nil
	var views []reports.NodeView
	if (err != nil || broken != nil) && w.cluster != nil {
		views = w.cluster.evidence()
	}
	s.ledger.saw(chosen, w, views, broken)
	if w.recorder != nil {
		s.record(w.recorder.finish(w, err != nil))
	}
	w.close()
}

// progress counts the results of all targets.
type progress struct {
	tell  func(reports.Event)
	total int

	mutex sync.Mutex
	done  int
}

// newProgress tells of the targets that joined and of those that did not.
func newProgress(o *Options, entrants []*entrant, cases int) *progress {
	p := &progress{tell: o.Progress}
	if p.tell == nil {
		p.tell = func(reports.Event) {}
	}
	for _, e := range entrants {
		if e.report.Joined {
			p.total += cases
		}
		p.tell(reports.Event{Target: &e.report})
	}
	return p
}

// expect counts scenarios that are run again.
func (p *progress) expect(more int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.total += more
}

// told passes on a scenario that came to its end.
func (p *progress) told(e *entry) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.done++
	result := e.result
	p.tell(reports.Event{Case: &e.scenario.Case, Result: &result, Done: p.done, Total: p.total})
}

// beginPickle opens the entry of a scenario with the steps godog will run.
func (l *ledger) beginPickle(s *scenario, p *messages.Pickle) {
	var steps []reports.Step
	var ids []string
	for _, step := range p.Steps {
		steps = append(steps, reports.Step{Keyword: stepKeyword(step), Text: stepText(step)})
		ids = append(ids, step.Id)
	}
	l.begin(s, steps, ids)
}

// settleStep is settle in the words of godog.
func (l *ledger) settleStep(p *messages.Pickle, step *messages.PickleStep, verdict reports.Verdict, err error) {
	for _, s := range l.order {
		if s.pickle == p.Id {
			l.settle(s, step.Id, verdict, err)
			return
		}
	}
}
