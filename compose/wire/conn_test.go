package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// script is a node that plays one side of a conversation; it reports what was sent to it.
type script struct {
	addr string
	conn chan net.Conn
}

func newScript(t *testing.T) *script {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &script{listener.Addr().String(), make(chan net.Conn, 1)}
	go func() {
		if conn, err := listener.Accept(); err == nil {
			s.conn <- conn
		}
	}()
	t.Cleanup(func() { listener.Close() })
	return s
}

// dial connects to the script and returns both ends.
func (s *script) dial(t *testing.T) (*Conn, net.Conn) {
	t.Helper()
	c, err := Dial(t.Context(), s.addr)
	if err != nil {
		t.Fatal(err)
	}
	peer := <-s.conn
	t.Cleanup(func() { c.Close(); peer.Close() })
	return c, peer
}

func say(t *testing.T, peer net.Conn, text string) {
	t.Helper()
	if _, err := peer.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, peer net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(peer, got); err != nil || string(got) != want {
		t.Fatalf("the node heard %q, %v, want %q", got, err, want)
	}
}

func wantValue(t *testing.T, v Value, err error, want string) {
	t.Helper()
	if err != nil || v.String() != want {
		t.Fatalf("got %s, %v, want %s", v, err, want)
	}
}

// soon is a context that ends long before the test does.
func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestReceiveGivenUpLosesNothing(t *testing.T) {
	c, peer := newScript(t).dial(t)
	if _, err := c.Receive(soon(t)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	say(t, peer, "*2\r\n$5\r\nhe")
	if _, err := c.Receive(soon(t)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v", err)
	}
	say(t, peer, "llo\r\n:1\r\n+next\r\n")
	v, err := c.Receive(t.Context())
	wantValue(t, v, err, `array [bulk "hello", integer 1]`)
	v, err = c.Receive(t.Context())
	wantValue(t, v, err, `simple "next"`)
}

func TestCancelEndsReceive(t *testing.T) {
	c, peer := newScript(t).dial(t)
	cause := errors.New("the scenario is over")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(10*time.Millisecond, func() { cancel(cause) })
	if _, err := c.Receive(ctx); !errors.Is(err, cause) {
		t.Fatalf("got %v", err)
	}
	say(t, peer, "+OK\r\n")
	v, err := c.Receive(t.Context()) // without a deadline, after one was set
	wantValue(t, v, err, `simple "OK"`)
}

func TestDoGivenUpBreaksTheConnection(t *testing.T) {
	c, peer := newScript(t).dial(t)
	if _, err := c.Do(soon(t), "GET", "x"); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), `"GET x"`) {
		t.Fatalf("got %v", err)
	}
	say(t, peer, "$4\r\nlate\r\n") // must not become the answer to the next command
	if v, err := c.Do(t.Context(), "PING"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %s, %v", v, err)
	}
	if err := c.Send("PING"); err == nil {
		t.Error("Send works on a broken connection")
	}
}

func TestDoKeepsPushesForReceive(t *testing.T) {
	c, peer := newScript(t).dial(t)
	say(t, peer, ">3\r\n+message\r\n+ch\r\n+hello\r\n+PONG\r\n>2\r\n+invalidate\r\n_\r\n")
	v, err := c.Do(t.Context(), "PING")
	wantValue(t, v, err, `simple "PONG"`)
	say(t, peer, ">3\r\n+sunsubscribe\r\n+a\r\n:0\r\n>3\r\n$10\r\nssubscribe\r\n+b\r\n:1\r\n")
	v, err = c.Do(t.Context(), "SSUBSCRIBE", "b")
	wantValue(t, v, err, `push [bulk "ssubscribe", simple "b", integer 1]`)
	for _, want := range []string{"message", "invalidate", "sunsubscribe"} {
		v, err := c.Receive(t.Context())
		if err != nil || len(v.Items) == 0 || v.Items[0].Text != want {
			t.Errorf("got %s, %v, want %s", v, err, want)
		}
	}
	hear(t, peer, "*1\r\n$4\r\nPING\r\n*2\r\n$10\r\nSSUBSCRIBE\r\n$1\r\nb\r\n")
}

