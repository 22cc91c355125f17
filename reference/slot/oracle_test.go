package slot

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/reference/oracle"
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
	conn := oracle.Start(t, "--cluster-enabled", "yes").Dial()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
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
