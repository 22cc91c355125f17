package resp

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// A stream is what a parser makes of all the bytes of a connection.
type stream struct {
	requests [][]string
	used     int
	err      error
}

// parseWhole gives the parser all bytes at once.
func parseWhole(limits Limits, b []byte) (s stream) {
	p := Parser{Limits: limits}
	for {
		args, n, err := p.Next(b[s.used:])
		if n == 0 {
			s.err = err
			return s
		}
		s.add(args, n)
	}
}

// parsePieces gives it more and more bytes, each time at another place in memory: pieces are the sizes of what arrives, used in
// turn.
func parsePieces(limits Limits, b []byte, pieces []byte) (s stream) {
	p := Parser{Limits: limits}
	arrived := 0
	for turn := 0; ; turn++ {
		buf := slices.Clone(b[s.used:arrived])
		args, n, err := p.Next(buf)
		if n > 0 {
			s.add(args, n)
			continue
		}
		if err != nil || arrived == len(b) {
			s.err = err
			return s
		}
		clear(buf) // a view kept from this call would show
		piece := 1
		if len(pieces) > 0 {
			piece += int(pieces[turn%len(pieces)]) % 64
		}
		arrived = min(arrived+piece, len(b))
	}
}

func (s *stream) add(args [][]byte, n int) {
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = string(arg)
	}
	s.requests = append(s.requests, words)
	s.used += n
}

func (s *stream) equal(o stream) bool {
	sameErr := s.err == o.err || s.err != nil && o.err != nil && s.err.Error() == o.err.Error()
	return sameErr && s.used == o.used && slices.EqualFunc(s.requests, o.requests, slices.Equal[[]string])
}

func TestNext(t *testing.T) {
	for _, c := range []struct {
		name, input string
		want        [][]string
		left        int // bytes of an incomplete request at the end
	}{
		{"nothing", "", nil, 0},
		{"one", "*1\r\n$4\r\nPING\r\n", [][]string{{"PING"}}, 0},
		{"binary", "*2\r\n$3\r\nGET\r\n$4\r\n\r\n\x00$\r\n", [][]string{{"GET", "\r\n\x00$"}}, 0},
		{"empty argument", "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", [][]string{{"ECHO", ""}}, 0},
		{"pipeline", "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nQUIT\r\n", [][]string{{"PING"}, {"QUIT"}}, 0},
		{"empty requests", "*0\r\n*-1\r\n*-99\r\n\r\n\n \r\n*1\r\n$1\r\na\r\n", [][]string{{}, {}, {}, {}, {}, {}, {"a"}}, 0},
		{"inline", "PING\r\nGET  foo\n", [][]string{{"PING"}, {"GET", "foo"}}, 0},
		{"inline then multibulk", "PING\r\n*1\r\n$4\r\nPING\r\n", [][]string{{"PING"}, {"PING"}}, 0},
		{"inline with quotes", "SET \"a b\" 'c d'\r\n", [][]string{{"SET", "a b", "c d"}}, 0},
		{"second byte of line ends is not looked at", "*1\rx$4\ryPINGzz", [][]string{{"PING"}}, 0},
		{"incomplete count", "*1\r\n$4\r\nPING\r\n*", [][]string{{"PING"}}, 1},
		{"incomplete line end", "*1\r", nil, 3},
		{"incomplete length", "*1\r\n$4", nil, 6},
		{"incomplete argument", "*2\r\n$4\r\nECHO\r\n$4\r\nabcd\r", nil, 23},
		{"incomplete inline", "PING", nil, 4},
		{"a NUL byte hides the end of a line", "PI\x00NG\r\nPING\r\n", nil, 13},
		{"a NUL byte hides the end of a count", "*1\x00\r\n", nil, 5},
		{"a NUL byte hides the end of a length", "*2\r\n$12\r\n0123456789ab\r\n\x00aaa\r\n", nil, 29},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := stream{requests: c.want, used: len(c.input) - c.left}
			if got := parseWhole(DefaultLimits(), []byte(c.input)); !got.equal(want) {
				t.Errorf("at once: %+v, want %+v", got, want)
			}
			for piece := range 4 {
				got := parsePieces(DefaultLimits(), []byte(c.input), []byte{byte(piece)})
				if !got.equal(want) {
					t.Errorf("in pieces of %d bytes: %+v, want %+v", piece+1, got, want)
				}
			}
		})
	}
}

