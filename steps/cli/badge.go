package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/steps"
)

// Badge is `clusterspec badge`.
func Badge() *cobra.Command {
	var file, name, out string
	cmd := &cobra.Command{
		Use:   "badge",
		Short: "Write badges of the last run as SVG: one over all, one for each area",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			report, err := readReport(file)
			if err != nil {
				return err
			}
			for _, t := range report.Targets {
				if t.Joined && (name == "" || name == t.Name || name == t.Spec) {
					return writeBadges(cmd, out, report.Badges(t.Name))
				}
			}
			return &steps.UsageError{Reason: fmt.Sprintf("%s has no target %q that joined", file, name)}
		},
	}
	cmd.Flags().StringVar(&file, "report", lastReport, "the report.json, or its folder")
	cmd.Flags().StringVar(&name, "target", "", "whose badges; the first target of the report if it is not said")
	cmd.Flags().StringVar(&out, "out", filepath.Join("reports", "out", "badges"), "folder for overall.svg and AREA.svg")
	return cmd
}

func writeBadges(cmd *cobra.Command, dir string, badges []reports.Badge) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder of the badges: %w", err)
	}
	for _, b := range badges {
		var svg bytes.Buffer
		if err := b.WriteSVG(&svg); err != nil {
			return err
		}
		file := filepath.Join(dir, cmp.Or(b.Area, "overall")+".svg")
		if err := os.WriteFile(file, svg.Bytes(), 0o644); err != nil {
			return fmt.Errorf("writing a badge: %w", err)
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s  %s\n", file, b.Message)
	}
	return nil
}
