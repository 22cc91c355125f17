package slot

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/ports"
)

// TestOfAgainstRedis asks a real server for the slots of random binary keys, rich in braces.
func TestOfAgainstRedis(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	keys := make([][]byte, 0, 5000)
	for _, c := range slots {
		keys = append(keys, []byte(c.key))
	}
	for len(keys) < cap(keys) {
		key := make([]byte, random.IntN(80))
		for i := range key {
			key[i] = byte(random.Uint32())
			if random.IntN(8) == 0 {
				key[i] = "{}"[random.IntN(2)]
			}
		}
		keys = append(keys, key)
	}
	requests := make([][]string, len(keys))
	for i, key := range keys {
		requests[i] = []string{"CLUSTER", "KEYSLOT", string(key)}
	}
	tagged := 0
	for i, reply := range askRedis(t, requests) {
		if want := fmt.Sprintf(":%d", Of(keys[i])); reply != want {
			t.Errorf("key %q: redis-server says %s, want %s", keys[i], reply, want)
		}
		if len(HashTag(keys[i])) < len(keys[i]) {
			tagged++
		}
	}
	if tagged < len(keys)/10 {
		t.Errorf("only %d of %d keys had a tag", tagged, len(keys))
	}
}

// TestParseAgainstRedis asks a real server which texts are slots.
func TestParseAgainstRedis(t *testing.T) {
	texts := append([]string{"0", "1", "9", "10", "999", "16383"}, malformed...)
	requests := make([][]string, len(texts))
	for i, text := range texts {
		requests[i] = []string{"CLUSTER", "COUNTKEYSINSLOT", text}
	}
	for i, reply := range askRedis(t, requests) {
		_, ok := Parse([]byte(texts[i]))
		if want := strings.HasPrefix(reply, ":"); ok != want {
			t.Errorf("Parse(%q) accepts: %v; redis-server says %s", texts[i], ok, reply)
		}
	}
}

// askRedis starts a redis-server in cluster mode, sends it the requests and returns the first line of each reply.
func askRedis(t *testing.T, requests [][]string) []string {
	t.Helper()
	conn := dialRedis(t)
	go func() {
		w := bufio.NewWriter(conn)
		for _, args := range requests {
			fmt.Fprintf(w, "*%d\r\n", len(args))
			for _, arg := range args {
				fmt.Fprintf(w, "$%d\r\n%s\r\n", len(arg), arg)
			}
		}
		w.Flush()
	}()
	replies := make([]string, len(requests))
	r := bufio.NewReader(conn)
	for i := range replies {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("reading reply %d: %v", i, err)
		}
		replies[i] = strings.TrimRight(line, "\r\n")
	}
	return replies
}

// dialRedis starts a redis-server in cluster mode that lives as long as the test, and connects to it. Requests go through a
// Unix socket; the two ports that cluster mode insists on are free ones, and others are tried when someone is faster.
func dialRedis(t *testing.T) net.Conn {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatalf("this test compares with a real redis-server: install it and put it on PATH (%v)", err)
	}
	for range 5 {
		dir := t.TempDir()
		socket := filepath.Join(dir, "s")
		server := exec.Command(binary, "--cluster-enabled", "yes", "--bind", "127.0.0.1", "--port", strconv.Itoa(ports.ForTest(t)),
			"--unixsocket", socket, "--dir", dir, "--save", "", "--appendonly", "no")
		if err := server.Start(); err != nil {
			t.Fatalf("starting redis-server: %v", err)
		}
		exited := make(chan struct{})
		go func() { server.Wait(); close(exited) }()
		t.Cleanup(func() { server.Process.Kill(); <-exited })
		if conn := dialUntil(socket, exited); conn != nil {
			t.Cleanup(func() { conn.Close() })
			conn.SetDeadline(time.Now().Add(30 * time.Second))
			return conn
		}
	}
	t.Fatal("redis-server ended at once five times: run it by hand to see why")
	return nil
}

// dialUntil connects to a socket as soon as it is there; nil when its server exited or took ten seconds.
func dialUntil(socket string, exited <-chan struct{}) net.Conn {
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		if _, err := os.Stat(socket); err == nil {
			if conn, err := net.Dial("unix", socket); err == nil {
				return conn
			}
		}
		select {
		case <-exited:
			return nil
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}
