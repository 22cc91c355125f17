// Package gate judges a benchmark: it is given bounds that figures have to keep, and says of each that it is kept, that it is not, or that this cannot be
// told, measuring longer where that may help.
package gate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/clusterspec/clusterspec/bench/duet"
)

// Gate is a bound for something that is measured.
type Gate struct {
	Name string
	// What is measured: a metric of a series, or a figure.
	Series string
	Metric duet.Metric
	Figure string
	// Of is the target that is judged, as the user writes it; empty: every target, but for a ratio not the base.
	Of string
	// IsRatio says that the bound is one of the ratio to the base, not of the measured value itself.
	IsRatio bool
	// To is the base that a ratio wants; empty: whatever the base is.
	To    string
	Bound Bound
	Line  int // in its file
}

// Measurement is what the gate is about, in words.
func (g *Gate) Measurement() string {
	if g.Figure != "" {
		return g.Figure
	}
	return string(g.Metric) + " of " + g.Series
}

// keys of a gate in its file, with what takes their text.
var keys = map[string]func(g *Gate, text string) error{
	"name":   func(g *Gate, text string) error { g.Name = text; return nil },
	"series": func(g *Gate, text string) error { g.Series = text; return nil },
	"figure": func(g *Gate, text string) error { g.Figure = text; return nil },
	"of":     func(g *Gate, text string) error { g.Of = text; return nil },
	"to":     func(g *Gate, text string) error { g.To = text; return nil },
	"metric": func(g *Gate, text string) error {
		if g.Metric = duet.Metric(text); !slices.Contains(duet.Metrics, g.Metric) {
			return fmt.Errorf("unknown metric %q (known: %s)", text, names(duet.Metrics))
		}
		return nil
	},
	"ratio": func(g *Gate, text string) (err error) {
		g.IsRatio = true
		return g.setBound(text)
	},
	"value": func(g *Gate, text string) error { return g.setBound(text) },
}

func (g *Gate) setBound(text string) (err error) {
	if g.Bound != (Bound{}) {
		return errors.New("a second bound; a gate has one, ratio or value")
	}
	g.Bound, err = parseBound(text)
	return err
}

// knownKeys in the order of the documentation.
const knownKeys = "name, series, metric, figure, of, to, ratio, value"

// Parse reads gates from YAML. An error names the file and the line.
func Parse(file string, text []byte) ([]Gate, error) {
	fail := func(line int, format string, args ...any) error {
		return fmt.Errorf("%s:%d: %w", file, line, fmt.Errorf(format, args...))
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err) // it says the line
	}
	if document.Kind == 0 {
		return nil, fail(1, "there are no gates: the file is empty")
	}
	top := document.Content[0]
	if top.Kind != yaml.MappingNode || len(top.Content) != 2 || top.Content[0].Value != "gates" || top.Content[1].Kind != yaml.SequenceNode {
		return nil, fail(top.Line, "a file of gates is a list called gates, and nothing else")
	}
	var gates []Gate
	for _, item := range top.Content[1].Content {
		if item.Kind != yaml.MappingNode {
			return nil, fail(item.Line, "a gate has the keys %s", knownKeys)
		}
		g := Gate{Line: item.Line}
		for i := 0; i < len(item.Content); i += 2 {
			key, value := item.Content[i], item.Content[i+1]
			take, known := keys[key.Value]
			if !known {
				return nil, fail(key.Line, "unknown key %q (known: %s)", key.Value, knownKeys)
			}
			if value.Kind != yaml.ScalarNode || value.Value == "" {
				return nil, fail(value.Line, "%s is a text", key.Value)
			}
			if err := take(&g, value.Value); err != nil {
				return nil, fail(value.Line, "%s: %w", key.Value, err)
			}
		}
		if err := g.validate(); err != nil {
			return nil, fail(g.Line, "%w", err)
		}
		if same := slices.IndexFunc(gates, func(o Gate) bool { return o.Name == g.Name }); same >= 0 {
			return nil, fail(g.Line, "the gate of line %d is called %q as well", gates[same].Line, g.Name)
		}
		gates = append(gates, g)
	}
	if len(gates) == 0 {
		return nil, fail(top.Line, "there are no gates in the list")
	}
	return gates, nil
}

// validate finds what is wrong with a gate as a whole.
func (g *Gate) validate() error {
	switch {
	case g.Name == "":
		return errors.New("the gate has no name")
	case (g.Series == "") == (g.Figure == ""):
		return errors.New("a gate is about a series or about a figure: name one of them")
	case (g.Series == "") != (g.Metric == ""):
		return fmt.Errorf("series and metric belong together (metrics: %s)", names(duet.Metrics))
	case g.Bound == Bound{}:
		return errors.New("the gate has no bound: ratio or value, such as \"at least 1.2\"")
	case g.Series != "" && !g.IsRatio:
		return errors.New("a series is judged by ratio: its values are those of the machine and the hour")
	case g.IsRatio && g.Bound.Kind == Exactly:
		return errors.New("a ratio has an interval, and is never exactly anything: at least, or at most")
	case !g.IsRatio && g.To != "":
		return errors.New("a value is not compared: to belongs to ratio")
	}
	return nil
}

func names[T ~string](list []T) string {
	texts := make([]string, len(list))
	for i, one := range list {
		texts[i] = string(one)
	}
	return strings.Join(texts, ", ")
}
