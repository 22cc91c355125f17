package node

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/oracle"
	"github.com/clusterspec/clusterspec/reference/ports"
)

// These tests put a node and a real redis-server at the two ends of a connection.

// TestRedisReplicatesFromUs: a redis-server follows a node, catches up from the backlog after a cut, and acknowledges.
func TestRedisReplicatesFromUs(t *testing.T) {
	s := startShell(t, nil)
	for i := range 100 {
		want(t, s.port, "+OK\r\n", "SET", key(i), strconv.Itoa(i))
	}
	want(t, s.port, "+OK\r\n", "SET", "mortal", "x", "EX", "1000")
	r := oracle.Start(t, "--replicaof", "127.0.0.1 "+strconv.Itoa(s.port))
	size := func(n int) func() bool {
		return func() bool { return ask(t, r.Port, "DBSIZE") == ":"+strconv.Itoa(n)+"\r\n" }
	}
	eventually(t, "the snapshot to be loaded", size(101))
	want(t, r.Port, "$2\r\n42\r\n", "GET", key(42))
	want(t, r.Port, ask(t, s.port, "PEXPIRETIME", "mortal"), "PEXPIRETIME", "mortal")

	want(t, s.port, ":1\r\n", "DEL", key(0))
	want(t, s.port, "+OK\r\n", "SET", "new", "x", "PX", "500000")
	eventually(t, "the stream", func() bool { return ask(t, r.Port, "GET", "new") == "$1\r\nx\r\n" })
	want(t, r.Port, ask(t, s.port, "PEXPIRETIME", "new"), "PEXPIRETIME", "new")
	eventually(t, "an acknowledgement", func() bool { return ask(t, s.port, "WAIT", "1", "1000") == ":1\r\n" })

	s.do(func() { s.node.engine.DropReplicas() })
	want(t, s.port, "+OK\r\n", "SET", "after the cut", "x")
	eventually(t, "the rest", size(102))
	if !strings.Contains(r.Log(), "Successful partial resynchronization with master") {
		t.Error("no partial synchronisation in the log of redis-server")
	}
	info := ask(t, r.Port, "INFO", "replication")
	if field(info, "master_link_status") != "up" || field(info, "master_replid") != s.node.source.ID().String() {
		t.Errorf("redis-server says:\n%s", info)
	}
}

// TestWeReplicateFromRedis: a node follows a redis-server, by both forms of a snapshot, and catches up after a cut.
func TestWeReplicateFromRedis(t *testing.T) {
	for _, diskless := range []string{"yes", "no"} {
		t.Run("diskless "+diskless, func(t *testing.T) {
			r := oracle.Start(t, "--repl-diskless-sync", diskless, "--repl-diskless-sync-delay", "0")
			for i := range 100 {
				want(t, r.Port, "+OK\r\n", "SET", key(i), strings.Repeat(strconv.Itoa(i), 50))
			}
			want(t, r.Port, "+OK\r\n", "SET", "mortal", "x", "EX", "1000")
			s := startShell(t, nil)
			s.do(func() {
				s.node.becomeReplica()
				s.node.upstream.follow(cluster.Follow{IP: "127.0.0.1", Port: uint16(r.Port)})
			})
			same := func() bool {
				offset := field(ask(t, r.Port, "INFO", "replication"), "master_repl_offset")
				ours := ""
				s.do(func() { ours = strconv.FormatInt(s.node.source.Offset(), 10) })
				return s.state() == "connected" && offset == ours && ask(t, s.port, "DBSIZE") == ask(t, r.Port, "DBSIZE")
			}
			eventually(t, "the snapshot", same)
			want(t, s.port, ask(t, r.Port, "GET", key(42)), "GET", key(42))
			want(t, s.port, ask(t, r.Port, "PEXPIRETIME", "mortal"), "PEXPIRETIME", "mortal")

			want(t, r.Port, ":1\r\n", "INCR", "counter")
			for range 50 {
				ask(t, r.Port, "INCR", "counter")
			}
			want(t, r.Port, "+OK\r\n", "SET", "new", "x", "PX", "500000")
			eventually(t, "the stream", same)
			want(t, s.port, "$2\r\n51\r\n", "GET", "counter")
			eventually(t, "our acknowledgement", func() bool { return ask(t, r.Port, "WAIT", "1", "1000") == ":1\r\n" })

			ask(t, r.Port, "CLIENT", "KILL", "TYPE", "replica")
			want(t, r.Port, "+OK\r\n", "SET", "after the cut", "x")
			eventually(t, "the rest", same)
			if got := field(ask(t, r.Port, "INFO", "stats"), "sync_partial_ok"); got != "1" {
				t.Errorf("redis-server counts %s partial synchronisations, want 1", got)
			}
		})
	}
}

