package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// WriteJSON writes the report as report.json holds it: indented, so that two of them can be compared line by line.
func WriteJSON(w io.Writer, r *Report) error {
	filled := *r
	filled.Schema = Schema
	filled.Command = orEmpty(r.Command)
	filled.Targets = orEmpty(r.Targets)
	filled.Cases = orEmpty(r.Cases)
	filled.Results = orEmpty(r.Results)
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&filled); err != nil {
		return fmt.Errorf("writing the report as JSON: %w", err)
	}
	return nil
}

// ReadJSON reads what WriteJSON wrote. It refuses a report of another schema and one that contradicts itself, and passes over fields it doesn't know.
func ReadJSON(in io.Reader) (*Report, error) {
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("reading the report: %w", err)
	}
	// The schema comes first: under another one the rest need not even have our types.
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("reading the report: not a report.json: %w", err)
	}
	if head.Schema != Schema {
		return nil, fmt.Errorf("reading the report: its schema is %q and this program reads %q; use the release that wrote it, or run again", head.Schema, Schema)
	}
	var r Report
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("reading the report: %w", err)
	}
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("reading the report: %w", err)
	}
	return &r, nil
}

// Validate returns what contradicts itself in the report, one error a contradiction: names that are not unique, results of nothing,
// words that are no verdict, passes that checked nothing.
func (r *Report) Validate() error {
	var errs []error
	targets, cases := map[string]bool{}, map[string]bool{}
	for _, t := range r.Targets {
		if t.Name == "" || targets[t.Name] {
			errs = append(errs, fmt.Errorf("target name %q is empty or taken; each target needs its own", t.Name))
		}
		targets[t.Name] = true
	}
	for _, c := range r.Cases {
		if c.ID == "" || cases[c.ID] {
			errs = append(errs, fmt.Errorf("case id %q is empty or taken; each case needs its own", c.ID))
		}
		cases[c.ID] = true
	}
	seen := map[cell]bool{}
	for _, x := range r.Results {
		at := cell{x.Case, x.Target}
		switch {
		case !cases[x.Case]:
			errs = append(errs, fmt.Errorf("a result names case %q, which is not in the report", x.Case))
		case !targets[x.Target]:
			errs = append(errs, fmt.Errorf("a result names target %q, which is not in the report", x.Target))
		case seen[at]:
			errs = append(errs, fmt.Errorf("case %q has two results on target %q", x.Case, x.Target))
		case x.Verdict == Pass && x.Checks == 0:
			errs = append(errs, fmt.Errorf("case %q passed on target %q without a single check, which proves nothing", x.Case, x.Target))
		case !slices.Contains(verdicts, x.Verdict):
			errs = append(errs, fmt.Errorf("case %q on target %q has the verdict %q, which is none", x.Case, x.Target, x.Verdict))
		}
		seen[at] = true
	}
	return errors.Join(errs...)
}

// orEmpty keeps null out of the JSON where a list is promised.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
