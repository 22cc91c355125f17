package steps

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reports"
)

// waitingWorld measures time in steps of 200 ms.
func waitingWorld(t *testing.T) *World {
	w := newWorld(&pool{nodeTimeout: 200 * time.Millisecond})
	w.ctx, w.step = t.Context(), "within 1 node timeout it holds"
	return w
}

// holdsFrom makes a statement that holds from one look on, up to another.
func holdsFrom(w *World, first, last int) func() error {
	looks := 0
	return func() error {
		looks++
		return w.check("A", first <= looks && looks <= last, "look "+itoa(looks), "another look")
	}
}

func TestWithin(t *testing.T) {
	w := waitingWorld(t)
	if err := w.within(5, holdsFrom(w, 3, 3)); err != nil {
		t.Error(err)
	}
	if w.checks != 1 {
		t.Errorf("three looks count as %d checks", w.checks)
	}
	err := w.within(1, holdsFrom(w, 1000, 1000))
	if verdictOf(err) != reports.Fail || !strings.Contains(err.Error(), "got look ") || !strings.Contains(err.Error(), "of 200ms)") {
		t.Errorf("the last value and the time are missing: %v", err)
	}
	if len(w.waits) != 2 || w.waits[0].Allowed != 5 || w.waits[0].UsedMillis >= w.waits[0].AllowedMillis || w.waits[1].NodeTimeouts < 1 {
		t.Errorf("%+v", w.waits)
	}
}

func TestWithinDoesNotWaitForNonsense(t *testing.T) {
	w := waitingWorld(t)
	began := time.Now()
	err := w.within(100, func() error { return nonsense("there is no node Q") })
	if verdictOf(err) != reports.HarnessError || time.Since(began) > 2*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
}

func TestThroughout(t *testing.T) {
	w := waitingWorld(t)
	began := time.Now()
	if err := w.throughout(1, holdsFrom(w, 1, 1000)); err != nil || time.Since(began) < w.nodeTimeout {
		t.Errorf("%v after %s", err, time.Since(began))
	}
	if err := w.throughout(1, holdsFrom(w, 1, 2)); verdictOf(err) != reports.Fail {
		t.Errorf("what stopped holding at the third look: %v", err)
	}
}

// A statement becomes a step with a number in front.
func TestTimed(t *testing.T) {
	w := waitingWorld(t)
	var got []any
	statement := func(name string, slot int) error { got = append(got, name, slot); return errors.New("no") }
	timed := w.timed(statement, func(timeouts int, holds func() error) error { got = append(got, timeouts); return holds() })
	if err := timed.(func(int, string, int) error)(7, "A", 866); err == nil || !reflect.DeepEqual(got, []any{7, "A", 866}) {
		t.Errorf("%v, %v", got, err)
	}
}
