package cli

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/steps"
)

// Diff is `clusterspec diff`.
func Diff() *cobra.Command {
	var asJSON, asMarkdown bool
	cmd := &cobra.Command{
		Use:   "diff EARLIER LATER",
		Short: "Compare two runs: newly failing, newly passing, changed, added, gone, slower",
		Long: "Compare two runs by their report.json: newly failing, newly passing, changed, added and gone results, and how the times have changed.\n\n" +
			"Targets are the same if they have the same name or the same text form; two runs of a single target each are compared whatever it is called.\n\n" +
			"Exit codes: 0 nothing is newly failing, 1 something is, 4 usage. What is gone is no regression: the suite or the selection is another one.",
		Example: "  clusterspec diff main/report.json branch/report.json\n  clusterspec diff --markdown main branch >> \"$GITHUB_STEP_SUMMARY\"",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if asJSON && asMarkdown {
				return &steps.UsageError{Reason: "--json and --markdown are two ways to write the same; choose one"}
			}
			earlier, err := readReport(args[0])
			if err != nil {
				return err
			}
			later, err := readReport(args[1])
			if err != nil {
				return err
			}
			changes := reports.Diff(earlier, later)
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", " ")
				err = enc.Encode(changes)
			} else {
				err = reports.WriteChanges(cmd.OutOrStdout(), changes, asMarkdown)
			}
			if err == nil && len(changes.NewlyFailing)+changes.AddedFailing() > 0 {
				err = &reports.ExitError{Code: reports.ExitUnexpected}
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the changes as JSON")
	cmd.Flags().BoolVar(&asMarkdown, "markdown", false, "write the changes as Markdown")
	return cmd
}
