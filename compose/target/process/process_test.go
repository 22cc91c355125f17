package process

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/targettest"
)

func TestContract(t *testing.T) {
	server, err := New("redis-server", "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Probe(t.Context()); err != nil {
		t.Fatal("this test needs redis-server on PATH: ", err)
	}
	targettest.Run(t, targettest.Kind{Target: server, Leftovers: leftProcesses})
}

// leftProcesses lists what still runs in the process groups of a cluster. What is dead and waits for init to take note does not count.
func leftProcesses(t *testing.T, c target.Cluster) (left []string) {
	running, err := exec.Command("ps", "-e", "-o", "pgid=,stat=,args=").Output()
	if err != nil {
		t.Fatal("listing processes: ", err)
	}
	for line := range strings.Lines(string(running)) {
		fields := strings.Fields(line)
		ours := slices.ContainsFunc(c.(*Cluster).nodes, func(n *Node) bool { return fields[0] == strconv.Itoa(n.running.pid()) })
		if ours && !strings.HasPrefix(fields[1], "Z") {
			left = append(left, line)
		}
	}
	return left
}

// A server with its own command line, behind a shell that stays: what a user's start script looks like.
const script = `exec:sh -c "redis-server --port {port} --cluster-port {busport} --dir {dir} --cluster-enabled yes --bind 127.0.0.1 --save '' --loglevel verbose; echo over"`

func TestCustomCommand(t *testing.T) {
	server, err := New(script, strings.TrimPrefix(script, "exec:"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	c, err := server.Start(ctx, target.Topology{Nodes: 1, Options: map[string]string{"cluster-node-timeout": "777"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	n := c.Nodes()[0].(*Node)
	reply, err := target.Ask(ctx, n.Addr(), "CONFIG", "GET", "cluster-node-timeout")
	if err != nil || len(reply.Items) != 2 || reply.Items[1].Text != "777" {
		t.Errorf("an option outside the command line was not set: %s, %v", reply, err)
	}
	if err := n.Kill(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := target.Ask(ctx, n.Addr(), "PING"); err == nil {
		t.Error("the server behind the shell survived")
	}
	if err := n.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil || len(leftProcesses(t, c)) > 0 {
		t.Errorf("after Close: %v, %v", err, leftProcesses(t, c))
	}
}

func TestConfFile(t *testing.T) {
	server, err := New("exec:redis-server {conf}", "redis-server {conf}")
	if err != nil {
		t.Fatal(err)
	}
	c, err := server.Start(t.Context(), target.Topology{Nodes: 1, Options: map[string]string{"maxmemory-policy": "allkeys-lru"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	reply, err := target.Ask(t.Context(), c.Nodes()[0].Addr(), "CONFIG", "GET", "maxmemory-policy")
	if err != nil || len(reply.Items) != 2 || reply.Items[1].Text != "allkeys-lru" {
		t.Errorf("an option of the file was not set: %s, %v", reply, err)
	}
}

func TestOptionRefusedIsUnavailable(t *testing.T) {
	line := "redis-server --port {port} --dir {dir} --cluster-enabled yes --save ''"
	server, err := New("exec:"+line, line)
	if err != nil {
		t.Fatal(err)
	}
	_, err = server.Start(t.Context(), target.Topology{Nodes: 1, Options: map[string]string{"no-such-option": "1"}})
	if unavailable := (*target.Unavailable)(nil); !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "no-such-option") {
		t.Errorf("got %v", err)
	}
}

func TestStartFailures(t *testing.T) {
	for name, test := range map[string]struct {
		line string
		want []string
	}{
		"ends at once":    {"sh -c 'echo bad option {port}; exit 3'", []string{"node A", "exit status 3", "bad option"}},
		"never answers":   {"sh -c 'echo sleeping at {port}; sleep 60'", []string{"no PONG from 127.0.0.1:", "sleeping at"}},
		"option not read": {"redis-server {options} --nonsense 1", []string{"nonsense", "exit status"}},
	} {
		t.Run(name, func(t *testing.T) {
			server, err := New("exec:"+test.line, test.line)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			dir := filepath.Join(t.TempDir(), "scratch")
			_, err = server.Start(ctx, target.Topology{Nodes: 1, Dir: dir})
			for _, part := range test.want {
				if err == nil || !strings.Contains(err.Error(), part) {
					t.Errorf("error is %q, without %q", err, part)
				}
			}
			if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("scratch folder after a failed start: %v", err)
			}
		})
	}
}

func TestMissingProgram(t *testing.T) {
	server, err := New("exec:no-such-server", "no-such-server")
	if err != nil {
		t.Fatal(err)
	}
	_, err = server.Start(t.Context(), target.Topology{Nodes: 1})
	if unavailable := (*target.Unavailable)(nil); !errors.As(err, &unavailable) || !strings.Contains(err.Error(), "no-such-server") {
		t.Errorf("got %v", err)
	}
}
