package wire

import (
	"errors"
	"strings"
	"testing"
)

func TestParserRefuses(t *testing.T) {
	for text, reason := range map[string]string{
		"OK\r\n":                     "unknown type byte",
		"HTTP/1.1 400\r\n":           "unknown type byte",
		"\r\n":                       "empty line",
		"\n":                         "line feed without carriage return",
		"+OK\n":                      "line feed without carriage return",
		"+O\rK\r\n":                  "carriage return inside a line",
		":\r\n":                      "bad integer",
		":1.0\r\n":                   "bad integer",
		":+1\r\n":                    "bad integer",
		":9223372036854775808\r\n":   "bad integer",
		"$x\r\n":                     "bad length",
		"$-2\r\n":                    "bad length",
		"$01\r\n":                    "bad length",
		"$536870913\r\n":             "bad length",
		"$?\r\n":                     "bad length",
		"$1\r\nabc\r\n":              "bulk not followed by CRLF",
		"!-1\r\n":                    "bad length",
		"*-2\r\n":                    "bad number of items",
		"~-1\r\n":                    "bad number of items",
		"*16777217\r\n":              "bad number of items",
		"*1\r\n*1\r\n?\r\n":          "unknown type byte",
		"_x\r\n":                     "bad null",
		"#true\r\n":                  "bad boolean",
		",\r\n":                      "bad double",
		",0x1p-2\r\n":                "bad double",
		",infinity\r\n":              "bad double",
		"(12a\r\n":                   "bad bignumber",
		"=3\r\ntxt\r\n":              "verbatim string without its format",
		"=4\r\ntxt_\r\n":             "verbatim string without its format",
		strings.Repeat("*1\r\n", 65): "aggregates inside one another",
		"+" + strings.Repeat("x", maxLineBytes) + "\r\n": "line too long",
	} {
		_, _, ok, err := new(Parser).Next([]byte(text))
		var protocol *ProtocolError
		if ok || !errors.As(err, &protocol) || !strings.Contains(protocol.Reason, reason) {
			t.Errorf("%.40q: complete %v, %v; want %q", text, ok, err, reason)
		}
	}
}

func TestParserErrorIsFinal(t *testing.T) {
	var p Parser
	if _, _, _, err := p.Next([]byte("?\r\n")); err == nil {
		t.Fatal("accepted")
	}
	if _, n, ok, err := p.Next([]byte("+OK\r\n")); ok || n != 0 || err == nil {
		t.Errorf("after an error: %d bytes used, complete %v, %v", n, ok, err)
	}
}

// stream is three replies in a row, with everything that can be cut.
const stream = "*3\r\n$5\r\nhe\r\no\r\n*2\r\n:1\r\n%1\r\n+k\r\n=8\r\ntxt:abcd\r\n|1\r\n+a\r\n:1\r\n_\r\n+\r\n-ERR no\r\n"

func TestParserAnyCut(t *testing.T) {
	want := feed(t, stream, len(stream))
	if len(want) != 3 {
		t.Fatalf("%d replies, want 3: %v", len(want), want)
	}
	for size := 1; size < len(stream); size++ {
		got := feed(t, stream, size)
		if len(got) != len(want) {
			t.Fatalf("in pieces of %d: %d replies", size, len(got))
		}
		for i := range got {
			if !got[i].Equal(want[i]) {
				t.Errorf("in pieces of %d: %s, want %s", size, got[i], want[i])
			}
		}
	}
}

// feed passes a text in pieces, as a connection would, and returns the replies.
func feed(t *testing.T, text string, size int) (replies []Value) {
	t.Helper()
	var p Parser
	var buffer []byte
	for len(text) > 0 {
		piece := text[:min(size, len(text))]
		text = text[len(piece):]
		buffer = append(buffer, piece...)
		for {
			v, n, ok, err := p.Next(buffer)
			if err != nil {
				t.Fatal(err)
			}
			buffer = buffer[n:]
			if !ok {
				break
			}
			replies = append(replies, v)
		}
	}
	if len(buffer) > 0 || !p.Idle() {
		t.Fatalf("%q left over, parser idle: %v", buffer, p.Idle())
	}
	return replies
}

// FuzzParser: no input panics, and cutting the input anywhere changes nothing.
func FuzzParser(f *testing.F) {
	f.Add([]byte(stream), uint8(3))
	f.Add([]byte("*2\r\n$-1\r\n*-1\r\n"), uint8(1))
	f.Add([]byte("~2\r\n,1e5\r\n(99\r\n>1\r\n!3\r\nE x\r\n"), uint8(2))
	f.Add([]byte("*1\r\n*1\r\n*1\r\n?"), uint8(4))
	f.Add([]byte("$99999999999999999999\r\n"), uint8(1))
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		whole, wholeErr := collect(b, len(b))
		pieces, piecesErr := collect(b, int(cut)+1)
		if len(whole) != len(pieces) || (wholeErr == nil) != (piecesErr == nil) {
			t.Fatalf("whole: %v, %v; in pieces: %v, %v", whole, wholeErr, pieces, piecesErr)
		}
		for i := range whole {
			if !whole[i].Equal(pieces[i]) || whole[i].String() == "" {
				t.Fatalf("reply %d: %s, in pieces %s", i, whole[i], pieces[i])
			}
		}
	})
}

func collect(b []byte, size int) (replies []Value, err error) {
	var p Parser
	used := 0
	for end := min(size, len(b)); ; end = min(end+size, len(b)) {
		for {
			v, n, ok, err := p.Next(b[used:end])
			used += n
			if err != nil {
				return replies, err
			}
			if !ok {
				break
			}
			replies = append(replies, v)
		}
		if end == len(b) {
			return replies, nil
		}
	}
}
