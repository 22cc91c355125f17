package steps

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"github.com/clusterspec/clusterspec/reports"
)

// World is everything one scenario has: its cluster, its clients, what was replied, what was checked.
type World struct {
	ctx         context.Context
	pool        *pool
	nodeTimeout time.Duration
	seed        uint64

	cluster  *cluster
	set      []option // to be put back
	opened   []opened // slots that were opened, to be closed
	restored bool     // whether all that succeeded

	handedOver time.Time // when the cluster was there
	done       []deed    // to nodes and links

	clients     map[string]*client
	last        reply
	subscribers []*subscriber
	waiting     waiting // the connection whose answer is looked for
	data        dataset
	follower    *clusterClient // the last cluster client that wrote
	traffic     *traffic       // clients at work in the background
	libraries   libraries
	scrape      scrape // what the exporter made of a node
	writes      *reports.Writes
	bus         busState
	tool        toolRun     // the last call of redis-cli
	single      *standalone // a server that is no cluster node
	scratch     string      // a folder for files, made when it is asked for

	recorder *recorder // nil if nothing is recorded
	scenario *scenario
	instead  map[string]string // replies of the target's versions in place of the scenario's
	step     string            // the text of the step that runs
	checks   int
	waits    []reports.Wait
	trace    trace
}

// reply is what a client of the scenario was answered last, and where.
type reply struct {
	from    *member
	request []string
	value   wireValue
}

func newWorld(p *pool) *World {
	return &World{pool: p, nodeTimeout: p.nodeTimeout, clients: map[string]*client{}, restored: true}
}

// sentence is a row of a step table: an expression, and the method that carries it out.
type sentence struct {
	expr   string
	method any
}

// register tells godog every sentence a scenario may use.
func (w *World) register(sc *godog.ScenarioContext) {
	for _, s := range w.actions() {
		sc.Step("^"+s.expr+"$", s.method)
	}
	for _, s := range w.statements() {
		sc.Step("^"+s.expr+"$", s.method)
		sc.Step(`^within (\d+) node timeouts? `+s.expr+"$", w.timed(s.method, w.within))
		sc.Step(`^for (\d+) node timeouts? `+s.expr+"$", w.timed(s.method, w.throughout))
	}
}

// actions do something; they are said once.
func (w *World) actions() []sentence {
	return slices.Concat(w.setupActions(), w.clientActions(), w.distributionActions(), w.migrationActions(), w.trafficActions(),
		w.kindsActions(), w.failureActions(), w.pubsubActions(), w.libraryActions(), w.exporterActions(), w.busActions(), w.puppetActions(), w.toolsActions(), w.faultsActions(),
		w.endpointActions(), w.rawActions())
}

// statements look at something; they hold now, within some time, or for some time.
func (w *World) statements() []sentence {
	return slices.Concat(w.topologyStatements(), w.clusterSlotsStatements(), w.identityStatements(), w.epochStatements(), w.clientStatements(),
		w.distributionStatements(), w.migrationStatements(), w.trafficStatements(), w.kindsStatements(), w.failureStatements(), w.pubsubStatements(), w.libraryStatements(), w.exporterStatements(),
		w.busStatements(), w.puppetStatements(), w.toolsStatements(), w.faultsStatements(),
		w.endpointStatements(), w.rawStatements())
}

// timed makes the step `within 5 node timeouts <statement>` out of the statement: the same method with a number in front.
func (w *World) timed(method any, waiting func(timeouts int, holds func() error) error) any {
	m := reflect.ValueOf(method)
	in := []reflect.Type{reflect.TypeFor[int]()}
	for i := range m.Type().NumIn() {
		in = append(in, m.Type().In(i))
	}
	signature := reflect.FuncOf(in, []reflect.Type{reflect.TypeFor[error]()}, false)
	return reflect.MakeFunc(signature, func(args []reflect.Value) []reflect.Value {
		err := waiting(int(args[0].Int()), func() error {
			err, _ := m.Call(args[1:])[0].Interface().(error)
			return err
		})
		result := reflect.New(reflect.TypeFor[error]()).Elem()
		if err != nil {
			result.Set(reflect.ValueOf(err))
		}
		return []reflect.Value{result}
	}).Interface()
}

// chance is a generator that gives the scenario the same in every run with the seed.
func (w *World) chance() *rand.Rand {
	id := fnv.New64a()
	id.Write([]byte(w.scenario.ID))
	return rand.New(rand.NewPCG(w.seed, id.Sum64()))
}

// check is the one way to judge: it counts, and says what was wanted, what came, from which node and when.
func (w *World) check(node string, holds bool, got string, want ...string) error {
	w.checks++
	if holds {
		return nil
	}
	return &failure{Node: node, Want: want, Got: got, At: time.Now()}
}

// checkEqual checks that what came is what was wanted.
func (w *World) checkEqual(node, got, want string) error {
	return w.check(node, got == want, got, want)
}

// within looks until the statement holds or the time is over. The attempts count as one.
func (w *World) within(timeouts int, holds func() error) error {
	defer w.trace.polling()()
	began, checks := time.Now(), w.checks
	allowed := time.Duration(timeouts) * w.nodeTimeout
	for {
		w.checks = checks
		err := holds()
		used := time.Since(began)
		if err == nil || used >= allowed || !canChange(err) {
			w.recordWait(used, allowed)
			return withTime(err, used, allowed)
		}
		select {
		case <-w.ctx.Done():
			return errInterrupted
		case <-time.After(pollInterval):
		}
	}
}

// throughout looks until the time is over or the statement holds no longer.
func (w *World) throughout(timeouts int, holds func() error) error {
	defer w.trace.polling()()
	began, checks := time.Now(), w.checks
	allowed := time.Duration(timeouts) * w.nodeTimeout
	for time.Since(began) < allowed {
		w.checks = checks
		if err := holds(); err != nil {
			return withTime(err, time.Since(began), allowed)
		}
		select {
		case <-w.ctx.Done():
			return errInterrupted
		case <-time.After(pollInterval):
		}
	}
	return nil
}

// canChange tells whether waiting may help: a step that says nonsense stays nonsense.
func canChange(err error) bool {
	verdict := verdictOf(err)
	return verdict == reports.Fail
}

// withTime adds to a failure how long was waited.
func withTime(err error, used, allowed time.Duration) error {
	if f, ok := err.(*failure); ok {
		timed := *f
		timed.Waited = fmt.Sprintf("%s of %s", used.Round(time.Millisecond), allowed)
		return &timed
	}
	return err
}

func (w *World) recordWait(used, allowed time.Duration) {
	w.waits = append(w.waits, reports.Wait{
		What:       strings.TrimSpace(w.step),
		UsedMillis: used.Milliseconds(), AllowedMillis: allowed.Milliseconds(),
		NodeTimeouts: float64(used) / float64(w.nodeTimeout), Allowed: float64(allowed) / float64(w.nodeTimeout),
	})
}

// close ends everything the scenario has. The cluster goes back to the pool.
func (w *World) close() {
	for _, s := range w.subscribers {
		s.conn.Close()
	}
	for _, c := range w.clients {
		c.close()
	}
	w.waiting.close()
	if w.follower != nil {
		w.follower.close()
	}
	w.libraries.close()
	w.bus.close()
	w.closeTools()
	if w.cluster != nil {
		w.putBack()
		w.closeSlots()
		w.pool.giveBack(w.cluster, w.restored, w.scenario)
	}
}

// nonsense is the error of a step that cannot be understood: the suite is wrong, not the target.
func nonsense(format string, args ...any) error {
	return fmt.Errorf("this step makes no sense: "+format, args...)
}
