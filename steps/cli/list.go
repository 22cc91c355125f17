package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/steps"
)

// filter are the flags that select scenarios.
type filter struct {
	tags   string
	ids    []string
	levels []string
	phase  int
	upTo   int
}

func (f *filter) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.tags, "tags", "", `scenarios with these tags: "@must && ~@needs:kill"; a comma means or`)
	flags.StringSliceVar(&f.ids, "id", nil, "scenarios with this id, or whose ids begin with it up to a slash; may be repeated")
	flags.StringSliceVar(&f.levels, "level", nil, "scenarios of this level: must, should, may; may be repeated")
	flags.IntVar(&f.phase, "phase", 0, "scenarios of one rung of the ladder: 39")
	flags.IntVar(&f.upTo, "up-to", 0, "scenarios of all rungs of the ladder up to this one: 42")
}

func (f *filter) options() steps.Options {
	options := steps.Options{Features: features.FS, Tags: f.tags, IDs: f.ids, Phase: f.phase, UpTo: f.upTo}
	for _, level := range f.levels {
		options.Levels = append(options.Levels, reports.Level(level))
	}
	return options
}

// List is `clusterspec list`.
func List() *cobra.Command {
	var f filter
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the scenarios: id, phase of the ladder, level, what they need, title",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cases, err := steps.List(f.options())
			if err != nil {
				return err
			}
			return writeCases(cmd, cases)
		},
	}
	f.add(cmd.Flags())
	return cmd
}

func writeCases(cmd *cobra.Command, cases []reports.Case) error {
	const padding = 2
	out := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, padding, ' ', 0)
	for _, c := range cases {
		needs := strings.Join(c.Needs, ",")
		if needs == "" {
			needs = "-"
		}
		fmt.Fprintf(out, "%s\t%d\t%s\t%s\t%s\n", c.ID, c.Phase, c.Level, needs, c.Title)
	}
	if len(cases) == 0 {
		return &reports.ExitError{Code: reports.ExitNothing}
	}
	return out.Flush()
}