func TestNextProtocolErrors(t *testing.T) {
	unauthenticated, small := DefaultLimits(), DefaultLimits()
	unauthenticated.Authenticated = false
	small.MultibulkCount, small.BulkBytes = 3, 5
	unlimited := Limits{math.MaxInt, math.MaxInt, math.MaxInt, math.MaxInt, true}
	for _, c := range []struct {
		name   string
		limits Limits
		input  string
		want   string // "" is no error
	}{
		{"longest inline", DefaultLimits(), strings.Repeat("a", 65536), ""},
		{"too long inline", DefaultLimits(), strings.Repeat("a", 65537), "too big inline request"},
		{"too long inline with NUL", DefaultLimits(), "\x00\r\n" + strings.Repeat("a", 65534), "too big inline request"},
		{"longest inline, ended", DefaultLimits(), strings.Repeat("a", 65536) + "\n", ""},
		{"open quote", DefaultLimits(), "GET \"foo\r\n", "unbalanced quotes in request"},
		{"closing quote in a word", DefaultLimits(), "GET \"foo\"bar\r\n", "unbalanced quotes in request"},
		{"longest count line", DefaultLimits(), "*" + strings.Repeat("1", 65535), ""},
		{"too long count line", DefaultLimits(), "*" + strings.Repeat("1", 65536), "too big mbulk count string"},
		{"no count", DefaultLimits(), "*\r\n", "invalid multibulk length"},
		{"count with sign", DefaultLimits(), "*+1\r\n", "invalid multibulk length"},
		{"count with zero", DefaultLimits(), "*01\r\n", "invalid multibulk length"},
		{"count with blank", DefaultLimits(), "* 1\r\n", "invalid multibulk length"},
		{"count -0", DefaultLimits(), "*-0\r\n", "invalid multibulk length"},
		{"highest count", DefaultLimits(), "*2147483647\r\n", ""},
		{"count too high", DefaultLimits(), "*2147483648\r\n", "invalid multibulk length"},
		{"count overflows", DefaultLimits(), "*18446744073709551617\r\n", "invalid multibulk length"},
		{"count above own limit", small, "*4\r\n", "invalid multibulk length"},
		{"no dollar", DefaultLimits(), "*1\r\n:4\r\n", "expected '$', got ':'"},
		{"no dollar, line break", DefaultLimits(), "*1\r\n\n\r\n", "expected '$', got ' '"},
		{"no dollar, high byte", DefaultLimits(), "*1\r\n\xff\r\n", "expected '$', got '\xff'"},
		{"no dollar is seen at the end of the line", DefaultLimits(), "*1\r\n:4", ""},
		{"longest length line", DefaultLimits(), "*1\r\n$" + strings.Repeat("1", 65535), ""},
		{"too long length line", DefaultLimits(), "*1\r\n$" + strings.Repeat("1", 65536), "too big bulk count string"},
		{"no length", DefaultLimits(), "*1\r\n$\r\n", "invalid bulk length"},
		{"null bulk", DefaultLimits(), "*1\r\n$-1\r\n", "invalid bulk length"},
		{"longest bulk", DefaultLimits(), "*1\r\n$536870912\r\n", ""},
		{"too long bulk", DefaultLimits(), "*1\r\n$536870913\r\n", "invalid bulk length"},
		{"bulk above own limit", small, "*1\r\n$6\r\n", "invalid bulk length"},
		{"no limits, length overflows", unlimited, "*1\r\n$9223372036854775807\r\n", "invalid bulk length"},
		{"unauthenticated, 10", unauthenticated, "*10\r\n", ""},
		{"unauthenticated, 11", unauthenticated, "*11\r\n", "unauthenticated multibulk length"},
		{"unauthenticated, invalid comes first", unauthenticated, "*2147483648\r\n", "invalid multibulk length"},
		{"unauthenticated, 16384", unauthenticated, "*1\r\n$16384\r\n", ""},
		{"unauthenticated, 16385", unauthenticated, "*1\r\n$16385\r\n", "unauthenticated bulk length"},
		{"unauthenticated, invalid length comes first", unauthenticated, "*1\r\n$536870913\r\n", "invalid bulk length"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := Parser{Limits: c.limits}
			for range 2 { // an error stays
				args, n, err := p.Next([]byte(c.input))
				var protocolError *ProtocolError
				switch {
				case c.want == "" && err != nil:
					t.Errorf("error %q, want none", err)
				case c.want != "" && (!errors.As(err, &protocolError) || protocolError.Text != "Protocol error: "+c.want):
					t.Errorf("error %v, want %q", err, c.want)
				case c.want != "" && (n != 0 || len(args) != 0):
					t.Errorf("%d bytes used, %d arguments, want none", n, len(args))
				}
			}
		})
	}
}

