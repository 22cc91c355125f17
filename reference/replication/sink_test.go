package replication

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/clock"
)

const (
	idA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	idB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	eof = "0123456789012345678901234567890123456789"
)

// tape is a Handler that writes down what it is told, joining the pieces of the stream.
type tape struct {
	events  []string
	corrupt bool
}

func (t *tape) FullSync(id ID, offset int64) { t.add(fmt.Sprintf("full %s %d", id, offset)) }
func (t *tape) Continue(id ID)               { t.add("continue " + id.String()) }
func (t *tape) Snapshot(rdb []byte) error {
	t.add(fmt.Sprintf("snapshot %q", rdb))
	if t.corrupt {
		return errors.New("no such opcode")
	}
	return nil
}

func (t *tape) Stream(b []byte) error {
	const word = "stream "
	if last := len(t.events) - 1; last >= 0 && strings.HasPrefix(t.events[last], word) {
		t.events[last] += string(b)
		return nil
	}
	t.add(word + string(b))
	return nil
}

func (t *tape) add(event string) { t.events = append(t.events, event) }

// words is a request as the tests write it: its words between blanks.
func words(requests ...string) string {
	var b strings.Builder
	for _, r := range requests {
		parts := strings.Fields(r)
		fmt.Fprintf(&b, "*%d\r\n", len(parts))
		for _, p := range parts {
			fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(p), p)
		}
	}
	return b.String()
}

func mustID(text string) ID {
	id, ok := ParseID(text)
	if !ok {
		panic(text)
	}
	return id
}

// turn is one exchange: what comes from the primary, and what we send then.
type turn struct{ in, out string }

