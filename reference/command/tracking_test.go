package command

import (
	"fmt"
	"testing"
)

func TestInvalidationsToAClientThatIsGone(t *testing.T) {
	b := newBench(t, testSetup{})
	s, target, other := b.client(), b.client(), b.client()
	b.do(s, "HELLO", "3")
	b.do(s, "CLIENT", "TRACKING", "ON", "REDIRECT", fmt.Sprint(target.ID))
	b.do(s, "GET", "k")
	b.Close(target)
	s.Reply.Buf = nil
	b.do(other, "SET", "k", "v")
	if got, want := takeValue(s), fmt.Sprintf(">2\r\n$21\r\ntracking-redir-broken\r\n:%d\r\n", target.ID); string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := b.do(s, "CLIENT", "TRACKINGINFO"); !containsAll(got, "broken_redirect") {
		t.Errorf("TRACKINGINFO: %q", got)
	}
}

// The table of keys is bounded: what is above the limit is invalidated.
func TestTrackingTableIsBounded(t *testing.T) {
	b := newBench(t, testSetup{options: map[string]string{"tracking-table-max-keys": "2"}})
	s := b.client()
	b.do(s, "HELLO", "3")
	b.do(s, "CLIENT", "TRACKING", "ON")
	b.do(s, "MGET", "{t}1", "{t}2", "{t}3")
	s.Reply.Buf = nil
	b.Tick(b.Now)
	if got := takeValue(s); !containsAll(string(got), ">2", "invalidate", "{t}") || len(b.caches.readers) != 2 || b.caches.items != 2 {
		t.Errorf("message %q, %d keys left", got, len(b.caches.readers))
	}
}

// Who has gone leaves nothing behind.
func TestTrackingEndsWithTheClient(t *testing.T) {
	b := newBench(t, testSetup{})
	for _, mode := range []string{"OPTIN", "BCAST"} {
		s := b.client()
		b.do(s, "CLIENT", "TRACKING", "ON", mode)
		b.Close(s)
	}
	if b.caches.clients != 0 || len(b.caches.prefixes) != 0 {
		t.Errorf("%d clients and %d prefixes are left", b.caches.clients, len(b.caches.prefixes))
	}
	b.do(b.client(), "SET", "k", "v")
}
