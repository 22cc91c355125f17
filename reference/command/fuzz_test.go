package command

import (
	"bufio"
	"bytes"
	"io"
	"path"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/resp"
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
		b := newBench(t, testSetup{options: map[string]string{"enable-debug-command": "yes", "proto-max-bulk-len": "1mb"}})
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
	})
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
