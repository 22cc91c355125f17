package resp

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"testing"
)

func TestReplyLine(t *testing.T) {
	for _, c := range []struct {
		input, line string
		n           int
	}{
		{"", "", 0},
		{"+OK", "", 0},
		{"+OK\r", "", 0},
		{"+OK\r\n", "+OK", 5},
		{"+OK\n", "+OK", 4},
		{"\n", "", 1},
		{"\r\n", "", 2},
		{"+CONTINUE\r\n$5\r\n", "+CONTINUE", 11},
		{"a\r\r\nb", "a\r", 4},
	} {
		if line, n := ReplyLine([]byte(c.input)); string(line) != c.line || n != c.n {
			t.Errorf("ReplyLine(%q) = %q, %d; want %q, %d", c.input, line, n, c.line, c.n)
		}
	}
}

// integers are texts at the edges of what a Redis integer may look like.
var integers = []string{
	"0", "1", "-1", "9", "10", "-10", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "-9223372036854775809",
	"9999999999999999999", "18446744073709551615", "18446744073709551616", "99999999999999999999", "100000000000000000000", "", "-", "-0",
	"+1", "00", "01", "-01", " 1", "1 ", "1.0", "1e3", "0x10", "--1", "1\x00", "\x00", "1-", "٣",
}

func TestParseInt(t *testing.T) {
	for _, text := range integers {
		checkParseInt(t, text)
	}
}

func FuzzParseInt(f *testing.F) {
	for _, text := range integers {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { checkParseInt(t, string(text)) })
}

// checkParseInt: an integer is a text that the standard library both reads and would write.
func checkParseInt(t *testing.T, text string) {
	t.Helper()
	want, err := strconv.ParseInt(text, 10, 64)
	wantOK := err == nil && strconv.FormatInt(want, 10) == text
	got, ok := ParseInt([]byte(text))
	if ok != wantOK || ok && got != want {
		t.Errorf("ParseInt(%q) = %d, %v; want %d, %v", text, got, ok, want, wantOK)
	}
}

func TestParseIntEnds(t *testing.T) {
	for _, want := range []int64{math.MinInt64, math.MaxInt64} {
		if got, ok := ParseInt(strconv.AppendInt(nil, want, 10)); !ok || got != want {
			t.Errorf("%d is read as %d, %v", want, got, ok)
		}
	}
}

func TestSplitArgs(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string // nil: unbalanced
	}{
		{"", []string{}},
		{" \t\v\f\r\n", []string{}},
		{"a", []string{"a"}},
		{"  a  b\tc\rd\ne ", []string{"a", "b", "c", "d", "e"}},
		{"a\vb \v\fc", []string{"a\vb", "c"}},
		{`""`, []string{""}},
		{`''`, []string{""}},
		{`"a b" 'c d'`, []string{"a b", "c d"}},
		{`"\n\r\t\b\a\\\"\q\x41\xfF"`, []string{"\n\r\t\b\a\\\"qA\xff"}},
		{`"\xg1\x1"`, []string{"xg1x1"}},
		{`'\n\'\x41'`, []string{`\n'\x41`}},
		{`pre"post"`, []string{"prepost"}},
		{`pre'post' next`, []string{"prepost", "next"}},
		{`a\"b"`, []string{`a\b`}},
		{`"a"b`, nil},
		{`"a""b"`, nil},
		{`"a"'b'`, nil},
		{`'a'"`, nil},
		{`"a`, nil},
		{`"a\"`, nil},
		{`'a\'`, nil},
		{`"\`, nil},
		{`"`, nil},
		{"\"a\"\vb", []string{"a", "b"}},
		{"a b\x00 c\"", []string{"a", "b"}},
		{"\"a\x00\"", nil},
		{`"1" "22" "333" plain "4444"`, []string{"1", "22", "333", "plain", "4444"}},
	} {
		words, ok := SplitArgs([]byte(c.line))
		if ok != (c.want != nil) {
			t.Errorf("SplitArgs(%q) ok is %v", c.line, ok)
			continue
		}
		if ok && !slices.EqualFunc(words, c.want, func(a []byte, b string) bool { return string(a) == b }) {
			t.Errorf("SplitArgs(%q) = %q, want %q", c.line, words, c.want)
		}
	}
}

// FuzzSplitArgs compares with the rules spelled out state by state, and writes words so that they must be read back.
func FuzzSplitArgs(f *testing.F) {
	for _, line := range []string{"a b", `"a\x41\n" 'b\''`, `"a"b`, "a\vb \v", `"\`, "a\x00b", `""''`, `x"y z" w`} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		before := bytes.Clone(line)
		words, ok := SplitArgs(line)
		want, wantOK := splitByStates(string(line))
		if ok != wantOK || ok && !slices.EqualFunc(words, want, func(a []byte, b string) bool { return string(a) == b }) {
			t.Errorf("SplitArgs(%q) = %q, %v; want %q, %v", line, words, ok, want, wantOK)
		}
		if !bytes.Equal(line, before) {
			t.Errorf("SplitArgs changed %q to %q", before, line)
		}
		var quoted []byte
		for _, word := range words {
			quoted = append(quoted, '"')
			for _, c := range word {
				const hex = "0123456789abcdef"
				quoted = append(quoted, '\\', 'x', hex[c>>4], hex[c&15])
			}
			quoted = append(quoted, '"', ' ')
		}
		again, _ := SplitArgs(quoted)
		if ok && !slices.EqualFunc(again, words, bytes.Equal) {
			t.Errorf("%q is read back as %q", words, again)
		}
	})
}

// splitByStates takes one byte at a time; a byte past the end is NUL.
func splitByStates(line string) (words []string, ok bool) {
	at := func(i int) byte {
		if i < len(line) {
			return line[i]
		}
		return 0
	}
	blank := func(c byte) bool { return bytes.IndexByte([]byte(" \t\n\v\f\r"), c) >= 0 }
	digit := func(c byte) int { return bytes.IndexByte([]byte("0123456789abcdef"), c|0x20*(c>>6)) }
	for i := 0; ; {
		for blank(at(i)) {
			i++
		}
		if at(i) == 0 {
			return words, true
		}
		word, quote := []byte{}, byte(0)
	word:
		for ; ; i++ {
			c := at(i)
			switch {
			case quote == 0 && (c == 0 || c == ' ' || c == '\t' || c == '\n' || c == '\r'):
				break word
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case quote == 0:
				word = append(word, c)
			case c == 0:
				return nil, false
			case c == quote:
				i++
				if at(i) != 0 && !blank(at(i)) {
					return nil, false
				}
				break word
			case quote == '\'' && c == '\\' && at(i+1) == '\'':
				word = append(word, '\'')
				i++
			case quote == '"' && c == '\\' && at(i+1) == 'x' && digit(at(i+2)) >= 0 && digit(at(i+3)) >= 0:
				word = append(word, byte(digit(at(i+2))<<4|digit(at(i+3))))
				i += 3
			case quote == '"' && c == '\\' && at(i+1) != 0:
				i++
				if name := bytes.IndexByte([]byte("nrtba"), at(i)); name >= 0 {
					word = append(word, "\n\r\t\b\a"[name])
				} else {
					word = append(word, at(i))
				}
			default:
				word = append(word, c)
			}
		}
		words = append(words, string(word))
	}
}
