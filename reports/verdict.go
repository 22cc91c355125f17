package reports

import (
	"slices"
	"strings"
)

// Verdict is the outcome of a case on a target, or of one of its steps.
type Verdict string

// The verdicts. There is no score over them: a number would hide which promise was broken.
const (
	// Pass: every check held, and there was at least one.
	Pass Verdict = "pass"
	// Fail: a check did not hold.
	Fail Verdict = "fail"
	// Unsupported: the target or the machine lacks what the case needs; the reason says what.
	Unsupported Verdict = "unsupported"
	// Deviation: the check did not hold, as was declared beforehand. Still run, still shown.
	Deviation Verdict = "deviation"
	// Flaky: repeated on the same seed, the case passed and failed.
	Flaky Verdict = "flaky"
	// Inconclusive: the evidence does not decide.
	Inconclusive Verdict = "inconclusive"
	// HarnessError: the suite or the target's start broke, which says nothing about the protocol.
	HarnessError Verdict = "harness-error"
	// NotRun: selected, but never started.
	NotRun Verdict = "not-run"
)

// verdicts in the order they are counted and shown.
var verdicts = []Verdict{Pass, Fail, HarnessError, Inconclusive, Flaky, Deviation, Unsupported, NotRun}

// Verdicts returns all verdicts in the order in which they are shown.
func Verdicts() []Verdict { return slices.Clone(verdicts) }

// Letter returns the one letter that stands for the verdict where there is no room for its word, or '?' for an unknown one.
func (v Verdict) Letter() string {
	switch v {
	case Pass:
		return "P"
	case Fail:
		return "F"
	case HarnessError:
		return "H"
	case Inconclusive:
		return "I"
	case Flaky:
		return "K"
	case Deviation:
		return "D"
	case Unsupported:
		return "U"
	case NotRun:
		return "N"
	}
	return "?"
}

// Word is the verdict for people; the constants' hyphens are for machines.
func (v Verdict) Word() string { return strings.ReplaceAll(string(v), "-", " ") }

// ran tells whether a case with this verdict was carried out on the target, to whatever end.
func (v Verdict) ran() bool { return v != Unsupported && v != NotRun && v != HarnessError }

// reached tells whether the verdict comes from something that happened, so that there is evidence to show.
func (v Verdict) reached() bool { return v != Unsupported && v != NotRun }
