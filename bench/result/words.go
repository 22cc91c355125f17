package result

import "fmt"

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
	return fmt.Sprintf("%d connections, %d-byte values, %d keys %s, %d rounds", s.Connections, s.ValueBytes, s.Keys, s.Distribution, s.Rounds)
}

// Notes are what has to be said about a series besides its figures.
func (s *Series) Notes() (notes []string) {
	if s.Trouble != "" {
		notes = append(notes, "Not compared: "+s.Trouble+".")
	}
	for _, p := range s.Parties {
		if n := p.Counts.Failed(); n > 0 || p.Counts.Surplus > 0 {
			notes = append(notes, fmt.Sprintf("%s: %d of %d requests failed: %+v.", p.Name, n, p.Counts.Sent, p.Counts))
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

// Setting is the cluster and the load of a time line.
func (t *Timeline) Setting() string {
	replicas := "replicas"
	if t.Replicas == 1 {
		replicas = "replica"
	}
	return fmt.Sprintf("%d primaries with %d %s each, node timeout %d ms, %.0f requests/s", t.Primaries, t.Replicas, replicas, t.NodeTimeoutMillis, t.RatePerSecond)
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
