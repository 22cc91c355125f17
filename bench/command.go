package bench

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/clusterspec/clusterspec/bench/figures"
	"github.com/clusterspec/clusterspec/bench/growth"
	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/catalog"
)

// Reference is what the reference lends to the benchmark, to be measured in this process. The zero value lends nothing: nothing here imports the reference.
type Reference struct {
	SlotOf      figures.SlotOf
	SimulateBus growth.Simulator
}

// Command is `clusterspec bench`. The version goes into the result.
func Command(version string, own Reference) *cobra.Command {
	o, out, gates := DefaultOptions(), "", ""
	o.Suite, o.Figures.SlotOf, o.Growth.Simulate = version, own.SlotOf, own.SimulateBus
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast targets are, side by side",
		Long: "Measure how fast targets are, side by side, and write a report.\n\n" +
			"serving    requests of several kinds: throughput in closed loops, latency in open loops at fixed rates, and a sweep of rates\n" +
			"figures    what finding the node of a key and what a redirect costs, keys moved a second, cluster queries at 6, 50 and 500 nodes, memory of keys and connections,\n" +
			"           work that can be counted instead of timed, and what an application sees through go-redis\n" +
			"change     what clients see while slots move, a primary dies and comes back, and all nodes are restarted one by one\n" +
			"growth     costs of a node, a key and a connection as there are more of them\n\n" +
			"All other targets are compared with the first, in slices of 50 ms or in trials that alternate in random order. The first is also compared\n" +
			"with itself: that is the noise floor, and what is below it, or below 3 %, is called inconclusive. Ctrl-C ends early and keeps what was measured.",
		Example: "  clusterspec bench\n  clusterspec bench --target redis-server --target docker:valkey/valkey:8 --part serving --duration 60s",
		Args: func(cmd *cobra.Command, args []string) (err error) {
			if err := checkUsage(cmd, args, o); err != nil || gates == "" {
				return err
			}
			o.Gates, err = gatesOn(gates, o.Targets)
			return err
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Command = append([]string{"clusterspec"}, os.Args[1:]...)
			return runCommand(cmd, o, out)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.Targets, "target", o.Targets, "what to measure; may be repeated, the first is the base of all ratios (forms: see clusterspec run --help)")
	flags.StringSliceVar(&o.Parts, "part", o.Parts, "what to measure: "+strings.Join(Parts(), ", "))
	flags.Uint64Var(&o.Seed, "seed", o.Seed, "decides the keys, the order of slices, and the resampling")
	s := &o.Serving
	flags.DurationVar(&s.Duration, "duration", s.Duration, "serving: measuring time of each series, shared by all targets")
	flags.StringSliceVar(&s.Workloads, "workload", s.Workloads, "serving: kinds of request")
	flags.IntSliceVar(&s.Pipelines, "pipeline", s.Pipelines, "serving: how many requests are sent at a time; one GET and one SET series for each")
	flags.IntVar(&s.Connections, "connections", s.Connections, "serving: connections to each target")
	flags.IntVar(&s.Keys, "keys", s.Keys, "serving: how many keys there are")
	flags.IntVar(&s.ValueBytes, "value-bytes", s.ValueBytes, "serving: size of the values")
	flags.StringVar(&s.Distribution, "distribution", s.Distribution, "serving: which keys are asked for: "+load.DistributionUniform+" or "+load.DistributionZipfian)
	flags.BoolVar(&s.Sweep, "sweep", s.Sweep, "serving: measure latency at a row of rates")
	flags.StringSliceVar(&o.Figures.Groups, "figures", o.Figures.Groups, "figures: which")
	c := &o.Change
	flags.Float64Var(&c.RatePerSecond, "rate", c.RatePerSecond, "change: requests a second")
	flags.DurationVar(&c.NodeTimeout, "node-timeout", c.NodeTimeout, "change: cluster-node-timeout")
	flags.DurationVar(&c.Steady, "steady", c.Steady, "change: how long the cluster is left alone after each change")
	w := &o.Growth
	flags.IntSliceVar(&w.Nodes, "grow-nodes", w.Nodes, "growth: sizes of clusters")
	flags.IntSliceVar(&w.Keys, "grow-keys", w.Keys, "growth: numbers of keys")
	flags.IntSliceVar(&w.Connections, "grow-connections", w.Connections, "growth: numbers of connections")
	flags.IntSliceVar(&w.SimulatedNodes, "grow-simulated", w.SimulatedNodes, "growth: sizes of clusters in the reference's simulator")
	flags.StringVar(&gates, "gates", "", "a file of gates: their verdicts go into the result (clusterspec bench gate ends with an exit code besides)")
	flags.BoolVar(&o.Destructive, "destructive", false, "allow to write into a cluster that was there before (addr:...)")
	flags.StringVar(&out, "out", defaultOut, "folder for the result")
	cmd.AddCommand(gateCommand(version, own), diffCommand(), pageCommand(), workerCommand(version), mergeCommand())
	return cmd
}

// defaultOut is where results go.
var defaultOut = filepath.Join("reports", "out", "bench")

// checkUsage finds what is wrong with a command line before anything is started.
func checkUsage(cmd *cobra.Command, args []string, o Options) error {
	if err := cobra.NoArgs(cmd, args); err != nil {
		return err
	}
	if err := checkTargets(o.Targets); err != nil {
		return err
	}
	return o.Validate()
}

func checkTargets(specs []string) error {
	for _, spec := range specs {
		if _, err := catalog.Parse(spec, target.Env{}); err != nil {
			return err
		}
	}
	return nil
}

func runCommand(cmd *cobra.Command, o Options, out string) error {
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	text := cmd.OutOrStdout()
	result, files, err := Run(ctx, o, &console{text: text, progress: cmd.ErrOrStderr()})
	if result == nil {
		return err
	}
	if writeErr := writeAndSay(text, out, result, files); writeErr != nil {
		return errors.Join(err, writeErr)
	}
	if err == nil && result.Interrupted && len(result.Series)+len(result.Figures)+len(result.Timelines)+len(result.Growths) == 0 {
		return context.Cause(ctx)
	}
	return err
}
