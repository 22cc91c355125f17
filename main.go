// Command clusterspec judges servers that speak Redis Cluster, and brings a reference cluster of its own. See README.md.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/clusterspec/clusterspec/bench"
	referencecli "github.com/clusterspec/clusterspec/reference/cli"
	"github.com/clusterspec/clusterspec/reference/sim"
	"github.com/clusterspec/clusterspec/reference/slot"
	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/steps"
	stepscli "github.com/clusterspec/clusterspec/steps/cli"
	"github.com/clusterspec/clusterspec/steps/defects"
)

func main() {
	if filepath.Base(os.Args[0]) == serverName {
		os.Exit(runServer(os.Args[1:]))
	}
	os.Exit(run(os.Args[1:]))
}

// serverName is the name under which this program is a node, for scripts that start redis-server.
const serverName = "redis-server"

// runServer is redis-server: its command line, and its exit code when it fails.
func runServer(args []string) int {
	cmd := referencecli.Node()
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	if err := cmd.Execute(); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", serverName, err)
		return 1
	}
	return 0
}

// run carries out a command line and returns the exit code.
func run(args []string) int {
	understood := false
	root := &cobra.Command{
		Use:              "clusterspec",
		Short:            "Judges servers that speak Redis Cluster, and brings a reference cluster of its own",
		Version:          version(),
		SilenceErrors:    true,
		SilenceUsage:     true,
		PersistentPreRun: func(*cobra.Command, []string) { understood = true },
	}
	root.AddCommand(
		stepscli.Run(version()), stepscli.List(), stepscli.Explain(), stepscli.Diff(), stepscli.Repro(version()), stepscli.Init(version()), stepscli.Badge(),
		stepscli.Defects(version(), knownDefects()), bench.Command(version(), lent()), referencecli.Node(), referencecli.Cluster(), versionCommand(),
	)
	root.SetArgs(args)
	return exitCode(root.Execute(), understood)
}

// lent is what the benchmark measures of the reference in this process: it imports nothing of it.
func lent() bench.Reference {
	return bench.Reference{
		SlotOf: func(key []byte) uint16 { return uint16(slot.Of(key)) },
		SimulateBus: func(nodes int, nodeTimeout, watched time.Duration, cpu func() time.Duration) (float64, time.Duration, error) {
			cost, err := sim.MeasureBus(nodes, nodeTimeout, watched, cpu)
			return cost.Bytes, cost.CPU, err
		},
	}
}

// exitCode says on stderr what has not been said yet. A command line that was not understood never got to its command.
func exitCode(err error, understood bool) int {
	if err == nil {
		return reports.ExitExpected
	}
	if said, all := err.(*reports.ExitError); all {
		return said.Code
	}
	fmt.Fprintln(os.Stderr, "clusterspec:", err)
	var said *reports.ExitError
	var usage *steps.UsageError
	switch {
	case !understood, errors.As(err, &usage):
		return reports.ExitUsage
	case errors.As(err, &said):
		return said.Code
	}
	return reports.ExitHarness
}

// knownDefects tells the judge what the reference can be made to do wrong.
func knownDefects() []defects.Defect {
	var all []defects.Defect
	for _, d := range referencecli.Defects() {
		all = append(all, defects.Defect{Name: d.Name, Area: d.Area, Does: d.Does})
	}
	return all
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run:   func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), "clusterspec", version()) },
	}
}

// version is the module version, or the commit of a build from a checkout.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return "devel"
}
