package declaration

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/clusterspec/clusterspec/reports"
)

// Todo is the reason of an entry that a run has written: somebody has to replace it.
const Todo = "TODO: why"

// Update is what a run changes in a declaration.
type Update struct {
	// Added and Removed name entries, as in the file: ids, "ability kill".
	Added, Removed []string
	// Text is the whole file after it.
	Text []byte
}

// Empty tells that nothing changes.
func (u *Update) Empty() bool { return len(u.Added)+len(u.Removed) == 0 }

// Begin gives a file that is not there yet its first lines, which are comments.
func (f *File) Begin(head string) { f.head = head }

// Update makes of the file what fits the report it was applied to: new failures come to the end of the list with the reason Todo, entries whose
// scenarios pass or are not known go, and so do features that are there after all. Everything else stays as it was written, comments, order and
// blank lines. An entry that has expired and still fails stays as well: whether to renew it is for people to say.
func (f *File) Update(r *reports.Report) (*Update, error) {
	u := &Update{}
	t := text{lines: strings.SplitAfter(f.head+string(f.text), "\n"), end: lineEnd(f.text)}
	f.remove(&t, u, r)
	if err := f.add(&t, u, r); err != nil {
		return nil, fmt.Errorf("keeping the declaration: %s: %w", f.Name, err)
	}
	u.Text = t.join()
	if err := f.verify(u); err != nil {
		return nil, fmt.Errorf("keeping the declaration: nothing was written: %w", err)
	}
	return u, nil
}

// text is a file in lines that can be taken out and put in without changing the numbers of others.
type text struct {
	lines  []string
	gone   map[int]bool
	behind map[int]string // put in behind a line; 0 is before the first
	end    string
}

func lineEnd(b []byte) string {
	if bytes.Contains(b, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// line is one line, counted from 1.
func (t *text) line(n int) string { return t.lines[n-1] }

// last is the number of the last line that says anything.
func (t *text) last() int {
	n := len(t.lines)
	for n > 0 && strings.TrimSpace(t.line(n)) == "" {
		n--
	}
	return n
}

func (t *text) put(behind int, lines string) {
	if t.behind == nil {
		t.behind = map[int]string{}
	}
	t.behind[behind] += strings.ReplaceAll(lines, "\n", t.end)
}

func (t *text) take(from, to int) {
	if t.gone == nil {
		t.gone = map[int]bool{}
	}
	for n := from; n <= to; n++ {
		t.gone[n] = true
	}
}

func (t *text) join() []byte {
	var b strings.Builder
	b.WriteString(t.behind[0])
	for i, line := range t.lines {
		if !t.gone[i+1] {
			b.WriteString(line)
		}
		more := t.behind[i+1]
		if more != "" && b.Len() > 0 && !strings.HasSuffix(b.String(), "\n") {
			b.WriteString(t.end)
		}
		b.WriteString(more)
	}
	return []byte(b.String())
}

// indent is how far a line is set in.
func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// value is the node of a top-level key and of its value, or nil.
func (f *File) value(key string) (k, v *yaml.Node) {
	if f.root == nil {
		return nil, nil
	}
	for i := 0; i+1 < len(f.root.Content); i += 2 {
		if f.root.Content[i].Value == key {
			return f.root.Content[i], f.root.Content[i+1]
		}
	}
	return nil, nil
}

// extent are the first and the last line of the entry with a number in a block list. What follows it and is not set in deeper than its dash,
// blank lines and comments, is not its own.
func (f *File) extent(t *text, list *yaml.Node, i int) (from, to int) {
	from = list.Content[i].Line
	for from > 1 && !strings.HasPrefix(strings.TrimLeft(t.line(from), " "), "-") {
		from--
	}
	dash := indent(t.line(from))
	to = from
	for n := from + 1; n <= len(t.lines); n++ {
		line := strings.TrimRight(t.line(n), "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if indent(line) <= dash {
			break
		}
		to = n
	}
	return from, to
}

// remove takes out the entries that no longer fit.
func (f *File) remove(t *text, u *Update, r *reports.Report) {
	goes := func(name string, passes bool) bool {
		return passes || slices.ContainsFunc(r.Declaration.Stale, func(s reports.StaleEntry) bool { return s.Entry == name })
	}
	take := func(key string, i int, name string) {
		if _, list := f.value(key); list.Style&yaml.FlowStyle == 0 {
			t.take(f.extent(t, list, i))
			u.Removed = append(u.Removed, name)
		}
	}
	for i, d := range f.Deviations {
		if goes(d.ID, f.passes(d.ID, r)) {
			take("deviations", i, d.ID)
		}
	}
	for i := range f.Unsupported {
		if name := f.Unsupported[i].String(); goes(name, false) {
			take("unsupported", i, name)
		}
	}
}

// passes tells whether a scenario passed on every target that the declaration is about and that ran it, and on one at least.
func (f *File) passes(id string, r *reports.Report) bool {
	passed := false
	for _, x := range r.Results {
		if x.Case != id || !f.Concerns(targetOf(r, x)) {
			continue
		}
		if x.Verdict != reports.Pass {
			return false
		}
		passed = true
	}
	return passed
}

func targetOf(r *reports.Report, x reports.Result) reports.Target {
	at := slices.IndexFunc(r.Targets, func(t reports.Target) bool { return t.Name == x.Target })
	return r.Targets[at]
}

// add puts in what fails and is not known. What a target lacks, where that is a failure, is a feature; all else is a deviation.
func (f *File) add(t *text, u *Update, r *reports.Report) error {
	var deviations, features []string
	for _, x := range r.Results {
		target := targetOf(r, x)
		if x.Verdict != reports.Fail || x.Declared != nil || !f.Concerns(target) {
			continue
		}
		if lacking := lackOf(r, x, target); lacking != "" {
			if name := "ability " + lacking; !slices.Contains(u.Added, name) {
				u.Added = append(u.Added, name)
				features = append(features, "ability: "+lacking, target.Lacks[lacking])
			}
		} else if !slices.Contains(u.Added, x.Case) {
			u.Added = append(u.Added, x.Case)
			deviations = append(deviations, "id: "+x.Case, x.Reason)
		}
	}
	return errors.Join(f.addTo(t, "deviations", deviations), f.addTo(t, "unsupported", features))
}

// lackOf is the ability for want of which a case was not begun, or "".
func lackOf(r *reports.Report, x reports.Result, t reports.Target) string {
	if len(x.Steps) > 0 {
		return ""
	}
	for _, c := range r.Cases {
		for _, need := range c.Needs {
			if c.ID == x.Case && t.Lacks[need] != "" {
				return need
			}
		}
	}
	return ""
}

// addTo puts entries behind the last one of a list, which is made if it is not there. Entries come as pairs: what they are about, and what was seen.
func (f *File) addTo(t *text, key string, entries []string) error {
	if len(entries) == 0 {
		return nil
	}
	block := func(in string) string {
		var b strings.Builder
		for i := 0; i < len(entries); i += 2 {
			fmt.Fprintf(&b, "%s- %s\n%s  reason: %q\n%s  # %s\n", in, entries[i], in, Todo, in, remark(entries[i+1]))
		}
		return b.String()
	}
	const in = "  "
	k, v := f.value(key)
	switch {
	case k == nil && f.root != nil && f.root.Style&yaml.FlowStyle != 0:
		return fmt.Errorf("line %d: the file is written in braces; write each key on a line of its own to have it kept", f.root.Line)
	case k == nil:
		blank := ""
		if t.last() > 0 {
			blank = "\n"
		}
		t.put(t.last(), blank+key+":\n"+block(in))
	case v.Kind == yaml.ScalarNode && v.Value == "":
		t.put(k.Line, block(in))
	case len(v.Content) == 0:
		return fmt.Errorf("line %d: %s is written as an empty value; leave nothing behind the colon to have it kept", v.Line, key)
	case v.Style&yaml.FlowStyle != 0:
		return fmt.Errorf("line %d: %s is written in brackets; write each entry on lines of its own, behind a dash, to have it kept", v.Line, key)
	default:
		from, to := f.extent(t, v, len(v.Content)-1)
		t.put(to, block(strings.Repeat(" ", indent(t.line(from)))))
	}
	return nil
}

// remark is a text as the rest of a comment.
func remark(text string) string {
	const long = 200
	line := []rune(strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return r <= ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfeff
	}), " "))
	if len(line) > long {
		line = append(line[:long], '…')
	}
	return string(line)
}

