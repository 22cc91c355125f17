package defects

import (
	"context"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/steps"
)

const (
	// batchSize is how many scenarios a defect meets before it is looked whether it was caught.
	batchSize = 12
	// scenariosAtOnce is how many of them run at the same time. They wait for node timeouts most of the time.
	scenariosAtOnce = 3
)

// hunter knows the scenarios.
type hunter struct {
	options *Options
	cases   []reports.Case
	sound   target.Target // without a defect
}

// hunt has a defect meet the scenarios until one of them notices, or all of them.
func (h *hunter) hunt(ctx context.Context, d Defect) (reports.DefectRow, error) {
	row := reports.DefectRow{Name: d.Name, Area: d.Area, Does: d.Does}
	t, err := h.options.Target(d.Name)
	if err != nil {
		return row, err
	}
	for _, batch := range h.batches(d) {
		if row.CaughtBy, row.Symptom, err = h.catchers(ctx, t, batch); err != nil || row.Caught() {
			return row, err
		}
	}
	return row, nil
}

// batches are the scenarios a defect meets, in order: those that caught it before, those of its area, all others.
func (h *hunter) batches(d Defect) [][]string {
	if h.options.All {
		return [][]string{ids(h.cases)}
	}
	var before, area, others []string
	known := h.knownCatchers(d.Name)
	for _, c := range h.cases {
		switch {
		case slices.Contains(known, c.ID):
			before = append(before, c.ID)
		case strings.HasPrefix(c.Feature, d.Area+"/"):
			area = append(area, c.ID)
		default:
			others = append(others, c.ID)
		}
	}
	var batches [][]string
	for _, group := range [][]string{before, area, others} {
		batches = slices.AppendSeq(batches, slices.Chunk(group, batchSize))
	}
	return batches
}

func (h *hunter) knownCatchers(defect string) []string {
	if h.options.Known == nil {
		return nil
	}
	for _, row := range h.options.Known.Defects {
		if row.Name == defect {
			return row.CaughtBy
		}
	}
	return nil
}

func ids(cases []reports.Case) []string {
	var all []string
	for _, c := range cases {
		all = append(all, c.ID)
	}
	return all
}

// catchers runs scenarios on a server with a defect and returns those that catch it; symptom is what the first of them saw.
func (h *hunter) catchers(ctx context.Context, t target.Target, ids []string) (caught []string, symptom string, err error) {
	once, err := h.failures(ctx, t, ids)
	if err != nil || len(once) == 0 {
		return nil, "", err
	}
	again, err := h.failures(ctx, t, casesOf(once))
	if err != nil || len(again) == 0 {
		return nil, "", err
	}
	anyway, err := h.failures(ctx, h.sound, casesOf(again))
	if err != nil {
		return nil, "", err
	}
	for _, r := range again {
		if slices.Contains(casesOf(anyway), r.Case) {
			continue
		}
		if caught = append(caught, r.Case); symptom == "" {
			symptom = symptomOf(r.Failure)
		}
	}
	return caught, symptom, nil
}

// failures runs scenarios on a server and returns the results of those in which a check failed.
func (h *hunter) failures(ctx context.Context, t target.Target, ids []string) ([]reports.Result, error) {
	report, err := steps.Run(ctx, steps.Options{
		Targets: []target.Target{t}, Features: h.options.Features, IDs: ids, NodeTimeout: h.options.NodeTimeout, Parallel: scenariosAtOnce,
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(report.Results, func(r reports.Result) bool { return !noticed(&r) }), nil
}

func casesOf(results []reports.Result) []string {
	var ids []string
	for _, r := range results {
		ids = append(ids, r.Case)
	}
	return ids
}

// noticed reports whether a check of the scenario did not hold, its own or one of those after every scenario. A cluster that did not form was
// not checked.
func noticed(r *reports.Result) bool {
	if r.Verdict != reports.Fail || r.Failure == nil {
		return false
	}
	afterwards := strings.HasPrefix(r.Failure.Step, "After ")
	return len(r.Failure.Expected) > 0 || afterwards
}

// symptomOf is the step, without its table, and what it saw.
func symptomOf(f *reports.Failure) string {
	step, _, _ := strings.Cut(f.Step, "\n")
	return strings.TrimSuffix(step, ":") + ": " + f.Message
}
