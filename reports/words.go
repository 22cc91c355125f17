package reports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Headline says in one sentence what came of the run. It tells the same as Exit, in words.
func (r *Report) Headline() string {
	counts := r.Counts()
	switch r.Exit() {
	case ExitUnexpected:
		return r.unexpectedWords()
	case ExitHarness:
		return fmt.Sprintf("nothing failed, but the harness broke %s on %s", times(counts[HarnessError]), r.where((*Result).isBroken))
	case ExitNothing:
		return "no case ran"
	case ExitInconclusive:
		return fmt.Sprintf("nothing failed, but %s undecided", plural(r.open(), "result")+" stayed")
	}
	if known := len(r.having((*Result).excused)); known > 0 {
		return fmt.Sprintf("nothing fails that did not before; %s as before", plural(known, "failure"))
	}
	return "all results are as declared"
}

// unexpectedWords tells the worst of what was unexpected.
func (r *Report) unexpectedWords() string {
	failed := func(x *Result) bool { return x.Verdict == Fail && x.unexpected() }
	stale := func(x *Result) bool { return x.Verdict != Fail && x.unexpected() }
	if n := len(r.having(failed)); n > 0 {
		return fmt.Sprintf("%s on %s", plural(n, "unexpected result"), r.where(failed))
	}
	if n := len(r.having(stale)); n > 0 {
		return fmt.Sprintf("%s on %s", plural(n, "declared deviation")+" no longer so", r.where(stale))
	}
	if n := len(r.stale()); n > 0 {
		return plural(n, "stale line") + " in " + r.Declaration.File
	}
	if missing := r.Missing(); len(missing) > 1 {
		return "required targets did not join: " + names(missing)
	}
	return "a required target did not join: " + names(r.Missing())
}

func (x *Result) isBroken() bool { return x.Verdict == HarnessError }

// where names the targets that have results of which something is true.
func (r *Report) where(what func(*Result) bool) string {
	var on []Target
	for _, t := range r.Targets {
		if slices.ContainsFunc(r.having(what), func(x Result) bool { return x.Target == t.Name }) {
			on = append(on, t)
		}
	}
	return names(on)
}

// identity is what a target says about itself, "redis 7.0.15", or nothing if its name says the same.
func (t Target) identity() string {
	if text := strings.TrimSpace(t.Server + " " + t.Version); text != t.Name {
		return text
	}
	return ""
}

// maxNames is how many targets a sentence names; beyond, it counts them.
const maxNames = 3

func names(targets []Target) string {
	if len(targets) > maxNames {
		return plural(len(targets), "target")
	}
	list := make([]string, len(targets))
	for i, t := range targets {
		list[i] = t.Name
	}
	return sentenceList(list)
}

// sentenceList joins words as English does: "a", "a and b", "a, b and c".
func sentenceList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// plural is the number and the word, with an s when there isn't one of it.
func plural(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return strconv.Itoa(n) + " " + word
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return plural(n, "time")
}

// duration is a time span for people: "12 ms", "4.31 s", "2 min 05 s".
func duration(millis int64) string {
	switch {
	case millis < 1000:
		return fmt.Sprintf("%d ms", millis)
	case millis < 60_000:
		return fmt.Sprintf("%.2f s", float64(millis)/1000)
	}
	return fmt.Sprintf("%d min %02d s", millis/60_000, millis%60_000/1000)
}

// seconds is a moment within a scenario: "4.310".
func seconds(millis int64) string {
	return fmt.Sprintf("%d.%03d", millis/1000, millis%1000)
}

// firstLine is a step without its doc string or table.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// folded breaks a text's line behind each escaped line break, so that a reply of many lines reads as such while every byte of its wire form is still there.
func folded(text string) string {
	text = printable(text)
	if !strings.Contains(text, `\n`) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		b.WriteByte(text[i])
		if text[i] != '\\' || i+1 == len(text) {
			continue
		}
		i++
		b.WriteByte(text[i])
		// Not behind the last one, where only a closing quote would follow.
		if text[i] == 'n' && i+2 < len(text) {
			b.WriteByte('\n')
		}
	}
	return b.String()
}
