package command

import (
	"bufio"
	"bytes"
	"io"
	"path"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/resp"
	"github.com/clusterspec/clusterspec/reference/sim"
)

// FuzzExecute sends requests made of arbitrary words. Nothing may panic, and whatever comes back must be RESP: a reply
// that cannot be parsed would make a client read rubbish from there on.
func FuzzExecute(f *testing.F) {
	files, err := scripts.ReadDir("testdata/diff")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := scripts.ReadFile(path.Join("testdata/diff", file.Name()))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), false)
		f.Add(string(text), true)
	}
	f.Fuzz(func(t *testing.T, text string, resp3 bool) {
		executeAll(t, newBench(t, testSetup{options: map[string]string{"enable-debug-command": "yes", "proto-max-bulk-len": "1mb"}}), text, resp3)
	})
}

// FuzzCluster is FuzzExecute in a cluster of three, with slots on their way. On top of it the tables must stay sound.
func FuzzCluster(f *testing.F) {
	f.Add("CLUSTER SETSLOT 1 NODE "+nodeB+"\nCLUSTER FORGET "+nodeB+"\nCLUSTER NODES\nCLUSTER SLOTS\nCLUSTER SHARDS", true, false)
	f.Add("CLUSTER REPLICATE "+nodeB+"\nCLUSTER FAILOVER TAKEOVER\nCLUSTER BUMPEPOCH\nCLUSTER RESET HARD\nCLUSTER ADDSLOTSRANGE 1 9 11 12", false, true)
	f.Add("ASKING\nMULTI\nSET a b\nEXEC\nCLUSTER SLOT-STATS ORDERBY network-bytes-in LIMIT 3 ASC\nCLUSTER MEET 10.0.0.9 1 2\nCLUSTER LINKS", true, false)
	f.Fuzz(func(t *testing.T, text string, resp3, replica bool) {
		b := view{replica: replica, conf: map[string]string{"cluster-slot-stats-enabled": "yes", "proto-max-bulk-len": "1mb"}}.bench(t)
		executeAll(t, b, text, resp3)
		if err := sim.SoundTables(b.Cluster); err != nil {
			t.Fatal(err)
		}
	})
}

// executeAll runs a request a line.
func executeAll(t *testing.T, b *bench, text string, resp3 bool) {
	s := b.client()
	if resp3 {
		s.Reply.Proto = 3
	}
	for line := range strings.SplitSeq(text, "\n") {
		args, ok := resp.SplitArgs([]byte(strings.TrimSpace(line)))
		if !ok || len(args) == 0 {
			continue
		}
		s.Reply.Buf = s.Reply.Buf[:0]
		if b.Execute(s, args) == Blocked {
			b.Unblock(s) // a blocked session is not fed
		}
		if err := wellFormed(s.Reply.Buf); err != nil {
			t.Fatalf("%q is answered with %q: %v", line, s.Reply.Buf, err)
		}
		b.Tick(b.Now.Add(1))
		b.Cluster.BeforeSleep(b.Now)
	}
}

// wellFormed says whether bytes are whole RESP values.
func wellFormed(b []byte) error {
	r := bufio.NewReader(bytes.NewReader(b))
	for {
		if _, err := r.Peek(1); err == io.EOF {
			return nil
		}
		if _, err := readValue(r, nil); err != nil {
			return err
		}
	}
}
