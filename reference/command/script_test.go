package command

import (
	"strings"
	"testing"
)

// TestScriptWaitsForFrozenKeys has a script whose key is on its way to another node wait, and one that did not name it refused.
func TestScriptWaitsForFrozenKeys(t *testing.T) {
	b := newBench(t, testSetup{options: map[string]string{"cluster-enabled": "yes"}})
	s := b.client()
	const write, hidden = "return redis.call('set',KEYS[1],'v')", "return redis.call('set','{k}1','v')"
	keys := [][]byte{[]byte("{k}1")}
	b.Freeze(keys)
	if status := b.Execute(s, words("EVAL", write, "1", "{k}1")); status != Parked {
		t.Errorf("a script that names the key: %v, want Parked", status)
	}
	if status := b.Execute(s, words("EVAL", hidden, "0")); status != Parked {
		t.Errorf("a script that names no key: %v, want Parked", status)
	}
	if status := b.Execute(s, words("EVAL_RO", "return redis.call('get',KEYS[1])", "1", "{k}1")); status != Done {
		t.Errorf("a script that reads: %v, want Done", status)
	}
	s.Reply.Buf = nil
	b.Execute(s, words("EVAL", hidden, "1", "{k}2"))
	if got := string(s.Reply.Buf); !strings.HasPrefix(got, "-TRYAGAIN ") {
		t.Errorf("a script that names another key: %q", got)
	}
	b.Thaw(keys)
	s.Reply.Buf = nil
	b.Execute(s, words("EVAL", write, "1", "{k}1"))
	if got := string(s.Reply.Buf); got != "+OK\r\n" {
		t.Errorf("after the journey: %q", got)
	}
}

// TestScriptThatRunsTooLong has the node end a script that does not end by itself.
func TestScriptThatRunsTooLong(t *testing.T) {
	b := newBench(t, testSetup{options: map[string]string{"busy-reply-threshold": "1"}})
	s := b.client()
	b.Execute(s, words("EVAL", "while true do end", "0"))
	if got := string(s.Reply.Buf); !strings.Contains(got, "too many steps") {
		t.Errorf("%q", got)
	}
}

// TestScriptsMakeRoom has EVAL forget its oldest scripts, and keep those of SCRIPT LOAD.
func TestScriptsMakeRoom(t *testing.T) {
	b := newBench(t, testSetup{})
	s := b.client()
	b.Execute(s, words("SCRIPT", "LOAD", "return 'stays'"))
	for i := range passingMax + 10 {
		b.Execute(s, words("EVAL", "return "+strings.Repeat("1", 1+i%200)+strings.Repeat("0", i/200), "0"))
	}
	if n := len(b.scripts.known); n != passingMax+1 {
		t.Errorf("%d scripts, want %d", n, passingMax+1)
	}
}
