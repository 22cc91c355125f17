// Command speed measures the reference node against redis-server and prints one table: what was asked of it, what was found, and how sure
// that is. All servers of a row run at the same time and are loaded in turn, so every ratio is of one run on one machine.
//
//	go run ./bench/speed                  everything
//	go run ./bench/speed --only 'GET|SET' the rows that match
//	go run ./bench/speed --other ./old    another build of the node beside it
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"text/tabwriter"
	"time"

	"github.com/clusterspec/clusterspec/bench/stats"
)

const referenceName = "reference"

// options are what the command line says.
type options struct {
	program  string // of the reference
	redis    string
	other    string // another build of the node; empty: none
	only     *regexp.Regexp
	duration time.Duration
	seed     uint64
	keys     int
}

func (o *options) standalone() kind {
	return kind{name: "redis standalone", program: []string{o.redis}}
}

func (o *options) clustered() kind {
	return kind{name: "redis cluster-enabled", program: []string{o.redis}, cluster: true}
}

func (o *options) reference() kind {
	return kind{name: referenceName, program: []string{o.program, "node"}, cluster: true}
}

// others is the other build, if there is one.
func (o *options) others() []kind {
	if o.other == "" {
		return nil
	}
	return []kind{{name: "other build", program: []string{o.other, "node"}, cluster: true}}
}

func (o *options) wants(row string) bool { return o.only.MatchString(row) }

// finding is one line of the table.
type finding struct {
	what, subject, base     string
	subjectValue, baseValue float64 // medians
	unit                    string
	interval                stats.Interval // subject/base
	goal                    goal           // zero: none
	more                    bool           // the larger the better
}

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "speed:", err)
		os.Exit(1)
	}
}

func run(out io.Writer) (err error) {
	o := options{}
	flag.StringVar(&o.program, "program", "", "the clusterspec program to measure (default: built from this source)")
	flag.StringVar(&o.redis, "redis", "redis-server", "the redis-server to compare with")
	flag.StringVar(&o.other, "other", "", "another clusterspec program to measure beside it")
	only := flag.String("only", "", "measure only rows that match this regular expression")
	flag.DurationVar(&o.duration, "duration", 12*time.Second, "measuring time of each row, shared by all servers")
	flag.Uint64Var(&o.seed, "seed", 1, "decides keys, the order of slices, and the resampling")
	flag.IntVar(&o.keys, "keys", 100_000, "how many keys GET and SET work on")
	flag.Parse()
	if o.only, err = regexp.Compile(*only); err != nil {
		return fmt.Errorf("--only: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	l, err := newLab(ctx)
	if err != nil {
		return err
	}
	defer l.close()
	if o.program == "" {
		o.program = filepath.Join(l.dir, "clusterspec")
		build := exec.CommandContext(ctx, "go", "build", "-o", o.program, "github.com/clusterspec/clusterspec")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("building clusterspec: %w", err)
		}
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, part := range []func(*lab, *options, func(finding)) error{throughput, redisBenchmark, tail, memory, moved, topology, migrate, reading, reshard} {
		if err := part(l, &o, func(f finding) { f.write(table) }); err != nil {
			return err
		}
		table.Flush()
		for len(l.servers) > 0 {
			l.stop(l.servers[0])
		}
	}
	return nil
}

func (f finding) write(w io.Writer) {
	fmt.Fprintf(w, "%s\t%s\t%s\t%.3g\t%.3g%s\t%.2fx [%.2f, %.2f]\t%s\n", f.what, f.subject, f.base, f.subjectValue, f.baseValue, f.unit,
		f.interval.Ratio, f.interval.Low, f.interval.High, f.verdict())
}

// verdict says which goal was reached.
func (f finding) verdict() string {
	reached := func(bound float64) bool {
		if f.more {
			return f.interval.Ratio >= bound
		}
		return f.interval.Ratio <= bound
	}
	switch {
	case f.goal == goal{}:
		return ""
	case reached(f.goal.aim):
		return fmt.Sprintf("aim %.3gx reached", f.goal.aim)
	case reached(f.goal.least):
		return fmt.Sprintf("%.3gx reached, aim %.3gx not", f.goal.least, f.goal.aim)
	}
	return fmt.Sprintf("SHORT of %.3gx", f.goal.least)
}
