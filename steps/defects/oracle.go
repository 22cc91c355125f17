package defects

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/steps"
)

// Oracle is a real server, which decides what scenarios are to be believed: a report in which it took part, or the server itself.
type Oracle struct {
	name   string
	report *reports.Report // nil: the server is asked
	server target.Target
}

// Reported is an oracle that was asked before: the first target of the report that is not the reference, and took part.
func Reported(r *reports.Report) (*Oracle, error) {
	for _, t := range r.Targets {
		if t.Joined && t.Kind != "reference" {
			return &Oracle{name: t.Name, report: r}, nil
		}
	}
	return nil, errors.New("no real server took part in the report: run the scenarios with --target redis-server first")
}

// Asked is an oracle that runs the scenarios that catch something.
func Asked(server target.Target) *Oracle { return &Oracle{server: server} }

// confirm takes out of the table which scenarios the oracle does not pass. Without an oracle it takes out nothing.
func (o *Oracle) confirm(ctx context.Context, features fs.FS, table *reports.DefectTable) error {
	var ids []string
	for _, row := range table.Defects {
		ids = append(ids, row.CaughtBy...)
	}
	if o == nil || len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	passes, err := o.passes(ctx, features, slices.Compact(ids))
	if err != nil {
		return err
	}
	table.Oracle = o.name
	for i := range table.Defects {
		row := &table.Defects[i]
		noticed := row.CaughtBy
		row.CaughtBy = slices.DeleteFunc(slices.Clone(noticed), func(id string) bool { return !passes(id) })
		if len(noticed) > 0 && !row.Caught() {
			row.Symptom = fmt.Sprintf("noticed by %s alone, which %s does not pass", strings.Join(noticed, ", "), o.name)
		}
	}
	return nil
}

// passes runs the scenarios, if there is no report yet, and tells which of them the oracle passes.
func (o *Oracle) passes(ctx context.Context, features fs.FS, ids []string) (func(id string) bool, error) {
	if o.report == nil {
		report, err := steps.Run(ctx, steps.Options{Targets: []target.Target{o.server}, Features: features, IDs: ids, Parallel: scenariosAtOnce})
		if err != nil {
			return nil, fmt.Errorf("asking %s: %w", o.server.Spec(), err)
		}
		if !report.Targets[0].Joined {
			return nil, fmt.Errorf("asking %s: %s", o.server.Spec(), report.Targets[0].Reason)
		}
		o.report, o.name = report, report.Targets[0].Name
	}
	passed := map[string]bool{}
	for _, r := range o.report.Results {
		if r.Target == o.name && r.Verdict == reports.Pass {
			passed[r.Case] = true
		}
	}
	return func(id string) bool { return passed[id] }, nil
}
