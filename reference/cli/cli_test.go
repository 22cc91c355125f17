package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clusterspec/clusterspec/reference/ports"
)

var binary string // clusterspec, built for these tests

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "clusterspec-cli-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		binary = filepath.Join(dir, "clusterspec")
		if out, err := exec.Command("go", "build", "-o", binary, "../..").CombinedOutput(); err != nil {
			panic(fmt.Sprintf("building clusterspec: %v\n%s", err, out))
		}
		return m.Run()
	}())
}

// TestRedisCliFormsAndReshards has unmodified redis-cli do to six node processes what it does to redis-servers.
func TestRedisCliFormsAndReshards(t *testing.T) {
	nodes := startNodes(t, 6)
	create := append([]string{"--cluster", "create"}, nodes...)
	redisCli(t, append(create, "--cluster-replicas", "1", "--cluster-yes")...)
	eventually(t, 20*time.Second, func() error {
		return check(redisCliErr("--cluster", "check", nodes[0]))
	})
	for _, node := range nodes { // redis-cli does not wait for primaries that are still in their first two seconds
		eventually(t, 20*time.Second, func() error {
			if info := redisCli(t, "-p", port(node), "cluster", "info"); !strings.Contains(info, "cluster_state:ok") {
				return fmt.Errorf("node %s says:\n%s", node, info)
			}
			return nil
		})
	}

	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: nodes})
	defer client.Close()
	ctx := context.Background()
	const keys = 2000
	for i := range keys {
		if err := client.Set(ctx, key(i), i, 0).Err(); err != nil {
			t.Fatalf("SET %s: %v", key(i), err)
		}
	}
	ids := primaryIDs(t, nodes[0])
	redisCli(t, "--cluster", "reshard", nodes[0], "--cluster-from", ids[0], "--cluster-to", ids[1], "--cluster-slots", "1000", "--cluster-yes")
	eventually(t, 20*time.Second, func() error {
		return check(redisCliErr("--cluster", "check", nodes[0]))
	})
	for i := range keys {
		if got, err := client.Get(ctx, key(i)).Int(); err != nil || got != i {
			t.Fatalf("GET %s after the reshard: %d, %v", key(i), got, err)
		}
	}
	if total := dbSizes(t, client); total != keys {
		t.Fatalf("the primaries hold %d keys, %d were written", total, keys)
	}
}

// TestGoRedisNeedsNoSpecialCase uses go-redis's cluster client the way applications do, over a reshard-free cluster of one process.
func TestGoRedisNeedsNoSpecialCase(t *testing.T) {
	addrs := startCluster(t, "--primaries", "3", "--replicas", "1")
	client := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs[:1], RouteRandomly: true, ReadOnly: true})
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	pipe := client.Pipeline()
	for i := range 100 {
		pipe.Set(ctx, key(i), i, time.Hour)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		t.Fatalf("a pipeline over all nodes: %v", err)
	}
	if err := client.Watch(ctx, func(tx *redis.Tx) error {
		_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Incr(ctx, "{tag}a")
			p.IncrBy(ctx, "{tag}b", 7)
			return nil
		})
		return err
	}, "{tag}a"); err != nil {
		t.Fatalf("a watched transaction: %v", err)
	}
	writer := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addrs[:1]})
	defer writer.Close()
	if got, err := writer.MGet(ctx, "{tag}a", "{tag}b", "{tag}c").Result(); err != nil || fmt.Sprint(got) != "[1 7 <nil>]" {
		t.Fatalf("MGET: %v, %v", got, err)
	}
	subscription := writer.Subscribe(ctx, "news")
	defer subscription.Close()
	if _, err := subscription.Receive(ctx); err != nil {
		t.Fatalf("subscribing: %v", err)
	}
	if err := writer.Publish(ctx, "news", "hello").Err(); err != nil {
		t.Fatalf("publishing: %v", err)
	}
	if m, err := subscription.ReceiveMessage(ctx); err != nil || m.Payload != "hello" {
		t.Fatalf("the message: %v, %v", m, err)
	}
	if n, err := writer.Del(ctx, "{tag}a", "{tag}b").Result(); err != nil || n != 2 {
		t.Fatalf("DEL: %d, %v", n, err)
	}
}

// TestClusterStartLeavesNothingBehind interrupts `cluster start` and looks for its ports and files.
func TestClusterStartLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(binary, "cluster", "start", "--primaries", "3", "--replicas", "1")
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	addrs := runCluster(t, cmd)
	if out := redisCli(t, "-c", "-h", "127.0.0.1", "-p", port(addrs[0]), "set", "hello", "world"); out != "OK" {
		t.Fatalf("the line it says to try answers %q", out)
	}
	cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("after Ctrl-C: %v", err)
	}
	for _, addr := range addrs {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			t.Errorf("somebody still listens on %s", addr)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("it left %v behind", left)
	}
}

