package script

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// sandbox is the world a script sees: the globals, which it can read and not change.
type sandbox struct {
	globals *lua.LTable                 // behind the table that scripts know as _G
	behind  map[*lua.LTable]*lua.LTable // what is behind each table that scripts cannot change
	locate  *lua.LFunction
}

// allowed are the globals of Lua that scripts have (Redis: allow lists in script_lua.c).
var allowed = []string{
	"_VERSION", "assert", "error", "ipairs", "load", "loadstring", "next", "pairs", "pcall", "rawequal", "rawget", "rawset", "select",
	"setmetatable", "getmetatable", "tonumber", "tostring", "type", "unpack", "xpcall", "string", "math", "table", "coroutine",
}

// open makes the state that scripts run in.
func (in *Interpreter) open() {
	const (
		frames    = 2000    // calls in calls
		registers = 1 << 20 // Lua's values on the stack
	)
	l := lua.NewState(lua.Options{SkipOpenLibs: true, CallStackSize: frames, MinimizeStackMemory: true, RegistrySize: 1 << 10, RegistryMaxSize: registers})
	for _, lib := range []struct {
		name string
		open lua.LGFunction
	}{{lua.BaseLibName, lua.OpenBase}, {lua.StringLibName, lua.OpenString}, {lua.MathLibName, lua.OpenMath}, {lua.TabLibName, lua.OpenTable},
		{lua.CoroutineLibName, lua.OpenCoroutine}} {
		l.Push(l.NewFunction(lib.open))
		l.Push(lua.LString(lib.name))
		l.Call(1, 0)
	}
	in.state = l
	in.sandbox = &sandbox{globals: l.NewTable(), behind: make(map[*lua.LTable]*lua.LTable), locate: l.NewFunction(locate)}
	box := in.sandbox
	for _, name := range allowed {
		box.globals.RawSetString(name, l.G.Global.RawGetString(name))
	}
	box.globals.RawSetString("redis", in.api())
	box.globals.RawSetString("cjson", openJSON(l))
	box.globals.RawSetString("bit", openBit(l))
	in.replace()
	for _, name := range []string{"string", "math", "table", "coroutine", "redis", "cjson", "bit"} {
		box.globals.RawSetString(name, box.protect(l, box.globals.RawGetString(name).(*lua.LTable)))
	}

	missing := l.NewTable()
	missing.RawSetString("__index", l.NewFunction(func(l *lua.LState) int {
		l.RaiseError("Script attempted to access nonexistent global variable '%s'", text(l.Get(2)))
		return 0
	}))
	box.globals.Metatable = missing
	l.Env = box.protect(l, box.globals)
	box.globals.RawSetString("_G", l.Env)
	if strings, ok := l.GetMetatable(lua.LString("")).(*lua.LTable); ok {
		box.behind[box.protect(l, strings)] = strings
	}
}

// protect makes a table that shows what is in t, and cannot be changed.
func (box *sandbox) protect(l *lua.LState, t *lua.LTable) *lua.LTable {
	shown, meta := l.NewTable(), l.NewTable()
	meta.RawSetString("__index", t)
	meta.RawSetString("__newindex", l.NewFunction(func(l *lua.LState) int {
		l.RaiseError(errReadOnly)
		return 0
	}))
	shown.Metatable = meta
	box.behind[shown] = t
	return shown
}

const errReadOnly = "Attempt to modify a readonly table"

// clean takes out what a script got into protected tables by library functions that do not ask metatables.
func (box *sandbox) clean() {
	for shown := range box.behind {
		for key, _ := shown.Next(lua.LNil); key != lua.LNil; key, _ = shown.Next(lua.LNil) {
			shown.RawSet(key, lua.LNil)
		}
	}
}

// unwrap replaces the n-th argument by what is behind it, if it is protected, and says whether it was.
func (box *sandbox) unwrap(l *lua.LState, n int) bool {
	shown, ok := l.Get(n).(*lua.LTable)
	if !ok || box.behind[shown] == nil {
		return false
	}
	l.Replace(n, box.behind[shown])
	return true
}

// raise ends the running function with an error that has no place in its text.
func raise(l *lua.LState, message string) { l.Error(lua.LString(message), 0) }

// stringMax bounds what string.rep makes, as Redis bounds a value (proto-max-bulk-len).
const stringMax = 512 << 20

// catchingMax is how many calls of pcall there may be in one another (Lua: LUAI_MAXCCALLS).
const catchingMax = 200

