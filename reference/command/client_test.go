package command

import (
	"slices"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/slot"
)

func TestClientKill(t *testing.T) {
	b := newBench(t, testSetup{})
	s, other, listener := b.client(), b.client(), b.client()
	other.Addr, other.Laddr = "10.9.9.9:1", "10.0.0.1:7000"
	b.do(listener, "SUBSCRIBE", "ch")
	for _, tt := range []struct {
		request string
		killed  []*Session
		want    string
	}{
		{"CLIENT KILL TYPE pubsub", []*Session{listener}, ":1\r\n"},
		{"CLIENT KILL 10.9.9.9:1", []*Session{other}, ok},
		{"CLIENT KILL 10.9.9.9:1", nil, "-ERR No such client\r\n"}, // it is leaving already
		{"CLIENT KILL TYPE normal USER default", nil, ":0\r\n"},    // only oneself is left
	} {
		b.host.disconnected = nil
		if got := b.do(s, strings.Fields(tt.request)...); got != tt.want || !slices.Equal(b.host.disconnected, tt.killed) {
			t.Errorf("%s: reply %q, %d disconnected; want %q, %d", tt.request, got, len(b.host.disconnected), tt.want, len(tt.killed))
		}
	}
	if got := b.execute(s, "CLIENT", "KILL", s.Addr); got != Closing || string(s.Reply.Buf) != ok {
		t.Errorf("killing oneself: status %d, reply %q", got, s.Reply.Buf)
	}
}

func TestClientKillCutsTheLinkToThePrimary(t *testing.T) {
	const addr = "10.8.8.8:7000"
	for _, tt := range []struct {
		request, state string
		cuts           int
		want           string
	}{
		{"CLIENT KILL TYPE master", "connected", 1, ":1\r\n"},
		{"CLIENT KILL TYPE master", "sync", 0, ":0\r\n"},
		{"CLIENT KILL TYPE replica", "connected", 0, ":0\r\n"},
		{"CLIENT KILL ADDR " + addr, "connected", 1, ":1\r\n"},
		{"CLIENT KILL ADDR 10.8.8.8:7001", "connected", 0, ":0\r\n"},
		{"CLIENT KILL " + addr, "connected", 1, ok},
		{"CLIENT KILL SKIPME yes", "connected", 1, ":1\r\n"},
		{"CLIENT KILL USER default", "connected", 0, ":0\r\n"},
		{"CLIENT KILL ID 100", "connected", 0, ":0\r\n"},
	} {
		b := newBench(t, testSetup{})
		b.host.link = PrimaryLink{Addr: addr, State: tt.state}
		if got := b.do(b.client(), strings.Fields(tt.request)...); got != tt.want || b.host.cuts != tt.cuts {
			t.Errorf("%s while the link is %s: reply %q, %d cuts; want %q, %d", tt.request, tt.state, got, b.host.cuts, tt.want, tt.cuts)
		}
	}
}

func TestClientListTellsTheState(t *testing.T) {
	b := newBench(t, testSetup{})
	s, other := b.client(), b.client()
	b.do(s, "CLIENT", "SETNAME", "me")
	b.do(s, "CLIENT", "SETINFO", "lib-name", "mylib")
	b.do(s, "CLIENT", "SETINFO", "LIB-VER", "1.2")
	b.do(other, "WATCH", "k")
	b.do(other, "MULTI")
	b.do(other, "GET", "k")
	b.do(s, "SET", "k", "v")
	b.do(s, "READONLY")
	b.Now = b.Now.Add(2500)
	list := b.do(s, "CLIENT", "LIST")
	for _, want := range []string{
		"id=1 addr=127.0.0.1:50000 laddr=127.0.0.1:7000 fd=0 name=me age=2 idle=2 flags=r db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=0 qbuf-free=0 argv-mem=10 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=10 events=r " +
			"cmd=client|list user=default redir=-1 resp=2 lib-name=mylib lib-ver=1.2\n",
		"id=2 addr=127.0.0.1:50000 laddr=127.0.0.1:7000 fd=0 name= age=2 idle=2 flags=xd db=0 sub=0 psub=0 ssub=0 multi=1 qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=4 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=4 events=r " +
			"cmd=get user=default redir=-1 resp=2 lib-name= lib-ver=\n",
	} {
		if !strings.Contains(list, want) {
			t.Errorf("CLIENT LIST lacks %q:\n%s", want, list)
		}
	}
}

