package reports

import (
	"cmp"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// sequence is the course of a scenario as a chart: a lane for the suite and one for each node, time downwards, a row for each thing that happened.
type sequence struct {
	// Lanes are the names over the lanes.
	Lanes []string
	Rows  []sequenceRow
	// Away are the stretches in which a node was not there: its lane is interrupted.
	Away []laneSpan
	// LeftOut counts what happened and has no row.
	LeftOut int
}

// sequenceRow is one thing that happened: a request with its reply, a frame of the bus, a fault, the failure; or what stands for several things.
type sequenceRow struct {
	AtMillis int64
	// Kind is ask, frame, lost, fault, failed or more; Fault is the kind of a fault.
	Kind, Fault string
	// From and To are lanes; without a picture From is noLane, and a fault of one node has nothing in To.
	From int
	To   []int
	// Who are the nodes: "A", "A → B, C". Code is a request or the type of a frame, Words tell the rest, and Reply came back.
	Who, Code, Words, Reply string
	// Drawn is the row's path in a picture of laneWidth by rowHeight a lane.
	Drawn string
}

// laneSpan is a stretch of a lane: from the row First to the row Last, counted from 0.
type laneSpan struct{ Lane, First, Last int }

// Rows are the lines of the grid that the stretch lies between; the names of the lanes are the first row there.
func (l laneSpan) Rows() template.CSS {
	return template.CSS(fmt.Sprintf("%d / %d", l.First+2, l.Last+2))
}

// Width is that of a row's picture.
func (s sequence) Width() int { return laneWidth * len(s.Lanes) }

// How long a chart may be. What passed is folded, and there is a lot of it.
const (
	maxRowsPassed = 24
	maxRowsOpen   = 120
)

// newSequence arranges a timeline. The failure, if there is one, is drawn in.
func newSequence(t Timeline, failure *Failure, maxRows int) sequence {
	s := sequence{Lanes: laneNames(t), LeftOut: t.Dropped}
	if len(s.Lanes) == 0 {
		return s
	}
	rows := s.collect(t)
	if failure != nil {
		rows = append(rows, sequenceRow{AtMillis: failure.AtMillis, Kind: "failed", From: noLane, Words: brief(failure.Message)})
	}
	slices.SortStableFunc(rows, func(a, b sequenceRow) int { return cmp.Compare(a.AtMillis, b.AtMillis) })
	s.Rows = s.abridge(runsJoined(rows), maxRows)
	for i := range s.Rows {
		s.Rows[i].Drawn = drawn(&s.Rows[i])
	}
	s.Away = awayOf(s.Rows, len(s.Lanes))
	return s
}

// Requests come from the suite, which has the first lane if there are any. Some rows have no picture.
const (
	laneOfSuite = "suite"
	noLane      = -1
)

// laneNames lists who takes part: the suite, the nodes by name, strangers at the end.
func laneNames(t Timeline) []string {
	var names []string
	add := func(list ...string) {
		for _, name := range list {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	for _, e := range t.Exchanges {
		add(e.Node)
	}
	for _, f := range t.Frames {
		add(f.From, f.To)
	}
	for _, f := range t.Faults {
		add(f.Nodes...)
	}
	if len(names) == 0 {
		return nil
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	if len(t.Exchanges) > 0 {
		names = append([]string{laneOfSuite}, names...)
	}
	return names
}

func (s *sequence) lane(name string) int { return slices.Index(s.Lanes, name) }

// collect makes a row of everything, faults before what follows from them in the same millisecond.
func (s *sequence) collect(t Timeline) []sequenceRow {
	var rows []sequenceRow
	for _, f := range t.Faults {
		rows = append(rows, s.fault(f))
	}
	for _, e := range t.Exchanges {
		row := sequenceRow{AtMillis: e.AtMillis, Kind: "ask", From: s.lane(laneOfSuite), Who: e.Node, Code: brief(bare(e.Request)), Reply: brief(e.Reply)}
		if e.Node != "" {
			row.To = []int{s.lane(e.Node)}
		}
		rows = append(rows, row)
	}
	for _, f := range t.Frames {
		row := sequenceRow{AtMillis: f.AtMillis, Kind: "frame", From: s.lane(f.From), To: []int{s.lane(f.To)}, Who: f.From + " → " + f.To, Code: f.Type, Words: brief(f.Text)}
		if f.Lost {
			row.Kind, row.Words = "lost", strings.TrimSuffix("lost: "+row.Words, ": ")
		}
		if last := len(rows) - 1; last >= 0 && row.sameNewsAs(&rows[last]) {
			rows[last].To = append(rows[last].To, row.To...)
			rows[last].Who += ", " + f.To
			continue
		}
		rows = append(rows, row)
	}
	return rows
}

// toldTogether is how far apart in milliseconds frames may be that tell several nodes the same.
const toldTogether = 100

// sameNewsAs tells whether a frame is the same as the one before, only to somebody else.
func (r *sequenceRow) sameNewsAs(before *sequenceRow) bool {
	return before.Kind == r.Kind && before.From == r.From && before.Code == r.Code && before.Words == r.Words &&
		r.AtMillis-before.AtMillis <= toldTogether && !slices.Contains(before.To, r.To[0])
}

func (s *sequence) fault(f Fault) sequenceRow {
	row := sequenceRow{AtMillis: f.AtMillis, Kind: "fault", Fault: f.Kind, From: noLane, Words: brief(cmp.Or(f.Text, f.Kind)), Who: strings.Join(f.Nodes, ", ")}
	for i, name := range f.Nodes {
		if i == 0 {
			row.From = s.lane(name)
		} else if lane := s.lane(name); lane != row.From {
			row.To = append(row.To, lane)
		}
	}
	return row
}

// minRun is how many requests of one kind in a row are told by the first, the last and a number.
const minRun = 5

// runsJoined shortens long runs of the same command.
func runsJoined(rows []sequenceRow) []sequenceRow {
	var out []sequenceRow
	for i := 0; i < len(rows); {
		n := 1
		for i+n < len(rows) && rows[i].Kind == "ask" && rows[i+n].Kind == "ask" && command(rows[i].Code) == command(rows[i+n].Code) {
			n++
		}
		if n < minRun {
			out = append(out, rows[i:i+n]...)
		} else {
			between := sequenceRow{AtMillis: rows[i+1].AtMillis, Kind: "more", From: noLane, Words: fmt.Sprintf("%d more %s", n-2, command(rows[i].Code))}
			out = append(out, rows[i], between, rows[i+n-1])
		}
		i += n
	}
	return out
}

// maxRowRunes bounds what a row says.
const maxRowRunes = 140

// bare is a request without the quotes around it, where it reads the same without them.
func bare(request string) string {
	if text, err := strconv.Unquote(request); err == nil && oneLine(text, 0) == text {
		return text
	}
	return request
}

// brief is a text on one line, with ids of nodes cut to what tells them apart.
func brief(text string) string {
	return oneLine(nodeID.ReplaceAllStringFunc(text, func(id string) string { return id[:shortIDLen] + "…" }), maxRowRunes)
}

var nodeID = regexp.MustCompile(`\b[0-9a-f]{40}\b`)

// command is what a request asks for, without what it asks it of: "GET", "CLUSTER MEET".
func command(request string) string {
	words := strings.Fields(request)
	if len(words) > 1 && strings.EqualFold(words[0], "cluster") {
		return words[0] + " " + words[1]
	}
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

// abridge leaves rows out until there are not more than the chart may have: those between the beginning and the last stretch, which is where
// the scenario's point is. Faults and the failure stay.
func (s *sequence) abridge(rows []sequenceRow, most int) []sequenceRow {
	if len(rows) <= most {
		return rows
	}
	head := most / 4
	tail := len(rows) - (most - head)
	var out []sequenceRow
	skipped := 0
	for i, row := range rows {
		if i >= head && i < tail && row.Kind != "fault" && row.Kind != "failed" {
			skipped++
			continue
		}
		if skipped > 0 {
			out = append(out, sequenceRow{AtMillis: rows[i-1].AtMillis, Kind: "more", From: noLane, Words: fmt.Sprintf("%d more", skipped)})
			s.LeftOut, skipped = s.LeftOut+skipped, 0
		}
		out = append(out, row)
	}
	return out
}

// awayOf finds from when to when nodes were not there.
func awayOf(rows []sequenceRow, lanes int) []laneSpan {
	var spans []laneSpan
	since := make([]int, lanes)
	for i := range since {
		since[i] = -1
	}
	for i, row := range rows {
		if row.Kind != "fault" {
			continue
		}
		for _, lane := range append([]int{row.From}, row.To...) {
			switch {
			case lane < 0:
			case since[lane] < 0 && (row.Fault == "kill" || row.Fault == "stop" || row.Fault == "pause"):
				since[lane] = i
			case since[lane] >= 0 && (row.Fault == "restart" || row.Fault == "resume"):
				spans = append(spans, laneSpan{lane, since[lane], i})
				since[lane] = -1
			}
		}
	}
	for lane, from := range since {
		if from >= 0 {
			spans = append(spans, laneSpan{lane, from, len(rows) - 1})
		}
	}
	return spans
}
