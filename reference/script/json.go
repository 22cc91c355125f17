package script

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
)

// What lua-cjson, which Redis links, has as its defaults.
const (
	jsonDepthMax    = 1000
	jsonDigits      = 14
	jsonSparseRatio = 2  // an array with more than so many places for each element
	jsonSparseSafe  = 10 // and more than so many places is refused
)

// openJSON makes the table cjson: encode, decode and null.
func openJSON(l *lua.LState) *lua.LTable {
	null := l.NewUserData()
	t := l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{
		"encode": func(l *lua.LState) int {
			e := jsonEncoder{state: l, null: null}
			e.value(l.CheckAny(1), 0)
			l.Push(lua.LString(e.String()))
			return 1
		},
		"decode": func(l *lua.LState) int {
			d := jsonDecoder{state: l, text: l.CheckString(1), null: null}
			v := d.value(0)
			d.space()
			if d.at < len(d.text) {
				d.fail("the end")
			}
			l.Push(v)
			return 1
		},
	})
	t.RawSetString("null", null)
	return t
}

type jsonEncoder struct {
	strings.Builder
	state *lua.LState
	null  *lua.LUserData
}

func (e *jsonEncoder) value(v lua.LValue, depth int) {
	switch v := v.(type) {
	case *lua.LNilType:
		e.WriteString("null")
	case lua.LBool:
		e.WriteString(strconv.FormatBool(bool(v)))
	case lua.LNumber:
		f := float64(v)
		if f != f || f-f != 0 {
			e.refuse("number", "must not be NaN or Inf")
		}
		e.WriteString(formatNumber(f, jsonDigits))
	case lua.LString:
		e.text(string(v))
	case *lua.LTable:
		if depth == jsonDepthMax {
			e.state.RaiseError("Cannot serialise, excessive depth (%d)", depth+1)
		}
		e.table(v, depth+1)
	default:
		if v == lua.LValue(e.null) {
			e.WriteString("null")
			return
		}
		e.refuse(v.Type().String(), "type not supported")
	}
}

func (e *jsonEncoder) refuse(kind, why string) {
	e.state.RaiseError("Cannot serialise %s: %s", kind, why)
}

// table writes an array, if all names are positive integers, or else an object.
func (e *jsonEncoder) table(t *lua.LTable, depth int) {
	length, elements, isArray := 0, 0, true
	t.ForEach(func(k, _ lua.LValue) {
		n, ok := k.(lua.LNumber)
		if !ok || n < 1 || n != lua.LNumber(int(n)) {
			isArray = false
			return
		}
		length, elements = max(length, int(n)), elements+1
	})
	if isArray && length > 0 {
		if length > elements*jsonSparseRatio && length > jsonSparseSafe {
			e.refuse("table", "excessively sparse array")
		}
		separator := byte('[')
		for i := range length {
			e.WriteByte(separator)
			e.value(t.RawGetInt(i+1), depth)
			separator = ','
		}
		e.WriteByte(']')
		return
	}
	e.WriteByte('{')
	first := true
	t.ForEach(func(k, v lua.LValue) {
		if !first {
			e.WriteByte(',')
		}
		first = false
		switch k := k.(type) {
		case lua.LString:
			e.text(string(k))
		case lua.LNumber:
			e.text(formatNumber(float64(k), jsonDigits))
		default:
			e.refuse("table", "table key must be a number or string")
		}
		e.WriteByte(':')
		e.value(v, depth)
	})
	e.WriteByte('}')
}

// jsonEscapes are the characters that cjson writes in two.
const jsonEscapes = "\"\"\\\\//\bb\tt\nn\ff\rr"

func (e *jsonEncoder) text(s string) {
	e.WriteByte('"')
	for i := range len(s) {
		b := s[i]
		escape := -1
		for j := 0; j < len(jsonEscapes); j += 2 {
			if jsonEscapes[j] == b {
				escape = j + 1
			}
		}
		switch {
		case escape > 0:
			e.WriteByte('\\')
			e.WriteByte(jsonEscapes[escape])
		case b < ' ' || b == 0x7f:
			fmt.Fprintf(e, "\\u%04x", b)
		default:
			e.WriteByte(b)
		}
	}
	e.WriteByte('"')
}

type jsonDecoder struct {
	state *lua.LState
	text  string
	at    int
	null  *lua.LUserData
}

func (d *jsonDecoder) space() {
	for d.at < len(d.text) && strings.IndexByte(" \t\r\n", d.text[d.at]) >= 0 {
		d.at++
	}
}

