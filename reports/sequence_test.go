package reports

import (
	"fmt"
	"strings"
	"testing"
)

// chartText is a chart a line a row: time, kind, lanes, words.
func chartText(s sequence) string {
	lines := []string{strings.Join(s.Lanes, " ")}
	for _, r := range s.Rows {
		var to []string
		for _, lane := range r.To {
			to = append(to, s.Lanes[lane])
		}
		from := "-"
		if r.From != noLane {
			from = s.Lanes[r.From]
		}
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%d %s %s>%s %s", r.AtMillis, r.Kind, from, strings.Join(to, ","), strings.Join(strings.Fields(strings.Join([]string{r.Code, r.Words, r.Reply}, " ")), " "))))
	}
	for _, a := range s.Away {
		lines = append(lines, fmt.Sprintf("%s away from row %d to %d", s.Lanes[a.Lane], a.First, a.Last))
	}
	if s.LeftOut > 0 {
		lines = append(lines, fmt.Sprintf("%d left out", s.LeftOut))
	}
	return strings.Join(lines, "\n")
}

func TestSequence(t *testing.T) {
	for name, test := range map[string]struct {
		line    Timeline
		failure *Failure
		want    string
	}{
		"nothing": {Timeline{}, &Failure{Message: "x"}, ""},
		"requests, faults first in their millisecond, the failure where it was seen": {Timeline{
			Exchanges: []Exchange{{5, "A", `"GET foo"`, "null bulk"}, {9, "B", `"SET a \x00"`, `simple "OK"`}},
			Faults:    []Fault{{5, "kill", []string{"B"}, "node B is killed"}},
		}, &Failure{Message: "it broke", AtMillis: 7}, `suite A B
5 fault B> node B is killed
5 ask suite>A GET foo null bulk
7 failed -> it broke
9 ask suite>B "SET a \x00" simple "OK"
B away from row 0 to 3`},
		"the same news to several nodes is one row; what was lost is not the same": {Timeline{Frames: []Frame{
			{10, "C1", "A", "auth-req", "epoch 7", false}, {11, "C1", "B", "auth-req", "epoch 7", false}, {12, "C1", "X", "auth-req", "epoch 7", true}, {500, "C1", "A", "auth-req", "epoch 7", false},
		}}, nil, `A B X C1
10 frame C1>A,B auth-req epoch 7
12 lost C1>X auth-req lost: epoch 7
500 frame C1>A auth-req epoch 7`},
		"a node that comes back; one that only waits; links are between": {Timeline{Faults: []Fault{
			{1, "kill", []string{"A"}, ""}, {2, "pause", []string{"B"}, ""}, {3, "cut", []string{"A", "B"}, ""}, {4, "restart", []string{"A"}, ""}, {5, "resume", []string{"B"}, ""},
		}}, nil, `A B
1 fault A> kill
2 fault B> pause
3 fault A>B cut
4 fault A> restart
5 fault B> resume
A away from row 0 to 3
B away from row 1 to 4`},
		"runs of a command": {Timeline{Exchanges: []Exchange{
			{1, "A", `"CLUSTER MEET a"`, "x"}, {2, "A", `"CLUSTER MEET b"`, "x"}, {3, "A", `"CLUSTER MEET c"`, "x"}, {4, "A", `"CLUSTER MEET d"`, "x"}, {5, "B", `"CLUSTER MEET e"`, "x"}, {6, "A", `"CLUSTER INFO"`, "y"},
		}}, nil, `suite A B
1 ask suite>A CLUSTER MEET a x
2 more -> 3 more CLUSTER MEET
5 ask suite>B CLUSTER MEET e x
6 ask suite>A CLUSTER INFO y`},
	} {
		if got := chartText(newSequence(test.line, test.failure, 100)); got != test.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, test.want)
		}
	}
}

// TestSequenceIsAbridged: a long course keeps its beginning, its end, what was done to nodes, and says how much is missing.
func TestSequenceIsAbridged(t *testing.T) {
	var line Timeline
	for i := range 500 {
		line.Exchanges = append(line.Exchanges, Exchange{int64(i), "A", fmt.Sprintf(`"%s k%d"`, []string{"GET", "SET"}[i%2], i), "x"})
	}
	line.Faults = []Fault{{250, "kill", []string{"B"}, ""}}
	line.Dropped = 7
	s := newSequence(line, &Failure{Message: "it broke", AtMillis: 100}, 40)
	if len(s.Rows) > 40+5 { // faults, the failure and the words for what is missing come on top
		t.Errorf("%d rows", len(s.Rows))
	}
	shown := 0
	text := chartText(s)
	for _, r := range s.Rows {
		if r.Kind != "more" {
			shown++
		}
	}
	if shown+s.LeftOut != 500+2+7 {
		t.Errorf("%d shown and %d left out of %d", shown, s.LeftOut, 500+2+7)
	}
	for _, want := range []string{"0 ask suite>A GET k0", "499 ask suite>A SET k499", "250 fault B> kill", "100 failed", "more"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