func TestNextQueryBytes(t *testing.T) {
	limits := DefaultLimits()
	limits.QueryBytes = 30
	for _, c := range []struct {
		name, input string
		want        error
	}{
		{"fits", "*2\r\n$4\r\nECHO\r\n$10\r\n01234567", nil},
		{"too long, multibulk", "*2\r\n$4\r\nECHO\r\n$99\r\n012345678901", ErrQueryBytes},
		{"too long, inline", strings.Repeat("x", 31), ErrQueryBytes},
		{"many short ones", strings.Repeat("*1\r\n$4\r\nPING\r\n", 20), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := parseWhole(limits, []byte(c.input)); got.err != c.want {
				t.Errorf("error %v, want %v", got.err, c.want)
			}
			if got := parsePieces(limits, []byte(c.input), nil); got.err != c.want {
				t.Errorf("byte by byte: error %v, want %v", got.err, c.want)
			}
		})
	}
	p := Parser{Limits: DefaultLimits()}
	unfinished := []byte("*3\r\n$3\r\nSET\r\n$20\r\nkkkkkkkkkkkkkkkkkkkk\r\n$20\r\n")
	p.Next(unfinished)
	p.Limits = limits
	if _, n, err := p.Next(unfinished); n != 0 || err != ErrQueryBytes {
		t.Errorf("limit lowered in the middle of a request: %d, %v; want ErrQueryBytes", n, err)
	}
}

// TestNextAnnouncedIsNotAllocated: a client may announce what it likes, memory grows with what it sends.
func TestNextAnnouncedIsNotAllocated(t *testing.T) {
	inputs := [][]byte{[]byte("*2147483647\r\n$536870912\r\nx"), []byte("*1000000\r\n$1\r\na\r\n$1\r\nb\r\n$1")}
	for _, input := range inputs {
		const rounds = 100
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range rounds {
			p := Parser{Limits: DefaultLimits()}
			p.Next(input[:len(input)-1])
			p.Next(input)
		}
		runtime.ReadMemStats(&after)
		if got := (after.TotalAlloc - before.TotalAlloc) / rounds; got > 512 {
			t.Errorf("%d bytes allocated for %q", got, input)
		}
	}
}

// TestNextForgets: an idle parser keeps neither the buffer of a past request alive nor the room of a long one.
func TestNextForgets(t *testing.T) {
	many := make([]string, 10_000)
	b := AppendCommandStrings(nil, many...)
	p := Parser{Limits: DefaultLimits()}
	p.Next(b[:len(b)-3])
	if args, n, err := p.Next(b); len(args) != len(many) || n != len(b) || err != nil {
		t.Fatalf("%d arguments, %d bytes, error %v", len(args), n, err)
	}
	p.Next(nil)
	if cap(p.args) > idleArgsMax || cap(p.lengths) > idleArgsMax {
		t.Errorf("an idle parser has room for %d arguments and %d lengths", cap(p.args), cap(p.lengths))
	}
	p.Next([]byte("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"))
	p.Next(nil)
	for _, arg := range p.args[:cap(p.args)] {
		if arg != nil {
			t.Error("an idle parser has a view of its last request")
		}
	}
}

