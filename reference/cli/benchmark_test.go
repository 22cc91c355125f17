package cli_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestRedisBenchmark runs all tests that redis-benchmark has by default, over the nodes of a cluster: each must end with a figure and none
// with an error.
func TestRedisBenchmark(t *testing.T) {
	nodes := startCluster(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "redis-benchmark", "-p", port(nodes[0]), "--cluster", "-q", "-n", "500", "-P", "4", "-r", "100").CombinedOutput()
	if err != nil {
		t.Fatalf("redis-benchmark: %v\n%s", err, out)
	}
	text := strings.ReplaceAll(string(out), "\r", "\n")
	for _, name := range []string{"PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "LPUSH", "RPUSH", "LPOP", "RPOP", "SADD", "HSET", "SPOP",
		"ZADD", "ZPOPMIN", "LRANGE_100 (first 100 elements)", "LRANGE_600 (first 600 elements)", "MSET (10 keys)"} {
		if !strings.Contains(text, "\n"+name+": ") && !strings.HasPrefix(text, name+": ") {
			t.Errorf("no figure for %s", name)
		}
	}
	if strings.Contains(strings.ToLower(text), "error") || t.Failed() {
		t.Errorf("redis-benchmark printed:\n%s", text)
	}
}
