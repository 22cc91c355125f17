package cli

import (
	"context"
	"fmt"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"os"

	"github.com/spf13/cobra"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/catalog"
	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/steps"
	"github.com/clusterspec/clusterspec/steps/bundle"
)

// reproFlags are the flags of `clusterspec repro`.
type reproFlags struct {
	id, target, report, out, zip, suite string
	seed                                uint64
	nodeTimeoutMillis                   int
}

// Repro is `clusterspec repro`.
func Repro(version string) *cobra.Command {
	f := reproFlags{suite: version}
	cmd := &cobra.Command{
		Use:   "repro ID",
		Short: "Run a scenario with everything recorded and write a bundle: scripts, wire logs, states of nodes, logs",
		Long: "Run a scenario with everything recorded, and write a folder with all of it: the result as a page, the command that repeats it, what its clients sent as a script\n" +
			"of redis-cli and as a Go test, every request and reply, every frame of the bus, every node's CLUSTER NODES and nodes.conf before, at and after, and all logs.\n\n" +
			"Frames are seen by a proxy in the path of every link. It could change what happens, so it stands in a second run of its own, whose verdict is in bus.log.\n\n" +
			"Without --target and --seed they are those of the result in the last report that did not pass.\n\nExit codes: those of `clusterspec run` for this one scenario.",
		Example: "  clusterspec repro redirection/moved/1\n  clusterspec repro failover/ranks/1 --target 'exec:./my-server' --zip ranks.zip",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.id = args[0]
			return f.run(cmd)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.target, "target", "", "what to judge")
	flags.StringVar(&f.report, "report", lastReport, "the report.json with the result to reproduce, or its folder")
	flags.Uint64Var(&f.seed, "seed", 1, "where all chance comes from")
	flags.IntVar(&f.nodeTimeoutMillis, "node-timeout", int(steps.DefaultNodeTimeout/time.Millisecond), "cluster-node-timeout in milliseconds")
	flags.StringVar(&f.out, "out", "", "folder of the bundle (default reports/out/repro/ID)")
	flags.StringVar(&f.zip, "zip", "", "pack the folder into this file as well")
	return cmd
}

func (f *reproFlags) run(cmd *cobra.Command) error {
	if err := f.fill(cmd); err != nil {
		return err
	}
	judged, err := catalog.Parse(f.target, target.Env{})
	if err != nil {
		return &steps.UsageError{Reason: err.Error()}
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b := &bundle.Bundle{}
	if b.Report, b.Recording, err = f.once(ctx, judged, false); err != nil {
		return err
	}
	if b.Recording == nil {
		x := b.Report.Targets[0].Reason
		if len(b.Report.Results) > 0 {
			x = b.Report.Results[0].Reason
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s was not run on %s: %s\n", f.id, f.target, x)
		return &reports.ExitError{Code: b.Report.Exit()}
	}
	watched, recording, err := f.once(ctx, judged, true)
	switch {
	case err != nil:
		b.Unwatched = err.Error()
	case recording == nil || len(recording.Frames) == 0:
		b.Unwatched = "no frame came by"
		if len(watched.Results) > 0 && watched.Results[0].Reason != "" {
			b.Unwatched = watched.Results[0].Reason
		}
	default:
		b.Watched, b.Result = recording, &watched.Results[0]
	}
	if err := b.Write(f.out); err != nil {
		return err
	}
	if f.zip != "" {
		if err := bundle.Zip(f.out, f.zip); err != nil {
			return err
		}
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s on %s: %s\nbundle  %s\n", f.id, b.Report.Targets[0].Name, b.Report.Results[0].Verdict.Word(), f.out)
	if code := b.Report.Exit(); code != reports.ExitExpected {
		return &reports.ExitError{Code: code}
	}
	return nil
}

// once runs the scenario and gives its recording, nil if it did not begin.
func (f *reproFlags) once(ctx context.Context, judged target.Target, watch bool) (*reports.Report, *steps.Recording, error) {
	var recorded *steps.Recording
	report, err := steps.Run(ctx, steps.Options{
		Targets: []target.Target{judged}, Features: features.FS, IDs: []string{f.id}, NodeTimeout: time.Duration(f.nodeTimeoutMillis) * time.Millisecond,
		Seed: f.seed, Suite: f.suite, Command: os.Args, Watch: watch, Record: func(r *steps.Recording) { recorded = r },
	})
	if err == nil && len(report.Cases) != 1 {
		err = &steps.UsageError{Reason: fmt.Sprintf("%s stands for %d scenarios; name one, such as %s", f.id, len(report.Cases), report.Cases[0].ID)}
	}
	return report, recorded, err
}

// fill takes from the last report what was not said.
func (f *reproFlags) fill(cmd *cobra.Command) error {
	cases, err := steps.List(steps.Options{Features: features.FS, IDs: []string{f.id}})
	if err != nil {
		return err
	}
	if len(cases) != 1 {
		return &steps.UsageError{Reason: fmt.Sprintf("%s stands for %d scenarios; name one, such as %s", f.id, len(cases), cases[0].ID)}
	}
	if f.out == "" {
		f.out = filepath.Join("reports", "out", "repro", strings.ReplaceAll(f.id, "/", "-"))
	}
	if f.target != "" {
		return nil
	}
	report, err := readReport(f.report)
	if err != nil {
		return &steps.UsageError{Reason: "on which target? Say --target, or --report: " + err.Error()}
	}
	for _, x := range report.Unsettled() {
		for _, t := range report.Targets {
			if x.Case == f.id && x.Target == t.Name {
				f.target = t.Spec
				if !cmd.Flags().Changed("seed") {
					f.seed = report.Seed
				}
				return nil
			}
		}
	}
	return &steps.UsageError{Reason: fmt.Sprintf("on which target? %s has no result of %s that did not pass; say --target", f.report, f.id)}
}