// TestStartedWrongly looks at what the program says when it is started wrongly.
func TestStartedWrongly(t *testing.T) {
	damaged := t.TempDir()
	conf := filepath.Join(damaged, "nodes.conf")
	const text = "this is no nodes.conf\n"
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	free := strconv.Itoa(ports.ForTest(t))
	const usage, broke = 4, 3
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"node --prot 7000", usage, `did you mean "port"?`},
		{"node --port 99999", usage, "between 0 and 65535"},
		{"node --defect nonsense", usage, "vote-twice-in-epoch"},
		{"node absent.conf", usage, "absent.conf"},
		{"node --port " + free + " --cluster-enabled yes --dir " + damaged, broke, "this is no nodes.conf"},
		{"node --port " + free + " --cluster-enabled yes --dir " + filepath.Join(damaged, "absent"), broke, "absent"},
		{"cluster bogus", usage, "bogus"},
		{"cluster check", usage, "CLUSTERSPEC_PORT"},
		{"cluster start --primaries 0", usage, "at least one primary"},
		{"cluster start --port 55535", usage, "do not fit"},
		{"cluster start --option nonsense", usage, "name=value"},
		{"cluster start --option cluster-node-timout=1000", usage, `did you mean "cluster-node-timeout"?`},
		{"cluster start --option cluster-node-timeout=soon", usage, "soon"},
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		cmd := exec.CommandContext(ctx, binary, strings.Fields(tt.args)...)
		out, _ := cmd.CombinedOutput()
		cancel()
		if code := cmd.ProcessState.ExitCode(); code != tt.code || !strings.Contains(string(out), tt.want) {
			t.Errorf("%s: exit code %d, says %q; want %d and %q", tt.args, code, out, tt.code, tt.want)
		}
	}
	t.Setenv("CLUSTERSPEC_PORT", "7O00")
	for _, args := range [][]string{{"cluster", "start"}, {"cluster", "check"}} {
		cmd := exec.Command(binary, args...)
		if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != usage || !strings.Contains(string(out), "CLUSTERSPEC_PORT=7O00") {
			t.Errorf("%s: exit code %d, says %q", args, cmd.ProcessState.ExitCode(), out)
		}
	}
	if kept, _ := os.ReadFile(conf); string(kept) != text {
		t.Errorf("the damaged nodes.conf was overwritten with %q", kept)
	}
}

// TestNodesConfIsLocked starts two nodes on one file.
func TestNodesConfIsLocked(t *testing.T) {
	dir := t.TempDir()
	first := startNode(t, dir)
	redisCli(t, "-p", port(first), "cluster", "saveconfig") // replaces the file; the lock must go with it
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, binary, "node", "--port", strconv.Itoa(ports.ForTest(t)), "--cluster-enabled", "yes", "--dir", dir).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "already used by a different") {
		t.Fatalf("a second node on the same nodes.conf: %v, says %q", err, out)
	}
}

func key(i int) string { return "key:" + strconv.Itoa(i) }

func port(addr string) string {
	_, p, _ := net.SplitHostPort(addr)
	return p
}

// startNodes runs n `clusterspec node` processes that do not know each other.
func startNodes(t *testing.T, n int) []string {
	t.Helper()
	addrs := make([]string, n)
	for i := range addrs {
		addrs[i] = startNode(t, t.TempDir())
	}
	return addrs
}

func startNode(t *testing.T, dir string) string {
	t.Helper()
	p := ports.ForTest(t)
	var log bytes.Buffer
	cmd := exec.Command(binary, "node", "--port", strconv.Itoa(p), "--bind", "127.0.0.1", "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--dir", dir)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("log of node %d:\n%s", p, log.String())
		}
	})
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(p))
	eventually(t, 10*time.Second, func() error {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err
	})
	return addr
}

// startCluster runs `clusterspec cluster start` for the length of the test.
func startCluster(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"cluster", "start"}, args...)...)
	addrs := runCluster(t, cmd)
	t.Cleanup(func() { cmd.Process.Signal(os.Interrupt); cmd.Wait() })
	return addrs
}

// runCluster starts the command and reads the addresses it prints.
func runCluster(t *testing.T, cmd *exec.Cmd) []string {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var addrs []string
	line := regexp.MustCompile(`^(\S+:\d+)  (primary|replica)`)
	for s := bufio.NewScanner(out); s.Scan(); {
		if m := line.FindStringSubmatch(s.Text()); m != nil {
			addrs = append(addrs, m[1])
		}
		if strings.HasPrefix(s.Text(), "Ctrl-C") {
			return addrs
		}
	}
	t.Fatal("`cluster start` ended before it said what to try")
	return nil
}

func redisCliErr(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "redis-cli", args...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func redisCli(t *testing.T, args ...string) string {
	t.Helper()
	out, err := redisCliErr(args...)
	if err != nil {
		t.Fatalf("redis-cli %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// check reads what `redis-cli --cluster check` says.
func check(out string, err error) error {
	if err != nil || !strings.Contains(out, "[OK] All nodes agree about slots configuration.") || !strings.Contains(out, "[OK] All 16384 slots covered.") {
		return fmt.Errorf("redis-cli --cluster check: %v\n%s", err, out)
	}
	return nil
}

// primaryIDs waits until a node knows who is a primary and who is a replica: redis-cli does not.
func primaryIDs(t *testing.T, addr string) []string {
	t.Helper()
	var ids []string
	eventually(t, 20*time.Second, func() error {
		ids = nil
		for line := range strings.Lines(redisCli(t, "-p", port(addr), "cluster", "nodes")) {
			if fields := strings.Fields(line); strings.Contains(fields[2], "master") {
				ids = append(ids, fields[0])
			}
		}
		if len(ids) != 3 {
			return fmt.Errorf("%d primaries in CLUSTER NODES, want 3", len(ids))
		}
		return nil
	})
	return ids
}

func dbSizes(t *testing.T, client *redis.ClusterClient) int64 {
	t.Helper()
	n, err := client.DBSize(context.Background()).Result()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// eventually repeats try until it succeeds.
func eventually(t *testing.T, patience time.Duration, try func() error) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still wrong after %s: %v", patience, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
