package steps

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/clusterspec/clusterspec/reports"
)

// UsageError says that what was asked for makes no sense, before anything ran.
type UsageError struct{ Reason string }

func (e *UsageError) Error() string { return e.Reason }

// selection is the part of a suite that was asked for.
type selection struct {
	tags   string
	levels []reports.Level
	ids    []string
	phase  int // 0: every one
	upTo   int // 0: every one
}

func (o *Options) selection() selection { return selection{o.Tags, o.Levels, o.IDs, o.Phase, o.UpTo} }

// of picks the selected scenarios. An id that no scenario has is an error: who asks for one means it.
func (sel selection) of(all catalogue) (catalogue, error) {
	filter, err := parseTagFilter(sel.tags)
	if err != nil {
		return nil, err
	}
	known := []reports.Level{reports.Must, reports.Should, reports.May}
	for _, level := range sel.levels {
		if !slices.Contains(known, level) {
			return nil, &UsageError{fmt.Sprintf("%q is no level; levels are must, should and may", level)}
		}
	}
	if err := sel.unknownIDs(all); err != nil {
		return nil, err
	}
	var chosen catalogue
	for _, s := range all {
		if filter.matches(s.Tags) && (len(sel.levels) == 0 || slices.Contains(sel.levels, s.Level)) && sel.hasID(s.ID) && sel.hasPhase(s.Phase) {
			chosen = append(chosen, s)
		}
	}
	return chosen, nil
}

// hasID reports whether the id is asked for: itself, or a part of it up to a slash ("redirection", "redirection/moved", an outline).
func (sel selection) hasID(id string) bool {
	matches := func(asked string) bool {
		return id == asked || strings.HasPrefix(id, strings.TrimSuffix(asked, "/")+"/")
	}
	return len(sel.ids) == 0 || slices.ContainsFunc(sel.ids, matches)
}

func (sel selection) hasPhase(phase int) bool {
	return (sel.phase == 0 || phase == sel.phase) && (sel.upTo == 0 || phase <= sel.upTo)
}

func (sel selection) unknownIDs(all catalogue) error {
	var errs []error
	for _, asked := range sel.ids {
		one := selection{ids: []string{asked}}
		if !slices.ContainsFunc(all, func(s *scenario) bool { return one.hasID(s.ID) }) {
			errs = append(errs, &UsageError{fmt.Sprintf("no scenario has the id %q; `clusterspec list` shows them", asked)})
		}
	}
	return errors.Join(errs...)
}

// tagFilter is a conjunction of alternatives, as godog writes them: "@must && ~@needs:kill,@needs:pause".
type tagFilter [][]string

var tagForm = regexp.MustCompile(`^~?@[a-z][a-z0-9:/._-]*$`)

func parseTagFilter(expression string) (tagFilter, error) {
	if strings.TrimSpace(expression) == "" {
		return nil, nil
	}
	var filter tagFilter
	for _, part := range strings.Split(expression, "&&") {
		var alternatives []string
		for _, tag := range strings.Split(part, ",") {
			tag = strings.TrimSpace(tag)
			if !tagForm.MatchString(tag) {
				return nil, &UsageError{fmt.Sprintf("%q in the tags %q is no tag; write @must && ~@needs:kill, a comma means or", tag, expression)}
			}
			alternatives = append(alternatives, tag)
		}
		filter = append(filter, alternatives)
	}
	return filter, nil
}

func (f tagFilter) matches(tags []string) bool {
	for _, alternatives := range f {
		holds := func(tag string) bool {
			name, negated := strings.CutPrefix(tag, "~")
			return slices.Contains(tags, name) != negated
		}
		if !slices.ContainsFunc(alternatives, holds) {
			return false
		}
	}
	return true
}

// compareVersions compares dotted numbers part by part, as numbers: 7.10 is later than 7.9. What is no number counts as 0.
func compareVersions(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(as), len(bs)) {
		if c := cmp.Compare(versionPart(as, i), versionPart(bs, i)); c != 0 {
			return c
		}
	}
	return 0
}

func versionPart(parts []string, i int) int {
	if i >= len(parts) {
		return 0
	}
	digits := parts[i]
	if end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); end >= 0 {
		digits = digits[:end]
	}
	n, _ := strconv.Atoi(digits)
	return n
}
