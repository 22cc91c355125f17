package change

import (
	"slices"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/result"
)

// A real cluster goes through all changes; the outage of the killed primary's slots is found, and every request has its place.
func TestOnARealCluster(t *testing.T) {
	o := DefaultOptions()
	o.Targets, o.Steady, o.NodeTimeout, o.RatePerSecond = []string{"redis-server"}, time.Second, time.Second, 500
	var lines []result.Timeline
	if err := Measure(t.Context(), o, func(string) {}, func(l result.Timeline) { lines = append(lines, l) }); err != nil {
		t.Fatal(err)
	}
	if len(lines) != 1 || lines[0].Trouble != "" || len(lines[0].Phases) != 6 {
		t.Fatalf("%+v", lines)
	}
	line := &lines[0]
	var sent, answered uint64
	for _, p := range line.Phases {
		if p.ToMillis <= p.FromMillis || p.Counts.Sent == 0 {
			t.Errorf("%s: from %d to %d, %d requests", p.Name, p.FromMillis, p.ToMillis, p.Counts.Sent)
		}
		sent += p.Counts.Sent
	}
	for _, i := range line.Intervals {
		answered += i.Answered + i.Failed
	}
	if due := o.RatePerSecond * float64(line.Phases[5].ToMillis) / 1e3; float64(answered) < 0.9*due || float64(sent) < 0.9*due {
		t.Errorf("%d requests in phases, %d in intervals, and %.0f were due", sent, answered, due)
	}
	killed := line.Phases[2]
	if !slices.ContainsFunc(line.Outages, func(x result.Outage) bool {
		return x.Slots == "10922-16383" && x.FromMillis <= killed.ToMillis && x.ToMillis > killed.FromMillis && x.ToMillis-x.FromMillis > o.NodeTimeout.Milliseconds()/2
	}) {
		t.Errorf("the outage is missing in %+v", line.Outages)
	}
	if killed.Latency.Max < int64(o.NodeTimeout)/2 {
		t.Errorf("while nobody served, the longest request took %v: those that waited were left out", time.Duration(killed.Latency.Max))
	}
	if !slices.ContainsFunc(line.Marks, func(m result.Mark) bool { return m.Fault }) {
		t.Errorf("%+v", line.Marks)
	}
}

// Requests belong to the phase they were due in.
func TestFillIn(t *testing.T) {
	var samples []*load.Sample
	for i := range 8 {
		s := load.NewSample()
		s.Sent, s.OK, s.Moved = 10, 10, uint64(i)
		s.Latency.RecordValues(int64(time.Duration(i+1)*time.Millisecond), 10)
		samples = append(samples, s)
	}
	line := result.Timeline{IntervalMillis: interval.Milliseconds(), Phases: []result.Phase{
		{Name: "one", FromMillis: 0, ToMillis: 1000}, {Name: "two", FromMillis: 1000, ToMillis: 2000}, {Name: "beyond", FromMillis: 2000, ToMillis: 3000},
	}}
	fillIn(&line, samples, nil)
	one, two, beyond := line.Phases[0], line.Phases[1], line.Phases[2]
	if one.Counts.Sent != 40 || two.Counts.Sent != 40 || beyond.Counts.Sent != 0 || one.RedirectsPerRequest != 0.15 || two.RedirectsPerRequest != 0.55 {
		t.Errorf("%+v", line.Phases)
	}
	if got := time.Duration(two.WorstSecond).Round(time.Millisecond); got != 8*time.Millisecond || len(line.Intervals) != 8 {
		t.Errorf("the worst second has %v", got)
	}
}

func TestValidate(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Error(err)
	}
	o := DefaultOptions()
	if o.RatePerSecond = 0; o.Validate() == nil {
		t.Error("no load is a load")
	}
}
