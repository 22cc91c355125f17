package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/clusterspec/clusterspec/bench/fleet"
)

// indexVariable is where Kubernetes tells the pods of an indexed Job which one they are.
const indexVariable = "JOB_COMPLETION_INDEX"

// stdout is how the standard output is called.
const stdout = "-"

// workerCommand is `clusterspec bench worker`.
func workerCommand(version string) *cobra.Command {
	var (
		start, out  string
		index       int
		destructive bool
		plan        fleet.Plan
	)
	cmd := &cobra.Command{
		Use:   "worker PLAN",
		Short: "Be one of several generators that share a plan",
		Long: "Be one of several generators that share a plan: a file that says which cluster gets which load, from how many workers, from when on, and for how long.\n" +
			"Each worker sends its part of the rate and writes a report; `clusterspec bench merge` makes one result of all reports. The first worker writes the\n" +
			"keys before the start. Workers do not talk to each other: their clocks have to agree (NTP).\n\n" +
			"Ctrl-C ends early and keeps what was measured. The form of the plan: docs/benchmarks.md.",
		Example: "  clusterspec bench worker plan.yaml --index 0 --destructive --start 2026-03-09T14:30:00Z --out worker-0.json\n" +
			"  clusterspec bench merge worker-*.json",
		Args: func(cmd *cobra.Command, args []string) (err error) {
			if err := cobra.ExactArgs(1)(cmd, args); err != nil {
				return err
			}
			if plan, err = fleet.ReadPlan(args[0]); err != nil {
				return err
			}
			if start != "" {
				if plan.Start, err = time.Parse(time.RFC3339, start); err != nil {
					return fmt.Errorf("--start: %w", err)
				}
				plan.Start = plan.Start.UTC()
			}
			if !cmd.Flags().Changed("index") {
				if index, err = indexOf(os.Getenv(indexVariable), plan.Workers); err != nil {
					return err
				}
			}
			if !destructive {
				return errors.New("a worker writes keys named key:000000000000 and so on into the cluster of the plan; --destructive allows that")
			}
			return plan.Validate()
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			progress := cmd.ErrOrStderr()
			if out == stdout {
				progress = io.Discard // where the two end up in one log, that log is the report
			}
			r, err := fleet.Work(ctx, plan, index, func(what string) { fmt.Fprintf(progress, "worker %d: %s\n", index, what) })
			if r == nil {
				return err
			}
			r.Suite = version
			return errors.Join(err, writeReport(cmd.OutOrStdout(), out, r))
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&index, "index", 0, "which of the plan's workers this is, counting from 0 (default: $"+indexVariable+")")
	flags.StringVar(&start, "start", "", "when all workers begin, as in 2026-03-09T14:30:00Z, instead of what the plan says")
	flags.StringVar(&out, "out", stdout, "file for the report; - is the standard output, and then nothing else is written")
	flags.BoolVar(&destructive, "destructive", false, "allow to write into the cluster of the plan")
	return cmd
}

// indexOf is the index that the environment names. A plan of one worker needs none.
func indexOf(text string, workers int) (int, error) {
	if text == "" && workers == 1 {
		return 0, nil
	}
	index, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("which of %d workers is this? Say it by --index, or in $%s, which is %q", workers, indexVariable, text)
	}
	return index, nil
}

func writeReport(text io.Writer, out string, r *fleet.Report) error {
	if out == stdout {
		return fleet.WriteReport(text, r)
	}
	var whole bytes.Buffer
	if err := fleet.WriteReport(&whole, r); err != nil {
		return err
	}
	return writeFile(filepath.Dir(out), filepath.Base(out), whole.Bytes())
}

// mergeCommand is `clusterspec bench merge`.
func mergeCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "merge REPORT.json...",
		Short: "Make one result of the reports of all workers",
		Long: "Make one result of the reports of all workers of a plan. Histograms are added up, not averaged: each percentile is that of all requests.\n" +
			"A worker that began late, was the bottleneck or was ended early makes the result invalid, and the result says so.",
		Example: "  clusterspec bench merge --out reports/out/bench worker-*.json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var reports []*fleet.Report
			for _, path := range args {
				r, err := fleet.ReadReport(path)
				if err != nil {
					return err
				}
				reports = append(reports, r)
			}
			r, files, err := fleet.Merge(reports)
			if err != nil {
				return err
			}
			r.Command = append([]string{"clusterspec"}, os.Args[1:]...)
			text := cmd.OutOrStdout()
			if err := WriteSeries(text, &r.Series[0]); err != nil {
				return err
			}
			return writeAndSay(text, out, r, files)
		},
	}
	cmd.Flags().StringVar(&out, "out", defaultOut, "folder for the result")
	return cmd
}