func TestPipelineIsOneWrite(t *testing.T) {
	c, peer := newScript(t).dial(t)
	say(t, peer, "+1\r\n-ERR 2\r\n:3\r\n")
	replies, err := c.Pipeline(t.Context(), []string{"A"}, []string{"B", ""}, []string{"C", "x y"})
	if err != nil || len(replies) != 3 || replies[1].String() != `error "ERR 2"` {
		t.Fatalf("got %v, %v", replies, err)
	}
	hear(t, peer, "*1\r\n$1\r\nA\r\n*2\r\n$1\r\nB\r\n$0\r\n\r\n*2\r\n$1\r\nC\r\n$3\r\nx y\r\n")
}

func TestRaw(t *testing.T) {
	c, peer := newScript(t).dial(t)
	if err := c.SendRaw([]byte("PI")); err != nil {
		t.Fatal(err)
	}
	hear(t, peer, "PI")
	say(t, peer, "no RESP at all")
	b, err := c.ReceiveRaw(t.Context())
	if err != nil || string(b) != "no RESP at all" {
		t.Errorf("got %q, %v", b, err)
	}
	if _, err := c.ReceiveRaw(soon(t)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestPeerClosesInTheMiddle(t *testing.T) {
	c, peer := newScript(t).dial(t)
	say(t, peer, "$10\r\nabc")
	peer.Close()
	if v, err := c.Receive(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("got %s, %v", v, err)
	}
}

func TestCloseEndsReceive(t *testing.T) {
	c, _ := newScript(t).dial(t)
	time.AfterFunc(10*time.Millisecond, func() { c.Close() })
	if _, err := c.Receive(t.Context()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestGarbageIsAProtocolError(t *testing.T) {
	c, peer := newScript(t).dial(t)
	say(t, peer, "HTTP/1.1 400 Bad Request\r\n")
	_, err := c.Do(t.Context(), "PING")
	if protocol := (*ProtocolError)(nil); !errors.As(err, &protocol) || !strings.Contains(err.Error(), "HTTP/1.1 400") {
		t.Errorf("got %v", err)
	}
}

func TestTrace(t *testing.T) {
	s := newScript(t)
	c, peer := s.dial(t)
	var got []Exchange
	c.Trace(func(e Exchange) { got = append(got, e) })
	say(t, peer, "+OK\r\n>1\r\n+news\r\n:1\r\n")
	if _, err := c.Pipeline(t.Context(), []string{"SET", "k", "v"}, []string{"INCR", "n"}); err != nil {
		t.Fatal(err)
	}
	if err := c.Send("QUIT"); err != nil {
		t.Fatal(err)
	}
	peer.Close()
	if _, err := c.Receive(t.Context()); err != nil { // the push that was set aside
		t.Fatal(err)
	}
	if _, err := c.Receive(t.Context()); err == nil {
		t.Fatal("received from a closed peer")
	}
	want := []Exchange{
		{Request: []string{"SET", "k", "v"}, Reply: Value{Kind: Simple, Text: "OK"}},
		{Reply: Value{Kind: Push, Items: []Value{{Kind: Simple, Text: "news"}}}},
		{Request: []string{"INCR", "n"}, Reply: Value{Kind: Integer, Text: "1"}},
		{Request: []string{"QUIT"}},
		{Err: io.EOF},
	}
	if len(got) != len(want) {
		t.Fatalf("%d exchanges, want %d: %+v", len(got), len(want), got)
	}
	for i, w := range want {
		g := got[i]
		if g.Node != s.addr || g.At.IsZero() || !slices.Equal(g.Request, w.Request) || !g.Reply.Equal(w.Reply) || (g.Err == nil) != (w.Err == nil) {
			t.Errorf("exchange %d is %+v, want %+v", i, g, w)
		}
	}
}

func TestDialRefused(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	listener.Close()
	if _, err := Dial(t.Context(), addr); err == nil || !strings.Contains(err.Error(), "dialing "+addr) {
		t.Errorf("got %v", err)
	}
}
