package cli

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/steps"
)

// declarationHead begins a new declaration.
const declarationHead = `# What is known of this server: scenarios that it fails, and features that it does not have.
# An entry that no longer fits fails the run. Keys: docs/testing-your-server.md in the project of clusterspec.
#
#   clusterspec run --target '%s' --declaration %s
`

// Init is `clusterspec init`.
func Init(version string) *cobra.Command {
	f := runFlags{suite: version}
	cmd := &cobra.Command{
		Use:   "init --target TARGET",
		Short: "Write a starting declaration for a server: run it once and note what fails",
		Long: "Run the scenarios of level must once, without the slow ones unless --whole says so, and write what fails into a new declaration, each with the reason \"TODO: why\".\n" +
			"From then on `clusterspec run --declaration` fails on what is new, and on what is mended and still stands there.",
		Example: "  clusterspec init --target 'exec:./my-server --port {port} --dir {dir}'",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return f.init(cmd) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.targets, "target", nil, "the server")
	flags.StringVar(&f.known.declarationFile, "declaration", "clusterspec.yaml", "the file to write; it must not be there")
	flags.StringSliceVar(&f.ids, "id", nil, "only scenarios with this id, or below it")
	flags.BoolVar(&f.whole, "whole", false, "run all levels, and the slow ones")
	flags.StringVar(&f.out, "out", "reports/out", "folder of the report")
	flags.IntVar(&f.nodeTimeoutMillis, "node-timeout", int(steps.DefaultNodeTimeout/time.Millisecond), "cluster-node-timeout in milliseconds")
	flags.IntVar(&f.parallel, "parallel", 2, "scenarios at the same time")
	return cmd
}

// init runs what was chosen and writes the file. It has succeeded when the file is there, whatever the server does.
func (f *runFlags) init(cmd *cobra.Command) error {
	file := f.known.declarationFile
	if len(f.targets) != 1 {
		return &steps.UsageError{Reason: "init is about one server: --target"}
	}
	if _, err := os.Stat(file); err == nil {
		return &steps.UsageError{Reason: fmt.Sprintf("%s is there already; `clusterspec run --declaration %s --update-declaration` keeps it", file, file)}
	}
	f.repeat, f.seed, f.known.update = 1, 1, true
	f.known.head = fmt.Sprintf(declarationHead, f.targets[0], file)
	if !f.whole {
		f.tags, f.levels = "~@slow", []string{string(reports.Must)}
	}
	err := run(cmd, f)
	var ended *reports.ExitError
	if _, missing := os.Stat(file); missing == nil && errors.As(err, &ended) && ended.Code != reports.ExitNothing {
		return nil
	}
	return err
}