// replace puts functions into the place of Lua's where these would read the world outside, get around the sandbox or the budget,
// or differ from Redis's.
func (in *Interpreter) replace() {
	box, globals := in.sandbox, in.sandbox.globals
	set := func(t *lua.LTable, name string, f lua.LGFunction) { t.RawSetString(name, in.state.NewFunction(f)) }
	library := func(name string) *lua.LTable { return globals.RawGetString(name).(*lua.LTable) }
	original := func(t *lua.LTable, name string) lua.LGFunction {
		return t.RawGetString(name).(*lua.LFunction).GFunction
	}

	for _, name := range []string{"rawget", "next"} {
		read := original(globals, name)
		set(globals, name, func(l *lua.LState) int {
			box.unwrap(l, 1)
			return read(l)
		})
	}
	next := globals.RawGetString("next")
	set(globals, "pairs", func(l *lua.LState) int {
		t := l.CheckTable(1)
		l.Push(next)
		l.Push(t)
		l.Push(lua.LNil)
		return 3
	})
	for _, name := range []string{"rawset", "setmetatable"} {
		change := original(globals, name)
		set(globals, name, func(l *lua.LState) int {
			if box.unwrap(l, 1) {
				raise(l, errReadOnly)
			}
			return change(l)
		})
	}
	getmetatable := original(globals, "getmetatable")
	set(globals, "getmetatable", func(l *lua.LState) int {
		if _, isString := l.Get(1).(lua.LString); isString || box.unwrap(l, 1) {
			l.Push(lua.LNil)
			return 1
		}
		return getmetatable(l)
	})
	set(globals, "collectgarbage", func(l *lua.LState) int {
		l.Push(lua.LNumber(0))
		return 1
	})
	set(globals, "tostring", func(l *lua.LState) int {
		if n, ok := l.CheckAny(1).(lua.LNumber); ok {
			l.Push(lua.LString(text(n)))
			return 1
		}
		l.Push(l.ToStringMeta(l.Get(1)))
		return 1
	})
	for _, name := range []string{"pcall", "xpcall"} {
		catch := original(globals, name)
		set(globals, name, func(l *lua.LState) int {
			if in.run.catching == catchingMax {
				raise(l, "C stack overflow")
			}
			in.run.catching++
			n := catch(l)
			in.run.catching--
			if n > 0 && l.Get(-n) == lua.LFalse {
				in.run.budget.charge(failureCost)
			}
			return n
		})
	}
	pcall := original(globals, "pcall")
	set(globals, "pcall", func(l *lua.LState) int {
		n := pcall(l)
		if failure, ok := l.Get(-1).(*lua.LTable); ok && n == 2 && l.Get(-2) == lua.LFalse {
			if message, ok := failure.RawGetString("err").(lua.LString); ok {
				l.Pop(1) // Redis's pcall gives the text of an error (luaRedisPcall)
				l.Push(message)
			}
		}
		return n
	})
	set(globals, "loadstring", func(l *lua.LState) int { return in.load(l, l.CheckString(1), l.OptString(2, l.CheckString(1))) })
	set(globals, "load", func(l *lua.LState) int {
		var all strings.Builder
		for f := l.CheckFunction(1); ; {
			l.Push(f)
			l.Call(0, 1)
			part, ok := l.Get(-1).(lua.LString)
			l.Pop(1)
			if !ok || part == "" {
				return in.load(l, all.String(), l.OptString(2, "=(load)"))
			}
			if all.WriteString(string(part)); all.Len() > textMax {
				raise(l, "the chunk is too long")
			}
		}
	})

	set(library("math"), "random", in.random)
	set(library("math"), "randomseed", func(l *lua.LState) int {
		in.run.chance.Seed(int64(l.CheckNumber(1)))
		return 0
	})
	rep := original(library("string"), "rep")
	set(library("string"), "rep", func(l *lua.LState) int {
		s, n := l.CheckString(1), l.CheckInt(2)
		if len(s) > 0 && n > stringMax/len(s) {
			raise(l, "resulting string too large")
		}
		in.run.budget.charge(len(s) * max(n, 0) / 8)
		return rep(l)
	})
	for _, name := range []string{"create", "wrap"} {
		begin := original(library("coroutine"), name)
		set(library("coroutine"), name, func(l *lua.LState) int {
			in.run.budget.charge(coroutineCost)
			l.RemoveContext() // a new thread would make one of its own, which counts nothing
			n := begin(l)
			l.SetContext(&in.run.budget)
			thread, ok := l.Get(-1).(*lua.LState)
			if !ok {
				thread = l.Get(-1).(*lua.LFunction).Upvalues[0].Value().(*lua.LState)
			}
			thread.SetContext(&in.run.budget)
			return n
		})
	}
}

// chunkName is how Lua's errors call a chunk (Lua: luaO_chunkid).
func chunkName(name string) string {
	if strings.HasPrefix(name, "=") || strings.HasPrefix(name, "@") {
		return name[1:]
	}
	line, _, several := strings.Cut(name, "\n")
	const lineMax = 40
	if several || len(line) > lineMax {
		line = line[:min(len(line), lineMax)] + "..."
	}
	return `[string "` + line + `"]`
}

// load is loadstring: it gives a function, or nil and why not.
func (in *Interpreter) load(l *lua.LState, code, name string) int {
	in.run.budget.charge(compileCost * len(code))
	proto, err := compile(code, chunkName(name))
	if err != nil {
		l.Push(lua.LNil)
		l.Push(lua.LString(err.Error()))
		return 2
	}
	l.Push(l.NewFunctionFromProto(proto))
	return 1
}

// random is math.random. Every script gets the same numbers, so that it does the same every time.
func (in *Interpreter) random(l *lua.LState) int {
	low, high := 1, 0
	switch l.GetTop() {
	case 0:
		l.Push(lua.LNumber(in.run.chance.Float64()))
		return 1
	case 1:
		high = l.CheckInt(1)
	default:
		low, high = l.CheckInt(1), l.CheckInt(2)
	}
	if span := high - low + 1; low <= high && span > 0 {
		l.Push(lua.LNumber(low + in.run.chance.Intn(span)))
		return 1
	}
	l.ArgError(l.GetTop(), "interval is empty")
	return 0
}
