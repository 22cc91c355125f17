package command

import (
	"fmt"
	"testing"
)

func TestActiveExpiryFindsForgottenKeys(t *testing.T) {
	b := newBench(t, testSetup{})
	const keys = 500
	for i := range keys {
		b.put(fmt.Sprint("k", i), "v", b.Now.Wall+50)
	}
	b.put("stays", "v", 0)
	b.put("later", "v", b.Now.Wall+1_000_000)
	b.pass(40)
	if b.DB.Len() != keys+2 {
		t.Fatalf("%d keys are left before their time", b.DB.Len())
	}
	for range 100 {
		if b.Deadline() > b.Now.Mono+expirePeriod {
			t.Fatalf("the next cycle is %d ms away", b.Deadline()-b.Now.Mono)
		}
		b.pass(expirePeriod)
	}
	if b.DB.Len() != 2 || b.stats.expired != keys {
		t.Errorf("%d keys left, %d counted as expired; want 2 and %d", b.DB.Len(), b.stats.expired, keys)
	}
}

func TestActiveExpiryIsNotForReplicas(t *testing.T) {
	b := view{replica: true}.bench(t)
	b.put("{"+tags.ours+"}k", "v", b.Now.Wall-1)
	b.pass(10 * expirePeriod)
	if b.DB.Len() != 1 {
		t.Error("a replica deleted a key by itself")
	}
	if b.Deadline() != Never {
		t.Error("a replica has nothing to do")
	}
}

// A replica hides expired keys from clients, but obeys its primary, which knows better what is over.
func TestReplicaHidesExpiredKeysAndObeysItsPrimary(t *testing.T) {
	b := view{replica: true}.bench(t)
	key := "{" + tags.ours + "}k"
	b.put(key, "1", b.Now.Wall-1)
	s := b.client()
	b.do(s, "READONLY")
	if got := b.do(s, "GET", key); got != null {
		t.Errorf("GET on the replica: %q", got)
	}
	b.Apply(words("INCR", key))
	if v, _ := b.DB.Get(b.SlotOf([]byte(key)), []byte(key)); string(v.Str) != "2" {
		t.Errorf("after INCR from the primary the key holds %q, want 2", v.Str)
	}
	b.Apply(words("PEXPIREAT", key, "1"))
	if b.DB.Len() != 1 {
		t.Error("the replica deleted a key its primary did not delete")
	}
	b.Apply(words("DEL", key))
	if b.DB.Len() != 0 {
		t.Error("the replica kept a key its primary deleted")
	}
}

func TestApplyNeitherAnswersNorPropagates(t *testing.T) {
	b := view{replica: true}.bench(t)
	b.Source.Open(b.Source.ID())
	for _, request := range [][]string{
		{"SELECT", "0"}, {"MULTI"}, {"SET", "{" + tags.theirs + "}k", "v"}, {"SET", "{" + tags.ours + "}k", "v"}, {"EXEC"}, {"FLUSHALL"},
		{"SET", "{" + tags.ours + "}k", "v"}, {"NOSUCH"}, {"GET"},
	} {
		b.Apply(words(request...))
	}
	if b.Source.Offset() != 0 {
		t.Errorf("%d bytes were propagated: the node relays the stream itself", b.Source.Offset())
	}
	if b.DB.Len() != 1 {
		t.Errorf("%d keys, want 1", b.DB.Len())
	}
}