// verify reads the new text back: what was not to change must say what it said.
func (f *File) verify(u *Update) error {
	after, err := Parse(f.Name, u.Text)
	if err != nil {
		return err
	}
	kept := func(all map[string]any) map[string]any {
		for _, name := range append(slices.Clone(u.Added), u.Removed...) {
			delete(all, name)
		}
		return all
	}
	if before, now := kept(f.entries()), kept(after.entries()); !reflect.DeepEqual(before, now) || f.Target != after.Target {
		return fmt.Errorf("%s would have lost what it says; keep this file by hand", f.Name)
	}
	return nil
}

// entries are all entries by name, without their lines.
func (f *File) entries() map[string]any {
	all := map[string]any{}
	for _, d := range f.Deviations {
		d.Line = 0
		all[d.ID] = d
	}
	for _, u := range f.Unsupported {
		u.Line = 0
		all[u.String()] = u
	}
	return all
}

// Write replaces the file by an update, whole or not at all. A file that was changed since it was read is left alone.
func (f *File) Write(u *Update) error {
	name, err := filepath.EvalSymlinks(f.Name)
	if errors.Is(err, os.ErrNotExist) {
		name, err = f.Name, nil
	}
	if err != nil {
		return fmt.Errorf("keeping the declaration: %w", err)
	}
	mode := os.FileMode(0o644)
	now, err := os.ReadFile(name)
	switch {
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("keeping the declaration: %w", err)
	case !bytes.Equal(now, f.text):
		return fmt.Errorf("keeping the declaration: %s was changed while the run went on; it is left as it is", f.Name)
	case err == nil:
		if info, err := os.Stat(name); err == nil {
			mode = info.Mode().Perm()
		}
	}
	beside := name + ".new"
	if err := os.WriteFile(beside, u.Text, mode); err != nil {
		return fmt.Errorf("keeping the declaration: %w", err)
	}
	if err := os.Rename(beside, name); err != nil {
		return errors.Join(fmt.Errorf("keeping the declaration: %w", err), os.Remove(beside))
	}
	return nil
}