var sinkCases = []struct {
	name    string
	cfg     SinkConfig
	corrupt bool
	turns   []turn
	events  []string
	err     string
	state   State
}{
	{
		name: "first sync, length form, stream in the same bytes",
		cfg:  SinkConfig{ListeningPort: 7001},
		turns: []turn{
			{"", words("PING")},
			{"+PONG\r\n", words("REPLCONF listening-port 7001", "REPLCONF capa eof capa psync2")},
			{"+OK\r\n", ""},
			{"+OK\r\n", words("PSYNC ? -1")},
			{"\n\n+FULLRESYNC " + idA + " 41\r\n", ""},
			{"\n\n$5\r\nREDIS*1\r\n$4\r\nping\r\n", ""},
		},
		events: []string{"full " + idA + " 41", `snapshot "REDIS"`, "stream *1\r\n$4\r\nping\r\n"},
		state:  Connected,
	},
	{
		name: "end mark form",
		turns: []turn{
			{"+PONG\r\n+OK\r\n+OK\r\n+FULLRESYNC " + idA + " 0\r\n$EOF:" + eof + "\r\n",
				words("PING", "REPLCONF listening-port 0", "REPLCONF capa eof capa psync2", "PSYNC ? -1")},
			{"REDIS0009" + eof[:39], ""},
			{"", ""},
			{eof[39:] + "x", ""},
		},
		events: []string{"full " + idA + " 0", `snapshot "REDIS0009"`, "stream x"},
		state:  Connected,
	},
	{
		name: "partial sync under the primary's new name",
		cfg:  SinkConfig{Have: mustID(idA), HaveOffset: 99},
		turns: []turn{
			{"+PONG\r\n+OK\r\n+OK\r\n",
				words("PING", "REPLCONF listening-port 0", "REPLCONF capa eof capa psync2", "PSYNC "+idA+" 100")},
			{"+CONTINUE " + idB + "\r\nabc", ""},
		},
		events: []string{"continue " + idB, "stream abc"},
		state:  Connected,
	},
	{
		name:   "partial sync from a primary without names",
		cfg:    SinkConfig{Have: mustID(idA)},
		turns:  []turn{{"+PONG\r\n+OK\r\n+OK\r\n+CONTINUE\r\n", words("PING", "REPLCONF listening-port 0", "REPLCONF capa eof capa psync2", "PSYNC "+idA+" 1")}},
		events: []string{"continue " + strings.Repeat("0", 40)},
		state:  Connected,
	},
	{
		name: "password, announced address, refused REPLCONFs",
		cfg:  SinkConfig{User: "u", Password: "p", AnnounceIP: "10.0.0.1", ListeningPort: 7},
		turns: []turn{
			{"", words("PING")},
			{"-NOAUTH Authentication required.\r\n", words("AUTH u p", "REPLCONF listening-port 7", "REPLCONF ip-address 10.0.0.1", "REPLCONF capa eof capa psync2")},
			{"+OK\r\n-ERR no\r\n-ERR no\r\n", ""},
			{"-ERR Unrecognized REPLCONF option: capa\r\n", words("PSYNC ? -1")},
		},
		state: Connecting,
	},
	{
		name: "wrong password",
		cfg:  SinkConfig{Password: "p"},
		turns: []turn{{"+PONG\r\n-WRONGPASS invalid\r\n",
			words("PING", "AUTH p", "REPLCONF listening-port 0", "REPLCONF capa eof capa psync2")}},
		err: "refused AUTH",
	},
	{name: "not ready", turns: []turn{{"+PONG\r\n+OK\r\n+OK\r\n-NOMASTERLINK Can't SYNC\r\n", ""}}, err: ErrTryLater.Error()},
	{name: "loading", turns: []turn{{"+PONG\r\n+OK\r\n+OK\r\n-LOADING\r\n", ""}}, err: ErrTryLater.Error()},
	{name: "loading at PING", turns: []turn{{"-LOADING\r\n", ""}}, err: "answered PING"},
	{name: "PSYNC refused", turns: []turn{{"+PONG\r\n+OK\r\n+OK\r\n-ERR unknown command\r\n", ""}}, err: "answered PSYNC"},
	{name: "short id", turns: []turn{{"+PONG\r\n+OK\r\n+OK\r\n+FULLRESYNC abc 1\r\n", ""}}, err: "not an id"},
	{name: "offset is no number", turns: []turn{{"+PONG\r\n+OK\r\n+OK\r\n+FULLRESYNC " + idA + " x\r\n", ""}}, err: "not an id and an offset"},
	{name: "snapshot refused", turns: []turn{{"+PONG\r\n+OK\r\n+OK\r\n+FULLRESYNC " + idA + " 1\r\n-ERR no memory\r\n", ""}},
		events: []string{"full " + idA + " 1"}, err: "neither a length nor an end mark"},
	{name: "negative length", turns: []turn{{"+PONG\r\n+OK\r\n+OK\r\n+FULLRESYNC " + idA + " 1\r\n$-5\r\n", ""}},
		events: []string{"full " + idA + " 1"}, err: "neither a length nor an end mark"},
	{name: "snapshot cannot be loaded", corrupt: true, turns: []turn{{"+PONG\r\n+OK\r\n+OK\r\n+FULLRESYNC " + idA + " 1\r\n$3\r\nabcrest", ""}},
		events: []string{"full " + idA + " 1", `snapshot "abc"`}, err: "loading the snapshot: no such opcode"},
	{name: "endless line", turns: []turn{{strings.Repeat("+", maxLineBytes+1), ""}}, err: "longer than"},
}

func TestSinkScripts(t *testing.T) {
	for _, c := range sinkCases {
		t.Run(c.name, func(t *testing.T) {
			c.cfg.TimeoutMillis = 60_000
			s, h := NewSink(c.cfg, 0), &tape{corrupt: c.corrupt}
			var err error
			for i, turn := range c.turns {
				if err = s.Receive(1, []byte(turn.in), h); err != nil {
					break
				}
				if string(s.Out) != turn.out {
					t.Fatalf("turn %d: sent %q, want %q", i, s.Out, turn.out)
				}
				s.Out = s.Out[:0]
			}
			checkError(t, err, c.err)
			if !slices.Equal(h.events, c.events) {
				t.Errorf("events:\n%q\nwant:\n%q", h.events, c.events)
			}
			if err == nil && s.State() != c.state {
				t.Errorf("state %v, want %v", s.State(), c.state)
			}
		})
	}
}

