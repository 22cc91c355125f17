package node

import (
	"bytes"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/cluster"
)

// synced are the replies of a primary up to a snapshot without keys, in which the stream begins.
func synced() string {
	return "+PONG\r\n+OK\r\n+OK\r\n+FULLRESYNC " + strings.Repeat("a", 40) + " 0\r\n$10\r\nREDIS0001\xff"
}

// replicate makes the node a replica and returns the link to its primary.
func (l *lone) replicate() *Conn {
	l.node.becomeReplica()
	l.node.upstream.follow(cluster.Follow{IP: "10.0.0.1", Port: 7000})
	l.turn()
	c := l.last.Dial[len(l.last.Dial)-1]
	l.node.Connected(l.now, c, clientAddr(), addrPort("10.0.0.1:7000"))
	return c
}

// FuzzPrimaryBytes: no bytes of the node we replicate can break us.
func FuzzPrimaryBytes(f *testing.F) {
	f.Add([]byte(synced() + "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n"))
	f.Add([]byte(synced() + "*1\r\n$5\r\nMULTI\r\n*2\r\n$4\r\nINCR\r\n$1\r\nk\r\n*1\r\n$4\r\nEXEC\r\n"))
	f.Add([]byte("+PONG\r\n+OK\r\n+OK\r\n+CONTINUE\r\nDEL k\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		l := newLone(t, nil)
		other := l.accept()
		c := l.replicate()
		for _, piece := range [][]byte{in[:len(in)/2], in[len(in)/2:]} {
			l.node.Receive(l.now, c, piece)
			l.turn()
		}
		l.pass(1500)
		lower := bytes.ToLower(in)
		for _, word := range []string{"client", "debug", "shutdown", "config"} {
			if bytes.Contains(lower, []byte(word)) {
				return // a primary may say so
			}
		}
		l.send(other, "ECHO alive\r\n")
		if got := l.take(other); got != "$5\r\nalive\r\n" {
			t.Fatalf("a client is told %q", got)
		}
	})
}

// FuzzTargetBytes: no bytes of the node that MIGRATE sends a key to can break us, or have us lose the key unless it was
// acknowledged.
func FuzzTargetBytes(f *testing.F) {
	f.Add([]byte("+OK\r\n+OK\r\n"))
	f.Add([]byte("+OK\r\n-BUSYKEY Target key name already exists.\r\n"))
	f.Add([]byte("$5\r\nhello\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		l := newLone(t, nil)
		c := l.accept()
		l.send(c, "SET k v\r\nMIGRATE 10.0.0.1 7000 k 0 100\r\n")
		target := l.last.Dial[len(l.last.Dial)-1]
		l.node.Connected(l.now, target, clientAddr(), addrPort("10.0.0.1:7000"))
		l.take(target)
		for _, piece := range [][]byte{in[:len(in)/2], in[len(in)/2:]} {
			l.node.Receive(l.now, target, piece)
			l.turn()
		}
		l.pass(300)
		outcome, moved := strings.TrimPrefix(l.take(c), "+OK\r\n"), false
		switch {
		case outcome == "+OK\r\n":
			moved = true
		case !strings.HasPrefix(outcome, "-"):
			t.Fatalf("MIGRATE is answered %q", outcome)
		}
		l.send(c, "EXISTS k\r\n")
		if got := l.take(c); (got == ":0\r\n") != moved {
			t.Fatalf("MIGRATE says %q, and EXISTS %q", outcome, got)
		}
	})
}

