package targettest

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

func do(t *testing.T, ctx context.Context, n target.Node, args ...string) wire.Value {
	t.Helper()
	reply, err := target.Ask(ctx, n.Addr(), args...)
	if err != nil {
		t.Fatalf("node %s: %v", n.Name(), err)
	}
	return reply
}

func wantReply(t *testing.T, ctx context.Context, n target.Node, want wire.Value, args ...string) {
	t.Helper()
	if got := do(t, ctx, n, args...); !got.Equal(want) {
		t.Errorf("node %s answers %q by %s, want %s", n.Name(), args, got, want)
	}
}

func info(t *testing.T, ctx context.Context, n target.Node, args ...string) map[string]string {
	t.Helper()
	return wire.ParseInfo(do(t, ctx, n, args...).Text)
}

func nodes(t *testing.T, ctx context.Context, n target.Node) []wire.NodeLine {
	t.Helper()
	lines, err := wire.ParseNodes(do(t, ctx, n, "CLUSTER", "NODES").Text)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func myself(t *testing.T, ctx context.Context, n target.Node) string {
	t.Helper()
	for _, line := range nodes(t, ctx, n) {
		if line.HasFlag("myself") {
			return line.ID
		}
	}
	t.Fatalf("node %s does not list itself", n.Name())
	return ""
}

func meet(t *testing.T, ctx context.Context, from, to target.Node) {
	t.Helper()
	host, port, err := net.SplitHostPort(to.Addr())
	check(t, err)
	wantReply(t, ctx, from, wire.Value{Kind: wire.Simple, Text: "OK"}, "CLUSTER", "MEET", host, port, itoa(to.BusPort()))
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(answerLimit); !holds(); time.Sleep(pollInterval) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", answerLimit, what)
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	check(t, err)
	return n
}
