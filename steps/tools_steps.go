package steps

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// The tool that administrators have: redis-cli as it is on the PATH, whatever its version.

func (w *World) toolsActions() []sentence {
	return []sentence{
		{`redis-cli runs "([^"]*)"`, w.runsRedisCLI},
		{`a server S that is no cluster node holds (\d+) keys`, w.giveStandalone},
	}
}

func (w *World) toolsStatements() []sentence {
	return []sentence{
		{`redis-cli succeeds`, func() error { return w.redisCLIEnded(true) }},
		{`redis-cli fails`, func() error { return w.redisCLIEnded(false) }},
		{`redis-cli says "([^"]*)"`, func(text string) error { return w.redisCLIPrinted(text, true) }},
		{`redis-cli does not say "([^"]*)"`, func(text string) error { return w.redisCLIPrinted(text, false) }},
		{`redis-cli --cluster check of ` + who + ` finds nothing wrong`, w.checkIsClean},
		{`redis-cli --cluster check finds fault with the cluster`, w.checkFindsFault},
		{`the backup holds the slots of every primary and each of the keys`, w.backupIsWhole},
		{`server S still holds all of its keys`, w.standaloneIsWhole},
		{`server S is empty`, w.standaloneIsEmpty},
	}
}

// redisCLI is the name of the program.
const redisCLI = "redis-cli"

// toolLimit bounds one call: a rebalance moves thousands of slots, one after the other.
const toolLimit = time.Minute

// toolRun is one call of redis-cli that has ended.
type toolRun struct {
	command string
	output  string // what it printed, standard output and error
	failed  error  // nil for exit code 0
}

// redisCLIMissing says why redis-cli cannot be called, or "".
func redisCLIMissing(context.Context, target.Node) string {
	if _, err := exec.LookPath(redisCLI); err != nil {
		return redisCLI + " is not on the PATH of this machine; Debian has it in redis-tools"
	}
	return ""
}

// callRedisCLI runs it to its end. Whatever it asks is answered by yes: not all questions can be answered by --cluster-yes.
func (w *World) callRedisCLI(args ...string) (toolRun, error) {
	ctx, cancel := context.WithTimeout(w.ctx, toolLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, redisCLI, args...)
	cmd.Env = append(os.Environ(), "TERM=dumb") // no colours
	cmd.Stdin = strings.NewReader(strings.Repeat("yes\n", 10))
	cmd.WaitDelay = time.Second
	began := time.Now()
	printed, err := cmd.CombinedOutput()
	var exited *exec.ExitError
	switch {
	case w.ctx.Err() != nil:
		return toolRun{}, errInterrupted
	case ctx.Err() != nil:
		err = fmt.Errorf("it had not ended after %s", toolLimit)
	case err != nil && !errors.As(err, &exited):
		return toolRun{}, err
	}
	run := toolRun{command: redisCLI + " " + strings.Join(args, " "), output: string(printed), failed: err}
	w.trace.add(redisCLI, wire.Exchange{At: began, Request: args, Reply: wireValue{Kind: wire.Bulk, Text: run.tail()}})
	return run, nil
}

// tail is the end of what was printed, where redis-cli says what went wrong.
func (r toolRun) tail() string { return target.Tail(r.output) }

func (w *World) runsRedisCLI(command string) error {
	args, err := w.command(command)
	if err != nil {
		return err
	}
	w.tool, err = w.callRedisCLI(args...)
	return err
}

func (w *World) redisCLIEnded(well bool) error {
	if w.tool.command == "" {
		return nonsense("redis-cli was not run yet")
	}
	want := w.tool.command + " fails"
	if well {
		want = w.tool.command + " succeeds"
	}
	return w.check("", well == (w.tool.failed == nil), w.tool.outcome(), want)
}

// outcome is how a call ended, and the end of what it printed.
func (r toolRun) outcome() string {
	if r.failed == nil {
		return "success, printing:\n" + r.tail()
	}
	return r.failed.Error() + ", printing:\n" + r.tail()
}

func (w *World) redisCLIPrinted(text string, said bool) error {
	resolved, err := w.resolve(text)
	if err != nil {
		return err
	}
	want := fmt.Sprintf("%q among what redis-cli printed", resolved)
	if !said {
		want = "no " + want
	}
	return w.check("", said == strings.Contains(w.tool.output, resolved), w.tool.outcome(), want)
}

func (w *World) checkIsClean(subject string) error {
	return w.each(subject, func(m *member) error {
		run, err := w.callRedisCLI("--cluster", "check", m.Addr())
		if err != nil {
			return err
		}
		clean := run.failed == nil && !strings.Contains(run.output, "[ERR]") && !strings.Contains(run.output, "[WARNING]")
		return w.check(m.name, clean, run.outcome(), run.command+" without [ERR] and [WARNING]")
	})
}

