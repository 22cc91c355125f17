package wire

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Limits of what a reply may claim. They are far above anything a server sends and keep a broken one from exhausting the judge.
const (
	maxLineBytes  = 1 << 20   // a simple string, an error, a number or a header
	maxBulkBytes  = 512 << 20 // proto-max-bulk-len of Redis
	maxItems      = 16 << 20  // elements of one aggregate
	maxDepth      = 64        // aggregates inside aggregates
	itemsUpFront  = 64        // elements room is made for before they arrive
	formatBytes   = 3         // "txt"
	quotedInError = 40        // bytes of the offending line that an error shows
)

// ProtocolError says what in a reply is not RESP. The connection is of no use after it.
type ProtocolError struct {
	// Reason is what is wrong, in a few words.
	Reason string
	// Line is the offending line, cut to a readable length.
	Line string
}

func (e *ProtocolError) Error() string { return fmt.Sprintf("not RESP: %s in %q", e.Reason, e.Line) }

// Parser reads replies from a stream of bytes that arrives in pieces. The zero Parser is ready. What it has read of an unfinished
// reply is kept between calls, so every byte is looked at once however the stream is cut.
type Parser struct {
	open []openValue // aggregates whose items are still arriving, outermost first
	err  error
}

// openValue is an aggregate that waits for more items, or (attributes) for the value they belong to.
type openValue struct {
	value   Value
	missing int
}

// Next reads on in b. n is how many bytes were used, even when no reply came of it: pass the rest again with more behind it.
// ok says that v is a complete reply; it does not alias b. The error is a *ProtocolError and is final.
func (p *Parser) Next(b []byte) (v Value, n int, ok bool, err error) {
	for p.err == nil {
		v, missing, size, err := parseToken(b[n:])
		if err != nil {
			p.err = err
			break
		}
		if size == 0 {
			return Value{}, n, false, nil
		}
		n += size
		if missing > 0 || v.Kind == attribute {
			if len(p.open) == maxDepth {
				p.err = &ProtocolError{"more than " + strconv.Itoa(maxDepth) + " aggregates inside one another", string(v.Kind)}
				break
			}
			p.open = append(p.open, openValue{v, missing})
			continue
		}
		if v, ok := p.close(v); ok {
			return v, n, true, nil
		}
	}
	return Value{}, n, false, p.err
}

// Idle reports whether the parser stands between two replies.
func (p *Parser) Idle() bool { return len(p.open) == 0 && p.err == nil }

// close puts a complete value where it belongs and completes every aggregate that ends with it.
func (p *Parser) close(v Value) (Value, bool) {
	for len(p.open) > 0 {
		top := &p.open[len(p.open)-1]
		if top.missing == 0 { // only attributes stay open with nothing missing: v is what they describe
			v.Attributes = append(top.value.Items, v.Attributes...)
			p.open = p.open[:len(p.open)-1]
			continue
		}
		top.value.Items = append(top.value.Items, v)
		top.missing--
		if top.missing > 0 || top.value.Kind == attribute {
			return Value{}, false
		}
		v = top.value
		p.open = p.open[:len(p.open)-1]
	}
	return v, true
}

// parseToken reads one value without its items, of which missing are to follow. size 0: incomplete.
func parseToken(b []byte) (v Value, missing, size int, err error) {
	line, size, err := parseLine(b)
	if size == 0 {
		return Value{}, 0, 0, err
	}
	v.Kind = Kind(b[0])
	switch v.Kind {
	case Simple, Error:
		v.Text = string(line)
	case Integer, BigNumber, Double, Boolean, Null:
		if !scalarIsValid(v.Kind, line) {
			return Value{}, 0, 0, protocolError("bad "+v.Kind.String(), b)
		}
		v.Text, v.Null = string(line), v.Kind == Null
	case Bulk, BulkError, Verbatim:
		return parseBulk(b, line, size)
	case Array, Set, Push, Map, attribute:
		v.Null, missing, err = parseCount(b, v.Kind, line)
		if missing > 0 {
			v.Items = make([]Value, 0, min(missing, itemsUpFront))
		}
	default:
		return Value{}, 0, 0, protocolError("unknown type byte", b)
	}
	return v, missing, size, err
}

// parseLine returns what stands between the type byte and CRLF. size 0: incomplete.
func parseLine(b []byte) (line []byte, size int, err error) {
	end := bytes.IndexByte(b, '\n')
	switch {
	case end < 0 && len(b) > maxLineBytes, end > maxLineBytes:
		return nil, 0, protocolError("line too long", b)
	case end < 0:
		return nil, 0, nil
	case end == 0 || b[end-1] != '\r':
		return nil, 0, protocolError("line feed without carriage return", b)
	case end == 1:
		return nil, 0, protocolError("empty line", b)
	case bytes.IndexByte(b[:end-1], '\r') >= 0:
		return nil, 0, protocolError("carriage return inside a line", b)
	}
	return b[1 : end-1], end + 1, nil
}

func parseBulk(b, line []byte, header int) (v Value, missing, size int, err error) {
	v.Kind = Kind(b[0])
	if v.Kind == Bulk && string(line) == "-1" {
		v.Null = true
		return v, 0, header, nil
	}
	length, ok := parseLength(line, maxBulkBytes)
	if !ok {
		return Value{}, 0, 0, protocolError("bad length", b)
	}
	size = header + length + len("\r\n")
	if len(b) < size {
		return Value{}, 0, 0, nil
	}
	payload := b[header : header+length]
	if string(b[header+length:size]) != "\r\n" {
		return Value{}, 0, 0, protocolError("bulk not followed by CRLF at its declared length", b)
	}
	if v.Kind == Verbatim {
		if length <= formatBytes || payload[formatBytes] != ':' {
			return Value{}, 0, 0, protocolError("verbatim string without its format", b)
		}
		v.Format, payload = string(payload[:formatBytes]), payload[formatBytes+1:]
	}
	v.Text = string(payload)
	return v, 0, size, nil
}

func parseCount(b []byte, kind Kind, line []byte) (null bool, missing int, err error) {
	if kind == Array && string(line) == "-1" {
		return true, 0, nil
	}
	n, ok := parseLength(line, maxItems)
	if !ok {
		return false, 0, protocolError("bad number of items", b)
	}
	if kind == Map || kind == attribute {
		n *= 2
	}
	return false, n, nil
}

// parseLength reads a length as servers write it: digits, no sign, no leading zero.
func parseLength(line []byte, limit int) (int, bool) {
	if len(line) == 0 || len(line) > 1 && line[0] == '0' || !allDigits(string(line)) {
		return 0, false
	}
	n, err := strconv.Atoi(string(line))
	return n, err == nil && n <= limit
}

func scalarIsValid(kind Kind, line []byte) bool {
	text := string(line)
	switch kind {
	case Null:
		return text == ""
	case Boolean:
		return text == "t" || text == "f"
	case BigNumber:
		return allDigits(strings.TrimPrefix(text, "-"))
	case Double:
		if text == "inf" || text == "-inf" || text == "nan" || text == "-nan" {
			return true
		}
		_, err := strconv.ParseFloat(text, 64)
		return err == nil && strings.Trim(text, "0123456789+-.eE") == ""
	default:
		_, err := strconv.ParseInt(text, 10, 64)
		return err == nil && allDigits(strings.TrimPrefix(text, "-"))
	}
}

func allDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

func protocolError(reason string, b []byte) error {
	line, _, _ := bytes.Cut(b, []byte("\r\n"))
	return &ProtocolError{reason, string(line[:min(len(line), quotedInError)])}
}
