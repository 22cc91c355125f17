package wire

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Kind is the first byte of a reply: its type on the wire.
type Kind byte

// The kinds of RESP2 and RESP3. RESP2 knows the first five only.
const (
	Simple    Kind = '+'
	Error     Kind = '-'
	Integer   Kind = ':'
	Bulk      Kind = '$'
	Array     Kind = '*'
	Map       Kind = '%'
	Set       Kind = '~'
	Push      Kind = '>'
	Null      Kind = '_'
	Boolean   Kind = '#'
	Double    Kind = ','
	BigNumber Kind = '('
	Verbatim  Kind = '='
	BulkError Kind = '!'
	attribute Kind = '|'
)

var kindNames = map[Kind]string{
	Simple: "simple", Error: "error", Integer: "integer", Bulk: "bulk", Array: "array", Map: "map", Set: "set", Push: "push",
	Null: "null", Boolean: "boolean", Double: "double", BigNumber: "bignumber", Verbatim: "verbatim", BulkError: "bulkerror",
}

// String is the word features and reports use for the kind.
func (k Kind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return fmt.Sprintf("kind %q", byte(k))
}

// Value is one reply as it stood on the wire. The zero Value, whose Kind is 0, is no reply.
type Value struct {
	Kind Kind
	// Text is the payload of every kind that has no items: the line of a simple string or an error without its sign, the bytes of a
	// bulk, a number as it was written, "t" or "f" of a boolean, a verbatim string without its format.
	Text string
	// Null is set for the RESP3 null and for the two null forms of RESP2: Kind Bulk ($-1) and Kind Array (*-1).
	Null bool
	// Items are the elements of an aggregate. A map has key, value, key, value.
	Items []Value
	// Format is the three letters in front of a verbatim string ("txt", "mkd").
	Format string
	// Attributes are what RESP3 attributes preceded the value: key, value, key, value.
	Attributes []Value
}

// String is the value in one readable line that tells apart whatever the wire tells apart:
// `error "MOVED 866 127.0.0.1:7001"`, `integer 3`, `bulk "x"`, `null bulk`, `array [integer 1, bulk "a"]`, `map {bulk "k": integer 1}`.
func (v Value) String() string { return string(v.append(nil)) }

func (v Value) append(b []byte) []byte {
	if len(v.Attributes) > 0 {
		b = append(b, "attribute "...)
		b = append(appendPairs(b, v.Attributes), ' ')
	}
	switch {
	case v.Kind == 0:
		return append(b, "no reply"...)
	case v.Kind == Null:
		return append(b, "null"...)
	case v.Null:
		return fmt.Appendf(b, "null %s", v.Kind)
	}
	b = append(append(b, v.Kind.String()...), ' ')
	switch v.Kind {
	case Array, Set, Push:
		return appendList(b, v.Items)
	case Map:
		return appendPairs(b, v.Items)
	case Integer, Double, BigNumber:
		return append(b, v.Text...)
	case Boolean:
		return strconv.AppendBool(b, v.Text == "t")
	case Verbatim:
		b = append(append(b, v.Format...), ' ')
	}
	return strconv.AppendQuote(b, v.Text)
}

func appendList(b []byte, items []Value) []byte {
	b = append(b, '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = item.append(b)
	}
	return append(b, ']')
}

func appendPairs(b []byte, items []Value) []byte {
	b = append(b, '{')
	for i, item := range items {
		switch {
		case i%2 == 1:
			b = append(b, ": "...)
		case i > 0:
			b = append(b, ", "...)
		}
		b = item.append(b)
	}
	return append(b, '}')
}

// Equal reports whether two values are the same on the wire: same kinds, same text, same order.
func (v Value) Equal(o Value) bool {
	return v.Kind == o.Kind && v.Text == o.Text && v.Null == o.Null && v.Format == o.Format &&
		slices.EqualFunc(v.Items, o.Items, Value.Equal) && slices.EqualFunc(v.Attributes, o.Attributes, Value.Equal)
}

// IsError reports whether the reply is an error of either form.
func (v Value) IsError() bool { return v.Kind == Error || v.Kind == BulkError }

// ErrorCode is the first word of an error ("MOVED", "ERR"), or "" if the reply is none.
func (v Value) ErrorCode() string {
	if !v.IsError() {
		return ""
	}
	code, _, _ := strings.Cut(v.Text, " ")
	return code
}

// Int is the number of an integer reply. It is false for every other kind, also for a bulk that holds digits.
func (v Value) Int() (int64, bool) {
	if v.Kind != Integer {
		return 0, false
	}
	n, err := strconv.ParseInt(v.Text, 10, 64)
	return n, err == nil
}

// Get is the value that follows the key in a map, or in the flat array RESP2 sends in its place.
func (v Value) Get(key string) (Value, bool) {
	if v.Kind != Map && v.Kind != Array {
		return Value{}, false
	}
	for i := 0; i+1 < len(v.Items); i += 2 {
		if name := v.Items[i]; !name.Null && len(name.Items) == 0 && name.Text == key {
			return v.Items[i+1], true
		}
	}
	return Value{}, false
}
