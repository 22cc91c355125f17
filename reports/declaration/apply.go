package declaration

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/reports"
)

// Judge changes one result to what it is under the declaration. It looks at nothing but the result, so that it serves while a run goes on.
//
//	a deviation that fails                    deviation
//	a deviation that passes, or has expired   stale
//	an unsupported feature whose case fails   unsupported
//
// A case that could not be judged, because the harness broke or it did not run, is not excused by anything.
func (f *File) Judge(x *reports.Result, c reports.Case, t reports.Target, today time.Time) {
	if !f.Concerns(t) {
		return
	}
	if feature := f.featureOf(c, t); feature != nil && f.lacks(x, c, t, feature) {
		declare(x, &feature.Entry, reports.Unsupported, today)
		return
	}
	at := slices.IndexFunc(f.Deviations, func(d Deviation) bool { return d.ID == c.ID })
	if at < 0 {
		return
	}
	d := &f.Deviations[at]
	switch {
	case x.Verdict == reports.Pass:
		x.Declared = d.declared()
		x.Declared.Stale = "it passes; the entry can go"
	case x.Verdict == reports.Fail && d.Says != "" && !strings.Contains(x.Reason, d.Says):
		x.Declared = d.declared()
		x.Declared.Stale = fmt.Sprintf("it fails in another way: %q is not in what it says", d.Says)
	case x.Verdict == reports.Fail:
		declare(x, &d.Entry, reports.Deviation, today)
	case x.Verdict == reports.Flaky:
		x.Declared = d.declared() // known, and still undecided
	}
}

// declare gives a failure the verdict of the entry that knows it, if its day has not come.
func declare(x *reports.Result, e *Entry, v reports.Verdict, today time.Time) {
	x.Declared = e.declared()
	if x.Declared.Stale = e.expired(today); x.Declared.Stale != "" {
		return
	}
	x.Verdict = v
	if v == reports.Unsupported {
		x.Reason = "declared: " + e.Reason + "; otherwise: " + x.Reason
	}
}

// featureOf is the entry about a feature the case needs, abilities that the target was seen to lack before others.
func (f *File) featureOf(c reports.Case, t reports.Target) *Feature {
	var found *Feature
	for i := range f.Unsupported {
		u := &f.Unsupported[i]
		if !slices.Contains(c.Tags, u.tag()) {
			continue
		}
		if found == nil || u.Kind == "ability" && t.Lacks[u.Name] != "" {
			found = u
		}
	}
	return found
}

// lacks tells whether a result shows that the feature is not there. Of an ability the probe tells, of everything else the failure.
func (f *File) lacks(x *reports.Result, c reports.Case, t reports.Target, u *Feature) bool {
	if u.Kind == "ability" {
		notBegun := len(x.Steps) == 0
		return t.Lacks[u.Name] != "" && notBegun && (x.Verdict == reports.Unsupported || x.Verdict == reports.Fail)
	}
	return x.Verdict == reports.Fail
}

// Apply judges all results of a report and notes there what of the declaration fits nothing any more. All are the cases of the whole suite, since
// an id that was not selected is no unknown id.
func (f *File) Apply(r *reports.Report, all []reports.Case, today time.Time) {
	cases, targets := map[string]reports.Case{}, map[string]reports.Target{}
	for _, c := range r.Cases {
		cases[c.ID] = c
	}
	for _, t := range r.Targets {
		targets[t.Name] = t
	}
	for i := range r.Results {
		x := &r.Results[i]
		f.Judge(x, cases[x.Case], targets[x.Target], today)
	}
	if several := count(r.Targets, func(t reports.Target) bool { return t.Joined }) > 1; several && f.Target == "" {
		for _, x := range r.Results {
			if x.Declared != nil && x.Verdict == reports.Pass {
				x.Declared.Stale += ", or the file needs a line that says whom it is about: target: NAME"
			}
		}
	}
	r.Declaration = &reports.Declaration{File: f.Name, Stale: f.stale(r, all)}
}

// stale lists the entries that fit no result.
func (f *File) stale(r *reports.Report, all []reports.Case) []reports.StaleEntry {
	var stale []reports.StaleEntry
	for _, d := range f.Deviations {
		if !slices.ContainsFunc(all, func(c reports.Case) bool { return c.ID == d.ID }) {
			stale = append(stale, reports.StaleEntry{Entry: d.ID, Line: d.Line, Why: "no scenario has this id" + nearly(d.ID, all)})
		}
	}
	if f.Target != "" && !slices.ContainsFunc(r.Targets, f.Concerns) {
		stale = append(stale, reports.StaleEntry{Entry: "target " + f.Target, Line: f.lineOf("target"), Why: "no target of this run is meant by it"})
	}
	for i := range f.Unsupported {
		u := &f.Unsupported[i]
		for _, t := range r.Targets {
			if why := f.hasAfterAll(u, r, t, all); t.Joined && f.Concerns(t) && why != "" {
				stale = append(stale, reports.StaleEntry{Entry: u.String(), Line: u.Line, Why: why})
				break
			}
		}
	}
	slices.SortFunc(stale, func(a, b reports.StaleEntry) int { return a.Line - b.Line })
	return stale
}

// nearly says where an id stands for several scenarios, which a deviation may not.
func nearly(id string, all []reports.Case) string {
	for _, c := range all {
		if strings.HasPrefix(c.ID, strings.TrimSuffix(id, "/")+"/") {
			return "; it needs the whole id of one, such as " + c.ID
		}
	}
	return ""
}

// hasAfterAll says why a target has the feature that is declared not to be there, or "" if that is so or cannot be told from this run.
func (f *File) hasAfterAll(u *Feature, r *reports.Report, t reports.Target, all []reports.Case) string {
	needs := func(c reports.Case) bool { return slices.Contains(c.Tags, u.tag()) }
	if !slices.ContainsFunc(all, needs) {
		return "no scenario is about it" + u.known(all)
	}
	if u.Kind == "ability" {
		if t.Lacks[u.Name] == "" {
			return t.Name + " was asked and has it"
		}
		return ""
	}
	passed := 0
	for _, c := range all {
		if !needs(c) {
			continue
		}
		at := slices.IndexFunc(r.Results, func(x reports.Result) bool { return x.Case == c.ID && x.Target == t.Name })
		switch {
		case at >= 0 && r.Results[at].Verdict == reports.Pass:
			passed++
		case at >= 0 && r.Results[at].Verdict == reports.Unsupported && r.Results[at].Declared == nil: // for a reason of its own
		default:
			return ""
		}
	}
	if passed == 0 {
		return ""
	}
	return fmt.Sprintf("all %d scenarios about it pass on %s; the entry can go", passed, t.Name)
}

func count[T any](all []T, what func(T) bool) (n int) {
	for _, one := range all {
		if what(one) {
			n++
		}
	}
	return n
}

// known lists what an entry of this kind can name.
func (f *Feature) known(all []reports.Case) string {
	prefix := strings.TrimSuffix(f.tag(), f.Name)
	names := map[string]bool{}
	for _, c := range all {
		for _, tag := range c.Tags {
			if name, is := strings.CutPrefix(tag, prefix); is {
				names[name] = true
			}
		}
	}
	const few = 20
	if len(names) == 0 || len(names) > few {
		return ""
	}
	return "; there are " + strings.Join(slices.Sorted(maps.Keys(names)), ", ")
}

// lineOf is where a key of the file stands.
func (f *File) lineOf(key string) int {
	if f.root != nil {
		for i := 0; i+1 < len(f.root.Content); i += 2 {
			if f.root.Content[i].Value == key {
				return f.root.Content[i].Line
			}
		}
	}
	return 0
}
