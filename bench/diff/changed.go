package diff

import (
	"fmt"

	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/stats"
)

// What is measured once, target after target, has ratios without an interval: they are shown, and called inconclusive.
const once = "it is measured once, and has no interval"

// inTimelines are what clients saw of each phase of a change, and how long slots accepted no write.
func inTimelines(r *result.Result, specs map[string]string) (all []ratio) {
	find := func(name string) *result.Timeline {
		for i := range r.Timelines {
			if r.Timelines[i].Target == name {
				return &r.Timelines[i]
			}
		}
		return nil
	}
	base := find(r.Targets[0].Name)
	if base == nil {
		return nil
	}
	was := quantities(base)
	for _, t := range r.Targets[1:] {
		other := find(t.Name)
		if other == nil {
			continue
		}
		for _, q := range quantities(other) {
			for _, b := range was {
				if b.name == q.name && b.value > 0 && q.value > 0 {
					all = append(all, single(q.name, specs[t.Name], q.value/b.value))
				}
			}
		}
	}
	return all
}

// quantity is a number of a time line with its name. Less is better.
type quantity struct {
	name  string
	value float64
}

func quantities(t *result.Timeline) (all []quantity) {
	for i := range t.Phases {
		p := &t.Phases[i]
		all = append(all,
			quantity{fmt.Sprintf("%s: p99 while %s", t.ID, p.Name), float64(p.Latency.P99)},
			quantity{fmt.Sprintf("%s: worst second while %s", t.ID, p.Name), float64(p.WorstSecond)})
	}
	outage := 0.0
	for _, o := range t.Outages {
		outage += float64(o.ToMillis - o.FromMillis)
	}
	return append(all, quantity{t.ID + ": time without writes", outage})
}

// inGrowths are costs at the sizes that both the target and the base came to.
func inGrowths(r *result.Result, specs map[string]string) (all []ratio) {
	for i := range r.Growths {
		g := &r.Growths[i]
		at := make(map[float64]float64) // the base's cost by size
		for _, l := range g.Lines {
			for _, p := range l.Points {
				if l.Name == r.Targets[0].Name {
					at[p.X] = p.Y
				}
			}
		}
		for _, l := range g.Lines {
			for _, p := range l.Points {
				if spec := specs[l.Name]; spec != "" && at[p.X] > 0 && p.Y > 0 {
					all = append(all, single(fmt.Sprintf("%s at %.0f", g.ID, p.X), spec, p.Y/at[p.X]))
				}
			}
		}
	}
	return all
}

// single is a ratio of costs that were measured once.
func single(what, target string, value float64) ratio {
	return ratio{what: what, target: target, Interval: stats.Interval{Ratio: value, Low: value, High: value}, direction: stats.LessIsFaster, doubt: once}
}