func checkError(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Fatalf("error %v", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Fatalf("error %v, want one with %q", err, want)
	}
}

func TestSinkAcknowledgesEachSecondAndWhenAsked(t *testing.T) {
	s := NewSink(SinkConfig{Have: mustID(idA), TimeoutMillis: 5000}, 0)
	if err := s.Receive(100, []byte("+PONG\r\n+OK\r\n+OK\r\n"), &tape{}); err != nil {
		t.Fatal(err)
	}
	s.Out = nil
	tick := func(now clock.Millis, offset int64, want string) {
		t.Helper()
		if err := s.Tick(now, offset); err != nil {
			t.Fatalf("at %d: %v", now, err)
		}
		if string(s.Out) != want {
			t.Fatalf("at %d: sent %q, want %q", now, s.Out, want)
		}
		s.Out = nil
	}
	tick(200, 0, "") // nothing to acknowledge yet
	if err := s.Receive(300, []byte("+CONTINUE\r\n"), &tape{}); err != nil {
		t.Fatal(err)
	}
	if s.Deadline() != 300 {
		t.Errorf("deadline %d: the first acknowledgement is due at once", s.Deadline())
	}
	tick(300, 7, words("REPLCONF ACK 7"))
	tick(1299, 8, "")
	tick(1300, 9, words("REPLCONF ACK 9"))
	s.Acknowledge(10)
	if got, want := string(s.Out), words("REPLCONF ACK 10"); got != want {
		t.Fatalf("sent %q, want %q", got, want)
	}
	if err := s.Tick(5300, 9); err != nil {
		t.Fatalf("silent for exactly the timeout: %v", err)
	}
	if err := s.Tick(5301, 9); !errors.Is(err, ErrTimeout) {
		t.Fatalf("error %v, want %v", err, ErrTimeout)
	}
}

// FuzzSinkReceive: however the bytes are split, the events are the same; and a length that is only claimed reserves
// nothing.
func FuzzSinkReceive(f *testing.F) {
	for seed, c := range sinkCases {
		var in strings.Builder
		for _, turn := range c.turns {
			in.WriteString(turn.in)
		}
		f.Add([]byte(in.String()), uint64(seed))
	}
	f.Add([]byte("+PONG\r\n+OK\r\n+OK\r\n+FULLRESYNC "+idA+" 1\r\n$9223372036854775807\r\nabc"), uint64(1))
	f.Fuzz(func(t *testing.T, in []byte, seed uint64) {
		whole, s, wholeErr := feed(in, nil)
		if held := cap(s.snapshot.data) + cap(s.line); held > 4*len(in)+4096 {
			t.Fatalf("%d bytes in, %d held", len(in), held)
		}
		r := rand.New(rand.NewPCG(seed, 0))
		split, _, splitErr := feed(in, r)
		if !slices.Equal(whole.events, split.events) || fmt.Sprint(wholeErr) != fmt.Sprint(splitErr) {
			t.Fatalf("whole: %q %v\nsplit: %q %v", whole.events, wholeErr, split.events, splitErr)
		}
	})
}

// feed gives a fresh Sink the bytes of in, at once or, with chance, in pieces.
func feed(in []byte, chance *rand.Rand) (*tape, *Sink, error) {
	s, h := NewSink(SinkConfig{TimeoutMillis: 1}, 0), &tape{}
	for len(in) > 0 {
		n := len(in)
		if chance != nil {
			n = 1 + chance.IntN(min(n, 30))
		}
		if err := s.Receive(0, in[:n], h); err != nil {
			return h, s, err
		}
		in = in[n:]
	}
	return h, s, nil
}
