package reports

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// cells writes a grid of beliefs as text: a line for each node asked, '!' before what most do not share.
func cells(g beliefs) string {
	var b strings.Builder
	for _, s := range g.Subjects {
		fmt.Fprintf(&b, "%s ", s.Name)
	}
	for _, row := range g.Rows {
		fmt.Fprintf(&b, "\n%s:", row.Node.Name)
		for _, c := range row.Cells {
			text := strings.Join(append(append([]string{c.Role, c.Epoch}, c.Slots...), c.Trouble...), " ")
			switch {
			case !row.Node.Alive:
				text = "silent"
			case !c.Known:
				text = "unknown"
			}
			if c.Self {
				text = "self " + text
			}
			if c.Odd {
				text = "!" + text
			}
			fmt.Fprintf(&b, " [%s]", text)
		}
	}
	return b.String()
}

func TestBeliefs(t *testing.T) {
	a, b, c := strings.Repeat("a", 40), strings.Repeat("b", 40), strings.Repeat("c", 40)
	line := func(id, addr, flags, primary, rest string) string {
		return id + " " + addr + " " + flags + " " + primary + " 0 0 " + rest + "\n"
	}
	node := func(name, port, text string) NodeView {
		return NodeView{Name: name, Addr: "127.0.0.1:" + port, Alive: text != "", ClusterNodes: text}
	}
	for name, test := range map[string]struct {
		nodes []NodeView
		want  string
	}{
		"agreement, in the order of the scenario and not of the lines": {[]NodeView{
			node("A", "1", line(b, "127.0.0.1:2@12", "slave", a, "1 connected")+line(a, "127.0.0.1:1@11", "myself,master", "-", "1 connected 0-9 12")),
			node("B", "2", line(a, "127.0.0.1:1@11", "master", "-", "1 connected 0-9 12")+line(b, "127.0.0.1:2@12,host", "myself,slave", a, "1 connected")),
		}, "A B \nA: [self primary 1 0–9 12] [replica of A 1]\nB: [primary 1 0–9 12] [self replica of A 1]"},
		"a dead node is known by its address": {[]NodeView{
			node("A", "1", ""),
			node("B", "2", line(a, "127.0.0.1:1@11", "master,fail", "-", "1 disconnected 5")+line(b, "127.0.0.1:2@12", "myself,master", "-", "2 connected")),
		}, "A B \nA: [silent] [silent]\nB: [primary 1 5 fail link down] [self primary 2]"},
		"one of three thinks otherwise": {[]NodeView{
			node("A", "1", line(a, "127.0.0.1:1@11", "myself,master", "-", "1 connected")+line(b, ":2@12", "master", "-", "4 connected")),
			node("B", "2", line(a, "127.0.0.1:1@11", "master", "-", "1 disconnected")+line(b, ":2@12", "myself,master", "-", "4 connected")),
			node("C", "3", line(a, "127.0.0.1:1@11", "master,fail?", "-", "1 connected")+line(b, ":2@12", "master", "-", "3 connected")+line(c, ":3@13", "myself,master", "-", "0 connected")),
		}, "A B C \nA: [self primary 1] [primary 4] [unknown]\nB: [primary 1 link down] [self primary 4] [unknown]\nC: [!primary 1 fail?] [!primary 3] [!self primary 0]"},
		"open slots name nodes and are nobody else's business": {[]NodeView{
			node("A", "1", line(a, ":1@11", "myself,master", "-", "1 connected 866 [866->-"+b+"] [7-<-"+c+"]")+line(b, ":2@12", "master", "-", "2 connected")),
			node("B", "2", line(a, ":1@11", "master", "-", "1 connected 866")+line(b, ":2@12", "myself,master", "-", "2 connected")),
		}, "A B \nA: [self primary 1 866 866 → B 7 ← cccccccc] [primary 2]\nB: [primary 1 866] [self primary 2]"},
		"strangers come last, by the head of their id": {[]NodeView{
			node("A", "1", line(c, ":9@19", "handshake", "-", "0 connected")+line(a, ":1@11", "myself,master", "-", "1 connected")),
		}, "A cccccccc \nA: [self primary 1] [unknown role 0 handshake]"},
		"text that is no reply at all": {[]NodeView{node("A", "1", "ERR unknown command\nx\n")}, "\nA:"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := cells(readBeliefs(test.nodes)); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func FuzzBeliefs(f *testing.F) {
	for _, n := range sampleReport().Results[0].Nodes {
		f.Add(n.ClusterNodes, n.ClusterNodes)
	}
	f.Add("a b c d e f g h [1->-] [->-] ]", "a b myself, a e f g h [")
	f.Fuzz(func(t *testing.T, first, second string) {
		g := readBeliefs([]NodeView{{Name: "A", Alive: true, ClusterNodes: first}, {Name: "B", Addr: "b", ClusterNodes: second}})
		for _, row := range g.Rows {
			if len(row.Cells) != len(g.Subjects) {
				t.Fatalf("%d cells for %d subjects", len(row.Cells), len(g.Subjects))
			}
		}
	})
}

// marked writes spans as text, with what is marked in brackets.
func marked(spans []span) string {
	var b strings.Builder
	for _, s := range spans {
		if s.Marked {
			b.WriteString("[" + s.Text + "]")
		} else {
			b.WriteString(s.Text)
		}
	}
	return b.String()
}

func TestCompareTexts(t *testing.T) {
	for _, test := range []struct{ expected, got, wantExpected, wantGot string }{
		{`error "MOVED 866 127.0.0.1:7001"`, `error "MOVED 866 127.0.0.1:7002"`, `error "MOVED 866 127.0.0.1:[7001]"`, `error "MOVED 866 127.0.0.1:[7002]"`},
		{`error "MOVED 1 x:1"`, `error "ASK 1 x:1"`, `error "[MOVED] 1 x:1"`, `error "[ASK] 1 x:1"`},
		{`integer 3`, `integer 3`, `integer 3`, `integer 3`},
		{`array [a b]`, `array [a b b]`, `array [a b]`, `array [a b[ b]]`},
		{`null`, `integer 3`, `null`, `integer 3`},
		{`x`, ``, `x`, ``},
		{"a\xff\xfe1", "a\xff\xfd1", "a\xff[\xfe]1", "a\xff[\xfd]1"},
	} {
		expected, got := compareTexts([]string{test.expected}, test.got)
		if len(expected) != 1 || marked(expected[0]) != test.wantExpected || marked(got) != test.wantGot {
			t.Errorf("%q against %q:\ngot  %q, %q\nwant %q, %q", test.expected, test.got, marked(expected[0]), marked(got), test.wantExpected, test.wantGot)
		}
	}
	expected, got := compareTexts([]string{"a 1", "a 2"}, "a 3")
	if marked(expected[0])+marked(expected[1])+marked(got) != "a 1a 2a 3" {
		t.Error("a text is marked against several alternatives")
	}
}

func TestFolded(t *testing.T) {
	for text, want := range map[string]string{
		`bulk "a\r\nb\r\n"`: "bulk \"a\\r\\n\nb\\r\\n\"",
		`bulk "a\\nb"`:      `bulk "a\\nb"`,
		`bulk "a\nb"`:       "bulk \"a\\n\nb\"",
		`plain`:             `plain`,
		`a\`:                `a\`,
		"a\x1b[2J":          `a\x1b[2J`,
	} {
		if got := folded(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// tellText is a story as plain text.
func tellText(story []clause) string {
	var b strings.Builder
	for _, c := range story {
		for _, n := range c.Who {
			b.WriteString(n.Text + n.Then)
		}
		fmt.Fprintf(&b, " %s (%s|%s|%s|%s); ", c.Did, c.Node, c.Got, c.Expected, c.Why)
	}
	return b.String()
}

func TestStory(t *testing.T) {
	outcomeOf := func(name string, x Result) *outcome {
		return &outcome{Result: x, Column: &column{Target: Target{Name: name}}}
	}
	wrong := Result{Verdict: Fail, Reason: "wrong.", Failure: &Failure{Expected: []string{"a"}, Got: "b", Node: "A"}}
	late := Result{Verdict: Fail, Failure: &Failure{Message: "too late"}}
	either := Result{Verdict: Fail, Reason: "neither", Failure: &Failure{Expected: []string{"a", "b"}, Got: "c"}}
	for want, outcomes := range map[string][]*outcome{
		"r, s and t did so (|||); ":                            {outcomeOf("r", Result{Verdict: Pass}), outcomeOf("s", Result{Verdict: Pass}), outcomeOf("t", Result{Verdict: Pass})},
		"s did not (A|b|a|); r did so (|||); ":                 {outcomeOf("r", Result{Verdict: Pass}), outcomeOf("s", wrong)},
		"r and s did not (A|b|a|); t did not (|||too late.); ": {outcomeOf("r", wrong), outcomeOf("s", wrong), outcomeOf("t", late)},
		"r did not (|||neither.); ":                            {outcomeOf("r", either)},
		"r and s were not asked (|||no kill.); ":               {outcomeOf("r", Result{Verdict: Unsupported, Reason: "no kill"}), outcomeOf("s", Result{Verdict: Unsupported, Reason: "no kill"})},
		"r was not reached (|||); ":                            {outcomeOf("r", Result{Verdict: NotRun})},
	} {
		if got := tellText(tellStory(outcomes)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestAlignSteps(t *testing.T) {
	c := &Case{Steps: []string{"Given a cluster", "When it is asked:\nGET x", "Then it answers"}}
	rows := alignSteps(c, []*outcome{
		{Column: &column{}, Result: Result{Verdict: Unsupported}},
		{Column: &column{}, Result: Result{Verdict: Fail, Failure: &Failure{}, Steps: []Step{{Verdict: Pass}, {Verdict: Pass}, {Verdict: Fail, Error: "shown by the comparison"}}}},
		{Column: &column{}, Result: Result{Verdict: HarnessError, Steps: []Step{{Verdict: Pass}, {Verdict: HarnessError, Error: "broke"}, {Verdict: NotRun}, {Keyword: "And", Text: "more"}}}},
	})
	var got []string
	for _, r := range rows {
		line := r.Keyword + " " + r.Text + "/" + r.Below + " first=" + string(r.First)
		for _, cell := range r.Cells {
			line += " " + string(cell.Verdict) + "." + cell.Error
		}
		got = append(got, line)
	}
	want := []string{
		"Given a cluster/ first= . pass. pass.",
		"When it is asked:/GET x first=harness-error . pass. harness-error.broke",
		"Then it answers/ first= . fail. not-run.",
		"And more/ first= . . .",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWaitView(t *testing.T) {
	for _, test := range []struct {
		wait Wait
		want waitView
	}{
		{Wait{UsedMillis: 500, AllowedMillis: 2000, NodeTimeouts: 0.5, Allowed: 2}, waitView{Percent: 25, Timeouts: "0.5 of 2 node timeouts"}},
		{Wait{UsedMillis: 2500, AllowedMillis: 2000}, waitView{Percent: 100, Over: true}},
		{Wait{}, waitView{Over: true}},
		{Wait{UsedMillis: 900, AllowedMillis: 1000, NodeTimeouts: 0.9, Allowed: 1, RunsMillis: []int64{100, 900, 300}},
			waitView{Percent: 90, Timeouts: "0.9 of 1 node timeouts, the slowest of 3 runs; the median is 300 ms, the fastest 100 ms"}},
	} {
		test.want.Wait = test.wait
		if got := newWaitView(test.wait); !reflect.DeepEqual(got, test.want) {
			t.Errorf("got %+v, want %+v", got, test.want)
		}
	}
}
