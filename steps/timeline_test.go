package steps

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/compose/wire/bus"
	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
)

func exchange(request string, reply int64) wire.Exchange {
	return wire.Exchange{At: time.Now(), Request: strings.Fields(request), Reply: wire.Value{Kind: wire.Integer, Text: fmt.Sprint(reply)}}
}

// What repeats itself while the judge waits is kept once; what a client says twice is kept twice.
func TestTraceLeavesOutPolling(t *testing.T) {
	var tr trace
	tr.add("A", exchange("GET x", 1))
	tr.add("A", exchange("GET x", 1))
	over := tr.polling()
	for i := range 10 {
		tr.add("A", exchange("GET x", int64(i/5)))
		tr.add("B", exchange("GET x", 7))
	}
	over()
	tr.add("B", exchange("GET x", 7))
	all, dropped := tr.since(time.Now())
	var got []string
	for _, e := range all {
		got = append(got, e.Node+e.Reply)
	}
	if want := "Ainteger 1 Ainteger 1 Ainteger 0 Binteger 7 Ainteger 1 Binteger 7"; strings.Join(got, " ") != want || dropped != 0 {
		t.Errorf("got %q and %d dropped, want %q", got, dropped, want)
	}
}

func TestTraceKeepsBothEnds(t *testing.T) {
	var tr trace
	const many = traceFirst + traceLast + 5
	for i := range many {
		tr.add("A", exchange("INCR x", int64(i)))
	}
	all, dropped := tr.since(time.Now())
	if len(all) != traceFirst+traceLast || dropped != 5 || all[0].Reply != "integer 0" || all[len(all)-1].Reply != fmt.Sprintf("integer %d", many-1) {
		t.Errorf("%d kept, %d dropped, from %s to %s", len(all), dropped, all[0].Reply, all[len(all)-1].Reply)
	}
}

func TestCutBreaksNoRune(t *testing.T) {
	for text, want := range map[string]string{"abc": "abc", "abcd": "abcd", "abcde": "abcd…", "abcöx": "abc…"} {
		if got := cutTo(text, 4); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Of what nodes say again and again only what is new is kept, and everything that is no ping.
func TestHearsay(t *testing.T) {
	h := newHearsay(func(id string) string { return strings.ToUpper(id) })
	says := func(kind bus.Type, change func(*bus.Frame)) bus.Seen {
		f := &bus.Frame{Type: kind, CurrentEpoch: 3, ConfigEpoch: 1, Slots: []wire.SlotRange{{From: 0, To: 5460}}}
		if change != nil {
			change(f)
		}
		return bus.Seen{From: "a", To: "b", Frame: f}
	}
	doubts := func(flags bus.Flags) func(*bus.Frame) {
		return func(f *bus.Frame) { f.Gossip = []bus.Gossip{{ID: "c", Flags: flags | bus.FlagPrimary}, {ID: "d"}} }
	}
	lost := func(s bus.Seen) bus.Seen { s.Dropped = true; return s }
	for i, c := range []struct {
		seen bus.Seen
		want string // "" for no news
	}{
		{says(bus.Ping, nil), "epoch 3, config epoch 1, slots 0-5460"},
		{says(bus.Pong, nil), ""},
		{says(bus.Ping, doubts(bus.FlagPFail)), "C may be failing"},
		{says(bus.Ping, nil), ""}, // gossip is about a few at a time: silence takes nothing back
		{says(bus.Ping, doubts(bus.FlagPFail)), ""},
		{says(bus.Ping, doubts(bus.FlagFail)), "C has failed"},
		{says(bus.Ping, doubts(0)), "C is well"},
		{says(bus.Ping, func(f *bus.Frame) { f.Primary, f.Down = "c", true }), "epoch 3, config epoch 1, replica of C, the cluster is down"},
		{says(bus.Fail, func(f *bus.Frame) { f.About = "c" }), "C has failed"},
		{says(bus.Fail, func(f *bus.Frame) { f.About = "c" }), "C has failed"},
		{says(bus.VoteRequest, func(f *bus.Frame) { f.Message = bus.MessageForce }), "asks for a vote in epoch 3, though its primary is up"},
		{says(bus.Update, func(f *bus.Frame) { f.About, f.Claim = "c", bus.Claim{ConfigEpoch: 9} }), "C has config epoch 9, no slots"},
		{says(bus.Publish, func(f *bus.Frame) { f.Channel, f.Payload = "news", []byte("hello") }), `5 bytes to "news"`},
	} {
		if text, isNews := h.news(&c.seen); isNews != (c.want != "") || text != c.want {
			t.Errorf("frame %d: %q, %v; want %q", i, text, isNews, c.want)
		}
	}
	one, two := lost(says(bus.Ping, func(f *bus.Frame) { f.Primary, f.Down = "c", true })), lost(says(bus.Ping, func(f *bus.Frame) { f.Primary, f.Down = "c", true }))
	_, first := h.news(&one)
	_, second := h.news(&two)
	if !first || second {
		t.Errorf("the first ping that is lost is worth keeping (%v), the next is not (%v)", first, second)
	}
}

// A scenario that passes has a course as well: what was done, what was asked and what nodes told each other, in the order of time.
func TestTimelineOfAScenario(t *testing.T) {
	report, err := Run(t.Context(), Options{Features: features.FS, Targets: []target.Target{redisServer(t)}, IDs: []string{"partition/frames/14"}})
	if err != nil {
		t.Fatal(err)
	}
	line := report.Results[0].Timeline
	if report.Results[0].Verdict != reports.Pass {
		t.Fatalf("%+v", report.Results[0])
	}
	if len(line.Faults) != 1 || line.Faults[0].Kind != "lose" || !slices.Equal(line.Faults[0].Nodes, []string{"A", "B"}) {
		t.Errorf("faults: %+v", line.Faults)
	}
	published := func(to string, lost bool) bool {
		return slices.ContainsFunc(line.Frames, func(f reports.Frame) bool {
			return f.From == "A" && f.To == to && f.Type == "publish" && f.Lost == lost && f.Text == `5 bytes to "news"` && f.AtMillis >= line.Faults[0].AtMillis
		})
	}
	if !published("B", true) || !published("C", false) {
		t.Errorf("frames: %+v", line.Frames)
	}
	if !slices.ContainsFunc(line.Exchanges, func(e reports.Exchange) bool { return e.Request == `"PUBLISH news hello"` && e.Node == "A" }) {
		t.Errorf("exchanges: %+v", line.Exchanges)
	}
}
