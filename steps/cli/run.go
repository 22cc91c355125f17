// Package cli is the judge's part of the command line: `clusterspec run` and `clusterspec list`.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/catalog"
	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/reports/messages"
	"github.com/clusterspec/clusterspec/steps"
)

// runFlags are the flags of `clusterspec run`.
type runFlags struct {
	filter
	targets                  []string
	require, destructive     bool
	nodeTimeoutMillis        int
	parallel, repeat, retry  int
	seed                     uint64
	shuffle, quiet, noReport bool
	out                      string
	suite, profile, ndjson   string
	defectsFile              string
	known                    known
	whole                    bool // of init: all levels
	defects                  *reports.DefectTable
}

// Run is `clusterspec run`. The version goes into the report.
func Run(version string) *cobra.Command {
	f := runFlags{suite: version}
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the features against one or more targets and write a report",
		Long: "Run the features against one or more targets and write a report.\n\n" +
			"Without --target: the reference, redis-server if it is on PATH, and Redis in containers if a Docker engine answers.\n\nTargets:\n" + targetHelp() +
			"\nExit codes: 0 as declared, 1 unexpected results, 2 inconclusive, 3 the harness or a target broke, 4 usage, 5 nothing ran.",
		Example: "  clusterspec run\n  clusterspec run --target redis-server --target 'exec:./my-server --port {port} --dir {dir}'\n" +
			"  clusterspec run --target redis-server --id redirection/moved --level must",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd, &f) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.targets, "target", nil, "what to judge; may be repeated")
	f.filter.add(flags)
	flags.BoolVar(&f.require, "require", false, "a target that does not join, or lacks an ability a scenario needs, is a failure")
	flags.StringVar(&f.profile, "profile", "", "judge targets by this profile, such as redis-6.2, and not by what they say they are")
	flags.BoolVar(&f.destructive, "destructive", false, "allow to flush, reset and reconfigure clusters that already run (addr:)")
	flags.IntVar(&f.nodeTimeoutMillis, "node-timeout", 0, fmt.Sprintf("cluster-node-timeout in milliseconds; all waiting is measured in it (default %d, for the reference %d)",
		steps.DefaultNodeTimeout.Milliseconds(), steps.EmbeddedNodeTimeout.Milliseconds()))
	flags.IntVar(&f.parallel, "parallel", 0, "scenarios at the same time on each target; lines come as they end (default by the cores: 2 for each, on the reference 5)")
	flags.Uint64Var(&f.seed, "seed", 1, "where all chance comes from")
	flags.IntVar(&f.repeat, "repeat", 1, "how often each scenario is run; one that passes and does not is flaky")
	flags.IntVar(&f.retry, "retry", 0, "how often a scenario that failed is run again, until it passes; then it is flaky")
	flags.BoolVar(&f.shuffle, "shuffle", false, "run the scenarios of each feature in an order drawn from the seed")
	flags.BoolVar(&f.quiet, "quiet", false, "no line for each result, only the end")
	flags.StringVar(&f.defectsFile, "defects", "", "defects.json of clusterspec defects: the report tells which scenarios catch which deliberate errors")
	flags.StringVar(&f.out, "out", "reports/out", "folder of the report")
	flags.BoolVar(&f.noReport, "no-report", false, "write no report")
	flags.StringVar(&f.ndjson, "ndjson", "", "write the results as Cucumber Messages into this file as well; with several targets one file for each")
	f.known.add(flags)
	return cmd
}

// targetHelp lists the text forms of targets.
func targetHelp() string {
	text := ""
	for _, form := range catalog.Forms() {
		text += fmt.Sprintf("  %-22s %s\n", form.Text, form.Means)
	}
	return text
}

