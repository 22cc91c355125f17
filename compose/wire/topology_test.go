package wire

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseSlots(t *testing.T) {
	text := "*2\r\n" +
		"*4\r\n:0\r\n:5460\r\n*4\r\n$9\r\n127.0.0.1\r\n:7000\r\n$40\r\n" + idA + "\r\n*2\r\n$8\r\nhostname\r\n$1\r\nh\r\n" +
		"*4\r\n_\r\n:7001\r\n$40\r\n" + idB + "\r\n%0\r\n" +
		"*3\r\n:5461\r\n:5461\r\n*3\r\n$1\r\n?\r\n:7002\r\n$40\r\n" + idB + "\r\n"
	got, err := ParseSlots(parseOne(t, text))
	want := []SlotEntry{
		{0, 5460, []SlotNode{
			{Endpoint: "127.0.0.1", Port: 7000, ID: idA, Metadata: map[string]string{"hostname": "h"}},
			{Unknown: true, Port: 7001, ID: idB, Metadata: map[string]string{}},
		}},
		{5461, 5461, []SlotNode{{Endpoint: "?", Port: 7002, ID: idB}}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
}

func TestParseSlotsRefuses(t *testing.T) {
	node := "*4\r\n$1\r\nh\r\n:1\r\n$40\r\n" + idA + "\r\n*0\r\n"
	for text, reason := range map[string]string{
		"-ERR x\r\n":                           "an array expected",
		"*-1\r\n":                              "an array expected",
		"*1\r\n*2\r\n:0\r\n:1\r\n":             "at least one node",
		"*1\r\n*3\r\n:5\r\n:4\r\n" + node:      "not a range",
		"*1\r\n*3\r\n:0\r\n:16384\r\n" + node:  "not a range",
		"*1\r\n*3\r\n$1\r\n0\r\n:4\r\n" + node: "not a range",
		"*1\r\n*3\r\n:0\r\n:4\r\n+x\r\n":       "endpoint, port, id",
		"*1\r\n*3\r\n:0\r\n:4\r\n" + strings.Replace(node, ":1", "+1", 1):        "not an integer",
		"*1\r\n*3\r\n:0\r\n:4\r\n" + strings.Replace(node, "$1\r\nh", "+h", 1):   "neither a bulk nor null",
		"*1\r\n*3\r\n:0\r\n:4\r\n" + strings.Replace(node, idA, idA[:39]+"!", 1): "40 hexadecimal",
		"*1\r\n*3\r\n:0\r\n:4\r\n" + strings.Replace(node, "*0", "*1\r\n+a", 1):  "metadata",
	} {
		if got, err := ParseSlots(parseOne(t, text)); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%q: %+v, %v; want %q", text, got, err, reason)
		}
	}
}

// shardNode has the fields of Redis 7.0 in RESP2, as a flat array.
const shardNode = "*14\r\n$2\r\nid\r\n$40\r\n" + idA + "\r\n$4\r\nport\r\n:7000\r\n$2\r\nip\r\n$1\r\nh\r\n$8\r\nendpoint\r\n$1\r\ne\r\n" +
	"$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\nreplication-offset\r\n:72156\r\n$6\r\nhealth\r\n$6\r\nonline\r\n"

func TestParseShards(t *testing.T) {
	for _, text := range []string{
		"*1\r\n*4\r\n$5\r\nslots\r\n*4\r\n:0\r\n:1\r\n:5\r\n:9\r\n$5\r\nnodes\r\n*1\r\n" + shardNode,
		"*1\r\n%2\r\n$5\r\nslots\r\n*4\r\n:0\r\n:1\r\n:5\r\n:9\r\n$5\r\nnodes\r\n*1\r\n" + strings.Replace(shardNode, "*14", "%7", 1),
	} {
		shards, err := ParseShards(parseOne(t, text))
		if err != nil {
			t.Fatal(err)
		}
		if len(shards) != 1 || len(shards[0].Nodes) != 1 || !reflect.DeepEqual(shards[0].Slots, []SlotRange{{0, 1}, {5, 9}}) {
			t.Fatalf("got %+v", shards)
		}
		n := shards[0].Nodes[0]
		if len(n.Fields) != 7 {
			t.Errorf("fields are %v", n.Fields)
		}
		n.Fields = nil
		want := ShardNode{ID: idA, Port: 7000, IP: "h", Endpoint: "e", Role: "master", ReplicationOffset: 72156, Health: "online"}
		if !reflect.DeepEqual(n, want) {
			t.Errorf("got %+v, want %+v", n, want)
		}
	}
}

func TestParseShardsRefuses(t *testing.T) {
	shard := "*1\r\n*4\r\n$5\r\nslots\r\n*0\r\n$5\r\nnodes\r\n*1\r\n"
	for text, reason := range map[string]string{
		"+OK\r\n":                           "an array expected",
		"*1\r\n*2\r\n$5\r\nslots\r\n*0\r\n": "slots and nodes",
		"*1\r\n*4\r\n$5\r\nslots\r\n*1\r\n:1\r\n$5\r\nnodes\r\n*0\r\n":    "no end",
		"*1\r\n*4\r\n$5\r\nslots\r\n*0\r\n$5\r\nslots\r\n*0\r\n":          "twice",
		shard + strings.Replace(shardNode, "$2\r\nip", "$2\r\nIP", 1):     `"ip" expected`,
		shard + strings.Replace(shardNode, ":72156", "$1\r\n1", 1):        `"replication-offset" expected`,
		shard + strings.Replace(shardNode, "$4\r\nport", "$4\r\nPORT", 1): `"tls-port" expected`,
		shard + strings.Replace(shardNode, "$4\r\nport", ":4", 1):         "not a string",
	} {
		if got, err := ParseShards(parseOne(t, text)); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%q: %+v, %v; want %q", text, got, err, reason)
		}
	}
}

// FuzzTopology: no reply makes the topology parsers panic.
func FuzzTopology(f *testing.F) {
	f.Add([]byte("*1\r\n*3\r\n:0\r\n:4\r\n*4\r\n$1\r\nh\r\n:1\r\n$40\r\n" + idA + "\r\n*0\r\n"))
	f.Add([]byte("*1\r\n*4\r\n$5\r\nslots\r\n*2\r\n:0\r\n:9\r\n$5\r\nnodes\r\n*1\r\n" + shardNode))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, _, ok, _ := new(Parser).Next(b)
		if !ok {
			return
		}
		if entries, err := ParseSlots(v); err == nil && len(entries) != len(v.Items) {
			t.Errorf("%d entries of %s", len(entries), v)
		}
		if shards, err := ParseShards(v); err == nil && len(shards) != len(v.Items) {
			t.Errorf("%d shards of %s", len(shards), v)
		}
	})
}

func TestParseInfo(t *testing.T) {
	got := ParseInfo("# Server\r\nredis_version:7.0.15\r\nos:Linux 6.1: x\r\n\r\n# Keyspace\r\ndb0:keys=1,expires=0\r\nfree text\r\n")
	want := map[string]string{"redis_version": "7.0.15", "os": "Linux 6.1: x", "db0": "keys=1,expires=0"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