func (w *World) checkFindsFault() error {
	run, err := w.callRedisCLI("--cluster", "check", w.cluster.running()[0].Addr())
	if err != nil {
		return err
	}
	return w.check("", run.failed != nil, run.outcome(), run.command+" fails")
}

// scratchDir is a folder for what tools write, gone after the scenario.
func (w *World) scratchDir() (string, error) {
	if w.scratch == "" {
		dir, err := os.MkdirTemp("", "clusterspec-scratch-")
		if err != nil {
			return "", err
		}
		w.scratch = dir
	}
	return w.scratch, nil
}

// backedUp is a node as redis-cli writes it into nodes.json.
type backedUp struct {
	Name  string   `json:"name"`
	Host  string   `json:"host"`
	Port  int      `json:"port"`
	Slots [][2]int `json:"slots"`
}

// backupIsWhole looks into the folder for nodes.json, and for a snapshot of each primary in which its keys stand.
func (w *World) backupIsWhole() error {
	text, err := os.ReadFile(filepath.Join(w.scratch, "nodes.json"))
	if err != nil {
		return w.check("", false, err.Error(), "a file nodes.json")
	}
	var nodes []backedUp
	if err := json.Unmarshal(text, &nodes); err != nil {
		return w.check("", false, "nodes.json: "+err.Error(), "JSON")
	}
	v, err := w.view(w.cluster.members[0])
	if err != nil {
		return err
	}
	primaries, err := w.serving()
	if err != nil {
		return err
	}
	for _, m := range primaries {
		if err := w.nodeIsBackedUp(m, v, nodes); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) nodeIsBackedUp(m *member, v *view, nodes []backedUp) error {
	slots := ""
	for _, n := range nodes {
		if n.Name == m.id {
			for _, r := range n.Slots {
				slots += wire.SlotRange{From: r[0], To: r[1]}.String()
			}
		}
	}
	if err := w.checkEqual(m.name, "slots "+slots+" in nodes.json", "slots "+v.slotsOf(m.name)+" in nodes.json"); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(w.scratch, "*-node-*-"+m.port()+"-"+m.id+".rdb"))
	if err != nil || len(files) != 1 {
		return w.check(m.name, false, fmt.Sprintf("%d snapshots in the folder", len(files)), "one snapshot of the node")
	}
	snapshot, err := os.ReadFile(files[0])
	if err != nil {
		return err
	}
	if err := w.check(m.name, bytes.HasPrefix(snapshot, []byte("REDIS00")), fmt.Sprintf("a file that begins with %q", cut(string(snapshot))), "an RDB file"); err != nil {
		return err
	}
	for _, key := range w.data.keys() {
		own := v.owner(wire.SlotOf(key)) == m.name
		if err := w.check(m.name, !own || bytes.Contains(snapshot, []byte(key)), "a snapshot without "+key, "a snapshot with all keys of the node"); err != nil {
			return err
		}
	}
	return nil
}

// standalone is a server that is no cluster node.
type standalone struct {
	target.Cluster
	*member
}

// giveStandalone starts a server of the target's kind without cluster mode, and fills it. Its keys are what a cluster client expects later.
func (w *World) giveStandalone(count int) error {
	options := nodeOptions(w.nodeTimeout)
	options["cluster-enabled"] = "no"
	started, err := startNodes(w.ctx, w.pool.target, target.Topology{Nodes: 1, Options: options})
	if err != nil {
		return err
	}
	w.single = &standalone{started, &member{Node: started.Nodes()[0], name: "S"}}
	w.data.fill(count, func(i int) string { return fmt.Sprintf("key:%d", i) })
	var commands [][]string
	for _, key := range w.data.keys() {
		commands = append(commands, []string{"SET", key, w.data.values[key]})
	}
	values, err := w.client("first").pipeline(w.single.member, commands...)
	for i := 0; i < len(values) && err == nil; i++ {
		err = w.checkEqual("S", values[i].String(), `simple "OK"`)
	}
	return err
}

func (w *World) standaloneIsWhole() error {
	held, err := w.held([]*member{w.single.member})
	if err != nil {
		return err
	}
	return w.checkKeys(w.single.member, held[w.single.member], w.data.keys())
}

func (w *World) standaloneIsEmpty() error {
	n, err := w.askInt(w.single.member, "DBSIZE")
	if err != nil {
		return err
	}
	return w.checkEqual("S", fmt.Sprintf("%d keys", n), "0 keys")
}

// closeTools ends what the tools left.
func (w *World) closeTools() {
	if w.single != nil {
		w.single.hangUp()
		w.single.Close()
	}
	if w.scratch != "" {
		os.RemoveAll(w.scratch)
	}
}
