package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/steps"
)

// again selects what did not pass in an earlier run: its scenarios, and if none were named its targets and its seed.
func (f *runFlags) again(cmd *cobra.Command) error {
	all, err := steps.List(steps.Options{Features: features.FS})
	if err != nil {
		return err
	}
	exists := func(id string) bool { return slices.ContainsFunc(all, func(c reports.Case) bool { return c.ID == id }) }
	notPassed := map[string]bool{}
	var gone []string
	for _, x := range f.known.failed.Unsettled() {
		if !exists(x.Case) {
			gone = append(gone, x.Case)
			continue
		}
		notPassed[x.Target] = true
		if !slices.Contains(f.ids, x.Case) {
			f.ids = append(f.ids, x.Case)
		}
	}
	for _, id := range gone {
		fmt.Fprintf(cmd.OutOrStdout(), "note     %s is no longer in the suite\n", id)
	}
	if len(notPassed) == 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "everything passed in %s: there is nothing to run again\n", f.known.failedFile)
		return &reports.ExitError{Code: reports.ExitNothing}
	}
	if !cmd.Flags().Changed("seed") {
		f.seed = f.known.failed.Seed
	}
	if len(f.targets) == 0 {
		for _, t := range f.known.failed.Targets {
			if notPassed[t.Name] {
				f.targets = append(f.targets, t.Spec)
			}
		}
	}
	return nil
}
