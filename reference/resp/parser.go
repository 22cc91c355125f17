package resp

import (
	"bytes"
	"math"
	"slices"
)

// Parser takes the requests of one client out of its read buffer: arrays of bulks (multibulk), or lines of words (inline).
//
// It holds views and numbers, never bytes, and what it holds grows with what has arrived, not with what a client announces.
type Parser struct {
	Limits Limits

	args [][]byte // what Next returned last

	// Progress in the unfinished request at the head of the buffer.
	scanned int   // bytes of its last line that were searched for the end of that line
	at      int   // what is parsed: where the next header line or argument starts
	missing int   // arguments to come; 0: their count is still unread
	need    int   // bytes of the argument to come and of its CRLF; 0: its length is still unread
	lengths []int // of the arguments that calls before this one went past
}

// idleArgsMax is for how many arguments a parser keeps room while it waits for its client.
const idleArgsMax = 64

// Next parses the request at the head of buf; n is how many bytes it used. 0 means that the request is incomplete: call again
// with the same bytes and more behind them, at the same place or another. Progress is kept, so a long request is scanned once.
//
// The arguments are views of buf (of fresh memory where an inline request had quotes), in a slice that the next call reuses. A
// request without any (a blank line, *0, *-1) is n > 0 and no arguments; Redis passes over it in silence. err is a
// *ProtocolError with Redis' text, or ErrQueryBytes; the parser is of no use after it.
func (p *Parser) Next(buf []byte) (args [][]byte, n int, err error) {
	p.args, n, err = p.AppendNext(p.args[:0], buf)
	if n == 0 {
		p.rest()
	}
	return p.args, n, err
}

// Reset forgets what was seen of an unfinished request: whoever parsed ahead and could not go on begins anew, at the start of a
// request.
func (p *Parser) Reset() {
	p.scanned, p.at, p.missing, p.need, p.lengths = 0, 0, 0, 0, p.lengths[:0]
}

// rest is for the wait for more bytes: views that were handed out must not keep the buffers of past requests alive.
func (p *Parser) rest() {
	if cap(p.args) > idleArgsMax {
		p.args = nil
	}
	clear(p.args[:cap(p.args)])
}

// AppendNext is Next for a caller that runs requests in batches: it appends the arguments to a slice of the caller's, where
// they stay as long as buf does.
//
// Whether a request is refused depends on its bytes alone. Redis is laxer by the luck of packets: it accepts a line above
// InlineBytes that happens to be complete when first looked at.
func (p *Parser) AppendNext(dst [][]byte, buf []byte) (_ [][]byte, n int, err error) {
	if len(buf) == 0 {
		return dst, 0, nil
	}
	buf = clip(buf, p.Limits.QueryBytes)
	if p.at > len(buf) {
		return dst, 0, ErrQueryBytes // the limit was lowered in the middle of a request
	}
	if buf[0] == '*' {
		dst, n, err = p.multibulk(dst, buf)
	} else {
		dst, n, err = p.inline(dst, buf)
	}
	if n == 0 && err == nil && len(buf) > p.Limits.QueryBytes {
		err = ErrQueryBytes
	}
	return dst, n, err
}

// inline parses a line of words (Redis: processInlineBuffer).
func (p *Parser) inline(dst [][]byte, buf []byte) (_ [][]byte, n int, err error) {
	newline, err := p.lineEnd(buf, '\n', errInlineBytes)
	if newline < 0 {
		return dst, 0, err
	}
	p.scanned = 0
	words, ok := appendWords(dst, bytes.TrimSuffix(buf[:newline], []byte{'\r'}))
	if !ok {
		return dst, 0, errQuotes
	}
	return words, newline + 1, nil
}

// multibulk parses an array of bulks (Redis: processMultibulkBuffer). As in Redis only the first byte of a CRLF is looked at.
func (p *Parser) multibulk(dst [][]byte, buf []byte) (_ [][]byte, n int, err error) {
	at, missing, need, first := p.at, p.missing, p.need, len(dst)
	if missing == 0 {
		missing, at = shortNumber(buf, '*')
		if at == 0 || missing > min(p.Limits.MultibulkCount, unauthenticatedCountMax) {
			missing, at, err = p.count(buf)
		}
		if at > 0 {
			p.scanned = 0
		}
		if missing == 0 {
			return dst, at, err
		}
		dst = slices.Grow(dst, min(missing, (len(buf)-at)/len("$0\r\n\r\n")))
	}
	for ; missing > 0; missing-- {
		if need == 0 {
			length, used := shortNumber(buf[at:], '$')
			if used == 0 || length > p.Limits.BulkBytes {
				if length, used, err = p.bulkLength(buf[at:]); err != nil {
					return dst[:first], 0, err
				}
				if used == 0 {
					break
				}
			}
			p.scanned = 0
			at += used
			need = length + len("\r\n")
		}
		if len(buf)-at < need {
			break
		}
		end := at + need - len("\r\n")
		dst = append(dst, buf[at:end:end])
		at += need
		need = 0
	}
	if missing > 0 {
		p.at, p.missing, p.need = at, missing, need
		p.addLengths(dst[first:])
		return dst[:first], 0, nil
	}
	if p.at > 0 {
		dst = p.gather(dst, first, buf)
	}
	return dst, at, nil
}

