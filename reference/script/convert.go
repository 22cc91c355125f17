package script

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/clusterspec/clusterspec/reference/resp"
)

// fromReply makes a Lua value of the reply at the head of buf, and says how long that was (Redis: redisProtocolToLuaType).
func fromReply(l *lua.LState, buf []byte) (lua.LValue, int) {
	line, n := resp.ReplyLine(buf)
	if len(line) == 0 {
		return lua.LNil, len(buf)
	}
	text := line[1:]
	switch line[0] {
	case ':':
		number, _ := strconv.ParseInt(string(text), 10, 64)
		return lua.LNumber(number), n
	case '+':
		return field(l, "ok", lua.LString(text)), n
	case '-':
		return field(l, "err", lua.LString(text)), n
	case '_':
		return lua.LNil, n
	case '#':
		return lua.LBool(string(text) == "t"), n
	case ',':
		number, _ := strconv.ParseFloat(string(text), 64)
		return field(l, "double", lua.LNumber(number)), n
	case '(':
		return field(l, "big_number", lua.LString(text)), n
	}
	length, _ := strconv.Atoi(string(text))
	if length < 0 {
		return lua.LFalse, n
	}
	switch line[0] {
	case '$':
		return lua.LString(buf[n : n+length]), n + length + len("\r\n")
	case '=':
		format, content, _ := bytes.Cut(buf[n:n+length], []byte(":"))
		verbatim := field(l, "format", lua.LString(format))
		verbatim.RawSetString("string", lua.LString(content))
		return field(l, "verbatim_string", verbatim), n + length + len("\r\n")
	}
	table := l.NewTable()
	next := func() (v lua.LValue) {
		v, used := fromReply(l, buf[n:])
		n += used
		return v
	}
	switch line[0] {
	case '%':
		for range length {
			key := next()
			put(table, key, next())
		}
		return field(l, "map", table), n
	case '~':
		for range length {
			put(table, next(), lua.LTrue)
		}
		return field(l, "set", table), n
	}
	for i := range length {
		table.RawSetInt(i+1, next())
	}
	return table, n
}

// put sets a field of a table whose name is not nil.
func put(t *lua.LTable, key, value lua.LValue) {
	if key != lua.LNil {
		t.RawSet(key, value)
	}
}

// field makes a table with one field.
func field(l *lua.LState, name string, v lua.LValue) *lua.LTable {
	t := l.NewTable()
	t.RawSetString(name, v)
	return t
}

// replyDepthMax bounds tables in tables in a reply.
const replyDepthMax = 100

// reply writes a Lua value as a reply (Redis: luaReplyToRedisReply). bools says that the script chose RESP3, in which truth values
// are replies of their own.
func reply(w *resp.Writer, v lua.LValue, bools bool, depth int) {
	switch v := v.(type) {
	case lua.LString:
		w.BulkString(string(v))
	case lua.LNumber:
		w.Int(truncate(float64(v)))
	case lua.LBool:
		switch {
		case bools:
			w.Bool(bool(v))
		case bool(v):
			w.Int(1)
		default:
			w.Null()
		}
	case *lua.LTable:
		if depth == replyDepthMax {
			w.Error("ERR reached lua stack limit")
			return
		}
		replyTable(w, v, bools, depth+1)
	default:
		w.Null()
	}
}

func replyTable(w *resp.Writer, t *lua.LTable, bools bool, depth int) {
	if text, ok := t.RawGetString("err").(lua.LString); ok {
		w.Error(string(text))
		return
	}
	if text, ok := t.RawGetString("ok").(lua.LString); ok {
		w.Simple(strings.NewReplacer("\r", " ", "\n", " ").Replace(string(text)))
		return
	}
	if number, ok := t.RawGetString("double").(lua.LNumber); ok {
		w.Double(float64(number))
		return
	}
	if pairs, ok := t.RawGetString("map").(*lua.LTable); ok {
		w.Map(count(pairs))
		pairs.ForEach(func(k, v lua.LValue) {
			reply(w, k, bools, depth)
			reply(w, v, bools, depth)
		})
		return
	}
	if members, ok := t.RawGetString("set").(*lua.LTable); ok {
		w.Set(count(members))
		members.ForEach(func(k, _ lua.LValue) { reply(w, k, bools, depth) })
		return
	}
	if number, ok := t.RawGetString("big_number").(lua.LString); ok {
		bigNumber(w, strings.NewReplacer("\r", " ", "\n", " ").Replace(string(number)))
		return
	}
	if verbatim, ok := t.RawGetString("verbatim_string").(*lua.LTable); ok {
		format, isFormat := verbatim.RawGetString("format").(lua.LString)
		text, isText := verbatim.RawGetString("string").(lua.LString)
		if isFormat && isText && len(format) == len("txt") {
			w.Verbatim(string(format), []byte(text))
			return
		}
	}
	n := 0
	for t.RawGetInt(n+1) != lua.LNil {
		n++
	}
	w.Array(n)
	for i := range n {
		reply(w, t.RawGetInt(i+1), bools, depth)
	}
}

// bigNumber writes a number of any length: in RESP2 a bulk.
func bigNumber(w *resp.Writer, digits string) {
	if w.Proto != 3 {
		w.BulkString(digits)
		return
	}
	w.Buf = append(append(append(w.Buf, '('), digits...), "\r\n"...)
}

// count is how many fields a table has.
func count(t *lua.LTable) (n int) {
	t.ForEach(func(lua.LValue, lua.LValue) { n++ })
	return n
}

// truncate makes an integer of a number as C does on the machines that Redis runs on.
func truncate(f float64) int64 {
	if f != f || f >= math.MaxInt64 || f < math.MinInt64 {
		return math.MinInt64
	}
	return int64(f)
}
