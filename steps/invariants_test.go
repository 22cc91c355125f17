package steps

import (
	"strings"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/clusterspec/clusterspec/compose/puppet"
	"github.com/clusterspec/clusterspec/compose/wire/bus"
	"github.com/clusterspec/clusterspec/reports"
)

// Each lie begins with the first write, so that the cluster forms; the scenario itself looks at nothing that is a lie.
func TestEveryInvariantIsSeenToBreak(t *testing.T) {
	for lie, want := range map[string]string{
		"slot-with-two-owners":  `invariant: slot 5 has two owners: node A says A, and node C says C`,
		"two-owners-in-a-view":  `invariant: slot 5 has two owners: node A says that A and C own it`,
		"same-config-epochs":    `invariant: A and B have the same config epoch 7 on node A`,
		"config-epoch-falls":    `invariant: node C: its config epoch fell from 3 to 0`,
		"current-epoch-falls":   `invariant: node A: its current epoch fell from 9 to 4`,
		"conf-of-another-time":  `and its nodes.conf "A is a primary with slots 0-5459 and config epoch 1"`,
		"conf-that-is-broken":   `invariant: nodes.conf of node A cannot be loaded`,
		"conf-with-a-late-vote": `invariant: nodes.conf of node A: the last vote was in epoch 99, after the current epoch 9`,
		"logs-a-crash":          `invariant: node A logged "=== REDIS BUG REPORT START`,
		"loses-a-write":         `lost a write that was acknowledged, though no replica was promoted and no node went down`,
		"reads-are-stale":       `fit into no order: the history is not linearizable`,
	} {
		t.Run(lie, func(t *testing.T) {
			t.Parallel()
			r := run(t, Options{IDs: []string{"a/traffic"}}, lie).Results[0]
			if r.Verdict != reports.Fail || !strings.Contains(r.Reason, want) {
				t.Errorf("%s: %s\nwant %s", r.Verdict, r.Reason, want)
			}
			if f := r.Failure; f == nil || f.Step != "After the scenario" || len(r.Nodes) != 3 {
				t.Errorf("the evidence is %+v", f)
			}
		})
	}
}

func TestWhatIsLeftBehindIsTroubleOfTheHarness(t *testing.T) {
	r := run(t, Options{IDs: []string{"a/moved"}}, "leaves-something").Results[0]
	if r.Verdict != reports.HarnessError || !strings.Contains(r.Reason, "invariant: something was left behind") || !strings.Contains(r.Reason, "process 4711") {
		t.Errorf("%s: %s", r.Verdict, r.Reason)
	}
}

func TestWritesAreCounted(t *testing.T) {
	r := run(t, Options{IDs: []string{"a/traffic"}}, "").Results[0]
	if r.Verdict != reports.Pass || r.Writes == nil || r.Writes.Acknowledged == 0 || r.Writes.Keys == 0 || r.Writes.Lost != 0 {
		t.Errorf("%s, %s, %+v", r.Verdict, r.Reason, r.Writes)
	}
}

func TestASecondVoteInAnEpochIsSeen(t *testing.T) {
	p, err := puppet.New(bus.NewID())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	voter := &member{name: "B", id: bus.NewID()}
	w := &World{cluster: &cluster{members: []*member{voter}}, bus: busState{puppets: map[string]*puppet.Puppet{"X": p}}}
	vote := func(epoch uint64) {
		p.Log.Add(bus.Seen{From: voter.id, Frame: &bus.Frame{Type: bus.Vote, Sender: voter.id, CurrentEpoch: epoch}})
	}
	vote(7)
	vote(8)
	if err := w.nobodyVotedTwice(); err != nil {
		t.Error(err)
	}
	vote(8)
	if err := w.nobodyVotedTwice(); err == nil || err.Error() != "invariant: node B voted more than once in epoch 8, seen on the way to puppet X" {
		t.Errorf("got %v", err)
	}
}

func TestHistoriesEndWhereTheyAreKeptNoLonger(t *testing.T) {
	h := &history{}
	h.begin(1000)
	var writer, reader []porcupine.Operation
	writer = h.add(writer, 0, access{key: 1, write: true, value: 1}, h.now(), 1)
	h.kept.Store(historyLimit) // the next is the last
	writer = h.add(writer, 0, access{key: 1, write: true, value: 2}, h.now(), 2)
	called := h.now()
	writer = h.add(writer, 0, access{key: 1, write: true, value: 3}, called, 3)
	if len(writer) != 2 {
		t.Fatalf("%d writes are kept", len(writer))
	}
	reader = append(reader, porcupine.Operation{Input: access{key: 1}, Call: 0, Output: int64(3), Return: called + 1})
	if !h.isLinearizable(writer, reader) {
		t.Error("a read that may have seen a write that is not kept was judged")
	}
	reader[0].Call, reader[0].Return = h.ended.Load()-1, h.ended.Load()
	reader[0].Output = int64(9)
	if h.isLinearizable(writer, reader) {
		t.Error("a value that nobody wrote was read, and nobody minds")
	}
}

func TestAWriteWithoutAnAnswerMayTakeEffectLater(t *testing.T) {
	h := &history{}
	h.begin(1000)
	writes := h.addUnknown(nil, 0, access{key: 1, write: true, value: 5}, h.now())
	read := func(value int64) []porcupine.Operation { return h.add(nil, 1, access{key: 1}, h.now(), value) }
	if !h.isLinearizable(writes, read(0), read(0), read(5)) {
		t.Error("it took effect late, which it may")
	}
	if h.isLinearizable(writes, read(5), read(0)) {
		t.Error("it took effect and was gone again")
	}
}