func run(cmd *cobra.Command, f *runFlags) error {
	if f.nodeTimeoutMillis < 0 || f.parallel < 0 || f.repeat < 1 || f.retry < 0 {
		return &steps.UsageError{Reason: "--repeat must be at least 1, and --node-timeout, --parallel and --retry not below 0"}
	}
	if err := f.known.read(); err != nil {
		return err
	}
	if err := f.readDefects(); err != nil {
		return err
	}
	if f.known.failed != nil {
		if err := f.again(cmd); err != nil {
			return err
		}
	}
	if _, err := steps.List(f.options(nil)); err != nil { // before targets are looked for, which can take a while
		return err
	}
	if !f.noReport { // a run takes minutes: what would be lost at its end is found out at its beginning
		if err := makeWritable(f.out); err != nil {
			return err
		}
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	console := reports.NewConsole(cmd.OutOrStdout(), reports.ConsoleOptions{Color: reports.ColorWanted(os.Stdout, os.Getenv), Quiet: f.quiet})
	targets, absent, err := f.entrants(ctx, cmd.OutOrStdout(), console)
	if err != nil {
		return err
	}
	options := f.options(targets)
	options.Progress = f.known.judging(console.Event)
	report, err := steps.Run(ctx, options)
	if err != nil {
		return err
	}
	report.Targets = append(report.Targets, absent...)
	if err := f.known.apply(report); err != nil {
		return err
	}
	return f.deliver(report, console)
}

// readDefects reads the table that the report is to show, if there is one.
func (f *runFlags) readDefects() error {
	if f.defectsFile == "" {
		return nil
	}
	file, err := os.Open(f.defectsFile)
	if err != nil {
		return &steps.UsageError{Reason: fmt.Sprintf("%v; `clusterspec defects` writes it", err)}
	}
	defer file.Close()
	if f.defects, err = reports.ReadDefectsJSON(file); err != nil {
		return &steps.UsageError{Reason: f.defectsFile + ": " + err.Error()}
	}
	return nil
}

// makeWritable makes the report's folder and tries to write there.
func makeWritable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the report's folder: %w: choose another with --out, or --no-report", err)
	}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return fmt.Errorf("writing into the report's folder: %w: choose another with --out, or --no-report", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// entrants are the targets that were named, or else those this machine has; absent are those it has not, for the report.
func (f *runFlags) entrants(ctx context.Context, out io.Writer, console *reports.Console) (targets []target.Target, absent []reports.Target, err error) {
	for _, spec := range f.targets {
		t, err := catalog.Parse(spec, target.Env{})
		if err != nil {
			return nil, nil, &steps.UsageError{Reason: err.Error()}
		}
		targets = append(targets, t)
	}
	if len(f.targets) > 0 {
		return targets, nil, nil
	}
	for _, found := range catalog.Discover(ctx, target.Env{}) {
		if found.Note != "" {
			fmt.Fprintf(out, "note     %s %s\n", found.Spec, found.Note)
		}
		if found.Unavailable == "" {
			targets = append(targets, found.Target)
			continue
		}
		missing := reports.Target{Name: found.Spec, Spec: found.Spec, Kind: found.Target.Kind(), Reason: found.Unavailable, Required: f.require}
		absent = append(absent, missing)
		console.Event(reports.Event{Target: &missing})
	}
	return targets, absent, nil
}

func (f *runFlags) options(targets []target.Target) steps.Options {
	options := f.filter.options()
	options.Targets, options.Features = targets, features.FS
	options.Require, options.Destructive = f.require, f.destructive
	options.NodeTimeout = time.Duration(f.nodeTimeoutMillis) * time.Millisecond
	options.Repeat, options.Profile = f.repeat, f.profile
	options.Retry = f.retry
	options.Parallel, options.Shuffle, options.Seed = f.parallel, f.shuffle, f.seed
	options.Suite, options.Command = f.suite, os.Args
	return options
}

// deliver writes the report, says how it ended, and turns that into the exit code.
func (f *runFlags) deliver(report *reports.Report, console *reports.Console) error {
	var written error
	dir := ""
	if !f.noReport {
		dir = f.out
		written = reports.WriteAll(dir, report, f.defects)
	}
	if f.ndjson != "" {
		written = errors.Join(written, messages.WriteFiles(f.ndjson, report, features.FS))
	}
	console.End(report, dir)
	changed, err := f.known.keep(report)
	written = errors.Join(written, err)
	console.Say(changed)
	code := report.Exit()
	switch {
	case code == reports.ExitExpected:
		return written
	case written == nil:
		return &reports.ExitError{Code: code}
	}
	return errors.Join(written, &reports.ExitError{Code: code})
}
