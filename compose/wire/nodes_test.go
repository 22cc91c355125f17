package wire

import (
	"reflect"
	"strings"
	"testing"
)

const (
	idA = "07c37dfeb235213a872192d90877d0cd55635b91"
	idB = "67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1"
)

func TestParseNodes(t *testing.T) {
	text := idA + " 127.0.0.1:30004@31004,host-a slave,fail? " + idB + " 5 1426238317239 4 disconnected\n" +
		idB + " ::1:30001@31001 myself,master - 0 0 1 connected 0-5460 5462 [93->-" + idA + "] [77-<-" + idA + "]\n" +
		idA + " :0@0 noflags - 0 0 0 disconnected\n"
	got, err := ParseNodes(text)
	if err != nil {
		t.Fatal(err)
	}
	want := []NodeLine{
		{
			ID: idA, Addr: "127.0.0.1:30004", Host: "127.0.0.1", Port: 30004, BusPort: 31004, Hostname: "host-a",
			Flags: []string{"slave", "fail?"}, PrimaryID: idB, PingSent: 5, PongReceived: 1426238317239, ConfigEpoch: 4,
		},
		{
			ID: idB, Addr: "[::1]:30001", Host: "::1", Port: 30001, BusPort: 31001, Flags: []string{"myself", "master"}, ConfigEpoch: 1,
			Connected: true, Slots: []SlotRange{{0, 5460}, {5462, 5462}},
			Open: []OpenSlot{{Slot: 93, Migrating: true, Node: idA}, {Slot: 77, Node: idA}},
		},
		{ID: idA, Addr: ":0"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	b := got[1]
	if b.SlotCount() != 5462 || !b.Owns(0) || !b.Owns(5462) || b.Owns(5461) || b.Owns(5463) || !b.HasFlag("myself") || b.HasFlag("slave") {
		t.Errorf("slots or flags of %+v", b)
	}
	if text := b.Slots[0].String() + " " + b.Slots[1].String(); text != "0-5460 5462" {
		t.Errorf("slots print as %q", text)
	}
}

func TestParseNodesRefuses(t *testing.T) {
	const rest = " master - 0 0 1 connected"
	for line, reason := range map[string]string{
		"":                                           "at least 8",
		"abc 127.0.0.1:1@2" + rest:                   "not 40",
		idA[:39] + "X 127.0.0.1:1@2" + rest:          "not 40",
		idA + " 127.0.0.1:1" + rest:                  "host:port@busport",
		idA + " 127.0.0.1@2" + rest:                  "host:port@busport",
		idA + " 127.0.0.1:70000@2" + rest:            "port \"70000\"",
		idA + " 127.0.0.1:1@" + rest:                 "port \"\"",
		idA + " 127.0.0.1:1@2,h,x" + rest:            "no value",
		idA + " h:1@2 slave xyz 0 0 1 connected":     "id of the primary",
		idA + " h:1@2 master - x 0 1 connected":      "ping-sent",
		idA + " h:1@2 master - 0 x 1 connected":      "pong-received",
		idA + " h:1@2 master - 0 0 -1 connected":     "config-epoch",
		idA + " h:1@2 master - 0 0 1 up":             "link-state",
		idA + " h:1@2" + rest + " 16384":             "slot \"16384\"",
		idA + " h:1@2" + rest + " 05":                "slot \"05\"",
		idA + " h:1@2" + rest + " 7-5":               "ascend",
		idA + " h:1@2" + rest + " 5-5":               "ascend",
		idA + " h:1@2" + rest + " ":                  "slot \"\"",
		idA + " h:1@2" + rest + " [5->-" + idB:       "neither",
		idA + " h:1@2" + rest + " [5--" + idB + "]":  "neither",
		idA + " h:1@2" + rest + " [x-<-" + idB + "]": "neither",
		idA + " h:1@2" + rest + " [5->-someone]":     "neither",
		idA + "  h:1@2" + rest:                       "host:port@busport",
	} {
		nodes, err := ParseNodes(line + "\n")
		if err == nil || !strings.Contains(err.Error(), reason) || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%q: %+v, %v; want %q", line, nodes, err, reason)
		}
	}
}

func TestParseNodesConf(t *testing.T) {
	text := idA + " 127.0.0.1:1@10001,,tls-port=0,nodename=n,shard-id=" + idB + " myself,master - 0 0 3 connected 0-10\n" +
		"vars currentEpoch 6 lastVoteEpoch 5\n\n\n\n"
	nodes, vars, err := ParseNodesConf(text)
	if err != nil {
		t.Fatal(err)
	}
	aux := map[string]string{"tls-port": "0", "nodename": "n", "shard-id": idB}
	if len(nodes) != 1 || nodes[0].Hostname != "" || !reflect.DeepEqual(nodes[0].Aux, aux) {
		t.Errorf("nodes are %+v", nodes)
	}
	if !reflect.DeepEqual(vars, map[string]uint64{"currentEpoch": 6, "lastVoteEpoch": 5}) {
		t.Errorf("vars are %v", vars)
	}
	for _, text := range []string{"vars currentEpoch", "vars currentEpoch x", "garbage\n"} {
		if _, _, err := ParseNodesConf(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

// FuzzParseNodes: no text panics, and what is accepted is within its limits.
func FuzzParseNodes(f *testing.F) {
	f.Add(idA + " 127.0.0.1:30004@31004,host-a,x=1 slave " + idB + " 0 1426238317239 4 connected 1 2-3 [93->-" + idA + "]\n")
	f.Add("vars currentEpoch 6 lastVoteEpoch 5\n")
	f.Add(idB + " ::1:1@2 noflags - 0 0 0 disconnected")
	f.Fuzz(func(t *testing.T, text string) {
		nodes, err := ParseNodes(text)
		if conf, _, confErr := ParseNodesConf(text); err == nil && (confErr != nil || len(conf) != len(nodes)) {
			t.Errorf("CLUSTER NODES reads %d nodes, nodes.conf %d, %v", len(nodes), len(conf), confErr)
		}
		for _, n := range nodes {
			for _, r := range n.Slots {
				if r.From < 0 || r.From > r.To || r.To >= Slots {
					t.Errorf("range %+v", r)
				}
			}
			if len(n.ID) != 40 || n.Port > 65535 || n.BusPort > 65535 {
				t.Errorf("node %+v", n)
			}
		}
	})
}
