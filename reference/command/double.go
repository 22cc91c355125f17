package command

import (
	"bytes"
	"errors"
	"math"
	"strconv"
)

// scoreArg reads an argument as a score, or replies with problem.
func (c *Call) scoreArg(i int, problem string) (float64, bool) {
	score, ok := parseScore(c.Args[i])
	if !ok {
		c.Error(problem)
	}
	return score, ok
}

// parseScore reads a number as Redis does (getDoubleFromObject): all of the text, any form that C knows, no blanks before
// it, not NaN, and within the range of a double unless it says infinity itself.
func parseScore(text []byte) (float64, bool) {
	if len(text) == 0 || isSpace(text[0]) {
		return 0, false
	}
	score, n, inRange := parseDouble(text)
	return score, n == len(text) && !math.IsNaN(score) && (inRange || score != 0 && !math.IsInf(score, 0))
}

// parseDouble reads the number at the head of text as C's strtod does: blanks, a sign, and a decimal or hexadecimal
// number, infinity or NaN. n is how many bytes it has; 0 means that there is none, which counts as 0. inRange is false
// for a number that is too large or too near to 0 and becomes infinity or 0.
func parseDouble(text []byte) (f float64, n int, inRange bool) {
	start := 0
	for start < len(text) && isSpace(text[start]) {
		start++
	}
	body := start
	if body < len(text) && (text[body] == '+' || text[body] == '-') {
		body++
	}
	if f, n = parseNamed(text[body:]); n > 0 {
		if text[start] == '-' {
			f = -f
		}
		return f, body + n, true
	}
	n, hex, nonzero := scanNumber(text[body:])
	if n == 0 {
		return 0, 0, true
	}
	number := string(text[start : body+n])
	if hex && !bytes.ContainsAny(text[body:body+n], "pP") {
		number += "p0" // Go insists on it
	}
	f, err := strconv.ParseFloat(number, 64)
	return f, body + n, !errors.Is(err, strconv.ErrRange) && (f != 0 || !nonzero)
}

// parseNamed reads infinity and NaN.
func parseNamed(text []byte) (f float64, n int) {
	for _, name := range []string{"infinity", "inf", "nan"} {
		if n := len(name); len(text) >= n && is(text[:n], name) {
			if name == "nan" {
				return math.NaN(), n
			}
			return math.Inf(1), n
		}
	}
	return 0, 0
}

// scanNumber measures the number without a sign at the head of text, and says whether it is hexadecimal and whether it
// has a digit other than 0.
func scanNumber(text []byte) (n int, hex, nonzero bool) {
	digits, exponent := "0123456789", byte('e')
	if len(text) > 2 && text[0] == '0' && toLower(text[1]) == 'x' {
		if n, nonzero = scanMantissa(text[2:], "0123456789abcdef"); n > 0 {
			hex, exponent = true, 'p'
			n += 2
		}
	}
	if !hex {
		n, nonzero = scanMantissa(text, digits)
	}
	if n == 0 || n == len(text) || toLower(text[n]) != exponent {
		return n, hex, nonzero
	}
	power := n + 1
	if power < len(text) && (text[power] == '+' || text[power] == '-') {
		power++
	}
	end := power
	for end < len(text) && '0' <= text[end] && text[end] <= '9' {
		end++
	}
	if end > power {
		n = end
	}
	return n, hex, nonzero
}

// scanMantissa measures digits with at most one point among them; without a digit it is nothing.
func scanMantissa(text []byte, digits string) (n int, nonzero bool) {
	some, point := false, false
	for ; n < len(text); n++ {
		b := toLower(text[n])
		if b == '.' && !point {
			point = true
			continue
		}
		if bytes.IndexByte([]byte(digits), b) < 0 {
			break
		}
		some = true
		nonzero = nonzero || b != '0'
	}
	if !some {
		return 0, false
	}
	return n, nonzero
}

// isSpace says whether C takes a byte for a blank.
func isSpace(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' }
