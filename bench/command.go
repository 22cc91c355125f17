package bench

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/catalog"
)

// Command is `clusterspec bench`. The version goes into the result.
func Command(version string) *cobra.Command {
	o, out := DefaultOptions(), ""
	o.Suite = version
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast targets are, side by side",
		Long: "Measure how fast targets are, side by side: GET and SET, one node each, in cluster mode. First in closed loops at several pipeline depths,\n" +
			"for the throughput at saturation; then in open loops at half of what the slowest target does, the same rate for all, for latency.\n\n" +
			"All other targets are compared with the first, in slices of 50 ms that alternate in random order. The first is also compared with itself:\n" +
			"that is the noise floor, and what is below it, or below 3 %, is called inconclusive. Ctrl-C ends early and keeps what was measured.",
		Example: "  clusterspec bench --target reference --target redis-server\n  clusterspec bench --target redis-server --target docker:valkey/valkey:8 --duration 60s",
		Args:    func(cmd *cobra.Command, args []string) error { return checkUsage(cmd, args, o) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Command = append([]string{"clusterspec"}, os.Args[1:]...)
			return runCommand(cmd, o, out)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.Targets, "target", o.Targets, "what to measure; may be repeated, the first is the base of all ratios (forms: see clusterspec run --help)")
	flags.DurationVar(&o.Duration, "duration", o.Duration, "measuring time of each series, shared by all targets")
	flags.Uint64Var(&o.Seed, "seed", o.Seed, "decides the keys, the order of slices, and the resampling")
	flags.IntSliceVar(&o.Pipelines, "pipeline", o.Pipelines, "how many requests are sent at a time; one GET and one SET series for each")
	flags.IntVar(&o.Connections, "connections", o.Connections, "connections to each target")
	flags.IntVar(&o.Keys, "keys", o.Keys, "how many keys there are")
	flags.IntVar(&o.ValueBytes, "value-bytes", o.ValueBytes, "size of the values")
	flags.BoolVar(&o.Destructive, "destructive", false, "allow to write into a cluster that was there before (addr:...)")
	flags.StringVar(&out, "out", filepath.Join("reports", "out", "bench"), "folder for the result")
	return cmd
}

// checkUsage finds what is wrong with a command line before anything is started.
func checkUsage(cmd *cobra.Command, args []string, o Options) error {
	if err := cobra.NoArgs(cmd, args); err != nil {
		return err
	}
	for _, spec := range o.Targets {
		if _, err := catalog.Parse(spec, target.Env{}); err != nil {
			return err
		}
	}
	return o.Validate()
}

func runCommand(cmd *cobra.Command, o Options, out string) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	text, progress := cmd.OutOrStdout(), cmd.ErrOrStderr()
	result, files, err := Run(ctx, o, Listener{
		Starting: func(id string, number, of int, left time.Duration) {
			fmt.Fprintf(progress, "%d/%d %s: about %v left\n", number, of, id, left.Round(time.Second))
		},
		Measured: func(_ *Result, s *Series) { WriteSeries(text, s) },
	})
	if result == nil {
		return err
	}
	if writeErr := Write(out, result, files); writeErr != nil {
		return writeErr
	}
	fmt.Fprintf(text, "\nwritten to %s: %s, %s, %s/\n", out, FileJSON, FileSummary, DirSeries)
	if err == nil && result.Interrupted && len(result.Series) == 0 {
		return context.Cause(ctx)
	}
	return err
}