// fail ends with what was expected, and what is there (lua-cjson: json_throw_parse_error).
func (d *jsonDecoder) fail(expected string) {
	found := "invalid token"
	if d.at >= len(d.text) {
		found = "T_END"
	} else if i := strings.IndexByte("{}[]:,", d.text[d.at]); i >= 0 {
		found = []string{"T_OBJ_BEGIN", "T_OBJ_END", "T_ARR_BEGIN", "T_ARR_END", "T_COLON", "T_COMMA"}[i]
	}
	d.state.RaiseError("Expected %s but found %s at character %d", expected, found, d.at+1)
}

// take goes over one character, if it is there.
func (d *jsonDecoder) take(b byte) bool {
	d.space()
	if d.at < len(d.text) && d.text[d.at] == b {
		d.at++
		return true
	}
	return false
}

func (d *jsonDecoder) value(depth int) lua.LValue {
	d.space()
	rest := d.text[d.at:]
	for _, word := range []struct {
		text  string
		value lua.LValue
	}{{"null", d.null}, {"true", lua.LTrue}, {"false", lua.LFalse}} {
		if strings.HasPrefix(rest, word.text) {
			d.at += len(word.text)
			return word.value
		}
	}
	if depth > jsonDepthMax {
		d.state.RaiseError("Found too many nested data structures (%d)", depth)
	}
	switch {
	case d.take('"'):
		return lua.LString(d.quoted())
	case d.take('['):
		return d.array(depth + 1)
	case d.take('{'):
		return d.object(depth + 1)
	}
	end := 0
	for end < len(rest) && strings.IndexByte("+-.0123456789eE", rest[end]) >= 0 {
		end++
	}
	f, err := strconv.ParseFloat(rest[:end], 64)
	if err != nil && f == 0 {
		d.fail("value")
	}
	d.at += end
	return lua.LNumber(f)
}

func (d *jsonDecoder) array(depth int) lua.LValue {
	t := d.state.NewTable()
	if d.take(']') {
		return t
	}
	for i := 1; ; i++ {
		t.RawSetInt(i, d.value(depth))
		if d.take(']') {
			return t
		}
		if !d.take(',') {
			d.fail("comma or array end")
		}
	}
}

func (d *jsonDecoder) object(depth int) lua.LValue {
	t := d.state.NewTable()
	if d.take('}') {
		return t
	}
	for {
		if !d.take('"') {
			d.fail("object key string")
		}
		key := d.quoted()
		if !d.take(':') {
			d.fail("colon")
		}
		t.RawSetString(key, d.value(depth))
		if d.take('}') {
			return t
		}
		if !d.take(',') {
			d.fail("comma or object end")
		}
	}
}

// quoted reads a string behind its first quote.
func (d *jsonDecoder) quoted() string {
	var s strings.Builder
	for d.at < len(d.text) {
		b := d.text[d.at]
		d.at++
		switch {
		case b == '"':
			return s.String()
		case b != '\\':
			s.WriteByte(b)
		case d.at == len(d.text):
		case d.text[d.at] == 'u':
			d.at++
			s.WriteRune(d.rune())
		default:
			i := 1
			for i < len(jsonEscapes) && jsonEscapes[i] != d.text[d.at] {
				i += 2
			}
			if i > len(jsonEscapes) {
				d.fail("value")
			}
			s.WriteByte(jsonEscapes[i-1])
			d.at++
		}
	}
	d.fail("value")
	return ""
}

// rune reads the digits of \u, and those of a second one that belongs to it.
func (d *jsonDecoder) rune() rune {
	unit := func() rune {
		if d.at+4 <= len(d.text) {
			if n, err := strconv.ParseUint(d.text[d.at:d.at+4], 16, 16); err == nil {
				d.at += 4
				return rune(n)
			}
		}
		d.fail("value")
		return 0
	}
	const (
		highFirst, lowFirst, lowLast = 0xd800, 0xdc00, 0xdfff
	)
	first := unit()
	if first < highFirst || first > lowLast {
		return first
	}
	if first < lowFirst && strings.HasPrefix(d.text[d.at:], `\u`) {
		d.at += 2
		if second := unit(); second >= lowFirst && second <= lowLast {
			return 0x10000 + (first-highFirst)<<10 + (second - lowFirst)
		}
	}
	d.fail("value")
	return utf8.RuneError
}