// state is that of the link to our primary.
func (s *shell) state() (state string) {
	s.do(func() { state = s.node.upstream.describe().State })
	return state
}

// TestRedisCliTakesASnapshot: redis-cli --rdb, whose file a redis-server loads.
func TestRedisCliTakesASnapshot(t *testing.T) {
	s := startShell(t, nil)
	for i := range 50 {
		want(t, s.port, "+OK\r\n", "SET", key(i), strconv.Itoa(i))
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "dump.rdb")
	out, err := exec.Command("redis-cli", "-p", strconv.Itoa(s.port), "--rdb", file).CombinedOutput()
	if err != nil {
		t.Fatalf("redis-cli --rdb: %v\n%s", err, out)
	}
	content, err := os.ReadFile(file)
	if err != nil || !bytes.HasPrefix(content, []byte("REDIS0")) {
		t.Fatalf("%v: %.20q", err, content)
	}
	r, err := oracle.Try(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	want(t, r.Port, ":50\r\n", "DBSIZE")
	want(t, r.Port, "$2\r\n49\r\n", "GET", key(49))
}

// TestMigrateWithRedis moves keys to a redis-server and back.
func TestMigrateWithRedis(t *testing.T) {
	s := startShell(t, nil)
	r := oracle.Start(t)
	want(t, s.port, "+OK\r\n", "MSET", "a", "1", "b", "2", "c", "3")
	want(t, s.port, ":1\r\n", "PEXPIRE", "b", "500000")
	migrate := func(from, to int, rest ...string) string {
		return ask(t, from, append([]string{"MIGRATE", "127.0.0.1", strconv.Itoa(to), "", "0", "1000"}, rest...)...)
	}
	expect := func(got, want string) {
		t.Helper()
		if got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	}
	expect(migrate(s.port, r.Port, "KEYS", "a", "b", "none"), "+OK\r\n")
	want(t, s.port, ":1\r\n", "DBSIZE")
	want(t, r.Port, ":2\r\n", "DBSIZE")
	if ttl, _ := strconv.Atoi(strings.TrimSpace(ask(t, r.Port, "PTTL", "b")[1:])); ttl < 490_000 || ttl > 500_000 {
		t.Errorf("the expiry became %d ms", ttl)
	}
	want(t, s.port, "+OK\r\n", "SET", "a", "mine")
	expect(migrate(s.port, r.Port, "KEYS", "a", "c"), "-ERR Target instance replied with error: BUSYKEY Target key name already exists.\r\n")
	want(t, s.port, ":1\r\n", "EXISTS", "a", "c")
	expect(migrate(s.port, r.Port, "COPY", "REPLACE", "KEYS", "a"), "+OK\r\n")
	want(t, s.port, "$4\r\nmine\r\n", "GET", "a")
	want(t, r.Port, "$4\r\nmine\r\n", "GET", "a")
	expect(migrate(s.port, ports.ForTest(t), "KEYS", "a"), "-IOERR error or timeout writing to target instance\r\n")
	expect(migrate(s.port, r.Port, "KEYS", "nothing"), "+NOKEY\r\n")

	want(t, s.port, ":1\r\n", "DEL", "a")
	expect(migrate(r.Port, s.port, "KEYS", "a", "b", "c"), "+OK\r\n")
	want(t, s.port, ":3\r\n", "DBSIZE")
	want(t, r.Port, ":0\r\n", "DBSIZE")
	want(t, s.port, "$4\r\nmine\r\n", "GET", "a")
}

// everyKind are writes that make keys of all kinds, small and large ones: they are encoded differently.
func everyKind() (requests [][]string) {
	add := func(words ...string) { requests = append(requests, words) }
	for _, size := range []int{1, 3, 700} {
		name := strconv.Itoa(size)
		for i := range size {
			item := strings.Repeat(strconv.Itoa(i), 1+i%9)
			add("RPUSH", "list"+name, item)
			add("SADD", "ints"+name, strconv.Itoa(i*1000))
			add("SADD", "set"+name, "member "+item)
			add("HSET", "hash"+name, "field"+item, item)
			add("ZADD", "zset"+name, strconv.Itoa(i)+".25", "m"+item)
		}
	}
	add("SET", "string", strings.Repeat("abc", 1000))
	add("SET", "number", "-123456")
	add("ZADD", "zset3", "inf", "most", "-inf", "least")
	add("RPUSH", "mortal", "x")
	add("PEXPIREAT", "mortal", "99999999999123")
	return requests
}

// fillRedis makes keys of all kinds.
func fillRedis(t *testing.T) *oracle.Server {
	r := oracle.Start(t, "--enable-debug-command", "yes", "--repl-diskless-sync-delay", "0")
	for _, request := range everyKind() {
		if reply := ask(t, r.Port, request...); reply[0] == '-' {
			t.Fatalf("%q: %q", request, reply)
		}
	}
	return r
}

// TestChainThroughUs: a redis-server replicates from us what we replicate from another one. All kinds of values arrive as
// they were.
func TestChainThroughUs(t *testing.T) {
	first := fillRedis(t)
	s := startShell(t, nil)
	s.do(func() {
		s.node.becomeReplica()
		s.node.upstream.follow(cluster.Follow{IP: "127.0.0.1", Port: uint16(first.Port)})
	})
	eventually(t, "our snapshot", func() bool { return ask(t, s.port, "DBSIZE") == ask(t, first.Port, "DBSIZE") })
	last := oracle.Start(t, "--enable-debug-command", "yes", "--replicaof", "127.0.0.1 "+strconv.Itoa(s.port))
	digest := func(r *oracle.Server) string { return ask(t, r.Port, "DEBUG", "DIGEST") }
	eventually(t, "the same data at the end of the chain", func() bool { return digest(last) == digest(first) })
	want(t, first.Port, "+OK\r\n", "SET", "later", "x")
	eventually(t, "a later write at the end of the chain", func() bool { return digest(last) == digest(first) })
}

// TestFunctionsTravel: libraries go down a chain as TestChainThroughUs has it, in the snapshot and in the stream, and by DUMP and RESTORE.
func TestFunctionsTravel(t *testing.T) {
	first, s := oracle.Start(t, "--repl-diskless-sync-delay", "0"), startShell(t, nil)
	library := func(name, body string) string {
		return fmt.Sprintf("#!lua name=%s\nredis.register_function{function_name='%s', callback=function() %s end, flags={'no-writes'}}", name, name, body)
	}
	want(t, first.Port, "$5\r\nearly\r\n", "FUNCTION", "LOAD", library("early", "return 'snapshot'"))
	s.do(func() {
		s.node.becomeReplica()
		s.node.upstream.follow(cluster.Follow{IP: "127.0.0.1", Port: uint16(first.Port)})
	})
	serves := func(port int, reply, name string) {
		t.Helper()
		eventually(t, name, func() bool { return ask(t, port, "FCALL_RO", name, "0") == reply })
	}
	serves(s.port, "$8\r\nsnapshot\r\n", "early")
	last := oracle.Start(t, "--replicaof", "127.0.0.1 "+strconv.Itoa(s.port))
	serves(last.Port, "$8\r\nsnapshot\r\n", "early")
	want(t, first.Port, "$4\r\nlate\r\n", "FUNCTION", "LOAD", library("late", "return 'stream'"))
	serves(s.port, "$6\r\nstream\r\n", "late")
	serves(last.Port, "$6\r\nstream\r\n", "late")
	want(t, first.Port, "+OK\r\n", "FUNCTION", "DELETE", "early")
	serves(last.Port, "-ERR Function not found\r\n", "early")

	other := startShell(t, nil)
	for _, hop := range [][2]int{{first.Port, other.port}, {other.port, oracle.Start(t).Port}} {
		want(t, hop[1], "+OK\r\n", "FUNCTION", "RESTORE", bulk(ask(t, hop[0], "FUNCTION", "DUMP")))
		serves(hop[1], "$6\r\nstream\r\n", "late")
	}
	dump := bulk(ask(t, first.Port, "FUNCTION", "DUMP"))
	want(t, other.port, "-ERR Library 'late' already exists\r\n", "FUNCTION", "RESTORE", dump)
	want(t, other.port, "+OK\r\n", "FUNCTION", "RESTORE", dump, "REPLACE")
	want(t, other.port, "$5\r\nearly\r\n", "FUNCTION", "LOAD", library("early", "return 1"))
	want(t, other.port, "+OK\r\n", "FUNCTION", "RESTORE", dump, "FLUSH")
	serves(other.port, "-ERR Function not found\r\n", "early")
}

// TestMigrateEveryKind moves values of all kinds from one redis-server to us, and on to another.
func TestMigrateEveryKind(t *testing.T) {
	first, s, last := fillRedis(t), startShell(t, nil), oracle.Start(t, "--enable-debug-command", "yes")
	digest := ask(t, first.Port, "DEBUG", "DIGEST")
	keys := bulks(ask(t, first.Port, "KEYS", "*"))
	for _, hop := range [][2]int{{first.Port, s.port}, {s.port, last.Port}} {
		request := append([]string{"MIGRATE", "127.0.0.1", strconv.Itoa(hop[1]), "", "0", "5000", "KEYS"}, keys...)
		want(t, hop[0], "+OK\r\n", request...)
		want(t, hop[0], ":0\r\n", "DBSIZE")
	}
	if got := ask(t, last.Port, "DEBUG", "DIGEST"); got != digest {
		t.Errorf("the data has digest %s at the end, and had %s", got, digest)
	}
}

// TestClusterWithRedis: a redis-server and a node in one cluster take turns as primary and replica of each other.
func TestClusterWithRedis(t *testing.T) {
	r := oracle.Start(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--repl-diskless-sync-delay", "0")
	s := startShell(t, map[string]string{"cluster-enabled": "yes", "cluster-node-timeout": "2000"})
	want(t, r.Port, "+OK\r\n", "CLUSTER", "ADDSLOTSRANGE", "0", "16383")
	want(t, s.port, "+OK\r\n", "CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(r.Port))
	for _, port := range []int{r.Port, s.port} {
		eventually(t, "both to know each other and to be up", func() bool {
			info := ask(t, port, "CLUSTER", "INFO")
			return field(info, "cluster_known_nodes") == "2" && strings.Contains(info, "cluster_state:ok")
		})
	}
	for i := range 20 {
		want(t, r.Port, "+OK\r\n", "SET", key(i), strconv.Itoa(i))
	}
	want(t, s.port, "+OK\r\n", "CLUSTER", "REPLICATE", bulk(ask(t, r.Port, "CLUSTER", "MYID")))
	// follows waits until one node replicates from the other, and the other has heard of it: only then it will step down.
	follows := func(replica, primary int) {
		t.Helper()
		eventually(t, "the link between the two", func() bool {
			reply := ask(t, replica, "ROLE")
			return strings.Contains(reply, "slave") && strings.Contains(reply, "connected")
		})
		eventually(t, "the primary to know its replica", func() bool {
			return strings.Contains(ask(t, primary, "ROLE"), "master") && strings.Contains(ask(t, primary, "CLUSTER", "NODES"), " slave ")
		})
		eventually(t, "the keys", func() bool { return ask(t, replica, "DBSIZE") == ask(t, primary, "DBSIZE") })
	}
	follows(s.port, r.Port)
	want(t, s.port, "+OK\r\n", "CLUSTER", "FAILOVER")
	follows(r.Port, s.port)
	want(t, s.port, "+OK\r\n", "SET", "from us", "1")
	follows(r.Port, s.port)

	want(t, r.Port, "+OK\r\n", "CLUSTER", "FAILOVER")
	follows(s.port, r.Port)
	want(t, r.Port, "+OK\r\n", "SET", "from redis-server", "1")
	follows(s.port, r.Port)
	want(t, s.port, ":22\r\n", "DBSIZE")
	if got := field(ask(t, r.Port, "INFO", "stats"), "sync_full"); got != "1" {
		t.Errorf("redis-server sent %s snapshots, want one: the rest can be continued", got)
	}
}