// shortNumber reads a whole header line of one to three digits, which most are. used 0 says only that the line is of another
// form, or at the end of buf. No such number is above unauthenticatedBulkBytesMax.
func shortNumber(buf []byte, kind byte) (n, used int) {
	const longest = "$123\r\n"
	if len(buf) < len(longest) || buf[0] != kind {
		return 0, 0
	}
	first, second, third := buf[1]-'0', buf[2]-'0', buf[3]-'0'
	switch {
	case first > 9:
		return 0, 0
	case buf[2] == '\r':
		return int(first), len("$1\r\n")
	case first == 0 || second > 9:
		return 0, 0
	case buf[3] == '\r':
		return int(first)*10 + int(second), len("$12\r\n")
	case third <= 9 && buf[4] == '\r':
		return int(first)*100 + int(second)*10 + int(third), len("$123\r\n")
	}
	return 0, 0
}

// count reads the line "*count": how many arguments follow. used 0 is an incomplete line.
func (p *Parser) count(buf []byte) (count, used int, err error) {
	end, err := p.headerEnd(buf, errCountBytes)
	if end < 0 {
		return 0, 0, err
	}
	n, ok := ParseInt(buf[1:end])
	if !ok || n > int64(p.Limits.MultibulkCount) {
		return 0, 0, errCount
	}
	if !p.Limits.Authenticated && n > unauthenticatedCountMax {
		return 0, 0, errCountUnauthenticated
	}
	return int(max(n, 0)), end + len("\r\n"), nil
}

// bulkLength reads the line "$length": how long the next argument is. used 0 is an incomplete line.
func (p *Parser) bulkLength(buf []byte) (length, used int, err error) {
	end, err := p.headerEnd(buf, errLengthBytes)
	if end < 0 {
		return 0, 0, err
	}
	if buf[0] != '$' {
		return 0, 0, errExpectedBulk(buf[0])
	}
	n, ok := ParseInt(buf[1:end])
	if !ok || n < 0 || n > int64(min(p.Limits.BulkBytes, math.MaxInt-len("\r\n"))) {
		return 0, 0, errLength
	}
	if !p.Limits.Authenticated && n > unauthenticatedBulkBytesMax {
		return 0, 0, errLengthUnauthenticated
	}
	return int(n), end + len("\r\n"), nil
}

// headerEnd is where the CR of the header line at the head of buf is, or -1 while it or the byte after it is missing.
func (p *Parser) headerEnd(buf []byte, tooLong error) (int, error) {
	end, err := p.lineEnd(buf, '\r', tooLong)
	if end+1 >= len(buf) {
		return -1, nil
	}
	return end, err
}

// lineEnd is where the line at the head of buf ends, or -1. Redis looks with strchr, which a NUL byte stops: such a line never
// ends, and is refused once it is too long.
func (p *Parser) lineEnd(buf []byte, end byte, tooLong error) (int, error) {
	line := clip(buf, p.Limits.InlineBytes)
	p.scanned = min(p.scanned, len(line))
	fresh := line[p.scanned:]
	found := bytes.IndexByte(fresh, end)
	if found >= 0 {
		fresh = fresh[:found]
	}
	nul := bytes.IndexByte(fresh, 0)
	switch {
	case nul >= 0:
		p.scanned += nul
	case found >= 0:
		p.scanned += found
		return p.scanned, nil
	default:
		p.scanned = len(line)
	}
	if len(line) > p.Limits.InlineBytes {
		return -1, tooLong
	}
	return -1, nil
}

// clip cuts b to one byte above a limit: enough to see that the limit is passed.
func clip(b []byte, limit int) []byte {
	if len(b)-1 > limit {
		return b[:limit+1]
	}
	return b
}

// addLengths notes the arguments that this call went past. The buffer may be elsewhere at the next.
func (p *Parser) addLengths(args [][]byte) {
	for _, arg := range args {
		p.lengths = append(p.lengths, len(arg))
	}
}

// gather ends a request that took several calls: it replaces the arguments of the last call, dst[first:], by those of all. A
// length has only one spelling (ParseInt), so where the arguments are follows from how long they are.
func (p *Parser) gather(dst [][]byte, first int, buf []byte) [][]byte {
	p.addLengths(dst[first:])
	dst = dst[:first]
	at := headerBytes(len(p.lengths))
	for _, length := range p.lengths {
		at += headerBytes(length)
		dst = append(dst, buf[at:at+length:at+length])
		at += length + len("\r\n")
	}
	p.at, p.missing, p.need = 0, 0, 0
	p.lengths = p.lengths[:0]
	if cap(p.lengths) > idleArgsMax {
		p.lengths = nil
	}
	return dst
}

// headerBytes is the size of a header line with the number n.
func headerBytes(n int) int {
	digits := 1
	for ; n >= 10; n /= 10 {
		digits++
	}
	return digits + len("*\r\n")
}
