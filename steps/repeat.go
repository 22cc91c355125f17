package steps

import (
	"fmt"

	"github.com/clusterspec/clusterspec/reports"
)

// together makes one result of a scenario's results in several runs. Where all came to the same verdict that is it; where a scenario passed
// and did not, it is flaky, and says how often it passed. The evidence is that of the first run that did not pass; the waits are those of all.
func together(runs []reports.Result) reports.Result {
	one, passed := runs[0], 0
	for _, r := range runs {
		if r.Verdict == reports.Pass {
			passed++
		} else if one.Verdict == reports.Pass {
			one = r
		}
	}
	if len(runs) == 1 {
		return one
	}
	one.Runs, one.Passed = len(runs), passed
	one.Waits = waitsOf(runs)
	if passed > 0 && passed < len(runs) {
		one.Reason = fmt.Sprintf("passed %d of %d times; otherwise %s: %s", passed, len(runs), one.Verdict, one.Reason)
		one.Verdict = reports.Flaky
	}
	return one
}

// waitsOf lists each wait once, as long as it took in its slowest run, with the times of all runs.
func waitsOf(runs []reports.Result) []reports.Wait {
	var waits []reports.Wait
	for _, r := range runs {
		for i, w := range r.Waits {
			if i == len(waits) {
				waits = append(waits, w)
			}
			all := append(waits[i].RunsMillis, w.UsedMillis)
			if w.UsedMillis > waits[i].UsedMillis {
				waits[i] = w
			}
			waits[i].RunsMillis = all
		}
	}
	return waits
}
