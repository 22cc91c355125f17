package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// timing is how much of their time the waits of a run used. A suite whose waits use nearly all of it is one that a busy machine breaks.
type timing struct {
	Columns []timingColumn
	// Tightest are the waits that used most, and More is how many stand behind them.
	Tightest []tightWait
	More     int
}

// timingColumn is the distribution on one target, over all waits and all runs of them.
type timingColumn struct {
	*column
	N int
	// Median, P95 and Most are shares of what was allowed.
	Median, P95, Most share
	// Bars is a path: the number of waits for each twentieth of what was allowed, drawn into a picture of timingWidth by timingHeight.
	Bars string
}

// share is a part of a hundred, written as a part of one: "0.38".
type share int64

func (s share) String() string { return fmt.Sprintf("%d.%02d", s/100, s%100) }

// tightWait is one wait of a case on a target, with all of its runs.
type tightWait struct {
	waitView
	Case *caseView
	Key  int
	// Marks are the runs in percent of what was allowed.
	Marks []int64
}

// The picture of a distribution, and how many waits are listed.
const (
	timingBins   = 20
	timingWidth  = 200
	timingHeight = 40
	maxTight     = 25
)

// newTiming gathers the waits; nil if there were none.
func newTiming(cases []*caseView, columns []column) *timing {
	t := &timing{}
	for i := range columns {
		shares := []int64{}
		for _, c := range cases {
			for _, w := range c.Outcomes[i].Waits {
				marks := sharesOf(w.Wait)
				shares = append(shares, marks...)
				t.Tightest = append(t.Tightest, tightWait{w, c, columns[i].Key, marks})
			}
		}
		if len(shares) > 0 {
			t.Columns = append(t.Columns, newTimingColumn(&columns[i], shares))
		}
	}
	if len(t.Columns) == 0 {
		return nil
	}
	slices.SortStableFunc(t.Tightest, func(a, b tightWait) int { return cmp.Compare(b.Percent, a.Percent) })
	if t.More = len(t.Tightest) - maxTight; t.More > 0 {
		t.Tightest = t.Tightest[:maxTight]
	}
	return t
}

// sharesOf are the runs of a wait in percent of what was allowed, at most 100.
func sharesOf(w Wait) []int64 {
	runs := w.RunsMillis
	if len(runs) == 0 {
		runs = []int64{w.UsedMillis}
	}
	shares := make([]int64, 0, len(runs))
	for _, used := range runs {
		if w.AllowedMillis > 0 {
			shares = append(shares, max(0, min(100, 100*used/w.AllowedMillis)))
		}
	}
	return shares
}

func newTimingColumn(c *column, shares []int64) timingColumn {
	slices.Sort(shares)
	at := func(percent int) share { return share(shares[min(len(shares)-1, len(shares)*percent/100)]) }
	var bins [timingBins]int
	for _, s := range shares {
		bins[min(timingBins-1, s*timingBins/100)]++
	}
	var bars strings.Builder
	most := slices.Max(bins[:])
	for i, n := range bins {
		if n > 0 { // a single wait is seen as well
			fmt.Fprintf(&bars, "M%d %dv-%d", (2*i+1)*timingWidth/timingBins/2, timingHeight, max(1, n*timingHeight/most))
		}
	}
	return timingColumn{column: c, N: len(shares), Median: at(50), P95: at(95), Most: at(100), Bars: bars.String()}
}
