package command

import (
	"testing"

	"github.com/clusterspec/clusterspec/reference/slot"
)

// A slot that went away between MULTI and EXEC is redirected at EXEC, and the transaction is over.
func TestExecRedirects(t *testing.T) {
	b := view{}.bench(t)
	s := b.client()
	key := "{" + tags.ours + "}k"
	b.do(s, "MULTI")
	if got := b.do(s, "SET", key, "v"); got != "+QUEUED\r\n" {
		t.Fatalf("SET was not queued: %q", got)
	}
	at := slot.OfString(tags.ours)
	if err := b.Cluster.SetNode(b.Now, at, nodeB); err != nil {
		t.Fatal(err)
	}
	if got := b.do(s, "EXEC"); got != movedTo(tags.ours, addrB) {
		t.Errorf("EXEC: %q", got)
	}
	if got := b.do(s, "EXEC"); got != "-ERR EXEC without MULTI\r\n" {
		t.Errorf("EXEC again: %q", got)
	}
	if b.DB.Len() != 0 {
		t.Error("the transaction ran")
	}
}

// The queue must not keep memory of the request it came from.
func TestQueueCopiesRequests(t *testing.T) {
	b := newBench(t, testSetup{})
	s := b.client()
	b.do(s, "MULTI")
	request := words("SET", "k", "value")
	b.Execute(s, request)
	for _, arg := range request {
		for i := range arg {
			arg[i] = 'x'
		}
	}
	b.do(s, "EXEC")
	if got := b.do(s, "GET", "k"); got != "$5\r\nvalue\r\n" {
		t.Errorf("the queued SET stored %q", got)
	}
}

func TestQuitAndKillInTransaction(t *testing.T) {
	b := newBench(t, testSetup{})
	s := b.client()
	b.do(s, "MULTI")
	if got := b.execute(s, "QUIT"); got != Closing || string(s.Reply.Buf) != ok {
		t.Errorf("QUIT in MULTI: status %d, reply %q", got, s.Reply.Buf)
	}
	s = b.client()
	b.do(s, "MULTI")
	b.do(s, "CLIENT", "KILL", "ID", "2", "SKIPME", "no")
	if got := b.execute(s, "EXEC"); got != Closing || string(s.Reply.Buf) != "*1\r\n:1\r\n" {
		t.Errorf("EXEC of CLIENT KILL of oneself: status %d, reply %q", got, s.Reply.Buf)
	}
}
