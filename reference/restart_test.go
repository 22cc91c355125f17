package reference_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference"
)

// request sends one inline request and returns the reply: a bulk's content, anything else as its line.
func request(t *testing.T, n *reference.Node, words string) string {
	t.Helper()
	conn, err := net.Dial("tcp", n.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(conn, "%s\r\n", words)
	r := bufio.NewReader(conn)
	line, err := r.ReadString('\n')
	if err != nil {
		t.Fatalf("%s: %v", words, err)
	}
	if line[0] != '$' || line == "$-1\r\n" {
		return strings.TrimSpace(line)
	}
	length, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// until waits for a reply that contains want.
func until(t *testing.T, n *reference.Node, words, want string) {
	t.Helper()
	var got string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if got = request(t, n, words); strings.Contains(got, want) {
			return
		}
	}
	t.Fatalf("%s never answered %q; its log:\n%s", words, want, n.Log())
}

// TestRestartWithoutACopyOfEverything ends the primary, and then the replica, and starts each again: both go on from their
// snapshots, and only what came after travels.
func TestRestartWithoutACopyOfEverything(t *testing.T) {
	c, err := reference.Start(context.Background(), reference.Options{Primaries: 1, Replicas: 1, Config: map[string]string{"save": "3600 1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	primary, replica := c.Nodes()[0], c.Nodes()[1]
	write := func(value string) {
		t.Helper()
		until(t, primary, "SET key "+value, "OK")
	}
	follows := func(value string) {
		t.Helper()
		until(t, replica, "INFO replication", "master_link_status:up")
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if strings.Contains(request(t, primary, "INFO replication"), "slave0:") && offsetOf(t, primary) == offsetOf(t, replica) {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("the replica does not have %q", value)
			}
		}
	}
	restart := func(n *reference.Node) {
		t.Helper()
		if err := n.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := n.Start(); err != nil {
			t.Fatal(err)
		}
	}
	write("first")
	follows("first")

	restart(primary)
	follows("first")
	until(t, primary, "INFO stats", "sync_partial_ok:1")
	if stats := request(t, primary, "INFO stats"); !strings.Contains(stats, "sync_full:0") {
		t.Fatalf("the replica of a primary that came back has copied everything:\n%s", stats)
	}
	until(t, primary, "GET key", "first")
	write("second")
	follows("second")

	restart(replica)
	write("third")
	follows("third")
	if stats := request(t, primary, "INFO stats"); !strings.Contains(stats, "sync_full:0") || !strings.Contains(stats, "sync_partial_ok:2") {
		t.Fatalf("a replica that came back has copied everything:\n%s\nits log:\n%s", stats, replica.Log())
	}
}

// offsetOf is how far a node is in its history.
func offsetOf(t *testing.T, n *reference.Node) string {
	t.Helper()
	_, rest, _ := strings.Cut(request(t, n, "INFO replication"), "master_repl_offset:")
	offset, _, _ := strings.Cut(rest, "\r\n")
	return offset
}
