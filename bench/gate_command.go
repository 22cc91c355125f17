package bench

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/clusterspec/clusterspec/bench/gate"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/serving"
	"github.com/clusterspec/clusterspec/reports"
)

// DefaultGates are those of the project itself, as YAML.
//
//go:embed gates.yaml
var DefaultGates []byte

// gateFlags are the flags of `clusterspec bench gate`.
type gateFlags struct {
	gate.Options
	file   string // of gates; empty: those built in
	result string // of a run that is to be judged; empty: measure
	out    string
}

// gateCommand is `clusterspec bench gate`.
func gateCommand(version string, own Reference) *cobra.Command {
	f := &gateFlags{Options: gate.Options{SlotOf: own.SlotOf, Targets: DefaultOptions().Targets, Serving: serving.DefaultOptions(), Budget: 20 * time.Second, Seed: 1}}
	f.Serving.Duration = 3 * time.Second
	var past *result.Result
	cmd := &cobra.Command{
		Use:   "gate",
		Short: "Judge figures by bounds: passed, failed, or inconclusive",
		Long: "Judge figures by bounds, and end with an exit code. What the gates are about is measured, or taken from the result of a run (--result).\n\n" +
			"A ratio passes when its whole interval keeps the bound, less 3 %, and fails when none of it does. In between more rounds are measured, until the budget\n" +
			"is spent; then it is inconclusive. So it is when the machine is too noisy to judge timing. What is counted has one value and needs no patience.\n\n" +
			"Exit code: 0 all passed, 1 one failed, 2 none failed and one is inconclusive, 3 the harness or a target broke, 4 the command line or the file is wrong.\n" +
			"The form of the file: docs/benchmarks.md.",
		Example: "  clusterspec bench gate\n  clusterspec bench gate --file gates.yaml --target redis-server --target 'exec:./my-server'\n  clusterspec bench gate --result reports/out/bench/bench.json",
		Args: func(cmd *cobra.Command, args []string) (err error) {
			if err := cobra.NoArgs(cmd, args); err != nil {
				return err
			}
			if f.Gates, err = readGates(f.file); err != nil {
				return err
			}
			if f.result == "" {
				return f.check()
			}
			past, err = readPast(f.result, f.Gates)
			return err
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if past != nil {
				past.Gates = gate.Judge(f.Gates, past)
				return f.conclude(cmd.OutOrStdout(), past)
			}
			return f.run(cmd, version)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.file, "file", "", "gates to judge by (default: those of the project, bench/gates.yaml)")
	flags.StringVar(&f.result, "result", "", "bench.json of a run to judge, instead of measuring")
	flags.StringArrayVar(&f.Targets, "target", f.Targets, "what to measure; may be repeated, the first is the base of all ratios")
	flags.DurationVar(&f.Serving.Duration, "duration", f.Serving.Duration, "how long a series is measured at a time")
	flags.DurationVar(&f.Budget, "budget", f.Budget, "how long a measurement is continued while its gates are undecided")
	flags.Uint64Var(&f.Seed, "seed", f.Seed, "decides the keys, the order of slices, and the resampling")
	flags.BoolVar(&f.Destructive, "destructive", false, "allow to write into a cluster that was there before (addr:...)")
	flags.StringVar(&f.out, "out", "", "folder to write the result with its verdicts to, as page, JSON and summary (default: nowhere)")
	cmd.MarkFlagsMutuallyExclusive("result", "target")
	return cmd
}

// readGates reads gates from a file, or those built in.
func readGates(path string) ([]gate.Gate, error) {
	if path == "" {
		return gate.Parse("bench/gates.yaml", DefaultGates)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading gates: %w", err)
	}
	return gate.Parse(path, text)
}

// check finds what is wrong before anything is started.
func (f *gateFlags) check() error {
	if err := checkTargets(f.Targets); err != nil {
		return err
	}
	f.Serving.Seed = f.Seed
	return f.Validate()
}

// readPast reads a result, and looks whether the gates can be of it.
func readPast(path string, gates []gate.Gate) (*result.Result, error) {
	r, err := result.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var specs []string
	for _, t := range r.Targets {
		specs = append(specs, t.Spec)
	}
	if err := checkGates(gates, specs); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// gatesOn reads gates that are to judge a run of targets.
func gatesOn(path string, specs []string) ([]gate.Gate, error) {
	gates, err := readGates(path)
	if err != nil {
		return nil, err
	}
	return gates, checkGates(gates, specs)
}

func checkGates(gates []gate.Gate, specs []string) error {
	for _, g := range gates {
		if err := gate.CheckTargets(g, specs); err != nil {
			return fmt.Errorf("gate %q: %w", g.Name, err)
		}
	}
	return nil
}

// run measures and judges.
func (f *gateFlags) run(cmd *cobra.Command, version string) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r := &result.Result{
		Schema: result.Schema, Suite: version, Command: append([]string{"clusterspec"}, os.Args[1:]...), Seed: f.Seed,
		Started: time.Now().UTC(), Environment: result.NewEnvironment(),
	}
	err := gate.Run(ctx, f.Options, r, func(what string) {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s (%v passed)\n", what, time.Since(r.Started).Round(time.Second))
	})
	r.Environment.Finish()
	r.Finished = time.Now().UTC()
	if err != nil {
		return err
	}
	return f.conclude(cmd.OutOrStdout(), r)
}

// conclude writes the result where that is asked for, and the verdicts, and returns the exit code as an error where it is not 0.
func (f *gateFlags) conclude(w io.Writer, r *result.Result) error {
	if f.out != "" {
		files, err := readFiles(filepath.Dir(f.result), r)
		if err != nil {
			return err
		}
		if err := writeAndSay(w, f.out, r, files); err != nil {
			return err
		}
	}
	if err := gate.Write(w, r.Gates); err != nil {
		return err
	}
	switch gate.Worst(r.Gates) {
	case result.GateFailed:
		return &reports.ExitError{Code: reports.ExitUnexpected}
	case result.GateInconclusive:
		return &reports.ExitError{Code: reports.ExitInconclusive}
	}
	return nil
}
