package resp

import (
	"bytes"
	"strings"
)

// SplitArgs splits a line into words by Redis' quoting rules (sdssplitargs): the lines of inline requests, nodes.conf and
// redis.conf. Words are parted by blanks; in double quotes the escapes \n \r \t \b \a \xHH and a backslash before any other
// byte are resolved, in single quotes only \'. A closing quote must be followed by a blank or the end. A NUL byte ends the line.
// Words without quotes alias line. ok is false when quotes are unbalanced; the words are then of no use.
func SplitArgs(line []byte) (words [][]byte, ok bool) {
	return appendWords(nil, line)
}

// appendWords appends the words of line to words.
func appendWords(words [][]byte, line []byte) (_ [][]byte, ok bool) {
	if end := bytes.IndexByte(line, 0); end >= 0 {
		line = line[:end]
	}
	var unquoted []byte // the words that had quotes, one after the other
	for {
		for len(line) > 0 && isSpace(line[0]) {
			line = line[1:]
		}
		if len(line) == 0 {
			return words, true
		}
		plain := 0
		for plain < len(line) && !endsPlain(line[plain]) {
			plain++
		}
		word := line[:plain:plain]
		if plain < len(line) && (line[plain] == '"' || line[plain] == '\'') {
			if unquoted == nil {
				unquoted = make([]byte, 0, len(line)) // enough for the rest, because no escape grows
			}
			from := len(unquoted)
			unquoted, line, ok = unquote(append(unquoted, word...), line[plain:])
			if !ok {
				return words, false
			}
			word = unquoted[from:len(unquoted):len(unquoted)]
		} else {
			line = line[plain:]
		}
		words = append(words, word)
	}
}

// unquote appends to dst what the quotes at the head of line enclose, and returns what follows them. A quote ends its word, so
// the next byte must be a blank.
func unquote(dst, line []byte) (_, rest []byte, ok bool) {
	quote := line[0]
	for i := 1; i < len(line); i++ {
		c := line[i]
		switch {
		case c == quote:
			rest = line[i+1:]
			return dst, rest, len(rest) == 0 || isSpace(rest[0])
		case c == '\\' && i+1 < len(line) && quote == '"':
			var used int
			c, used = unescape(line[i+1:])
			i += used
		case c == '\\' && i+1 < len(line) && line[i+1] == '\'':
			c = '\''
			i++
		}
		dst = append(dst, c)
	}
	return dst, nil, false
}

// unescape resolves what follows a backslash, at least one byte, and says how many bytes that took.
func unescape(text []byte) (c byte, used int) {
	switch text[0] {
	case 'n':
		return '\n', 1
	case 'r':
		return '\r', 1
	case 't':
		return '\t', 1
	case 'b':
		return '\b', 1
	case 'a':
		return '\a', 1
	case 'x':
		if len(text) >= 3 {
			high, ok1 := hexDigit(text[1])
			low, ok2 := hexDigit(text[2])
			if ok1 && ok2 {
				return high<<4 | low, 3
			}
		}
	}
	return text[0], 1
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

// isSpace is C's isspace: what is passed over before a word, and may follow a closing quote.
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// endsPlain reports whether c ends a run of unquoted bytes. A vertical tab and a form feed do not, although isSpace has them:
// Redis tells the two places apart.
func endsPlain(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '"' || c == '\''
}

// AppendQuoted appends text between double quotes, in the form that SplitArgs reads (Redis: sdscatrepr).
func AppendQuoted(dst, text []byte) []byte {
	const escaped, letters, hexDigits = "\\\"\n\r\t\a\b", "\\\"nrtab", "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range text {
		switch i := strings.IndexByte(escaped, c); {
		case i >= 0:
			dst = append(dst, '\\', letters[i])
		case c < ' ' || c > '~':
			dst = append(dst, '\\', 'x', hexDigits[c>>4], hexDigits[c&0xf])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
