package bench

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/clusterspec/clusterspec/bench/result"
)

// pageCommand is `clusterspec bench page`.
func pageCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "page BENCH.json",
		Short: "Write the page and the summary of a result again",
		Long: "Write the page and the summary of a result again, from its bench.json. Percentile curves are drawn from the files beside it, if they are still there,\n" +
			"and otherwise from the few percentiles that the result itself has.",
		Example: "  clusterspec bench page reports/out/bench/bench.json\n  clusterspec bench page old/bench.json --out /tmp/page",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := result.ReadFile(args[0])
			if err != nil {
				return err
			}
			dir := filepath.Dir(args[0])
			if out == "" {
				out = dir
			}
			files, err := readFiles(dir, r)
			if err != nil {
				return err
			}
			return writeAndSay(cmd.OutOrStdout(), out, r, files)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "folder to write to (default: that of the result)")
	return cmd
}

// readFiles reads what lies beside a result and belongs to it, as far as it is there.
func readFiles(dir string, r *result.Result) (map[string][]byte, error) {
	folder, err := os.OpenRoot(dir) // a result names its files, and no others are read
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	files := make(map[string][]byte)
	for i := range r.Series {
		for _, p := range r.Series[i].Parties {
			for _, name := range []string{p.PercentileFile, p.IntervalFile} {
				if text, err := fs.ReadFile(folder.FS(), name); err == nil {
					files[name] = text
				}
			}
		}
	}
	return files, nil
}
