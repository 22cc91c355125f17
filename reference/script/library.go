package script

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/clusterspec/clusterspec/reference/resp"
)

// Library is a set of functions that FUNCTION LOAD brought (Redis: functionLibInfo). Each has an interpreter of its own, in which what its
// functions share lives on from call to call.
type Library struct {
	Name      string
	Code      []byte      // as it was loaded, with its first line
	Functions []*Function // by name

	interpreter Interpreter
	loading     bool // its code is being run, and may register functions
}

// Function is a function of a library, for FCALL.
type Function struct {
	Name        string
	Description string // empty: it has none
	Flags       Flags
	Library     *Library

	callback *lua.LFunction
}

// refusal is an error in Redis's own words.
type refusal string

func (r refusal) Error() string { return string(r) }

// libraryChunk is what Lua's own errors call the code of a library.
const libraryChunk = "user_function"

// Load runs the code of a library, which has to name its functions within so many instructions. The error is for the client, without a code
// (Redis: functionsCreateWithLibraryCtx).
func Load(text []byte, redisVersion string, host Host, instructions int) (*Library, error) {
	name, body, err := readHead(string(text))
	if err != nil {
		return nil, err
	}
	lib := &Library{Name: name, Code: slices.Clone(text), interpreter: Interpreter{RedisVersion: redisVersion}}
	code, err := compile(body, libraryChunk)
	if err != nil {
		return nil, refusal(fmt.Sprintf("Error compiling function: %v", err))
	}
	if err := lib.register(code, host, instructions); err != nil {
		return nil, refusal(fmt.Sprintf("Error registering functions: %v", err))
	}
	if len(lib.Functions) == 0 {
		return nil, refusal("No functions registered")
	}
	slices.SortFunc(lib.Functions, func(a, b *Function) int { return cmp.Compare(a.Name, b.Name) })
	return lib, nil
}

// readHead reads "#!lua name=mylib" and returns the code without it; the line stays, empty, so that lines keep their numbers
// (Redis: functionExtractLibMetaData).
func readHead(text string) (name, body string, err error) {
	if !strings.HasPrefix(text, "#!") {
		return "", "", refusal("Missing library metadata")
	}
	end := strings.IndexByte(text, '\n')
	if end < 0 {
		return "", "", refusal("Invalid library metadata")
	}
	words := strings.Fields(text[:end])
	given := false
	for _, word := range words[1:] {
		switch {
		case len(word) < len("name=") || !strings.EqualFold(word[:len("name=")], "name="):
			return "", "", refusal(fmt.Sprintf("Invalid metadata value given: %s", word))
		case given:
			return "", "", refusal("Invalid metadata value, name argument was given multiple times")
		}
		name, given = word[len("name="):], true
	}
	switch engine := strings.TrimPrefix(words[0], "#!"); {
	case !given:
		err = refusal("Library name was not given")
	case !isName(name):
		err = errBadName
	case !strings.EqualFold(engine, "lua"):
		err = refusal(fmt.Sprintf("Engine '%s' not found", engine))
	}
	return name, text[end:], err
}

const errBadName = refusal("Library names can only contain letters, numbers, or underscores(_) and must be at least one character long")

// isName says whether libraries and functions may be called so.
func isName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// register runs the code of the library, which sees nothing but what it needs to register functions.
func (lib *Library) register(code *lua.FunctionProto, host Host, instructions int) error {
	in := &lib.interpreter
	in.open()
	l, world := in.state, in.state.Env.Metatable.(*lua.LTable)
	usual := world.RawGetString("__index")
	world.RawSetString("__index", lib.loadWorld())
	lib.loading = true
	in.begin(host, instructions)
	l.Push(l.NewFunctionFromProto(code))
	err := l.PCall(0, 0, nil)
	lib.loading = false
	world.RawSetString("__index", usual)
	timeout := in.run.budget.left <= 0
	in.clean()
	var failed *lua.ApiError
	switch {
	case err == nil:
		return nil
	case timeout:
		return refusal("ERR FUNCTION LOAD timeout")
	case !errors.As(err, &failed):
		return err
	}
	if t, ok := failed.Object.(*lua.LTable); ok {
		return errors.New(text(t.RawGetString("err")))
	}
	return errors.New("ERR " + text(failed.Object))
}

