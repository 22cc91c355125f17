package result

import (
	"fmt"
	"time"
)

// Name is what a series is, in short: "GET, pipeline 16, closed loop".
func (s *Series) Name() string {
	loop := "closed loop"
	if s.Loop == LoopOpen {
		loop = fmt.Sprintf("open loop at %.0f requests/s (%s)", s.RatePerSecond, s.Arrivals)
	}
	return fmt.Sprintf("%s, pipeline %d, %s", s.Operation, s.Pipeline, loop)
}

// Setting is what else there is to say of how it was measured.
func (s *Series) Setting() string {
	extent := fmt.Sprintf("%d rounds", s.Rounds)
	if n := len(s.Workers); n > 0 {
		extent = fmt.Sprintf("%v from %s", time.Duration(s.SliceMillis)*time.Millisecond, Plural(n, "worker"))
	}
	return fmt.Sprintf("%d connections, %d-byte values, %d keys %s, %s", s.Connections, s.ValueBytes, s.Keys, s.Distribution, extent)
}

// Notes are what has to be said about a series besides its figures.
func (s *Series) Notes() (notes []string) {
	if s.Trouble != "" {
		notes = append(notes, "Not compared: "+s.Trouble+".")
	}
	for _, p := range s.Parties {
		if n := p.Counts.Failed(); n > 0 || p.Counts.Surplus > 0 {
			notes = append(notes, fmt.Sprintf("%s: %d of %d requests failed: %s.", p.Name, n, p.Counts.Sent, p.Counts.FailedInWords()))
		}
		if p.Counts.Moved+p.Counts.Ask > 0 {
			notes = append(notes, fmt.Sprintf("%s: %d MOVED and %d ASK were followed.", p.Name, p.Counts.Moved, p.Counts.Ask))
		}
		if p.Counts.Misses > 0 {
			notes = append(notes, fmt.Sprintf("%s: %d keys were not there.", p.Name, p.Counts.Misses))
		}
		if p.Generator.Invalid != "" {
			notes = append(notes, fmt.Sprintf("%s: %s.", p.Name, p.Generator.Invalid))
		}
	}
	return notes
}

// WorkerHead names the cells of a worker.
var WorkerHead = []string{"worker", "share", "requests/s", "began late", "CPU of a core", "sent late, p99", "max", "stolen", ""}

// Cells of a worker in a table: who it is, what it did, what it cost, how late it was, and what spoils it.
func (w *Worker) Cells() []string {
	late, latest := "–", "–"
	if l := w.Generator.Lateness; l != nil {
		late, latest = Format(float64(l.P99), "ns"), Format(float64(l.Max), "ns")
	}
	return []string{
		fmt.Sprintf("%d on %s", w.Index, w.Host), percent(w.Share), fmt.Sprintf("%.0f", w.PerSecond), Format(float64(w.LateStart), "ns"), percent(w.Generator.CPUShare),
		late, latest, percent(w.StealShare), w.Generator.Invalid,
	}
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// Setting is the cluster and the load of a time line.
func (t *Timeline) Setting() string {
	return fmt.Sprintf("%d primaries with %s each, node timeout %d ms, %.0f requests/s", t.Primaries, Plural(t.Replicas, "replica"), t.NodeTimeoutMillis, t.RatePerSecond)
}

// Notes are the outages, and what went wrong.
func (t *Timeline) Notes() (notes []string) {
	for _, o := range t.Outages {
		notes = append(notes, fmt.Sprintf("Slots %s accepted no write for %d ms from %.1f s on: %s.", o.Slots, o.ToMillis-o.FromMillis, float64(o.FromMillis)/1e3, o.Because))
	}
	if t.Trouble != "" {
		notes = append(notes, "Ended early: "+t.Trouble+".")
	}
	return notes
}

// Plural counts things whose many are called by an s.
func Plural(n int, one string) string {
	if n != 1 {
		one += "s"
	}
	return fmt.Sprint(n, " ", one)
}
