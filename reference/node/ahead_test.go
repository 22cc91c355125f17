package node

import (
	"strings"
	"testing"
)

// TestAhead sends pipelines that are parsed before their first request runs, and in which some request decides what becomes of
// those behind it.
func TestAhead(t *testing.T) {
	many := strings.Repeat("PING\r\n", 3*aheadMax)
	for _, test := range []struct {
		name, send, want string
		options          map[string]string
	}{
		{"more than are parsed at a time", many, strings.Repeat("+PONG\r\n", 3*aheadMax), nil},
		{"what comes before rubbish is done", "SET k v\r\nGET k\r\n*1\r\n!\r\nPING\r\n",
			"+OK\r\n$1\r\nv\r\n-ERR Protocol error: expected '$', got '!'\r\n", nil},
		{"rubbish behind QUIT is not looked at", "PING\r\nQUIT\r\n*1\r\n!\r\n", "+PONG\r\n+OK\r\n", nil},
		{"large requests only behind the password",
			"AUTH secret\r\n*11\r\n" + strings.Repeat("$4\r\nPING\r\n", 11), "+OK\r\n-ERR wrong number of arguments for 'ping' command\r\n",
			map[string]string{"requirepass": "secret"}},
		{"a key that is created in the same pipeline", "GET k\r\nSET k v\r\nGET k\r\nDEL k\r\nGET k\r\n",
			"$-1\r\n+OK\r\n$1\r\nv\r\n:1\r\n$-1\r\n", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, piece := range []int{len(test.send), 7, 1} {
				l := newLone(t, test.options)
				c := l.accept()
				got := ""
				for rest := test.send; rest != ""; rest = rest[min(piece, len(rest)):] {
					l.send(c, rest[:min(piece, len(rest))])
					got += l.take(c)
					if c.gone() {
						break
					}
				}
				if got != test.want {
					t.Errorf("in pieces of %d: %q, want %q", piece, got, test.want)
				}
			}
		})
	}
}

// TestAheadStopsAtAWait has a client wait in the middle of a pipeline: what stands behind is done when the wait is over.
func TestAheadStopsAtAWait(t *testing.T) {
	l := newLone(t, nil)
	waiting, other := l.accept(), l.accept()
	l.send(waiting, "SET a 1\r\nBLPOP list 0\r\nGET a\r\nGET b\r\n*2\r\n$3\r\nGE")
	if got := l.take(waiting); got != "+OK\r\n" {
		t.Fatalf("before the wait: %q", got)
	}
	l.send(other, "SET b 2\r\nSET a 3\r\nRPUSH list x\r\n")
	if got, want := l.take(waiting), "*2\r\n$4\r\nlist\r\n$1\r\nx\r\n$1\r\n3\r\n$1\r\n2\r\n"; got != want {
		t.Errorf("after the wait: %q, want %q", got, want)
	}
	l.send(waiting, "T\r\n$1\r\na\r\n")
	if got, want := l.take(waiting), "$1\r\n3\r\n"; got != want {
		t.Errorf("the request that had come in part: %q, want %q", got, want)
	}
}