// TestHostilePrimary: whatever the node sends that we are told to replicate, we do not break, and do not wait for what
// nobody can send.
func TestHostilePrimary(t *testing.T) {
	const ends, goesOn = true, false
	for _, attack := range []struct {
		name, bytes string
		end         bool
	}{
		{"a word of any length in the stream", synced() + "*1\r\n$9223372036854775807\r\nx", ends},
		{"a word just as long in the stream", synced() + "*1\r\n$9223372036854775806\r\nx", ends},
		{"a word of negative length in the stream", synced() + "*1\r\n$-2\r\nx", ends},
		{"a request of any length in the stream", synced() + "*9223372036854775807\r\n$1\r\nx\r\n", ends},
		{"a number that is none in the stream", synced() + "*99999999999999999999999999\r\n", ends},
		{"no stream", synced() + "\x00\x01\x02\x03", goesOn},
		{"an endless line in the stream", synced() + strings.Repeat("x", 1<<20), ends},
		{"empty lines in the stream", synced() + strings.Repeat("\n", 1<<16), goesOn},
		{"unknown commands in the stream", synced() + "*1\r\n$6\r\nNOSUCH\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n", goesOn},
		{"commands that block, in the stream", synced() + "*3\r\n$5\r\nBLPOP\r\n$1\r\nk\r\n$1\r\n0\r\n*1\r\n$4\r\nPING\r\n", goesOn},
		{"commands about connections, in the stream", synced() + "*1\r\n$4\r\nQUIT\r\n*1\r\n$5\r\nRESET\r\n*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nc\r\n*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n", goesOn},
		{"orders to the cluster in the stream", synced() + "*3\r\n$7\r\nCLUSTER\r\n$5\r\nRESET\r\n$4\r\nHARD\r\n", goesOn},
		{"transactions that do not match", synced() + "*1\r\n$4\r\nEXEC\r\n*1\r\n$5\r\nMULTI\r\n*1\r\n$5\r\nMULTI\r\n*1\r\n$7\r\nDISCARD\r\n*1\r\n$4\r\nEXEC\r\n*1\r\n$4\r\nEXEC\r\n", goesOn},
		{"a snapshot of any length", "+PONG\r\n+OK\r\n+OK\r\n+FULLRESYNC " + strings.Repeat("a", 40) + " 0\r\n$9223372036854775807\r\nREDIS", goesOn},
		{"a snapshot that is none", "+PONG\r\n+OK\r\n+OK\r\n+FULLRESYNC " + strings.Repeat("a", 40) + " 0\r\n$64\r\n" + strings.Repeat("\xff", 64), ends},
		{"a snapshot whose lengths are lies", "+PONG\r\n+OK\r\n+OK\r\n+FULLRESYNC " + strings.Repeat("a", 40) + " 0\r\n$20\r\nREDIS0001\x00\x81\xff\xff\xff\xff\xff\xff\xff\xff\x00", ends},
		{"an offset that cannot grow", "+PONG\r\n+OK\r\n+OK\r\n+FULLRESYNC " + strings.Repeat("a", 40) + " 9223372036854775807\r\n$10\r\nREDIS0001\xff*1\r\n$4\r\nPING\r\n", goesOn},
		{"a continuation of what we do not have", "+PONG\r\n+OK\r\n+OK\r\n+CONTINUE " + strings.Repeat("b", 40) + "\r\n*1\r\n$4\r\nPING\r\n", goesOn},
		{"an endless reply", strings.Repeat("+", 1<<20), ends},
		{"nothing but signs of life", strings.Repeat("\n", 1<<20), goesOn},
	} {
		for _, pieces := range []int{1, 1 << 20} {
			l := newLone(t, nil)
			c := l.replicate()
			ended := false
			for rest := attack.bytes[:min(len(attack.bytes), 1<<17*pieces)]; len(rest) > 0 && !ended; {
				n := min(len(rest), pieces)
				l.send(c, rest[:n])
				rest, ended = rest[n:], l.closed(c)
			}
			if ended != attack.end {
				t.Errorf("%s, in pieces of %d bytes: link closed %v, want %v", attack.name, pieces, ended, attack.end)
			}
			if l.last.Exit != nil {
				t.Errorf("%s: the node ends: %v", attack.name, l.last.Exit)
			}
		}
	}
}
