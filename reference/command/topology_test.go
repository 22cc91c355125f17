package command

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/slot"
)

func TestSlotsReply(t *testing.T) {
	for _, tt := range []struct {
		view  view
		proto string
		want  string
	}{
		{view{}, "2", "*2 *3 :0 :8191 *4 $10.0.0.1 :7001 $A *0 *3 :8192 :16383 *4 $10.0.0.2 :7002 $B *2 $hostname $b.example"},
		{view{}, "3", "*2 *3 :0 :8191 *4 $10.0.0.1 :7001 $A %0 *3 :8192 :16383 *4 $10.0.0.2 :7002 $B %1 $hostname $b.example"},
		{view{conf: map[string]string{"cluster-preferred-endpoint-type": "hostname"}}, "2",
			"*2 *3 :0 :8191 *4 $? :7001 $A *2 $ip $10.0.0.1 *3 :8192 :16383 *4 $b.example :7002 $B *2 $ip $10.0.0.2"},
		{view{conf: map[string]string{"cluster-preferred-endpoint-type": "unknown-endpoint"}}, "3",
			"*2 *3 :0 :8191 *4 null :7001 $A %1 $ip $10.0.0.1 *3 :8192 :16383 *4 null :7002 $B %2 $ip $10.0.0.2 $hostname $b.example"},
		{view{hole: true}, "2", "*3 *3 :0 :5060 *4 $10.0.0.1 :7001 $A *0 *3 :5062 :8191 *4 $10.0.0.1 :7001 $A *0 *3 :8192 :16383 *4 $10.0.0.2 :7002 $B *2 $hostname $b.example"},
		{view{replica: true}, "2", "*2 *3 :0 :8191 *4 $10.0.0.1 :7001 $A *0 *3 :8192 :16383 *4 $10.0.0.2 :7002 $B *2 $hostname $b.example"},
	} {
		b := tt.view.bench(t)
		s := b.client()
		b.do(s, "HELLO", tt.proto)
		for range 2 { // made, and kept
			if got := flat(b.do(s, "CLUSTER", "SLOTS")); got != tt.want {
				t.Errorf("%+v RESP%s\n got  %s\n want %s", tt.view, tt.proto, got, tt.want)
			}
		}
	}
}

// flat writes a reply in one line, bulks without their lengths and ids as one letter.
func flat(reply string) string {
	reply = strings.NewReplacer(nodeA, "A", nodeB, "B", nodeC, "C").Replace(reply)
	var out []string
	lines := strings.Split(strings.TrimSuffix(reply, "\r\n"), "\r\n")
	for i := 0; i < len(lines); i++ {
		switch {
		case lines[i] == "$-1" || lines[i] == "_":
			out = append(out, "null")
		case lines[i][0] == '$':
			i++
			out = append(out, "$"+lines[i])
		default:
			out = append(out, lines[i])
		}
	}
	return strings.Join(out, " ")
}

func TestSlotsShowAReplicaWithData(t *testing.T) {
	b := view{replica: true}.bench(t)
	s := b.client()
	if strings.Contains(b.do(s, "CLUSTER", "SLOTS"), nodeC) {
		t.Error("a replica without data is listed")
	}
	b.Source.Adopt(b.Source.ID(), 100)
	if !strings.Contains(b.do(s, "CLUSTER", "SLOTS"), nodeC) {
		t.Error("a replica with data is not listed")
	}
}

func TestShardsReply(t *testing.T) {
	b := view{replica: true}.bench(t)
	s := b.client()
	shardA := "*4 $slots *2 :0 :8191 $nodes *2 " +
		"*14 $id $A $port :7001 $ip $10.0.0.1 $endpoint $10.0.0.1 $role $master $replication-offset :0 $health $online " +
		"*14 $id $C $port :7003 $ip $10.0.0.3 $endpoint $10.0.0.3 $role $replica $replication-offset :%d $health $%s"
	shardB := "*4 $slots *2 :8192 :16383 $nodes *1 " +
		"*16 $id $B $port :7002 $ip $10.0.0.2 $endpoint $10.0.0.2 $hostname $b.example $role $master $replication-offset :0 $health $online"
	check := func(offset int, health string) {
		t.Helper()
		got := flat(b.do(s, "CLUSTER", "SHARDS"))
		if !strings.Contains(got, fmt.Sprintf(shardA, offset, health)) || !strings.Contains(got, shardB) || !strings.HasPrefix(got, "*2 ") {
			t.Errorf("got %s\nwant *2 with\n%s\n%s", got, fmt.Sprintf(shardA, offset, health), shardB)
		}
	}
	check(0, "loading")
	b.Source.Adopt(b.Source.ID(), 100)
	check(100, "online")
	b.Source.Append(make([]byte, 23))
	check(123, "online") // offsets are never stale, whatever is kept
}

func TestTopologyFollowsTheMachine(t *testing.T) {
	b := newBench(t, testSetup{})
	s := b.client()
	before := b.do(s, "CLUSTER", "SLOTS")
	shards := b.do(s, "CLUSTER", "SHARDS")
	if err := b.Cluster.DelSlots(b.Now, []slot.Range{{From: 100, To: 200}}); err != nil {
		t.Fatal(err)
	}
	if b.do(s, "CLUSTER", "SLOTS") == before || b.do(s, "CLUSTER", "SHARDS") == shards {
		t.Error("CLUSTER SLOTS or SHARDS is stale after DELSLOTS")
	}
}

func TestTopologyIsNotMadeTwice(t *testing.T) {
	b := newBench(t, testSetup{})
	s := b.client()
	b.do(s, "CLUSTER", "SLOTS")
	first := b.topology.slots[0].bytes
	b.do(s, "CLUSTER", "SLOTS")
	if &b.topology.slots[0].bytes[0] != &first[0] || !bytes.Equal(s.Reply.Buf, first) {
		t.Error("CLUSTER SLOTS was made again although nothing changed")
	}
}
