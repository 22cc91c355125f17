// Package declaration reads, applies and keeps the file in which the makers of a server say what is known of it: scenarios that it fails, and
// features that it does not have.
//
//	file.go     the file: what it may say, and errors that name the line
//	apply.go    what becomes of the results of a run under it
//	keep.go     how a run writes new failures into it, without touching what people wrote
package declaration

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/clusterspec/clusterspec/reports"
)

// File is a declaration.
type File struct {
	// Name is the name of the file, for reports and errors.
	Name string
	// Target is a pattern (path.Match) for the name, the text form or the server of the targets it is about; "" is all of them.
	Target string
	// Deviations are scenarios that fail, and Unsupported features that are not there.
	Deviations  []Deviation
	Unsupported []Feature

	text []byte
	root *yaml.Node // the mapping; nil of an empty file
	head string     // of a file that is to be written anew
}

// Entry is what every entry says.
type Entry struct {
	// Line is where it stands, counted from 1.
	Line int
	// Reason is why, in a sentence for people. It must be there.
	Reason string
	// Link is where the work on it is tracked.
	Link string
	// Expires is the day from which it excuses nothing any more, in UTC; zero: never.
	Expires time.Time
}

// Deviation is one scenario that is known to fail.
type Deviation struct {
	Entry
	// ID is the scenario's, whole: an entry excuses one scenario, so that it cannot hide a second failure.
	ID string
	// Says narrows it down to failures in whose account this text stands; "" is any.
	Says string
}

// Feature is something the target does not have: an area of the catalogue, an ability (@needs:), or a command (@cmd:).
type Feature struct {
	Entry
	Kind, Name string
}

// tag is what scenarios that need the feature are marked with.
func (f *Feature) tag() string {
	return "@" + map[string]string{"area": "area", "ability": "needs", "command": "cmd"}[f.Kind] + ":" + f.Name
}

func (f *Feature) String() string { return f.Kind + " " + f.Name }

// The keys of the file.
var (
	topKeys       = []string{"target", "deviations", "unsupported"}
	deviationKeys = []string{"id", "reason", "link", "expires", "says"}
	featureKinds  = []string{"area", "ability", "command"}
	featureKeys   = append([]string{"reason", "link", "expires"}, featureKinds...)
)

// Read reads a declaration from a file.
func Read(name string) (*File, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("reading the declaration: %w", err)
	}
	return Parse(name, text)
}

// Parse reads a declaration. Its error lists everything that is wrong, each with its line.
func Parse(name string, text []byte) (*File, error) {
	f := &File{Name: name, text: text}
	var document yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&document); err == io.EOF {
		return f, nil
	} else if err != nil {
		return nil, fmt.Errorf("reading the declaration: %s: %w", name, err)
	}
	if err := decoder.Decode(new(yaml.Node)); err != io.EOF {
		return nil, fmt.Errorf("reading the declaration: %s: it must be one YAML document, and something follows a line of ---", name)
	}
	r := reader{file: name}
	f.root = document.Content[0]
	if f.root.Kind == yaml.ScalarNode && f.root.Tag == "!!null" {
		f.root = nil
		return f, nil
	}
	r.read(f)
	return f, r.err()
}

// reader collects what is wrong.
type reader struct {
	file   string
	errors []lineError
}

type lineError struct {
	line int
	text string
}

func (r *reader) wrongAt(line int, format string, args ...any) {
	r.errors = append(r.errors, lineError{line, fmt.Sprintf(format, args...)})
}

func (r *reader) wrong(at *yaml.Node, format string, args ...any) {
	r.wrongAt(at.Line, format, args...)
}

// err lists what is wrong in the order of the lines.
func (r *reader) err() error {
	slices.SortFunc(r.errors, func(a, b lineError) int { return cmp.Or(a.line-b.line, strings.Compare(a.text, b.text)) })
	var errs []error
	for _, e := range r.errors {
		errs = append(errs, fmt.Errorf("reading the declaration: %s:%d: %s", r.file, e.line, e.text))
	}
	return errors.Join(errs...)
}

