package steps

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/cucumber/godog"
	messages "github.com/cucumber/messages/go/v21"

	"github.com/clusterspec/clusterspec/reports"
)

// scenario is one case of the suite as the runner sees it.
type scenario struct {
	reports.Case
	pickle string // its id in godog, which parses the same files in the same order
	shape  shape  // the cluster it begins with
	since  string // the version the sentence is from, "" if it always held
}

// catalogue is the whole suite, in the order of the files.
type catalogue []*scenario

// readCatalogue reads every feature file and puts the scenarios on their rungs.
func readCatalogue(files fs.FS, rungs *ladder) (catalogue, error) {
	parsed, err := godog.TestSuite{Options: &godog.Options{FS: files, Paths: []string{"."}}}.RetrieveFeatures()
	if err != nil {
		return nil, fmt.Errorf("reading the features: %w", err)
	}
	var all catalogue
	for _, f := range parsed {
		index := indexFeature(f.GherkinDocument)
		for _, p := range f.Pickles {
			s, err := newScenario(f.GherkinDocument, index, p)
			if err != nil {
				return nil, fmt.Errorf("%s: %q: %w", f.Uri, p.Name, err)
			}
			if err := rungs.place(s); err != nil {
				return nil, err
			}
			all = append(all, s)
		}
	}
	return all, all.validate()
}

// validate finds ids that are used twice.
func (all catalogue) validate() error {
	lines := map[string]string{}
	var errs []error
	for _, s := range all {
		at := fmt.Sprintf("%s:%d", s.Feature, s.Line)
		if before, used := lines[s.ID]; used {
			errs = append(errs, fmt.Errorf("id %s is used at %s and at %s", s.ID, before, at))
		}
		lines[s.ID] = at
	}
	return errors.Join(errs...)
}

// placed is what the document knows of a scenario and its pickles do not.
type placed struct {
	rule string
	line int64
	rows map[string]row // of outlines: the examples by the id of their row
}

type row struct {
	number int // from 1, over all tables of the outline
	line   int64
}

// indexFeature finds the rule and the line of each scenario by its node id.
func indexFeature(document *messages.GherkinDocument) map[string]placed {
	index := map[string]placed{}
	for _, child := range document.Feature.Children {
		if child.Scenario != nil {
			index[child.Scenario.Id] = place("", child.Scenario)
		}
		if child.Rule == nil {
			continue
		}
		for _, grandchild := range child.Rule.Children {
			if grandchild.Scenario != nil {
				index[grandchild.Scenario.Id] = place(child.Rule.Name, grandchild.Scenario)
			}
		}
	}
	return index
}

func place(rule string, s *messages.Scenario) placed {
	p := placed{rule: rule, line: s.Location.Line, rows: map[string]row{}}
	for _, examples := range s.Examples {
		for _, r := range examples.TableBody {
			p.rows[r.Id] = row{number: len(p.rows) + 1, line: r.Location.Line}
		}
	}
	return p
}

func newScenario(document *messages.GherkinDocument, index map[string]placed, p *messages.Pickle) (*scenario, error) {
	at := index[p.AstNodeIds[0]]
	s := &scenario{pickle: p.Id}
	s.Case = reports.Case{Title: p.Name, Feature: document.Uri, Line: int(at.line), Rule: at.rule, Source: sourceOf(document.Feature.Description)}
	if err := s.readTags(p.Tags); err != nil {
		return nil, err
	}
	if len(p.AstNodeIds) > 1 {
		r := at.rows[p.AstNodeIds[1]]
		s.ID, s.Line = fmt.Sprintf("%s/%d", s.ID, r.number), int(r.line)
	}
	if err := s.readSteps(p.Steps); err != nil {
		return nil, err
	}
	s.shape.proxied = s.shape != (shape{}) && slices.Contains(s.Needs, "proxy")
	return s, nil
}

// sourceOf finds the line of a feature's description that says where its sentences stand.
func sourceOf(description string) string {
	_, source, _ := strings.Cut(description, "Source:")
	return strings.Join(strings.Fields(source), " ")
}

// knownTag lists every form a tag may have. The list is closed: a tag with a typing mistake would select nothing.
var knownTag = regexp.MustCompile(`^@(must|should|may|harmless|slow|` +
	`(id|area|cmd|quirk):[a-z0-9/_-]+|since:\d+\.\d+|phase:\d+|needs:[a-z-]+)$`)

func (s *scenario) readTags(tags []*messages.PickleTag) error {
	for _, t := range tags {
		if !knownTag.MatchString(t.Name) {
			return fmt.Errorf("unknown tag %s", t.Name)
		}
		s.Tags = append(s.Tags, t.Name)
		if err := s.readTag(t.Name); err != nil {
			return err
		}
	}
	for what, value := range map[string]string{"@id:": s.ID, "@area:": s.Area, "level": string(s.Level)} {
		if value == "" {
			return fmt.Errorf("it has no %s tag", what)
		}
	}
	return nil
}

func (s *scenario) readTag(tag string) error {
	name, value, _ := strings.Cut(strings.TrimPrefix(tag, "@"), ":")
	switch name {
	case "must", "should", "may":
		if s.Level != "" {
			return fmt.Errorf("it has the levels %s and %s", s.Level, name)
		}
		s.Level = reports.Level(name)
	case "id":
		s.ID = value
	case "area":
		s.Area = value
	case "since":
		s.since = value
	case "phase":
		s.Phase = number(value)
	case "needs":
		if !slices.Contains(abilityNames(), value) {
			return fmt.Errorf("unknown ability in %s; known are %s", tag, strings.Join(abilityNames(), ", "))
		}
		s.Needs = append(s.Needs, value)
	}
	return nil
}

func (s *scenario) readSteps(steps []*messages.PickleStep) error {
	for _, step := range steps {
		s.Steps = append(s.Steps, stepKeyword(step)+" "+stepText(step))
		if wanted, ok := parseShape(step.Text); ok && s.shape == (shape{}) {
			s.shape = wanted
		}
		if err := s.needLibrary(step.Text); err != nil {
			return err
		}
	}
	return nil
}

// stepKeyword names the kind of a step; whether the file says And is not kept in a pickle.
func stepKeyword(step *messages.PickleStep) string {
	switch step.Type {
	case messages.PickleStepType_CONTEXT:
		return "Given"
	case messages.PickleStepType_ACTION:
		return "When"
	case messages.PickleStepType_OUTCOME:
		return "Then"
	}
	return "And"
}

// stepText is the step with its table on lines of its own.
func stepText(step *messages.PickleStep) string {
	if step.Argument == nil || step.Argument.DataTable == nil {
		return step.Text
	}
	text := step.Text
	for _, r := range step.Argument.DataTable.Rows {
		var cells []string
		for _, c := range r.Cells {
			cells = append(cells, strings.ReplaceAll(c.Value, "|", `\|`))
		}
		text += "\n| " + strings.Join(cells, " | ") + " |"
	}
	return text
}

// isHarmless tells whether the scenario may run on a cluster that was there before us.
func (s *scenario) isHarmless() bool { return slices.Contains(s.Tags, "@harmless") }