// loadWorld is the globals that the code of a library sees while it is being loaded.
func (lib *Library) loadWorld() *lua.LTable {
	in := &lib.interpreter
	l := in.state
	full, redis, world := in.api(), l.NewTable(), l.NewTable()
	for _, name := range []string{"log", "LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING", "REDIS_VERSION", "REDIS_VERSION_NUM"} {
		redis.RawSetString(name, full.RawGetString(name))
	}
	redis.RawSetString("register_function", l.NewFunction(lib.registerFunction))
	redis.Metatable = in.sandbox.globals.Metatable
	world.RawSetString("redis", in.sandbox.protect(l, redis))
	world.Metatable = in.sandbox.globals.Metatable
	return world
}

// registerFunction is redis.register_function, with a name and a function, or with a table of named arguments.
func (lib *Library) registerFunction(l *lua.LState) int {
	if !lib.loading {
		return refuse(l, "redis.register_function can only be called on FUNCTION LOAD command")
	}
	f := &Function{Library: lib}
	var problem string
	switch l.GetTop() {
	case 1:
		problem = f.readNamed(l.Get(1))
	case 2:
		problem = f.readPlaced(l.Get(1), l.Get(2))
	default:
		problem = "wrong number of arguments to redis.register_function"
	}
	if problem == "" && !isName(f.Name) {
		problem = string(errBadName)
	}
	if problem == "" && slices.ContainsFunc(lib.Functions, func(other *Function) bool { return other.Name == f.Name }) {
		problem = "Function already exists in the library"
	}
	if problem != "" {
		return refuse(l, problem)
	}
	lib.Functions = append(lib.Functions, f)
	return 0
}

// readPlaced takes a name and a function, and says what is wrong with them.
func (f *Function) readPlaced(name, callback lua.LValue) (problem string) {
	var isText, isFunction bool
	if f.Name, isText = textOf(name); !isText {
		return "first argument to redis.register_function must be a string"
	}
	if f.callback, isFunction = callback.(*lua.LFunction); !isFunction {
		return "second argument to redis.register_function must be a function"
	}
	return ""
}

// readNamed takes a table of arguments, and says what is wrong with them.
func (f *Function) readNamed(v lua.LValue) (problem string) {
	arguments, ok := v.(*lua.LTable)
	if !ok {
		return "calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments)."
	}
	named := false
	arguments.ForEach(func(key, value lua.LValue) {
		if problem != "" {
			return
		}
		name, isText := textOf(key)
		if !isText {
			problem = "named argument key given to redis.register_function is not a string"
			return
		}
		ok := true
		switch strings.ToLower(name) {
		case "function_name":
			if f.Name, ok = textOf(value); !ok {
				problem = "function_name argument given to redis.register_function must be a string"
			}
			named = true
		case "description":
			if f.Description, ok = textOf(value); !ok {
				problem = "description argument given to redis.register_function must be a string"
			}
		case "callback":
			if f.callback, ok = value.(*lua.LFunction); !ok {
				problem = "callback argument given to redis.register_function must be a function"
			}
		case "flags":
			problem = f.readFlags(value)
		default:
			problem = "unknown argument given to redis.register_function"
		}
	})
	switch {
	case problem != "":
		return problem
	case !named:
		return "redis.register_function must get a function name argument"
	case f.callback == nil:
		return "redis.register_function must get a callback argument"
	}
	return ""
}

// readFlags takes a list of names of flags, up to the first hole.
func (f *Function) readFlags(v lua.LValue) (problem string) {
	list, ok := v.(*lua.LTable)
	if !ok {
		return "flags argument to redis.register_function must be a table representing function flags"
	}
	for i := 1; list.RawGetInt(i) != lua.LNil; i++ {
		name, isText := textOf(list.RawGetInt(i))
		flag, known := flagNamed(strings.ToLower(name))
		if !isText || !known || name == "" {
			return "unknown flag given"
		}
		f.Flags |= flag
	}
	return ""
}

// textOf is a value that Lua takes for a string.
func textOf(v lua.LValue) (string, bool) { return text(v), lua.LVCanConvToString(v) }

// Names are the names of the flags that are set.
func (f Flags) Names() []string {
	var names []string
	for i, name := range flagNames {
		if f.Has(1 << i) {
			names = append(names, name)
		}
	}
	return names
}

// Call calls the function with keys and arguments, as Interpreter.Run runs a script.
func (f *Function) Call(host Host, instructions int, keys, args [][]byte, w *resp.Writer) (counted bool) {
	in := &f.Library.interpreter
	in.begin(host, instructions)
	l := in.state
	l.Push(f.callback)
	l.Push(words(l, keys))
	l.Push(words(l, args))
	counted, _ = in.finish(l.PCall(2, 1, in.sandbox.locate), f.Name, w)
	in.clean()
	return counted
}
