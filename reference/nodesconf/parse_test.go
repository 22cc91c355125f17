package nodesconf

import (
	"errors"
	"strings"
	"testing"
)

var (
	idA = strings.Repeat("a1", 20)
	idB = strings.Repeat("b2", 20)
	idC = strings.Repeat("c3", 20)
	idS = strings.Repeat("5d", 20)
)

// file puts lines together; <A>, <B>, <C> and <S> stand for ids.
func file(lines ...string) string {
	ids := strings.NewReplacer("<A>", idA, "<B>", idB, "<C>", idC, "<S>", idS)
	return ids.Replace(strings.Join(lines, "\n") + "\n")
}

const (
	lineA = "<A> 127.0.0.1:7001@17001 myself,master - 0 0 3 connected 0-100"
	lineB = "<B> 127.0.0.1:1@2 master - 0 1700000000000 4 connected 200"
	vars  = "vars currentEpoch 4 lastVoteEpoch 2"
)

// damaged files are those a server does not start on.
var damaged = []struct {
	name   string
	text   string
	line   int
	reason string // a part of it
	alone  bool   // Redis leaves its memory, or 7.0 does not know the form: no server can be asked
}{
	{"blank lines only", "\n\n", 2, "myself", false},
	{"no myself", file(lineB, vars), 2, "myself", false},
	{"myself twice", file(lineA, "<B> 127.0.0.1:1@2 myself,master - 0 0 0 connected"), 2, "second time", false},
	{"myself twice on a line", file("<A> :1@2 myself,MYSELF - 0 0 0 connected"), 1, "second time", false},
	{"myself's line twice", file(lineA, lineA), 2, "second time", false},
	{"seven words", file(lineA, "<B> 127.0.0.1:1@2 master - 0 0 4"), 2, "7 words", false},
	{"one word", file(lineA, "garbage"), 2, "1 words", false},
	{"short id", file("a1a1 127.0.0.1:1@2 myself,master - 0 0 3 connected"), 1, "4 characters", false},
	{"long id", file("<A>a 127.0.0.1:1@2 myself,master - 0 0 3 connected"), 1, "41 characters", false},
	{"upper-case id", strings.ToUpper(idA) + " :1@2 myself,master - 0 0 3 connected\n", 1, "a-z", false},
	{"no colon", file("<A> 127.0.0.1 myself,master - 0 0 3 connected"), 1, "':'", false},
	{"colon behind the comma", file("<A> 127,0:1@2 myself,master - 0 0 3 connected"), 1, "':'", false},
	{"unknown flag", file("<A> :1@2 myself,bogus - 0 0 3 connected"), 1, `"bogus"`, false},
	{"empty flag", file("<A> :1@2 myself, - 0 0 3 connected"), 1, `flag ""`, false},
	{"short primary", file("<A> :1@2 myself,slave b2b2 0 0 3 connected"), 1, "primary", false},
	{"empty primary", file("<A> :1@2 myself,slave \"\" 0 0 3 connected"), 1, "primary", false},
	{"slot too large", file(lineA + " 16384"), 1, "16383", false},
	{"range too large", file(lineA + " 16383-16384"), 1, "16383", false},
	{"slot beyond 32 bits", file(lineA + " 2147483648"), 1, "16383", false},
	{"slots before a slot too large", file(lineA + " +-5 65536"), 1, "65536", false},
	{"open slot too large", file(lineA + " [16384->-<B>]"), 1, "16383", false},
	{"open slot without an arrow", file(lineA + " [5]"), 1, "arrow", false},
	{"open slot without a bracket", file(lineA + " [5->-<B>"), 1, "bracket", false},
	{"open slot to a short id", file(lineA + " [5->-b2b2]"), 1, "open slot 5", false},
	{"open slot to nobody", file(lineA + " [5->-]"), 1, "open slot 5", false},
	{"quotes", file(lineA, "\"<B> :1@2 master - 0 0 0 connected"), 2, "quotes", false},
	{"quotes inside", file(lineA, "<B> \":1@2\"x master - 0 0 0 connected"), 2, "quotes", false},
	{"odd vars", file(lineA, "vars currentEpoch"), 2, "pairs", false},
	{"cut short", file(lineA, "<B> 127.0.0.1:1@2 mas"), 2, "words", false},
	{"NUL inside", file(lineA, "<B> :1@2\x00 master - 0 0 0 connected"), 2, "2 words", false},

	{"blanks only", file(lineA, "  "), 2, "blanks", true},
	{"cut open slot", file(lineA + " [5-"), 1, "arrow", true},
	{"endless ip", file("<A> " + strings.Repeat("1", 46) + ":1@2 myself,master - 0 0 3 connected"), 1, "46 bytes", true},
	{"endless line", file(lineA + strings.Repeat(" 16383", 1<<19)), 1, "limit", true},
	{"pair without a value", file("<A> :1@2,,tls-port myself,master - 0 0 3 connected"), 1, "name=value", true},
	{"pair without a name", file("<A> :1@2,,=1 myself,master - 0 0 3 connected"), 1, "name=value", true},
	{"empty pair", file("<A> :1@2,host, myself,master - 0 0 3 connected"), 1, "name=value", true},
	{"two equals signs", file("<A> :1@2,,nodename=a=b myself,master - 0 0 3 connected"), 1, "forbidden", true},
	{"forbidden character", file("<A> :1@2,,nodename=a{b myself,master - 0 0 3 connected"), 1, "forbidden", true},
	{"long port", file("<A> :1@2,,tls-port=000001 myself,master - 0 0 3 connected"), 1, "tls-port", true},
	{"empty port", file("<A> :1@2,,tcp-port= myself,master - 0 0 3 connected"), 1, "tcp-port", true},
	{"port too large", file("<A> :1@2,,tls-port=65536 myself,master - 0 0 3 connected"), 1, "65535", true},
	{"short shard id", file("<A> :1@2,,shard-id=5d myself,master - 0 0 3 connected"), 1, "shard-id", true},
}

