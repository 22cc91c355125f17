package script

import (
	"fmt"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/resp"
)

// echo is a Host whose commands reply with their own words.
type echo struct{ logged []string }

func (h *echo) Call(args [][]byte, proto int, _ bool) []byte {
	w := resp.Writer{Proto: proto}
	if string(args[0]) == "fail" {
		w.Error("ERR failed on purpose")
		return w.Buf
	}
	w.Array(len(args))
	for _, arg := range args {
		w.Bulk(arg)
	}
	return w.Buf
}

func (h *echo) Allowed([][]byte) (allowed, known bool) { return true, true }

func (h *echo) Log(level int, line string) { h.logged = append(h.logged, fmt.Sprint(level, " ", line)) }

// run compiles and runs a script that may take a million steps.
func (in *Interpreter) do(t testing.TB, text string) string {
	t.Helper()
	s, err := Compile([]byte(text))
	if err != nil {
		return "-ERR " + err.Error()
	}
	var w resp.Writer
	in.Run(s, &echo{}, 1_000_000, nil, nil, &w)
	return strings.TrimSuffix(string(w.Buf), "\r\n")
}

// TestScriptsEnd has scripts that would never end, or take all memory.
func TestScriptsEnd(t *testing.T) {
	for name, text := range map[string]string{
		"loop":                    "while true do end",
		"loop that catches":       "while true do pcall(function() while true do end end) end",
		"loop of commands":        "while true do redis.pcall('ping') end",
		"coroutine":               "coroutine.wrap(function() while true do end end)()",
		"coroutine in coroutine":  "local function f() coroutine.wrap(f)() end f()",
		"coroutines without end":  "while true do coroutine.create(function() end) end",
		"recursion":               "local function f() return 1 + f() end f()",
		"recursion that catches":  "local function f() pcall(f) end f() while true do end",
		"long string":             "return string.rep('x', 1e18)",
		"long strings":            "local t = {} while true do t[#t+1] = string.rep('x', 1e6) .. #t end",
		"replacement in a string": "local function f(x) return (x:gsub('.', f)) end return f('x')",
		"sorting":                 "local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function(a, b) while true do end end)",
		"metatable":               "local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end}) return t[1]",
		"xpcall":                  "xpcall(function() error('x') end, function() while true do end end)",
	} {
		t.Run(name, func(t *testing.T) {
			var in Interpreter
			if got := in.do(t, text); !strings.HasPrefix(got, "-ERR ") {
				t.Errorf("%.200q: want an error", got)
			}
			if got := in.do(t, "return 'next'"); got != "$4\r\nnext" {
				t.Errorf("the next script: %q", got)
			}
		})
	}
}

// TestTextsThatCannotBeCompiled has texts that would exhaust the stack of a compiler that trusts them.
func TestTextsThatCannotBeCompiled(t *testing.T) {
	for _, piece := range []string{"(", "{", "a[", "f(", "#", "not ", "- ", "if x then ", "do ", "function f() ", "a..", "a^", "a+", "a and ", "f{f", "while x do ", "return function() "} {
		text := "return " + strings.Repeat(piece, (textMax/2)/len(piece)) + " a"
		if strings.HasSuffix(piece, "then ") || strings.HasSuffix(piece, "do ") || strings.HasPrefix(piece, "function") {
			text = strings.TrimPrefix(text, "return ") + strings.Repeat(" end", 1000)
		}
		if _, err := Compile([]byte(text)); err == nil {
			t.Errorf("%q repeated: no error", piece)
		}
	}
	if _, err := Compile(make([]byte, textMax+1)); err == nil {
		t.Error("a text of more than the limit is compiled")
	}
}

// TestNothingIsLeftBehind has scripts try to leave something for the next one.
func TestNothingIsLeftBehind(t *testing.T) {
	var in Interpreter
	for _, text := range []string{
		"rawset(_G, 'left', 1)", "_G.left = 1", "left = 1", "string.left = 1", "table.insert(string, 'left')", "table.insert(_G, 1)",
		"setmetatable(_G, nil)", "getmetatable('').__index = nil", "setmetatable(string, {})", "redis.call = nil", "KEYS = nil",
		"load(function() return nil end)() local f = loadstring('left = 1') f()", "coroutine.wrap(function() left = 1 end)()",
	} {
		first := in.do(t, text)
		if got := in.do(t, "return {rawget(_G,'left') or 'none', #string, #_G, type(redis.call), ('x'):rep(2), type(KEYS)}"); got != "*6\r\n$4\r\nnone\r\n:0\r\n:0\r\n$8\r\nfunction\r\n$2\r\nxx\r\n$5\r\ntable" {
			t.Errorf("after %s (%q): %q", text, first, got)
		}
	}
}

// TestSameEveryTime has the replica of chance: each script starts from the same.
func TestSameEveryTime(t *testing.T) {
	var in Interpreter
	const text = "return {math.random(1000000), math.random(1, 5), tostring(math.random())}"
	first := in.do(t, text)
	in.do(t, "math.randomseed(7) return math.random()")
	if got := in.do(t, text); got != first {
		t.Errorf("%q, the first time %q", got, first)
	}
}

func FuzzScript(f *testing.F) {
	for _, seed := range []string{"return 1", "#!lua flags=no-writes\nreturn redis.call('x')", "return cjson.decode('[1,{\"a\":\"\\u00e9\"}]')", "return cjson.encode({1,{a=2}})"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var in Interpreter
		if got := in.do(t, text); got == "" {
			t.Error("no reply")
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`[1,2,{"a":[true,null,-1.5e3]}]`, `"é😀"`, `{"`, `[`} {
		f.Add(seed)
	}
	var in Interpreter
	s, err := Compile([]byte("local ok, v = pcall(cjson.decode, ARGV[1]) if ok then return cjson.encode(v) end return v"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var w resp.Writer
		in.Run(s, &echo{}, 10_000_000, nil, [][]byte{[]byte(text)}, &w)
		if len(w.Buf) == 0 {
			t.Error("no reply")
		}
	})
}
