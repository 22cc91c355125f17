// Package resp reads and writes RESP, the protocol between Redis and its clients, in versions 2 and 3.
//
// Writer appends replies, Parser takes requests out of a read buffer in place; neither allocates once its buffers are warm.
// Nothing here does input or output: bytes come in as arguments and go out as appended slices.
package resp

import (
	"math"
	"strconv"
	"strings"
)

// Writer appends replies to Buf in the client's protocol version. The zero value writes RESP2 to an empty buffer.
//
// Array, Map, Set and Push write only a header: the caller goes on with that many elements.
type Writer struct {
	Buf   []byte // what was written so far; the caller may append ready-made replies and cut what was sent
	Proto int    // 2 or 3, as HELLO chose it; 0 is 2
}

// Simple writes a status reply such as OK. The text must have no line break.
func (w *Writer) Simple(s string) {
	w.Buf = append(w.Buf, '+')
	w.Buf = append(w.Buf, s...)
	w.crlf()
}

// Error writes an error reply; s begins with the code, as in "ERR no such key". Line breaks, which could come from a client's
// own words, become blanks as in Redis (addReplyErrorFormat), so that no reply can be forged through an error.
func (w *Writer) Error(s string) {
	w.Buf = append(w.Buf, '-')
	if strings.IndexByte(s, '\n') < 0 && strings.IndexByte(s, '\r') < 0 {
		w.Buf = append(w.Buf, s...)
		w.crlf()
		return
	}
	from := len(w.Buf)
	w.Buf = append(w.Buf, strings.Trim(s, "\r\n")...)
	for i, c := range w.Buf[from:] {
		if c == '\r' || c == '\n' {
			w.Buf[from+i] = ' '
		}
	}
	w.crlf()
}

// Int writes an integer reply.
func (w *Writer) Int(n int64) { w.header(':', n) }

// Bulk writes a binary-safe string.
func (w *Writer) Bulk(b []byte) { w.Buf = appendBulk(w.Buf, b) }

// BulkString writes a binary-safe string.
func (w *Writer) BulkString(s string) { w.Buf = appendBulk(w.Buf, s) }

// Null writes the absent value of commands that else reply with a bulk: a null bulk in RESP2.
func (w *Writer) Null() { w.null("$-1\r\n") }

// NullArray writes the absent value of commands that else reply with an array: a null array in RESP2.
func (w *Writer) NullArray() { w.null("*-1\r\n") }

func (w *Writer) null(resp2 string) {
	if w.Proto == 3 {
		resp2 = "_\r\n"
	}
	w.Buf = append(w.Buf, resp2...)
}

// Array begins an array of n elements.
func (w *Writer) Array(n int) { w.header('*', int64(n)) }

// Map begins a map of n pairs, each a key and a value: in RESP2 a flat array of 2n elements.
func (w *Writer) Map(n int) {
	if w.Proto == 3 {
		w.header('%', int64(n))
		return
	}
	w.header('*', 2*int64(n))
}

// Set begins a set of n elements: in RESP2 an array.
func (w *Writer) Set(n int) { w.aggregate('~', n) }

// Push begins out-of-band data of n elements, such as a published message: in RESP2 an array.
func (w *Writer) Push(n int) { w.aggregate('>', n) }

// Attribute begins what is said about the reply behind it, n pairs. RESP2 has none: the caller leaves them out.
func (w *Writer) Attribute(n int) { w.header('|', int64(n)) }

// BigNumber writes an integer of any length: in RESP2 a bulk.
func (w *Writer) BigNumber(digits string) {
	if w.Proto != 3 {
		w.BulkString(digits)
		return
	}
	w.Buf = append(append(w.Buf, '('), digits...)
	w.crlf()
}

func (w *Writer) aggregate(resp3 byte, n int) {
	if w.Proto != 3 {
		resp3 = '*'
	}
	w.header(resp3, int64(n))
}

// Double writes a floating-point number with the 17 digits that Redis 7.0 prints (addReplyDouble): in RESP2 as a bulk.
func (w *Writer) Double(f float64) {
	const digitsMax = len("-1.7976931348623157e+308")
	var scratch [digitsMax]byte
	text := appendDouble(scratch[:0], f)
	if w.Proto != 3 {
		w.Bulk(text)
		return
	}
	w.Buf = append(w.Buf, ',')
	w.Buf = append(w.Buf, text...)
	w.crlf()
}

// Bool writes a truth value: in RESP2 the integer 1 or 0.
func (w *Writer) Bool(b bool) {
	text := ":0\r\n"
	switch {
	case b && w.Proto == 3:
		text = "#t\r\n"
	case w.Proto == 3:
		text = "#f\r\n"
	case b:
		text = ":1\r\n"
	}
	w.Buf = append(w.Buf, text...)
}

// Verbatim writes text that a client should show as it is, with a format of three letters ("txt" or "mkd"): in RESP2 a bulk.
func (w *Writer) Verbatim(ext string, b []byte) {
	if w.Proto != 3 {
		w.Bulk(b)
		return
	}
	w.header('=', int64(len(ext)+1+len(b)))
	w.Buf = append(w.Buf, ext...)
	w.Buf = append(w.Buf, ':')
	w.Buf = append(w.Buf, b...)
	w.crlf()
}

func (w *Writer) header(kind byte, n int64) { w.Buf = appendHeader(w.Buf, kind, n) }

func (w *Writer) crlf() { w.Buf = append(w.Buf, '\r', '\n') }

// AppendCommand appends a request: an array of bulks, one an argument.
func AppendCommand(dst []byte, args ...[]byte) []byte { return appendCommand(dst, args) }

// AppendCommandStrings appends a request: an array of bulks, one an argument.
func AppendCommandStrings(dst []byte, args ...string) []byte { return appendCommand(dst, args) }

func appendCommand[T []byte | string](dst []byte, args []T) []byte {
	dst = appendHeader(dst, '*', int64(len(args)))
	for _, arg := range args {
		dst = appendBulk(dst, arg)
	}
	return dst
}

func appendBulk[T []byte | string](dst []byte, b T) []byte {
	dst = appendHeader(dst, '$', int64(len(b)))
	dst = append(dst, b...)
	return append(dst, '\r', '\n')
}

func appendHeader(dst []byte, kind byte, n int64) []byte {
	if uint64(n) < 10 {
		return append(dst, kind, '0'+byte(n), '\r', '\n')
	}
	dst = append(dst, kind)
	dst = strconv.AppendInt(dst, n, 10)
	return append(dst, '\r', '\n')
}

// appendDouble writes f as C's "%.17g" does.
func appendDouble(dst []byte, f float64) []byte {
	const wholeMax = 1e17 // below it "%.17g" shows whole numbers without an exponent
	switch {
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case math.Abs(f) < wholeMax && f == math.Trunc(f) && !(f == 0 && math.Signbit(f)):
		return strconv.AppendInt(dst, int64(f), 10)
	}
	return strconv.AppendFloat(dst, f, 'g', 17, 64)
}
