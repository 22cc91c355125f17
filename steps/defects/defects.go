// Package defects tests the suite: it runs the scenarios on a server that has a deliberate error, one error after the other, and says which
// scenarios notice.
//
//	defects.go   Run: all defects, several at a time, and what is believed in the end
//	hunt.go      one defect: which scenarios it meets, in which order, and what counts as noticed
//	oracle.go    which scenarios a real server passes
//
// A scenario catches a defect if it fails twice in a row on the server with the defect, and holds right after on the server without, and on a
// real one. Trouble of the harness and clusters that do not form are no catch: they would not
// tell anybody what is wrong.
package defects

import (
	"context"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/steps"
)

// Defect is a deliberate error that a server can be started with.
type Defect struct {
	// Name selects it, and Does says what a server with it does.
	Name, Does string
	// Area is the folder of the features that the rule it breaks belongs to. Their scenarios are tried first.
	Area string
}

// Options say which defects are hunted and how.
type Options struct {
	// Defects are the rows of the table.
	Defects []Defect
	// Target makes the server that has a defect; the empty name is the server without.
	Target func(defect string) (target.Target, error)
	// Oracle is a real server. nil: none is asked.
	Oracle *Oracle
	// Features holds the feature files, and IDs which of their scenarios the defects meet, as in steps.Options; none: all.
	Features fs.FS
	IDs      []string
	// Known is an earlier table, or nil: the scenarios that caught a defect then are tried before all others.
	Known *reports.DefectTable
	// All has every defect meet every scenario. Otherwise a defect meets no more once it is caught.
	All bool
	// Parallel is how many defects are hunted at the same time, at least one.
	Parallel int
	// NodeTimeout is cluster-node-timeout of the servers with defects.
	NodeTimeout time.Duration
	// Suite is the version of this program and Command the command line, for the table.
	Suite   string
	Command []string
	// Progress is told of every defect that is done, from several goroutines at once.
	Progress func(reports.DefectRow)
}

// Run hunts the defects. What was not caught is in the table; the error says that the hunt itself went wrong.
func Run(ctx context.Context, o Options) (*reports.DefectTable, error) {
	cases, err := steps.List(steps.Options{Features: o.Features, IDs: o.IDs})
	if err != nil {
		return nil, err
	}
	sound, err := o.Target("")
	if err != nil {
		return nil, err
	}
	table := &reports.DefectTable{
		Schema: reports.DefectsSchema, Suite: o.Suite, Command: o.Command, Started: time.Now(), Target: sound.Spec(), All: o.All,
		Defects: make([]reports.DefectRow, len(o.Defects)),
	}
	h := &hunter{options: &o, cases: cases, sound: sound}
	if err := h.huntAll(ctx, table.Defects); err != nil {
		return nil, err
	}
	if err := o.Oracle.confirm(ctx, o.Features, table); err != nil {
		return nil, err
	}
	if o.All {
		table.Silent = silent(cases, table.Defects)
	}
	table.Finished = time.Now()
	return table, nil
}

// huntAll fills the rows, several at a time.
func (h *hunter) huntAll(ctx context.Context, rows []reports.DefectRow) error {
	next, failed := make(chan int), make(chan error, len(rows))
	var hunting sync.WaitGroup
	for range max(1, h.options.Parallel) {
		hunting.Go(func() {
			for i := range next {
				row, err := h.hunt(ctx, h.options.Defects[i])
				if err != nil {
					failed <- fmt.Errorf("hunting the defect %s: %w", h.options.Defects[i].Name, err)
					continue
				}
				rows[i] = row
				h.options.Progress(row)
			}
		})
	}
	for i := range rows {
		next <- i
	}
	close(next)
	hunting.Wait()
	close(failed)
	return <-failed // nil once it is closed and empty
}

// silent lists the scenarios that caught nothing.
func silent(cases []reports.Case, rows []reports.DefectRow) []string {
	useful := map[string]bool{}
	for _, row := range rows {
		for _, id := range row.CaughtBy {
			useful[id] = true
		}
	}
	var ids []string
	for _, c := range cases {
		if !useful[c.ID] {
			ids = append(ids, c.ID)
		}
	}
	return ids
}
