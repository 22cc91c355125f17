package reports

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// DefectsSchema names the form of defects.json.
const DefectsSchema = "clusterspec.defects/1"

// The files of a written table of defects.
const (
	FileDefectsJSON = "defects.json"
	FileDefects     = "defects.md"
)

// DefectTable says how sharp the suite is: which scenarios fail when a server has a deliberate error.
type DefectTable struct {
	// Schema is DefectsSchema of the program that wrote the table.
	Schema string `json:"schema"`
	// Suite is the version of the suite, as `clusterspec version` prints it.
	Suite string `json:"suite"`
	// Command is the command line that made the table, program name first.
	Command []string `json:"command"`
	// Started and Finished are wall-clock times.
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	// Target is the server that has the defects, and Oracle the real one that passes the scenarios counted here: "redis-server 7.0.15". An
	// empty Oracle: none was asked, and scenarios are believed that the target passes without a defect.
	Target string `json:"target"`
	Oracle string `json:"oracle,omitempty"`
	// All tells whether every defect met every scenario. Otherwise it met those of its area first and no more once it was caught.
	All bool `json:"all"`
	// Defects are the rows, grouped by area.
	Defects []DefectRow `json:"defects"`
	// Silent are the ids of the scenarios that were run and caught nothing.
	Silent []string `json:"silent"`
}

// DefectRow is one deliberate error.
type DefectRow struct {
	// Name is what selects it: "moved-without-port".
	Name string `json:"name"`
	// Area groups the rows: "redirection", "election".
	Area string `json:"area"`
	// Does says in one sentence what a node with it does, and which rule that breaks.
	Does string `json:"does"`
	// CaughtBy are the ids of the scenarios that failed because of it, in the order of the features; none: the suite is blind to it.
	CaughtBy []string `json:"caughtBy"`
	// Symptom is what the first of them saw, in one sentence.
	Symptom string `json:"symptom,omitempty"`
}

// Caught tells whether a scenario failed because of the defect.
func (r *DefectRow) Caught() bool { return len(r.CaughtBy) > 0 }

// Uncaught are the names of the defects that no scenario noticed.
func (t *DefectTable) Uncaught() []string {
	var names []string
	for i := range t.Defects {
		if !t.Defects[i].Caught() {
			names = append(names, t.Defects[i].Name)
		}
	}
	return names
}

// WriteDefectsJSON writes the table as defects.json holds it.
func WriteDefectsJSON(w io.Writer, t *DefectTable) error {
	filled := *t
	filled.Schema = DefectsSchema
	filled.Command, filled.Silent = orEmpty(t.Command), orEmpty(t.Silent)
	filled.Defects = append([]DefectRow{}, t.Defects...)
	for i := range filled.Defects {
		filled.Defects[i].CaughtBy = orEmpty(filled.Defects[i].CaughtBy)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(&filled); err != nil {
		return fmt.Errorf("writing the table of defects as JSON: %w", err)
	}
	return nil
}

// WriteDefectTable writes defects.json and defects.md into dir, which it makes if need be.
func WriteDefectTable(dir string, t *DefectTable) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder of the table of defects: %w", err)
	}
	var text, page bytes.Buffer
	if err := errors.Join(WriteDefectsJSON(&text, t), WriteDefects(&page, t)); err != nil {
		return err
	}
	return errors.Join(replaceFile(filepath.Join(dir, FileDefectsJSON), text.Bytes()), replaceFile(filepath.Join(dir, FileDefects), page.Bytes()))
}

// ReadDefectsJSON reads what WriteDefectsJSON wrote and refuses another schema.
func ReadDefectsJSON(in io.Reader) (*DefectTable, error) {
	var t DefectTable
	if err := json.NewDecoder(in).Decode(&t); err != nil {
		return nil, fmt.Errorf("reading the table of defects: not a %s: %w", FileDefectsJSON, err)
	}
	if t.Schema != DefectsSchema {
		return nil, fmt.Errorf("reading the table of defects: its schema is %q and this program reads %q; use the release that wrote it, or run again", t.Schema, DefectsSchema)
	}
	return &t, nil
}

// WriteDefects writes the table as Markdown: a table an area, then what caught nothing.
func WriteDefects(w io.Writer, t *DefectTable) error {
	var b strings.Builder
	b.WriteString("# Who catches what\n\n")
	fmt.Fprintf(&b, "%d of %s are caught by scenarios that %s passes. Suite %s, %s.\n", len(t.Defects)-len(t.Uncaught()), plural(len(t.Defects), "deliberate error"),
		markdown(t.Believes()), markdown(t.Suite), t.Started.UTC().Format(time.DateOnly))
	area := ""
	for i := range t.Defects {
		d := &t.Defects[i]
		if d.Area != area {
			area = d.Area
			fmt.Fprintf(&b, "\n## %s\n\n| defect | what a node with it does | caught by | what is seen |\n| :-- | :-- | :-- | :-- |\n", markdown(area))
		}
		caught := "**nobody**"
		if d.Caught() {
			caught = "`" + strings.Join(d.CaughtBy, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", d.Name, markdown(d.Does), caught, markdown(oneLine(d.Symptom, maxReasonRunes)))
	}
	t.writeSilent(&b)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the table of defects: %w", err)
	}
	return nil
}

// Believes names the server whose passing makes a scenario count.
func (t *DefectTable) Believes() string {
	if t.Oracle != "" {
		return t.Oracle
	}
	return t.Target + " without a defect"
}

func (t *DefectTable) writeSilent(b *strings.Builder) {
	if !t.All {
		b.WriteString("\nEach defect met the scenarios of its area first, and no others once it was caught: which scenarios catch nothing is not known.\n")
		return
	}
	fmt.Fprintf(b, "\n## Scenarios that catch nothing\n\n")
	if len(t.Silent) == 0 {
		b.WriteString("Every scenario catches something.\n")
	}
	for _, id := range t.Silent {
		fmt.Fprintf(b, "- `%s`\n", id)
	}
}
