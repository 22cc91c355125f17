package bundle

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/process"
	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/features"
	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/steps"
)

func redisServer(t *testing.T) target.Target {
	t.Helper()
	server, err := process.New("redis-server", "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// A bundle of a real scenario holds what it promises: all that was said, the state of every node at three moments, and scripts that are well formed.
func TestBundleOfAScenario(t *testing.T) {
	var b Bundle
	once := func(watch bool) (*reports.Report, *steps.Recording) {
		var recorded *steps.Recording
		report, err := steps.Run(t.Context(), steps.Options{
			Targets: []target.Target{redisServer(t)}, Features: features.FS, IDs: []string{"redirection/moved/3"}, Seed: 7, Watch: watch,
			Record: func(r *steps.Recording) { recorded = r },
		})
		if err != nil || recorded == nil {
			t.Fatal(err, recorded)
		}
		return report, recorded
	}
	b.Report, b.Recording = once(false)
	watched, recording := once(true)
	b.Watched, b.Result = recording, &watched.Results[0]
	dir := t.TempDir()
	if err := b.Write(dir); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"README.md":                "**Digest**: sha256:",
		"explain.txt":              "redirection/moved/3 · MUST",
		"wire.log":                 "client -> ",
		"bus.log":                  "pong",
		"client.sh":                "# came: error",
		"reproduce.sh":             "clusterspec run --target redis-server --id redirection/moved/3 --seed 7",
		"reproduce_test.go":        `IDs: []string{"redirection/moved/3"}, Seed: 7`,
		"report.json":              `"schema": "clusterspec.report/1"`,
		"nodes/A/nodes.before.txt": "myself,master",
		"nodes/B/nodes.after.conf": "vars currentEpoch",
		"nodes/C/nodes.at.txt":     "10923-16383",
		"nodes/A/log.txt":          "Ready to accept connections",
	} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: no %q, %v, in\n%s", name, want, err, text)
		}
	}
	for _, script := range []string{"client.sh", "reproduce.sh"} {
		if out, err := exec.Command("sh", "-n", filepath.Join(dir, script)).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		}
	}
	file := filepath.Join(t.TempDir(), "bundle.zip")
	if err := Zip(dir, file); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Size() < 1000 {
		t.Error(info, err)
	}
}

// Through the shell and redis-cli every byte arrives as it was sent, and what differs from cluster to cluster is put in.
func TestClientScriptSendsWhatWasSent(t *testing.T) {
	c, err := redisServer(t).Start(t.Context(), target.Topology{Nodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	addr := c.Nodes()[0].Addr()
	id, err := target.Ask(t.Context(), addr, "CLUSTER", "MYID")
	if err != nil {
		t.Fatal(err)
	}
	odd := "a\"b\\c $HOME `id` 'q' \r\n\x00\xff é EOF"
	var all strings.Builder
	for i := range 256 {
		all.WriteByte(byte(i))
	}
	b := &Bundle{
		Report:    &reports.Report{Targets: []reports.Target{{Name: "t"}}, Cases: []reports.Case{{ID: "a/x/1", Steps: []string{"When it's\nsent"}}}, Results: []reports.Result{{}}},
		Recording: &steps.Recording{Began: time.Now(), Nodes: []steps.NodeRecord{{Name: "A", ID: strings.Repeat("0", 40), Addr: "127.0.0.1:1"}}},
	}
	sent := []string{odd, all.String(), "", "EOF", strings.Repeat("0", 40), "to 127.0.0.1:1"}
	for _, text := range sent {
		b.Recording.Wire = append(b.Recording.Wire, steps.Spoken{Node: "A", Exchange: wire.Exchange{Request: []string{"ECHO", text}}})
	}
	script := exec.Command("sh", "-c", b.clientScript())
	script.Env = append(os.Environ(), "A="+addr)
	out, err := script.Output()
	if err != nil {
		t.Fatal(err)
	}
	sent[4], sent[5] = id.Text, "to "+addr
	if want := strings.Join(sent, "\n") + "\n"; string(out) != want {
		t.Errorf("got\n%q\nwant\n%q", out, want)
	}
}
