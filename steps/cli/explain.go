package cli

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/steps"
)

// lastReport is where `clusterspec run` writes unless it is told otherwise.
var lastReport = filepath.Join("reports", "out", reports.FileJSON)

// maxExplained bounds what `explain last` shows.
const maxExplained = 10

// Explain is `clusterspec explain`.
func Explain() *cobra.Command {
	var file string
	var whole bool
	cmd := &cobra.Command{
		Use:   "explain ID|last",
		Short: "Explain a result of the last run: what was required, what happened, what went over the wire, who believed what",
		Long: "Explain a result of the last run as a page of text: what was required and by whom, the steps with their verdicts, what was expected and what came,\n" +
			"requests, frames of the bus and faults in the order of time, what each node believed, and the command that runs it again.\n\n" +
			"`last` explains all that did not pass.",
		Example: "  clusterspec explain last\n  clusterspec explain redirection/moved/1 --report reports/out/report.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := readReport(file)
			if err != nil {
				return err
			}
			ids := args
			if args[0] == "last" {
				if ids = unsettled(report); len(ids) == 0 {
					fmt.Fprintf(cmd.OutOrStdout(), "%s: everything in %s passed, or was as declared\n", file, plural(len(report.Cases)))
				}
			}
			return explain(cmd, report, ids, whole)
		},
	}
	cmd.Flags().StringVar(&file, "report", lastReport, "the report.json to look into, or its folder")
	cmd.Flags().BoolVar(&whole, "whole", false, "tell of targets that passed as much as of those that did not")
	return cmd
}

func plural(cases int) string {
	if cases == 1 {
		return "1 case"
	}
	return fmt.Sprintf("%d cases", cases)
}

func unsettled(report *reports.Report) []string {
	var ids []string
	for _, x := range report.Unsettled() {
		if !slices.Contains(ids, x.Case) {
			ids = append(ids, x.Case)
		}
	}
	return ids
}

func explain(cmd *cobra.Command, report *reports.Report, ids []string, whole bool) error {
	out := cmd.OutOrStdout()
	for i, id := range ids {
		if i == maxExplained {
			fmt.Fprintf(out, "\nand %d more: clusterspec explain ID\n", len(ids)-i)
			for _, id := range ids[i:] {
				fmt.Fprintf(out, "  %s\n", id)
			}
			break
		}
		if i > 0 {
			fmt.Fprintln(out, "\n----------------------------------------")
		}
		if err := reports.WriteExplanation(out, report, id, whole); err != nil {
			return &steps.UsageError{Reason: err.Error()}
		}
	}
	return nil
}
