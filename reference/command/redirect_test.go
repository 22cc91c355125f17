package command

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/nodesconf"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// The nodes of these tests. We are A, or A's replica C. A owns the lower half of the slots, B the upper one.
const (
	nodeA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	nodeB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	nodeC = "cccccccccccccccccccccccccccccccccccccccc"
)

// Hash tags, by where their slots are: two stable slots of A, one of A on its way to B, one of B, and one of B on its way
// to A.
var tags = struct{ ours, ours2, leaving, theirs, arriving string }{"b", "bar", "user", "foo", "a"}

// half is the first slot of B.
const half = slot.Count / 2

// view is one node's view of the cluster: who we are, and what is wrong with it.
type view struct {
	replica bool // we are C
	hole    bool // nobody owns the slot of tags.ours2: the cluster is down
	conf    map[string]string
	defects string
}

// file is the nodes.conf of a view.
func (v view) file(t testing.TB) *nodesconf.File {
	t.Helper()
	at := func(tag string) slot.Slot { return slot.OfString(tag) }
	slots := fmt.Sprintf("0-%d", half-1)
	if v.hole {
		hole := int(at(tags.ours2))
		slots = fmt.Sprintf("0-%d %d-%d", hole-1, hole+1, half-1)
	}
	self := map[bool]string{true: "myself,"}
	open := fmt.Sprintf(" [%d->-%s] [%d-<-%s]", at(tags.leaving), nodeB, at(tags.arriving), nodeB)
	if v.replica {
		open = ""
	}
	text := fmt.Sprintf("%s 10.0.0.1:7001@17001 %smaster - 0 0 1 connected %s%s\n", nodeA, self[!v.replica], slots, open) +
		fmt.Sprintf("%s 10.0.0.2:7002@17002,b.example master - 0 0 2 connected %d-%d\n", nodeB, half, slot.Count-1)
	if v.replica {
		text += fmt.Sprintf("%s 10.0.0.3:7003@17003 myself,slave %s 0 0 1 connected\n", nodeC, nodeA)
	}
	f, err := nodesconf.Parse([]byte(text + "vars currentEpoch 2 lastVoteEpoch 0\n"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// bench makes the node.
func (v view) bench(t testing.TB) *bench {
	t.Helper()
	b := newBench(t, testSetup{file: v.file(t), options: v.conf, defects: v.defects})
	if v.replica {
		b.BecomeReplica()
	}
	if b.Cluster.Up() == v.hole {
		t.Fatalf("the cluster is up: %v", b.Cluster.Up())
	}
	return b
}

// movedTo and askTo are the redirects these tests expect.
func movedTo(tag, addr string) string {
	return fmt.Sprintf("-MOVED %d %s\r\n", slot.OfString(tag), addr)
}
func askTo(tag, addr string) string { return fmt.Sprintf("-ASK %d %s\r\n", slot.OfString(tag), addr) }

const (
	ok           = "+OK\r\n"
	null         = "$-1\r\n"
	cross        = "-CROSSSLOT Keys in request don't hash to the same slot\r\n"
	unserved     = "-CLUSTERDOWN Hash slot not served\r\n"
	down         = "-CLUSTERDOWN The cluster is down\r\n"
	downForWrite = "-CLUSTERDOWN The cluster is down and only accepts read commands\r\n"
	again        = "-TRYAGAIN Multiple keys request during rehashing of slot\r\n"
	addrA        = "10.0.0.1:7001"
	addrB        = "10.0.0.2:7002"
)

// TestRoute goes through the table of section 6.2 of the protocol notes, row by row. Requests before the last one prepare
// it. {o} {p} {l} {t} {i} stand for the tags: ours, the other of ours, leaving, theirs, importing. Keys that end in
// "here" exist on this node.
func TestRoute(t *testing.T) {
	readsWhenDown := map[string]string{"cluster-allow-reads-when-down": "yes"}
	noShardWhenDown := map[string]string{"cluster-allow-pubsubshard-when-down": "no"}
	for _, tt := range []struct {
		row      string
		view     view
		requests string
		want     string
	}{
		{"1 EXEC without MULTI", view{}, "EXEC", "-ERR EXEC without MULTI\r\n"},
		{"2 nobody owns the slot", view{hole: true}, "GET {p}", unserved},
		{"2 wins over CROSSSLOT for the first key", view{hole: true}, "MGET {p} {o}", unserved},
		{"3 wins for the second key", view{hole: true}, "MGET {o} {p}", cross},
		{"3 two slots", view{}, "MGET {o}1 {p}1", cross},
		{"3 two slots of another node", view{}, "MGET {t} {i}", cross},
		{"3 across a transaction", view{}, "MULTI|GET {o}|GET {p}|EXEC", cross},
		{"3 one slot", view{}, "MGET {o}1 {o}2", "*2\r\n$-1\r\n$-1\r\n"},
		{"4 no keys", view{hole: true}, "PING", "+PONG\r\n"},
		{"4 a transaction without keys", view{hole: true}, "MULTI|PING|EXEC", "*1\r\n+PONG\r\n"},
		{"5 shard channels are refused when down", view{hole: true, conf: noShardWhenDown}, "SPUBLISH {o} x", down},
		{"5 shard channels are served by default", view{hole: true}, "SPUBLISH {o} x", ":0\r\n"},
		{"6 reads when down", view{hole: true}, "GET {o}", down},
		{"6 writes when down", view{hole: true}, "SET {o} x", down},
		{"6 keys of others when down", view{hole: true}, "GET {t}", down},
		{"7 writes when only reads are allowed", view{hole: true, conf: readsWhenDown}, "SET {o} x", downForWrite},
		{"7 reads when they are allowed", view{hole: true, conf: readsWhenDown}, "GET {o}", null},
		{"7 reads of others' keys when they are allowed", view{hole: true, conf: readsWhenDown}, "GET {t}", movedTo(tags.theirs, addrB)},
		{"8 MIGRATE of a key that is gone", view{}, "MIGRATE 10.0.0.2 7002 {l} 0 100", "+NOKEY\r\n"},
		{"8 MIGRATE in an importing slot", view{}, "MIGRATE 10.0.0.2 7002 {i} 0 100", "+NOKEY\r\n"},
		{"8 MIGRATE in a slot of another", view{}, "MIGRATE 10.0.0.2 7002 {t} 0 100", movedTo(tags.theirs, addrB)},
		{"9 some keys left already", view{}, "MGET {l}here {l}gone", again},
		{"9 in a transaction", view{}, "MULTI|GET {l}here|EXEC", "*1\r\n$1\r\nv\r\n"},
		{"9 several in a transaction", view{}, "MULTI|GET {l}here|MGET {l}here {l}here2|EXEC", "*2\r\n$1\r\nv\r\n*2\r\n$1\r\nv\r\n$1\r\nv\r\n"},
		{"10 the key left already", view{}, "GET {l}gone", askTo(tags.leaving, addrB)},
		{"10 all keys left already", view{}, "MGET {l}gone {l}gone2", askTo(tags.leaving, addrB)},
		{"10 a new key", view{}, "SET {l}new x", askTo(tags.leaving, addrB)},
		{"10 an expired key counts as missing", view{}, "GET {l}expired", askTo(tags.leaving, addrB)},
		{"10 when queued, which breaks the transaction", view{}, "MULTI|GET {l}gone|EXEC", "-EXECABORT Transaction discarded because of previous errors.\r\n"},
		{"10 shard channels are not missing", view{}, "SPUBLISH {l}gone x", ":0\r\n"},
		{"11 the key is still here", view{}, "GET {l}here", "$1\r\nv\r\n"},
		{"11 all keys are still here", view{}, "MGET {l}here {l}here2", "*2\r\n$1\r\nv\r\n$1\r\nv\r\n"},
		{"12 importing, one of several keys is missing", view{}, "ASKING|MGET {i}here {i}gone", again},
		{"12 importing, one key twice", view{}, "ASKING|MGET {i}gone {i}gone", "*2\r\n$-1\r\n$-1\r\n"},
		{"13 importing, with ASKING", view{}, "ASKING|GET {i}gone", null},
		{"13 ASKING holds for one command", view{}, "ASKING|GET {i}gone|GET {i}gone", movedTo(tags.arriving, addrB)},
		{"13 whatever that command is", view{}, "ASKING|PING|GET {i}gone", movedTo(tags.arriving, addrB)},
		{"13 even an unknown one", view{}, "ASKING|NOSUCH|GET {i}gone", movedTo(tags.arriving, addrB)},
		{"13 ASKING holds through a transaction", view{}, "ASKING|MULTI|SET {i}x 1|GET {i}x|EXEC", "*2\r\n+OK\r\n$1\r\n1\r\n"},
		{"13 but not beyond it", view{}, "ASKING|MULTI|GET {i}x|EXEC|GET {i}x", movedTo(tags.arriving, addrB)},
		{"13 nor beyond DISCARD", view{}, "ASKING|MULTI|GET {i}x|DISCARD|GET {i}x", movedTo(tags.arriving, addrB)},
		{"13 RESTORE-ASKING asks itself", view{}, "RESTORE-ASKING {i}x 0 bad", "-ERR DUMP payload version or checksum are wrong\r\n"},
		{"13 RESTORE does not", view{}, "RESTORE {i}x 0 bad", movedTo(tags.arriving, addrB)},
		{"13 importing, without ASKING", view{}, "GET {i}here", movedTo(tags.arriving, addrB)},
		{"13 RESET takes ASKING back", view{}, "ASKING|RESET|GET {i}gone", movedTo(tags.arriving, addrB)},
		{"14 a replica with READONLY", view{replica: true}, "READONLY|GET {o}", null},
		{"14 stays so", view{replica: true}, "READONLY|GET {o}|GET {o}", null},
		{"14 writes go to the primary", view{replica: true}, "READONLY|SET {o} x", movedTo(tags.ours, addrA)},
		{"14 a transaction of reads", view{replica: true}, "READONLY|MULTI|GET {o}|EXEC", "*1\r\n$-1\r\n"},
		{"14 keys of another primary", view{replica: true}, "READONLY|GET {t}", movedTo(tags.theirs, addrB)},
		{"14 without READONLY", view{replica: true}, "GET {o}", movedTo(tags.ours, addrA)},
		{"14 after READWRITE", view{replica: true}, "READONLY|READWRITE|GET {o}", movedTo(tags.ours, addrA)},
		{"14 after RESET", view{replica: true}, "READONLY|RESET|GET {o}", movedTo(tags.ours, addrA)},
		{"14 shard channels without READONLY", view{replica: true}, "SPUBLISH {o} x", ":0\r\n"},
		{"14 a write without keys", view{replica: true}, "FLUSHALL", "-READONLY You can't write against a read only replica.\r\n"},
		{"15 ours", view{}, "SET {o} x", ok},
		{"16 theirs", view{}, "SET {t} x", movedTo(tags.theirs, addrB)},
		{"16 theirs, in a transaction", view{}, "MULTI|SET {t} x", movedTo(tags.theirs, addrB)},
		{"16 theirs, after arity", view{}, "SET {t}", "-ERR wrong number of arguments for 'set' command\r\n"},
		{"16 MOVED at EXEC discards the transaction", view{hole: true}, "MULTI|PING|EXEC|EXEC", "-ERR EXEC without MULTI\r\n"},
		{"16 by name", view{conf: map[string]string{"cluster-preferred-endpoint-type": "hostname"}}, "GET {t}", movedTo(tags.theirs, "b.example:7002")},
		{"16 by a name there is not", view{replica: true, conf: map[string]string{"cluster-preferred-endpoint-type": "hostname"}}, "GET {o}", movedTo(tags.ours, "?:7001")},
		{"16 by nothing", view{conf: map[string]string{"cluster-preferred-endpoint-type": "unknown-endpoint"}}, "GET {t}", movedTo(tags.theirs, ":7002")},
	} {
		t.Run(tt.row, func(t *testing.T) {
			b := tt.view.bench(t)
			for _, name := range []string{"{l}here", "{l}here2", "{i}here"} {
				b.put(expandTags(name), "v", 0)
			}
			b.put(expandTags("{l}expired"), "v", b.Now.Wall-1)
			s := b.client()
			var got string
			for _, request := range strings.Split(expandTags(tt.requests), "|") {
				got = b.do(s, strings.Fields(request)...)
			}
			if got != tt.want {
				t.Errorf("%s\n got  %q\n want %q", tt.requests, got, tt.want)
			}
		})
	}
}

// expandTags replaces the short names of tags.
func expandTags(text string) string {
	return strings.NewReplacer("{o}", "{"+tags.ours+"}", "{p}", "{"+tags.ours2+"}", "{l}", "{"+tags.leaving+"}",
		"{t}", "{"+tags.theirs+"}", "{i}", "{"+tags.arriving+"}").Replace(text)
}

// TestTagsAreWhereTheTestsNeedThem keeps the tests above honest.
func TestTagsAreWhereTheTestsNeedThem(t *testing.T) {
	for _, tag := range []string{tags.ours, tags.ours2, tags.leaving} {
		if slot.OfString(tag) >= half {
			t.Errorf("slot of %q is %d: not ours", tag, slot.OfString(tag))
		}
	}
	for _, tag := range []string{tags.theirs, tags.arriving} {
		if slot.OfString(tag) < half {
			t.Errorf("slot of %q is %d: ours", tag, slot.OfString(tag))
		}
	}
}

// TestRouteDefects shows what each deliberate error of redirection does.
func TestRouteDefects(t *testing.T) {
	for _, tt := range []struct{ defect, requests, right, wrong string }{
		{"ask-for-moved", "GET {t}", movedTo(tags.theirs, addrB), askTo(tags.theirs, addrB)},
		{"moved-without-port", "GET {t}", movedTo(tags.theirs, addrB), movedTo(tags.theirs, "10.0.0.2")},
		{"moved-without-port", "GET {l}gone", askTo(tags.leaving, addrB), askTo(tags.leaving, addrB)},
		{"asking-sticks", "ASKING|GET {i}|GET {i}", movedTo(tags.arriving, addrB), null},
		{"import-without-asking", "GET {i}", movedTo(tags.arriving, addrB), null},
		{"no-crossslot", "MGET {o} {p}", cross, "*2\r\n$-1\r\n$-1\r\n"},
		{"second-hash-tag", "CLUSTER KEYSLOT foo{}{bar}", ":8363\r\n", ":5061\r\n"},
		{"second-hash-tag", "CLUSTER KEYSLOT {}foo", ":9500\r\n", ":9500\r\n"},
		{"second-hash-tag", "CLUSTER KEYSLOT foo{bar}{zap}", ":5061\r\n", ":5061\r\n"},
		{"second-hash-tag", "CLUSTER KEYSLOT }{a}", ":15495\r\n", ":15495\r\n"},
	} {
		for defects, want := range map[string]string{"": tt.right, tt.defect: tt.wrong} {
			b := view{defects: defects}.bench(t)
			s := b.client()
			var got string
			for _, request := range strings.Split(expandTags(tt.requests), "|") {
				got = b.do(s, strings.Fields(request)...)
			}
			if got != want {
				t.Errorf("defects %q: %s\n got  %q\n want %q", defects, tt.requests, got, want)
			}
		}
	}
}
