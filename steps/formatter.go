package steps

import (
	"io"
	"sync"

	"github.com/cucumber/godog"
	"github.com/cucumber/godog/formatters"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/clusterspec/clusterspec/reports"
)

// godog gives a formatter nothing but the name of its suite, and its list of formatters is one for the whole program. So ours is entered
// there once, and finds the ledger of a run by the suite's name.
const formatterName = "clusterspec-ledger"

var (
	ledgers           sync.Map // suite name to *ledger
	registerFormatter = sync.OnceFunc(func() {
		godog.Format(formatterName, "Tells the end of each step to a ledger.", newFormatter)
	})
)

// formatter tells the ledger how each step ended. It writes nothing.
type formatter struct {
	ledger *ledger
}

var _ formatters.Formatter = (*formatter)(nil)

func newFormatter(suite string, _ io.Writer) formatters.Formatter {
	l, _ := ledgers.Load(suite)
	return &formatter{l.(*ledger)}
}

// Passed settles a step that did what it says.
func (f *formatter) Passed(p *messages.Pickle, s *messages.PickleStep, _ *formatters.StepDefinition) {
	f.ledger.settleStep(p, s, reports.Pass, nil)
}

// Failed settles a step that returned an error, whatever error it was.
func (f *formatter) Failed(p *messages.Pickle, s *messages.PickleStep, _ *formatters.StepDefinition, err error) {
	f.ledger.settleStep(p, s, verdictOf(err), err)
}

// Skipped settles a step that was not reached.
func (f *formatter) Skipped(p *messages.Pickle, s *messages.PickleStep, _ *formatters.StepDefinition) {
	f.ledger.settleStep(p, s, reports.NotRun, nil)
}

// Undefined settles a step that no expression matches.
func (f *formatter) Undefined(p *messages.Pickle, s *messages.PickleStep, _ *formatters.StepDefinition) {
	f.ledger.settleStep(p, s, reports.HarnessError, nonsense("nothing matches %q", s.Text))
}

// Pending settles a step that is declared and not written.
func (f *formatter) Pending(p *messages.Pickle, s *messages.PickleStep, _ *formatters.StepDefinition) {
	f.ledger.settleStep(p, s, reports.HarnessError, nonsense("%q is not written yet", s.Text))
}

// Ambiguous settles a step that several expressions match.
func (f *formatter) Ambiguous(p *messages.Pickle, s *messages.PickleStep, _ *formatters.StepDefinition, err error) {
	f.ledger.settleStep(p, s, reports.HarnessError, nonsense("%v", err))
}

// TestRunStarted, Feature, Pickle, Defined and Summary complete the interface; the ledger needs none of them.
func (f *formatter) TestRunStarted()                                                            {}
func (f *formatter) Feature(*messages.GherkinDocument, string, []byte)                          {}
func (f *formatter) Pickle(*messages.Pickle)                                                    {}
func (f *formatter) Defined(*messages.Pickle, *messages.PickleStep, *formatters.StepDefinition) {}
func (f *formatter) Summary()                                                                   {}
