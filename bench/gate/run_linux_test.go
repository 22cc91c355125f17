package gate

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/result"
)

// A live run: what is undecided is measured again, and the rounds add up; what is decided is not.
func TestRunMeasuresWhatIsUndecidedAgain(t *testing.T) {
	hopeless := Gate{Name: "undecided", Series: "get-p16", Metric: duet.Throughput, IsRatio: true, Bound: Bound{AtLeast, 1 / (1 - slack)}} // the truth is 1: on the edge
	kept := Gate{Name: "kept", Figure: "work/slot-trips", Bound: Bound{Exactly, 7}}
	broken := Gate{Name: "broken", Figure: "work/reads-p1", Bound: Bound{AtMost, 0.5}}
	o := options(hopeless, kept, broken)
	o.Budget = time.Hour // however slow the machine is: it is the third turn that ends it
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var started []string
	turns := 0
	r := &result.Result{Environment: result.NewEnvironment()}
	err := Run(ctx, o, r, func(what string) {
		if started = append(started, what); strings.HasPrefix(what, "get-p16") {
			if turns++; turns == 3 {
				turns--
				cancel()
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	outcomes := r.Gates
	if len(outcomes) != 5 || outcomes[0].Name != "undecided" || outcomes[1].Verdict != result.GatePassed || outcomes[3].Verdict != result.GateFailed {
		t.Errorf("%+v", outcomes)
	}
	if started[0] != "work" || started[1] != "get-p16" || len(started) > 2+turns {
		t.Errorf("measured were %q", started)
	}
	once := duet.RoundsIn(o.Serving.Duration, 3)
	if len(r.Series) != 1 || r.Series[0].Rounds != turns*once || r.Series[0].Comparisons[0].Pairs != turns*once {
		t.Errorf("%d turns, %+v", turns, r.Series)
	}
	if outcomes[0].Verdict == result.GateInconclusive && turns < 2 {
		t.Error("the undecided was left undecided after one turn")
	}
}

// What was not measured when the run was ended is inconclusive, and never passes.
func TestRunEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := &result.Result{Environment: result.NewEnvironment()}
	gate := Gate{Name: "kept", Figure: "work/slot-trips", Bound: Bound{Exactly, 7}}
	err := Run(ctx, options(gate), r, func(string) { cancel() })
	if err != nil || len(r.Gates) != 1 || Worst(r.Gates) != result.GateInconclusive || !r.Interrupted {
		t.Errorf("%v, %+v", err, r.Gates)
	}
}
