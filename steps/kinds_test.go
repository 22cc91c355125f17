package steps

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/compose/wire"
)

func bulks(texts ...string) wireValue {
	v := wireValue{Kind: wire.Array}
	for _, text := range texts {
		v.Items = append(v.Items, wireValue{Kind: wire.Bulk, Text: text})
	}
	return v
}

// Servers list members of sets and hashes in any order; of lists and sorted sets the order is part of the value.
func TestContentsAreComparedByMeaning(t *testing.T) {
	never := wireValue{Kind: wire.Integer, Text: "-1"}
	for _, c := range []struct {
		kind string
		a, b wireValue
		same bool
	}{
		{"set", bulks("1", "x"), bulks("x", "1"), true},
		{"set", bulks("1", "x"), bulks("1"), false},
		{"hash", bulks("f", "1", "g", "2"), bulks("g", "2", "f", "1"), true},
		{"hash", bulks("f", "1", "g", "2"), bulks("g", "1", "f", "2"), false},
		{"list", bulks("1", "2"), bulks("2", "1"), false},
		{"zset", bulks("a", "1", "b", "1"), bulks("b", "1", "a", "1"), false},
		{"zset", bulks("a", "0.10000000000000001"), bulks("a", "0.1"), true}, // before and since Redis 7.2
		{"zset", bulks("a", "0.10000000000000002"), bulks("a", "0.1"), false},
		{"hash", bulks("a", "0.10000000000000001"), bulks("a", "0.1"), false},
		{"string", wireValue{Kind: wire.Bulk, Text: "x"}, wireValue{Kind: wire.Bulk, Text: "x"}, true},
		{"string", wireValue{Kind: wire.Bulk, Text: "x"}, wireValue{Kind: wire.Bulk}, false},
	} {
		k := kindNamed(c.kind)
		if same := k.content(c.a, never) == k.content(c.b, never); same != c.same {
			t.Errorf("%s: %s and %s: the same %v, want %v", c.kind, c.a, c.b, same, c.same)
		}
	}
}

func TestContentsThatDiffer(t *testing.T) {
	w := newWorld(&pool{})
	want := map[string]content{"a": {"string x", 50_000}, "b": {"list y", -1}}
	for what, c := range map[string]struct {
		got  map[string]content
		says string // "" if nothing is wrong
	}{
		"as it was":          {map[string]content{"a": {"string x", 50_900}, "b": {"list y", -1}}, ""},
		"a key is gone":      {map[string]content{"a": {"string x", 50_000}}, "nothing"},
		"another value":      {map[string]content{"a": {"string z", 50_000}, "b": {"list y", -1}}, "string z"},
		"it expires late":    {map[string]content{"a": {"string x", 52_000}, "b": {"list y", -1}}, "52000"},
		"it expires no more": {map[string]content{"a": {"string x", -1}, "b": {"list y", -1}}, "-1"},
	} {
		err := w.checkContents("A", c.got, want, expirySlack)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", what, err, c.says)
		}
	}
}

// Every kind has its turn, and every command begins with a name and a key.
func TestRandomWritesAreOfEveryKind(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	names := map[string]bool{}
	for i := range 10_000 {
		args := randomWrite(r, "key", i)
		if len(args) < 2 || args[1] != "key" {
			t.Fatalf("%q", args)
		}
		names[args[0]] = true
	}
	for _, name := range []string{"SET", "RPUSH", "SADD", "SPOP", "HSET", "HINCRBYFLOAT", "ZADD", "ZINCRBY", "PEXPIRE", "DEL"} {
		if !names[name] {
			t.Errorf("no %s among %d names", name, len(names))
		}
	}
}
