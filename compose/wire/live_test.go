package wire_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/process"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// startServer starts real nodes; the parsers have to read what those say.
func startServer(t *testing.T, nodes int) []*wire.Conn {
	t.Helper()
	server, err := process.New("redis-server", "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cluster, err := server.Start(ctx, target.Topology{Nodes: nodes, Options: map[string]string{
		"cluster-node-timeout": "2000", "repl-diskless-sync-delay": "0",
	}})
	if err != nil {
		t.Fatal("this test needs redis-server on PATH: ", err)
	}
	t.Cleanup(func() { cluster.Close() })
	var conns []*wire.Conn
	for _, n := range cluster.Nodes() {
		conn, err := wire.Dial(ctx, n.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conns = append(conns, conn)
	}
	return conns
}

func do(t *testing.T, c *wire.Conn, args ...string) wire.Value {
	t.Helper()
	v, err := c.Do(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestLiveKinds(t *testing.T) {
	c := startServer(t, 1)[0]
	for _, protocol := range []struct {
		version string
		replies map[string]string
	}{
		{"2", map[string]string{
			"string": `bulk "Hello World"`, "integer": "integer 12345", "double": `bulk "3.141"`, "null": "null bulk",
			"array": "array [integer 0, integer 1, integer 2]", "set": "array [integer 0, integer 1, integer 2]",
			"map":      "array [integer 0, integer 0, integer 1, integer 1, integer 2, integer 0]",
			"verbatim": `bulk "This is a verbatim\nstring"`, "true": "integer 1", "false": "integer 0",
			"bignum": `bulk "1234567999999999999999999999999999999"`,
		}},
		{"3", map[string]string{
			"string": `bulk "Hello World"`, "integer": "integer 12345", "double": "double 3.141", "null": "null",
			"array": "array [integer 0, integer 1, integer 2]", "set": "set [integer 0, integer 1, integer 2]",
			"map":      "map {integer 0: boolean false, integer 1: boolean true, integer 2: boolean false}",
			"verbatim": `verbatim txt "This is a verbatim\nstring"`, "true": "boolean true", "false": "boolean false",
			"bignum": "bignumber 1234567999999999999999999999999999999",
			"attrib": `attribute {bulk "key-popularity": array [bulk "key:123", integer 90]} ` +
				`bulk "Some real reply following the attribute"`,
		}},
	} {
		if hello := do(t, c, "HELLO", protocol.version); hello.IsError() {
			t.Fatal(hello)
		}
		for name, want := range protocol.replies {
			if got := do(t, c, "DEBUG", "PROTOCOL", name); got.String() != want {
				t.Errorf("RESP%s %s: got %s, want %s", protocol.version, name, got, want)
			}
		}
	}
}

func TestLiveSlots(t *testing.T) {
	c := startServer(t, 1)[0]
	alphabet := []string{"{", "}", "a", "\x00", "\r\n", "é", "123"}
	var keys []string
	var commands [][]string
	for range 2000 {
		var key strings.Builder
		for range rand.IntN(12) {
			key.WriteString(alphabet[rand.IntN(len(alphabet))])
		}
		keys = append(keys, key.String())
		commands = append(commands, []string{"CLUSTER", "KEYSLOT", key.String()})
	}
	replies, err := c.Pipeline(t.Context(), commands...)
	if err != nil {
		t.Fatal(err)
	}
	for i, reply := range replies {
		if want := fmt.Sprintf("integer %d", wire.SlotOf(keys[i])); reply.String() != want {
			t.Errorf("slot of %q: the server says %s, we say %s", keys[i], reply, want)
		}
	}
}

func TestLiveTopology(t *testing.T) {
	conns := startServer(t, 3)
	formCluster(t, conns)
	lines := nodes(t, conns[0])
	first, replica, other := lines[0], lines[1], lines[2]
	if first.SlotCount() != 8000 || len(first.Slots) != 2 || !first.Owns(0) || first.Owns(5) || !first.HasFlag("myself") {
		t.Errorf("line of the first node is %+v", first)
	}
	if want := []wire.OpenSlot{{Slot: 3, Migrating: true, Node: other.ID}}; !slices.Equal(first.Open, want) {
		t.Errorf("open slots are %+v, want %+v", first.Open, want)
	}
	if !replica.HasFlag("slave") || replica.PrimaryID != first.ID || replica.SlotCount() != 0 {
		t.Errorf("line of the replica is %+v", replica)
	}
	for _, version := range []string{"2", "3"} {
		do(t, conns[0], "HELLO", version)
		entries, err := wire.ParseSlots(do(t, conns[0], "CLUSTER", "SLOTS"))
		if err != nil || len(entries) != 4 || entries[0].From != 0 || entries[0].To != 4 || entries[3].To != 16383 {
			t.Fatalf("CLUSTER SLOTS in RESP%s: %+v, %v", version, entries, err)
		}
		for i, want := range []wire.NodeLine{first, replica} {
			n := entries[0].Nodes[i]
			if n.ID != want.ID || net.JoinHostPort(n.Endpoint, fmt.Sprint(n.Port)) != want.Addr || n.Metadata == nil {
				t.Errorf("CLUSTER SLOTS in RESP%s: node %+v, want %+v", version, n, want)
			}
		}
		shards, err := wire.ParseShards(do(t, conns[0], "CLUSTER", "SHARDS"))
		if err != nil || len(shards) != 2 {
			t.Fatalf("CLUSTER SHARDS in RESP%s: %+v, %v", version, shards, err)
		}
		mine := shards[slices.IndexFunc(shards, func(s wire.Shard) bool { return len(s.Nodes) == 2 })]
		isPrimary := func(n wire.ShardNode) bool { return n.ID == first.ID && n.Role == "master" && n.Health == "online" }
		isReplica := func(n wire.ShardNode) bool {
			return n.ID == replica.ID && n.Role == "replica" && n.Port == replica.Port
		}
		if !slices.Equal(mine.Slots, first.Slots) || !slices.ContainsFunc(mine.Nodes, isPrimary) || !slices.ContainsFunc(mine.Nodes, isReplica) {
			t.Errorf("CLUSTER SHARDS in RESP%s: first shard %+v", version, mine)
		}
	}
	info := wire.ParseInfo(do(t, conns[0], "CLUSTER", "INFO").Text)
	if info["cluster_known_nodes"] != "3" || info["cluster_slots_assigned"] != "16384" {
		t.Errorf("CLUSTER INFO reads %v", info)
	}
}

// formCluster makes the second node a replica of the first, cuts the slots of the other two into ranges, and opens slot 3.
func formCluster(t *testing.T, conns []*wire.Conn) {
	t.Helper()
	do(t, conns[0], "CLUSTER", "ADDSLOTSRANGE", "0", "4", "5005", "12999")
	do(t, conns[2], "CLUSTER", "ADDSLOTSRANGE", "5", "5004", "13000", "16383")
	for i, c := range conns {
		do(t, c, "CLUSTER", "SET-CONFIG-EPOCH", fmt.Sprint(i+1))
	}
	for _, c := range conns[1:] {
		host, port, _ := net.SplitHostPort(c.Addr())
		do(t, conns[0], "CLUSTER", "MEET", host, port)
	}
	for _, c := range conns {
		await(t, "all know each other", func() bool { return len(nodes(t, c)) == 3 })
	}
	lines := nodes(t, conns[0])
	do(t, conns[1], "CLUSTER", "REPLICATE", lines[0].ID)
	do(t, conns[0], "CLUSTER", "SETSLOT", "3", "MIGRATING", lines[2].ID)
	await(t, "the replica is shown to clients", func() bool {
		do(t, conns[0], "SET", "foo", "bar") // a replica is shown once its offset moves
		entries, err := wire.ParseSlots(do(t, conns[0], "CLUSTER", "SLOTS"))
		return err == nil && len(entries) == 4 && len(entries[0].Nodes) == 2
	})
}

// nodes is what the node says in CLUSTER NODES, in the order of the connections: by config epoch, which a replica has from its primary.
// There are none while a handshake is going on.
func nodes(t *testing.T, c *wire.Conn) []wire.NodeLine {
	t.Helper()
	lines, err := wire.ParseNodes(do(t, c, "CLUSTER", "NODES").Text)
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(lines, func(n wire.NodeLine) bool { return n.HasFlag("handshake") || n.ConfigEpoch == 0 }) {
		return nil
	}
	slices.SortFunc(lines, func(a, b wire.NodeLine) int {
		return cmp.Or(cmp.Compare(a.ConfigEpoch, b.ConfigEpoch), cmp.Compare(a.PrimaryID, b.PrimaryID))
	})
	return lines
}

func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	const limit, pollInterval = 20 * time.Second, 20 * time.Millisecond
	for deadline := time.Now().Add(limit); !holds(); time.Sleep(pollInterval) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}