// CLIENT SETINFO came with Redis 7.2, the oracle is older.
func TestClientSetinfo(t *testing.T) {
	b := newBench(t, testSetup{})
	s := b.client()
	for request, want := range map[string]string{
		"CLIENT SETINFO LIB-NAME redis-py": ok,
		"CLIENT SETINFO lib-ver 1.2.3":     ok,
		"CLIENT SETINFO lib-foo x":         "-ERR Unrecognized option 'lib-foo'\r\n",
		"CLIENT SETINFO LIB-VER 1\x01":     "-ERR LIB-VER cannot contain spaces, newlines or special characters.\r\n",
		"CLIENT NO-TOUCH on":               ok,
		"CLIENT NO-TOUCH wrong":            "-ERR syntax error\r\n",
	} {
		if got := b.do(s, strings.Fields(request)...); got != want {
			t.Errorf("%s: %q, want %q", request, got, want)
		}
	}
	b.do(s, "RESET") // what the library is does not change with that
	if info := b.do(s, "CLIENT", "INFO"); !strings.Contains(info, "flags=N ") || !strings.Contains(info, "lib-name=redis-py lib-ver=1.2.3") {
		t.Errorf("after RESET: %s", info)
	}
}

// Tools that speak HTTP to us are not answered: a browser could be tricked into that.
func TestHTTPIsNotAnswered(t *testing.T) {
	b := newBench(t, testSetup{})
	for _, request := range [][]string{{"POST", "/", "HTTP/1.1"}, {"Host:", "localhost"}} {
		s := b.client()
		if got := b.execute(s, request...); got != Closing || len(s.Reply.Buf) != 0 {
			t.Errorf("%v: status %d, reply %q", request, got, s.Reply.Buf)
		}
	}
}

func TestDebugNeedsPermission(t *testing.T) {
	refusal := "-" + errDebugNotAllowed + "\r\n"
	for _, tt := range []struct {
		option, addr string
		allowed      bool
	}{{"no", "127.0.0.1:1", false}, {"local", "127.0.0.1:1", true}, {"local", "[::1]:1", true}, {"local", "10.0.0.1:1", false}, {"yes", "10.0.0.1:1", true}} {
		b := newBench(t, testSetup{options: map[string]string{"enable-debug-command": tt.option}})
		s := b.client()
		s.Addr = tt.addr
		if got := b.do(s, "DEBUG", "SET-ACTIVE-EXPIRE", "1"); (got != refusal) != tt.allowed {
			t.Errorf("enable-debug-command %s from %s: %q", tt.option, tt.addr, got)
		}
	}
}

func TestLostSlotsEndShardSubscriptions(t *testing.T) {
	b := newBench(t, testSetup{})
	s := b.client()
	b.do(s, "HELLO", "3")
	b.do(s, "SSUBSCRIBE", "{foo}1", "{foo}2")
	b.do(s, "SSUBSCRIBE", "bar")
	s.Reply.Buf = nil
	var gone slot.Set
	gone.Add(slot.OfString("foo"))
	b.SlotsGone(&gone)
	want := ">3\r\n$12\r\nsunsubscribe\r\n$6\r\n{foo}1\r\n:2\r\n" + ">3\r\n$12\r\nsunsubscribe\r\n$6\r\n{foo}2\r\n:1\r\n"
	if string(s.Reply.Buf) != want {
		t.Errorf("got %q\nwant %q", s.Reply.Buf, want)
	}
	if got := b.do(b.client(), "SPUBLISH", "{foo}1", "m"); got != ":0\r\n" {
		t.Errorf("SPUBLISH to a channel nobody is left on: %q", got)
	}
}

func TestMessagesFromTheBus(t *testing.T) {
	b := newBench(t, testSetup{})
	s := b.client()
	b.do(s, "SUBSCRIBE", "ch")
	b.do(s, "SSUBSCRIBE", "ch")
	s.Reply.Buf = nil
	b.Deliver([]byte("ch"), []byte("m"), false)
	b.Deliver([]byte("ch"), []byte("n"), true)
	if got, want := string(s.Reply.Buf), "*3\r\n$7\r\nmessage\r\n$2\r\nch\r\n$1\r\nm\r\n*3\r\n$8\r\nsmessage\r\n$2\r\nch\r\n$1\r\nn\r\n"; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// A password that is set later is not asked of those who are in already; one who resets is out.
func TestPasswordSetLater(t *testing.T) {
	b := newBench(t, testSetup{})
	early := b.client()
	b.do(early, "CONFIG", "SET", "requirepass", "secret")
	late := b.client()
	if b.do(early, "PING") != "+PONG\r\n" || b.do(late, "PING") != "-"+errNoAuth+"\r\n" {
		t.Error("only the late client should be asked for the password")
	}
	if late.Authenticated() {
		t.Error("the parser should keep its small limits for the late client")
	}
}
