package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/catalog"
	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/steps"
	"github.com/clusterspec/clusterspec/steps/defects"
)

// defectFlags are the flags of `clusterspec defects`.
type defectFlags struct {
	known, oracle, out string
	ids                []string
	all                bool
	parallel           int
	nodeTimeoutMillis  int
	suite              string
}

// defaultOracle is asked when no report is given.
const defaultOracle = "redis-server"

// Defects is `clusterspec defects`: it tests the suite with the reference's deliberate errors.
func Defects(version string, known []defects.Defect) *cobra.Command {
	f := defectFlags{suite: version}
	cmd := &cobra.Command{
		Use:   "defects [NAME...]",
		Short: "Test the suite: which scenarios notice the deliberate errors of the reference",
		Long: "Test the suite: start the reference with one deliberate error after the other, and say which scenarios notice.\n\n" +
			"A scenario counts if it fails twice with the defect, and holds without it and on a real server. A defect meets the scenarios that caught it\n" +
			"before, then those of its area, then all others, and no more once it is caught; --all has every defect meet every scenario.\n\n" +
			"Exit codes: 0 all are caught, 1 some are not, 3 the harness broke, 4 usage.",
		Example: "  clusterspec defects\n  clusterspec defects vote-twice-in-epoch --id bus/votes\n  clusterspec defects --oracle reports/out/report.json",
		RunE:    func(cmd *cobra.Command, names []string) error { return f.run(cmd, known, names) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.all, "all", false, "have every defect meet every scenario, and list those that catch nothing (takes the time of as many whole runs as there are defects)")
	flags.StringSliceVar(&f.ids, "id", nil, "scenarios with this id, or whose ids begin with it up to a slash, and no others; may be repeated")
	flags.StringVar(&f.known, "known", "reports/published/defects.json", "an earlier table: what caught a defect then is tried first")
	flags.StringVar(&f.oracle, "oracle", "", "report.json of a run on a real server; without one redis-server is run if it is on PATH")
	flags.IntVar(&f.parallel, "parallel", 6, "defects at the same time")
	flags.IntVar(&f.nodeTimeoutMillis, "node-timeout", int(steps.DefaultNodeTimeout/time.Millisecond), "cluster-node-timeout in milliseconds")
	flags.StringVar(&f.out, "out", "reports/out", "folder for defects.json and defects.md")
	return cmd
}

func (f *defectFlags) run(cmd *cobra.Command, known []defects.Defect, names []string) error {
	chosen, err := chooseDefects(known, names)
	if err != nil {
		return err
	}
	if f.parallel < 1 || f.nodeTimeoutMillis < 1 {
		return &steps.UsageError{Reason: "--parallel and --node-timeout must be at least 1"}
	}
	options := defects.Options{
		Defects: chosen, Target: withDefect, Features: features.FS, IDs: f.ids, All: f.all, Parallel: f.parallel,
		NodeTimeout: time.Duration(f.nodeTimeoutMillis) * time.Millisecond, Suite: f.suite, Command: os.Args,
	}
	if options.Known, err = readEarlier(f.known, cmd.Flags().Changed("known")); err != nil {
		return err
	}
	if options.Oracle, err = f.findOracle(); err != nil {
		return err
	}
	out, done := cmd.OutOrStdout(), 0
	var mutex sync.Mutex
	options.Progress = func(row reports.DefectRow) {
		mutex.Lock()
		defer mutex.Unlock()
		done++
		fmt.Fprintf(out, "%3d/%d  %-30s %s\n", done, len(chosen), row.Name, cmp.Or(strings.Join(row.CaughtBy, " "), "NOBODY"))
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	table, err := defects.Run(ctx, options)
	if err != nil {
		return err
	}
	return f.deliver(cmd, table)
}

// withDefect is the reference with a defect, or without.
func withDefect(name string) (target.Target, error) {
	spec := "reference"
	if name != "" {
		spec += ":defect=" + name
	}
	return catalog.Parse(spec, target.Env{})
}

func chooseDefects(known []defects.Defect, names []string) ([]defects.Defect, error) {
	if len(names) == 0 {
		return known, nil
	}
	var chosen []defects.Defect
	for _, name := range names {
		found := false
		for _, d := range known {
			if d.Name == name {
				chosen, found = append(chosen, d), true
			}
		}
		if !found {
			return nil, &steps.UsageError{Reason: fmt.Sprintf("no defect has the name %q; docs/defects.md lists them", name)}
		}
	}
	return chosen, nil
}

// readEarlier reads an earlier table. One that was not asked for may be missing.
func readEarlier(path string, asked bool) (*reports.DefectTable, error) {
	in, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && !asked {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what caught the defects before: %w", err)
	}
	defer in.Close()
	return reports.ReadDefectsJSON(in)
}

// findOracle reads the report of a real server, or takes redis-server; nil if there is none.
func (f *defectFlags) findOracle() (*defects.Oracle, error) {
	if f.oracle == "" {
		if _, err := exec.LookPath(defaultOracle); err != nil {
			return nil, nil
		}
		server, err := catalog.Parse(defaultOracle, target.Env{})
		if err != nil {
			return nil, err
		}
		return defects.Asked(server), nil
	}
	in, err := os.Open(f.oracle)
	if err != nil {
		return nil, fmt.Errorf("reading the report of a real server: %w", err)
	}
	defer in.Close()
	report, err := reports.ReadJSON(in)
	if err != nil {
		return nil, err
	}
	return defects.Reported(report)
}

// deliver writes the table and says what nobody caught.
func (f *defectFlags) deliver(cmd *cobra.Command, table *reports.DefectTable) error {
	if err := reports.WriteDefectTable(f.out, table); err != nil {
		return err
	}
	out, uncaught := cmd.OutOrStdout(), table.Uncaught()
	fmt.Fprintf(out, "\n%d of %d defects are caught by scenarios that %s passes (%s); %s has the table\n", len(table.Defects)-len(uncaught), len(table.Defects),
		table.Believes(), table.Finished.Sub(table.Started).Round(time.Second), f.out)
	if table.All {
		fmt.Fprintf(out, "%d scenarios catch nothing\n", len(table.Silent))
	}
	for i := range table.Defects {
		if row := &table.Defects[i]; !row.Caught() {
			fmt.Fprintf(out, "NOBODY   %s: %s %s\n", row.Name, row.Does, row.Symptom)
		}
	}
	if len(uncaught) > 0 {
		return &reports.ExitError{Code: reports.ExitUnexpected}
	}
	return nil
}