// sound files are those every server since 7.0 starts on.
var sound = []struct{ name, text string }{
	{"of a new node", file("<A> :0@0 myself,master - 0 0 0 connected", "vars currentEpoch 0 lastVoteEpoch 0")},
	{"three nodes", file(lineA, lineB, "<C> 127.0.0.1:3@4,c.example.com slave <B> 0 1700000000000 4 disconnected", vars)},
	{"no vars", file(lineA, lineB)},
	{"vars first", file(vars, lineA, lineB)},
	{"unknown vars", file(lineA, "VARS color blue LASTVOTEEPOCH 7 currentepoch 9")},
	{"empty vars", file(lineA, "vars")},
	{"odd epochs", file("<A> :1@2 myself,master - 0 0 12x connected", "vars currentEpoch x lastVoteEpoch 18446744073709551616")},
	{"negative epochs", file(lineA, "vars currentEpoch -18446744073709551610 lastVoteEpoch -1")},
	{"an epoch above the current one", file(lineA, "<B> :1@2 master - 0 0 77 connected", vars)},
	{"a replica's epoch above the current one", file(lineA, lineB, "<C> 127.0.0.1:3@4 slave <B> 0 0 99 connected", vars)},
	{"a replica of nobody", file(lineA, lineB, "<C> 127.0.0.1:3@4 slave - 0 0 99 connected", vars)},
	{"all flags", file(lineA, "<B> 127.0.0.1:3@4 master,fail?,nofailover - 0 0 1 connected", "<C> :0@0 SLAVE,FAIL,noaddr,NoFlags <B> 0 0 1 connected")},
	{"no flags", file(lineA, "<B> 127.0.0.1:3@4 noflags - 0 0 1 connected")},
	{"no bus port", file(lineA, "<B> 127.0.0.1:3 master - 0 0 1 connected")},
	{"IPv6", file(lineA, "<B> ::1:3@4 master - 0 0 1 connected")},
	{"odd ports", file(lineA, "<B> 127.0.0.1:x@7y master - 0 0 1 connected", "<C> 127.0.0.1:@ master - 0 0 1 connected")},
	{"odd slots", file(lineA + " 200x 20-10 -3 300-301-302 x")},
	{"slots claimed twice", file(lineA+" 50 100-102", "<B> 127.0.0.1:3@4 master - 0 0 9 connected 0-200")},
	{"all slots", file(lineA + " 0-16383")},
	{"open slots", file(lineA+" [93->-<B>] [5->-<B>] [7-<-<C>] [5->-<C>]", lineB, "<C> 127.0.0.1:3@4 master - 0 0 1 connected")},
	{"odd arrows", file(lineA+" [93x-=-<B>]garbage [->-<B>]", lineB)},
	{"open both ways", file(lineA+" [93->-<B>] [93-<-<B>] [94-<-<B>]", lineB)},
	{"open on another's line", file(lineA, lineB+" [93->-<B>]")},
	{"nodes that are only mentioned", file(lineA+" [5->-<B>]", "<C> 127.0.0.1:3@4 slave <S> 0 0 0 connected")},
	{"the same node twice", file(lineA, lineB, "<B> 127.0.0.1:3@4 fail - 0 0 9 connected 300")},
	{"a primary that comes later", file("<C> 127.0.0.1:3@4 slave <B> 0 0 0 connected", lineB, lineA)},
	{"its own primary", file(lineA, "<B> 127.0.0.1:3@4 slave <B> 0 0 7 connected")},
	{"more than a minus", file(lineA, "<B> 127.0.0.1:3@4 master -x 0 0 7 connected")},
	{"quotes", file(lineA, "\"<B>\" '127.0.0.1:3@4' \"master\" - 0 0 7 \"connected\" \"3\\x30\\x300\"")},
	{"an empty slot", file("<A> :1@2 myself,master - 0 0 1 connected \"\"")},
	{"padding", file(lineA, vars) + "\n\n\n"},
	{"no end of line", strings.TrimSuffix(file(lineA, lineB), "\n")},
	{"CRLF", strings.ReplaceAll(file(lineA, lineB, vars), "\n", "\r\n")},
	{"NUL at the end", file(lineA + "\x00 500")},
	{"a line of NUL", file(lineA, "\x00garbage", lineB)},
	{"eight words and more", file("<A> :1@2 myself,master - zero one 1 sometimes 5 5 5-6")},
	{"7.2", file("<A> :0@0,,tls-port=0,shard-id=<S> myself,master - 0 0 0 connected 5", vars)},
	{"7.2 with names", file("<A> 127.0.0.1:1@2,h.example.com,tls-port=7,nodename=n-1,shard-id=<S> myself,master - 0 0 0 connected 5", vars)},
	{"7.2 with TLS", file("<A> 127.0.0.1:1@2,,tcp-port=6379,shard-id=<S> myself,master - 0 0 0 connected 5", vars)},
}

func TestDamagedFiles(t *testing.T) {
	for _, c := range damaged {
		t.Run(c.name, func(t *testing.T) {
			f, err := Parse([]byte(c.text))
			var damage *SyntaxError
			if !errors.As(err, &damage) {
				t.Fatalf("Parse gives %+v and %v, want a *SyntaxError", f, err)
			}
			if damage.Line != c.line || !strings.Contains(damage.Error(), c.reason) {
				t.Errorf("the error is %q, want one of line %d with %q", damage, c.line, c.reason)
			}
			lines := strings.Split(c.text, "\n")
			if damage.Text != lines[c.line-1] {
				t.Errorf("the error shows %q, want %q", damage.Text, lines[c.line-1])
			}
		})
	}
}
