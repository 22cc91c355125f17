package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/reports/declaration"
	"github.com/clusterspec/clusterspec/steps"
)

// known is what is known before a run: what its makers declare of a server, and what came out earlier.
type known struct {
	declarationFile, baselineFile, failedFile string
	update                                    bool
	head                                      string // of a declaration that is written anew

	declaration *declaration.File
	baseline    *reports.Report
	failed      *reports.Report
}

func (k *known) add(flags *pflag.FlagSet) {
	flags.StringVar(&k.declarationFile, "declaration", "", "file with known deviations and features that are not there (docs/testing-your-server.md)")
	flags.BoolVar(&k.update, "update-declaration", false, "write new failures into the declaration, and take out what passes")
	flags.StringVar(&k.baselineFile, "baseline", "", "report.json of an earlier run: what failed there as well does not count")
	flags.StringVar(&k.failedFile, "rerun-failed", "", "run what did not pass in this report.json, on its targets unless --target names others")
}

// read reads the files, so that a mistake in one is told before anything runs.
func (k *known) read() (err error) {
	if k.update && k.declarationFile == "" {
		return &steps.UsageError{Reason: "--update-declaration needs --declaration FILE"}
	}
	if k.declarationFile != "" {
		k.declaration, err = declaration.Read(k.declarationFile)
		if k.update && errors.Is(err, os.ErrNotExist) {
			k.declaration, err = declaration.Parse(k.declarationFile, nil)
			if err == nil && k.head != "" {
				k.declaration.Begin(k.head)
			}
		}
		if err != nil {
			return &steps.UsageError{Reason: err.Error()}
		}
	}
	for file, into := range map[string]**reports.Report{k.baselineFile: &k.baseline, k.failedFile: &k.failed} {
		if file == "" {
			continue
		}
		if *into, err = readReport(file); err != nil {
			return err
		}
	}
	return nil
}

// readReport reads a report.json. A folder stands for the report in it.
func readReport(name string) (*reports.Report, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		name += "/" + reports.FileJSON
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, &steps.UsageError{Reason: fmt.Sprintf("%v; `clusterspec run` writes it", err)}
	}
	defer file.Close()
	report, err := reports.ReadJSON(file)
	if err != nil {
		return nil, &steps.UsageError{Reason: name + ": " + err.Error()}
	}
	return report, nil
}

// judging passes events on with the verdicts that results have under the declaration.
func (k *known) judging(tell func(reports.Event)) func(reports.Event) {
	if k.declaration == nil {
		return tell
	}
	var targets sync.Map
	return func(e reports.Event) {
		if e.Target != nil {
			targets.Store(e.Target.Name, *e.Target)
		}
		if e.Result != nil {
			own := *e.Result
			if t, joined := targets.Load(own.Target); joined {
				k.declaration.Judge(&own, *e.Case, t.(reports.Target), time.Now())
			}
			e.Result = &own
		}
		tell(e)
	}
}

// apply holds a report against what is known.
func (k *known) apply(report *reports.Report) error {
	if k.declaration != nil {
		all, err := steps.List(steps.Options{Features: features.FS})
		if err != nil {
			return err
		}
		k.declaration.Apply(report, all, time.Now())
	}
	if k.baseline != nil {
		report.HoldAgainst(k.baseline, k.baselineFile)
	}
	return nil
}

// keep updates the declaration if that was asked for, and says what changed.
func (k *known) keep(report *reports.Report) (string, error) {
	if !k.update {
		return "", nil
	}
	update, err := k.declaration.Update(report)
	if err != nil || update.Empty() && k.head == "" {
		return "", err
	}
	if err := k.declaration.Write(update); err != nil {
		return "", err
	}
	did := []string{"written"}
	if len(update.Added) > 0 {
		did = append(did, fmt.Sprintf("%d added (%s), the reasons are yours to write", len(update.Added), strings.Join(update.Added, ", ")))
	}
	if len(update.Removed) > 0 {
		did = append(did, fmt.Sprintf("%d removed (%s)", len(update.Removed), strings.Join(update.Removed, ", ")))
	}
	return k.declarationFile + ": " + strings.Join(did, "; "), nil
}
