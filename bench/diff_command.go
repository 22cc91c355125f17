package bench

import (
	"github.com/spf13/cobra"

	"github.com/clusterspec/clusterspec/bench/diff"
	"github.com/clusterspec/clusterspec/bench/result"
)

// diffCommand is `clusterspec bench diff`.
func diffCommand() *cobra.Command {
	var markdown bool
	cmd := &cobra.Command{
		Use:   "diff BEFORE.json AFTER.json",
		Short: "Say what changed between two results",
		Long: "Say what changed between two results of `clusterspec bench`. Figures of two runs cannot be compared: the machine was another one, or had another hour.\n" +
			"What can be is how each target stands to the base of its own run, so both need the same base. A change counts if the intervals of both leave\n" +
			"no doubt, and if it is larger than 3 % and than the noise floors.",
		Example: "  clusterspec bench diff old/bench.json new/bench.json\n  clusterspec bench diff --markdown old/bench.json new/bench.json >> \"$GITHUB_STEP_SUMMARY\"",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			before, err := result.ReadFile(args[0])
			if err != nil {
				return err
			}
			after, err := result.ReadFile(args[1])
			if err != nil {
				return err
			}
			d, err := diff.Compare(before, after)
			if err != nil {
				return err
			}
			if markdown {
				return d.WriteMarkdown(cmd.OutOrStdout())
			}
			return d.WriteText(cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&markdown, "markdown", false, "write Markdown")
	return cmd
}
