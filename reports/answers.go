package reports

import (
	"regexp"
	"strconv"
	"strings"
)

// comparison is an outcome in which something was expected and something else came, line by line: so that bytes stand below bytes.
type comparison struct {
	*outcome
	Lines []comparedLine
	// Parts is the byte at which what came leaves what was expected, counted from 1 within the text of the reply; 0 if that says nothing.
	Parts int
}

// comparedLine is one text of a comparison: want is what was accepted, other what another target answered, got what came.
type comparedLine struct {
	Kind, Label string
	Spans       []span
}

// compareAll makes the comparisons of a case.
func compareAll(outcomes []*outcome) []comparison {
	var list []comparison
	for _, o := range outcomes {
		f := o.Failure
		if f == nil || len(o.Expected) == 0 && len(o.Got) == 0 {
			continue
		}
		c := comparison{outcome: o}
		for i, spans := range o.Expected {
			label := "expected"
			if i > 0 {
				label = "or"
			}
			c.Lines = append(c.Lines, comparedLine{"want", label, spans})
		}
		c.Lines = append(c.Lines, answersOfOthers(o, outcomes)...)
		c.Lines = append(c.Lines, comparedLine{"got", o.Column.Name, o.Got})
		if len(f.Expected) == 1 {
			c.Parts = partsAt(f.Expected[0], f.Got)
		}
		list = append(list, c)
	}
	return list
}

// answersOfOthers are the replies that targets gave to the same request which did not fail at it; the same replies in one line.
func answersOfOthers(failed *outcome, outcomes []*outcome) []comparedLine {
	asked, nth, known := askedAt(failed)
	if !known {
		return nil
	}
	var order []string
	who, replies := map[string][]string{}, map[string]string{}
	for _, o := range outcomes {
		if o == failed || o.Verdict != Pass {
			continue
		}
		same := asking(o.Timeline.Exchanges, asked)
		if len(same) < nth {
			continue
		}
		reply := same[nth-1].Reply
		key := shape(reply)
		if who[key] == nil {
			order = append(order, key)
			replies[key] = reply
		}
		who[key] = append(who[key], o.Column.Name)
	}
	var lines []comparedLine
	for _, key := range order {
		lines = append(lines, comparedLine{"other", sentenceList(who[key]), plainSpan(replies[key])})
	}
	return lines
}

// askedAt is the request whose reply was not the expected one, and how often it had been asked by then.
func askedAt(o *outcome) (asked Exchange, nth int, known bool) {
	exchanges := o.Failure.Exchanges
	for i := len(exchanges) - 1; i >= 0 && !known; i-- {
		asked = exchanges[i]
		known = asked.Reply == o.Failure.Got && (o.Failure.Request == "" || o.Failure.Request == asked.Request)
	}
	if !known {
		return asked, 0, false
	}
	for _, e := range asking(o.Timeline.Exchanges, asked) {
		if e.AtMillis <= asked.AtMillis {
			nth++
		}
	}
	return asked, nth, nth > 0
}

// asking are the exchanges with the same request to the same node.
func asking(list []Exchange, asked Exchange) []Exchange {
	var same []Exchange
	for _, e := range list {
		if e.Node == asked.Node && ofEveryRun(e.Request) == ofEveryRun(asked.Request) {
			same = append(same, e)
		}
	}
	return same
}

var ofOneRun = regexp.MustCompile(`\b([0-9a-f]{40}|\d{5})\b`)

// ofEveryRun is a request without ids and ports, which are others on each target.
func ofEveryRun(request string) string { return ofOneRun.ReplaceAllString(request, "*") }

// partsAt is the first byte in which two replies of one kind differ, counted from 1 within their texts, or 0.
func partsAt(expected, got string) int {
	kind, a, ok := payload(expected)
	kindOfGot, b, okToo := payload(got)
	if !ok || !okToo || kind != kindOfGot {
		return 0
	}
	at := 0
	for at < min(len(a), len(b)) && a[at] == b[at] {
		at++
	}
	if at == len(a) && at == len(b) {
		return 0
	}
	return at + 1
}

// payload splits `error "MOVED 1 x"` into the kind of the reply and its bytes.
func payload(reply string) (kind, text string, ok bool) {
	kind, quoted, ok := strings.Cut(reply, " ")
	if !ok {
		return "", "", false
	}
	text, err := strconv.Unquote(quoted)
	return kind, text, err == nil
}