func (r *reader) read(f *File) {
	for key, value := range r.fields(f.root, "a declaration", topKeys) {
		switch key {
		case "target":
			f.Target = r.text(value, key)
			if _, err := path.Match(f.Target, ""); err != nil {
				r.wrong(value, "target: %q is no pattern: %v", f.Target, err)
			}
		case "deviations":
			for _, item := range r.items(value, key) {
				f.Deviations = append(f.Deviations, r.deviation(item))
			}
		case "unsupported":
			for _, item := range r.items(value, key) {
				f.Unsupported = append(f.Unsupported, r.feature(item))
			}
		}
	}
	seen := map[string]int{}
	once := func(what string, e Entry) {
		if before := seen[what]; before > 0 && strings.TrimSpace(what) != "" {
			r.wrongAt(e.Line, "%s stands on line %d already", what, before)
		}
		seen[what] = e.Line
	}
	for _, d := range f.Deviations {
		once(d.ID, d.Entry)
	}
	for _, u := range f.Unsupported {
		once(u.String(), u.Entry)
	}
}

// fields are the keys of a mapping with their values. A key that nobody knows is an error: with a typing mistake it would say nothing.
func (r *reader) fields(n *yaml.Node, what string, known []string) map[string]*yaml.Node {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, "%s must be written as keys with values: %s", what, strings.Join(known, ", "))
		return nil
	}
	all := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case !slices.Contains(known, key.Value):
			r.wrong(key, "%q is no key of %s; keys are %s", key.Value, what, strings.Join(known, ", "))
		case all[key.Value] != nil:
			r.wrong(key, "%q stands there twice", key.Value)
		}
		all[key.Value] = n.Content[i+1]
	}
	return all
}

func (r *reader) items(n *yaml.Node, key string) []*yaml.Node {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.wrong(n, "%s must be a list: each entry begins with a dash", key)
		return nil
	}
	return n.Content
}

func (r *reader) text(n *yaml.Node, key string) string {
	if n.Kind != yaml.ScalarNode {
		r.wrong(n, "%s must be a text", key)
		return ""
	}
	return strings.TrimSpace(n.Value)
}

func (r *reader) deviation(n *yaml.Node) Deviation {
	var d Deviation
	fields := r.fields(n, "a deviation", deviationKeys)
	d.Entry = r.entry(n, fields)
	for key, into := range map[string]*string{"id": &d.ID, "says": &d.Says} {
		if value := fields[key]; value != nil {
			*into = r.text(value, key)
		}
	}
	if d.ID == "" && fields != nil {
		r.wrong(n, "the deviation has no id: the whole id of one scenario, as `clusterspec list` shows it")
	}
	return d
}

func (r *reader) feature(n *yaml.Node) Feature {
	var f Feature
	fields := r.fields(n, "an unsupported feature", featureKeys)
	f.Entry = r.entry(n, fields)
	for _, kind := range featureKinds {
		if value := fields[kind]; value != nil {
			if f.Kind != "" {
				r.wrong(value, "one entry is about one feature; write %s as an entry of its own", kind)
			}
			f.Kind, f.Name = kind, r.text(value, kind)
		}
	}
	if f.Name == "" && fields != nil {
		r.wrong(n, "the entry names no feature: it needs one of %s", strings.Join(featureKinds, ", "))
	}
	return f
}

func (r *reader) entry(n *yaml.Node, fields map[string]*yaml.Node) Entry {
	e := Entry{Line: n.Line}
	for key, into := range map[string]*string{"reason": &e.Reason, "link": &e.Link} {
		if value := fields[key]; value != nil {
			*into = r.text(value, key)
		}
	}
	if value := fields["expires"]; value != nil {
		var err error
		if e.Expires, err = time.Parse(time.DateOnly, r.text(value, "expires")); err != nil {
			r.wrong(value, "expires: %q is no day; write it as 2027-03-31", value.Value)
		}
	}
	if e.Reason == "" && fields != nil {
		r.wrong(n, "the entry has no reason: why is it known, and what becomes of it?")
	}
	return e
}

// declared is what of an entry stands in a result.
func (e *Entry) declared() *reports.Declared {
	d := &reports.Declared{Reason: e.Reason, Link: e.Link}
	if !e.Expires.IsZero() {
		d.Expires = e.Expires.Format(time.DateOnly)
	}
	return d
}

// expired says that the day of an entry has come, or "".
func (e *Entry) expired(today time.Time) string {
	if e.Expires.IsZero() || today.UTC().Before(e.Expires) {
		return ""
	}
	return fmt.Sprintf("it expired on %s; decide anew", e.Expires.Format(time.DateOnly))
}

// Concerns tells whether the declaration is about a target.
func (f *File) Concerns(t reports.Target) bool {
	matches := func(text string) bool {
		same, _ := path.Match(f.Target, text)
		return same || text == f.Target
	}
	return f.Target == "" || matches(t.Name) || matches(t.Spec) || matches(cmp.Or(t.Server, t.Name))
}