func TestNextArgumentsHaveNoRoom(t *testing.T) {
	for _, input := range []string{"*2\r\n$3\r\nGET\r\n$3\r\nfoo\r\n", "GET foo\r\n", "GET \"foo\" bar\r\n"} {
		for _, split := range []int{0, 10} {
			p, buf := Parser{Limits: DefaultLimits()}, []byte(input)
			p.Next(buf[:min(split, len(buf)-1)])
			args, _, _ := p.Next(buf)
			for i, arg := range args {
				if cap(arg) > len(arg) {
					t.Errorf("%q split at %d: to append to argument %d would write to what follows it", input, split, i)
				}
			}
		}
	}
}

func TestAppendNextBatch(t *testing.T) {
	buf := []byte("*2\r\n$3\r\nGET\r\n$1\r\na\r\nGET 'b'\r\n*2\r\n$3\r\nGET\r\n$1\r\nc\r\n*1\r\n$4")
	p := Parser{Limits: DefaultLimits()}
	var batch [][]byte
	for rest := buf; ; {
		var n int
		if batch, n, _ = p.AppendNext(batch, rest); n == 0 {
			break
		}
		rest = rest[n:]
	}
	var got []string
	for _, arg := range batch {
		got = append(got, string(arg))
	}
	if want := []string{"GET", "a", "GET", "b", "GET", "c"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestNextDoesNotAllocate(t *testing.T) {
	value := strings.Repeat("v", 100)
	for _, c := range []struct {
		name, input string
		split       int
	}{
		{"GET", string(AppendCommandStrings(nil, "GET", "key")), 0},
		{"SET", string(AppendCommandStrings(nil, "SET", "key", value)), 0},
		{"SET in two pieces", string(AppendCommandStrings(nil, "SET", "key", value)), 50},
		{"inline", "SET key value\r\n", 0},
		{"inline in two pieces", "SET key value\r\n", 5},
	} {
		buf := []byte(c.input)
		p := Parser{Limits: DefaultLimits()}
		allocations := testing.AllocsPerRun(100, func() {
			p.Next(buf[:c.split])
			if args, n, err := p.Next(buf); n != len(buf) || len(args) < 2 || err != nil {
				t.Fatalf("%s: %d arguments, %d bytes, error %v", c.name, len(args), n, err)
			}
		})
		if allocations != 0 {
			t.Errorf("%s: %v allocations a request, want none", c.name, allocations)
		}
	}
}

func FuzzNext(f *testing.F) {
	for _, seed := range []string{
		"*2\r\n$3\r\nGET\r\n$3\r\nfoo\r\n*1\r\n$4\r\nPING\r\n", "PING\r\n\r\nSET \"a\\x41\" 'b'\n", "*0\r\n*-1\r\n*1\r\n$0\r\n\r\n",
		"*2\r\n$12\r\nabcdefghijkl\r\n$-1\r\n", "*1\r\n:1\r\n", "*01\r\n", "*\x00\r\n", "GET \"\r\n", strings.Repeat("*1\r\n$1\r\nx\r\n", 20),
		"*99\r\n", "*1\r\n$4\r\nPI", strings.Repeat("a", 70), "*" + strings.Repeat("1", 70), "*1\r\n$" + strings.Repeat("1", 70),
		"*3\r\n$1\r\na\r\n$1\r\nb\r\n$30\r\n012345678901234567890123456789\r\n",
	} {
		f.Add([]byte(seed), []byte{0}, true)
		f.Add([]byte(seed), []byte{5, 0, 2}, false)
	}
	f.Fuzz(func(t *testing.T, b, pieces []byte, authenticated bool) {
		limits := Limits{InlineBytes: 48, MultibulkCount: 12, BulkBytes: 64, QueryBytes: 128, Authenticated: authenticated}
		whole := parseWhole(limits, b)
		if got := parsePieces(limits, b, pieces); !got.equal(whole) {
			t.Errorf("%q in pieces %v:\n%+v, at once:\n%+v", b, pieces, got, whole)
		}
		if whole.used > len(b) {
			t.Errorf("%d bytes used of %d", whole.used, len(b))
		}
		for _, args := range whole.requests {
			again := parseWhole(DefaultLimits(), AppendCommandStrings(nil, args...))
			if len(again.requests) != 1 || !slices.Equal(again.requests[0], args) {
				t.Errorf("%q is read back as %q", args, again.requests)
			}
		}
	})
}
