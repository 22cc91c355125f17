package steps

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/clusterspec/clusterspec/reports"
)

// ladder is the order in which somebody who builds a server makes the scenarios pass (features/ladder.yaml).
type ladder struct {
	rungs []reports.Rung
	holds map[string]int // an area, or a file, and its rung
}

// rungLine is an entry of the file.
type rungLine struct {
	Rung  int      `yaml:"rung"`
	Name  string   `yaml:"name"`
	Holds []string `yaml:"holds"`
}

// readLadder reads the ladder that lies beside the features; a suite without one has none.
func readLadder(files fs.FS) (*ladder, error) {
	var lines []rungLine
	if err := readData(files, "ladder.yaml", &lines); err != nil {
		return nil, err
	}
	l := &ladder{holds: map[string]int{}}
	for _, line := range lines {
		l.rungs = append(l.rungs, reports.Rung{Number: line.Rung, Name: line.Name})
		for _, what := range line.Holds {
			if rung, twice := l.holds[what]; twice {
				return nil, fmt.Errorf("ladder.yaml: %s stands on the rungs %d and %d", what, rung, line.Rung)
			}
			l.holds[what] = line.Rung
		}
	}
	if !slices.IsSortedFunc(l.rungs, func(a, b reports.Rung) int { return cmp.Compare(a.Number, b.Number) }) {
		return nil, errors.New("ladder.yaml: the rungs do not ascend")
	}
	return l, nil
}

// place puts a scenario on its rung: that of its tag, its file, its area.
func (l *ladder) place(s *scenario) error {
	s.Phase = cmp.Or(s.Phase, l.holds[s.Feature], l.holds[s.Area])
	if s.Phase != 0 && !l.has(s.Phase) {
		return fmt.Errorf("%s: %s is on phase %d, and the ladder has no such rung", s.Feature, s.ID, s.Phase)
	}
	return nil
}

func (l *ladder) has(rung int) bool {
	return slices.ContainsFunc(l.rungs, func(r reports.Rung) bool { return r.Number == rung })
}

// check refuses a rung that somebody asked for and that is not there.
func (l *ladder) check(rung int) error {
	if rung == 0 || l.has(rung) {
		return nil
	}
	var known []string
	for _, r := range l.rungs {
		known = append(known, fmt.Sprintf("%d %s", r.Number, r.Name))
	}
	return &UsageError{fmt.Sprintf("the ladder has no phase %d; its phases are %s", rung, strings.Join(known, ", "))}
}

// readData reads a YAML file of the suite; nothing is read if there is no such file, and a field that nobody knows is an error.
func readData(files fs.FS, name string, into any) error {
	text, err := fs.ReadFile(files, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the features: %w", err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
