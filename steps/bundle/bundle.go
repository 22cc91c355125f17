// Package bundle writes everything about one result into a folder: for the issue tracker of a server, and for who works on it.
//
//	bundle.go   the folder
//	logs.go     what went over the wire, in lines
//	script.go   the requests of the scenario as a script of redis-cli, and as a Go test
package bundle

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/steps"
)

// Bundle is a result of one target with what was recorded.
type Bundle struct {
	// Report holds one target and one case: the run that the result is of.
	Report *reports.Report
	// Recording is of that run, and Watched of a second one with a proxy in the path of every link, with its result; nil if there was none, and Unwatched says why.
	Recording *steps.Recording
	Watched   *steps.Recording
	Result    *reports.Result
	Unwatched string
}

// Write writes the bundle into a folder, which it makes. Files of the same names are replaced.
func (b *Bundle) Write(dir string) error {
	var explained, json bytes.Buffer
	if err := reports.WriteExplanation(&explained, b.Report, b.id(), true); err != nil {
		return err
	}
	if err := reports.WriteJSON(&json, b.Report); err != nil {
		return err
	}
	files := map[string]string{
		"README.md": b.readme(), "explain.txt": explained.String(), reports.FileJSON: json.String(), "wire.log": b.wireLog(), "bus.log": b.busLog(),
		"reproduce.sh": b.reproduce(), "client.sh": b.clientScript(), "reproduce_test.go": b.goTest(),
	}
	for _, n := range b.Recording.Nodes {
		for name, text := range map[string]string{
			"nodes.before.txt": n.Before.ClusterNodes, "nodes.at.txt": n.At.ClusterNodes, "nodes.after.txt": n.After.ClusterNodes,
			"nodes.before.conf": n.Before.NodesConf, "nodes.at.conf": n.At.NodesConf, "nodes.after.conf": n.After.NodesConf, "log.txt": n.Log,
		} {
			if text != "" {
				files[filepath.Join("nodes", n.Name, name)] = text
			}
		}
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("writing the bundle: %w", err)
		}
		mode := os.FileMode(0o644)
		if strings.HasSuffix(name, ".sh") {
			mode = 0o755
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			return fmt.Errorf("writing the bundle: %w", err)
		}
	}
	return nil
}

// Zip packs a folder into a file.
func Zip(dir, file string) (err error) {
	out, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("packing the bundle: %w", err)
	}
	defer func() {
		if closed := out.Close(); err == nil {
			err = closed
		}
	}()
	packed := zip.NewWriter(out)
	if err := packed.AddFS(os.DirFS(dir)); err != nil {
		return fmt.Errorf("packing the bundle: %w", err)
	}
	return packed.Close()
}

func (b *Bundle) id() string                { return b.Report.Cases[0].ID }
func (b *Bundle) target() reports.Target    { return b.Report.Targets[0] }
func (b *Bundle) result() *reports.Result   { return &b.Report.Results[0] }
func (b *Bundle) nodes() []steps.NodeRecord { return b.Recording.Nodes }

// readme says what this is, what came out and what lies where.
func (b *Bundle) readme() string {
	var t strings.Builder
	c, x, target := b.Report.Cases[0], b.result(), b.target()
	fmt.Fprintf(&t, "# %s on %s: %s\n\n%s (%s)\n\n", c.ID, target.Name, x.Verdict.Word(), c.Title, c.Level)
	for _, line := range [][2]string{
		{"Required", c.Rule}, {"Source", c.Source}, {"What came", x.Reason}, {"Target", target.Spec}, {"Server", strings.TrimSpace(target.Server + " " + target.Version)},
		{"Digest", target.Digest}, {"Profile", target.Profile}, {"Suite", b.Report.Suite}, {"Seed", fmt.Sprint(b.Report.Seed)},
		{"Machine", strings.Join([]string{b.Report.Host.OS, b.Report.Host.Kernel, b.Report.Host.CPU}, ", ")},
	} {
		if line[1] != "" {
			fmt.Fprintf(&t, "- **%s**: %s\n", line[0], strings.Join(strings.Fields(line[1]), " "))
		}
	}
	t.WriteString(`
| file | what it is |
| :-- | :-- |
| explain.txt | the result as a page: steps, expected and got, course, beliefs |
| reproduce.sh | the suite's own command for this scenario, with the seed |
| reproduce_test.go | the same as a Go test |
| client.sh | what the scenario's clients sent, as a script of redis-cli for a cluster of your own |
| wire.log | every request and reply on client ports, those of the suite's polling included |
| bus.log | every frame on the cluster bus |
| nodes/NAME/ | CLUSTER NODES and nodes.conf when the scenario began (before), when it ended or failed (at), and after the cluster had time to come to rest (after); the log |
| report.json | the result in full |
`)
	return t.String()
}
