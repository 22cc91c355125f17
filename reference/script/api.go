package script

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// What redis.set_repl takes (Redis: PROPAGATE_*).
const (
	replNone    = 0
	replAOF     = 1
	replReplica = 2
	replAll     = replAOF | replReplica
)

// api makes the table redis.
func (in *Interpreter) api() *lua.LTable {
	l := in.state
	t := l.SetFuncs(l.NewTable(), map[string]lua.LGFunction{
		"call": in.call, "pcall": in.pcall, "error_reply": errorReply, "status_reply": statusReply, "sha1hex": sha1hex,
		"log": in.log, "setresp": in.setResp, "set_repl": in.setRepl, "acl_check_cmd": in.aclCheck,
		"replicate_commands": func(l *lua.LState) int {
			l.Push(lua.LTrue)
			return 1
		},
		"breakpoint": func(l *lua.LState) int {
			l.Push(lua.LFalse) // there is no debugger
			return 1
		},
		"debug": func(*lua.LState) int { return 0 },
	})
	for name, n := range map[string]int{
		"LOG_DEBUG": 0, "LOG_VERBOSE": 1, "LOG_NOTICE": 2, "LOG_WARNING": 3,
		"REPL_NONE": replNone, "REPL_AOF": replAOF, "REPL_REPLICA": replReplica, "REPL_SLAVE": replReplica, "REPL_ALL": replAll,
		"REDIS_VERSION_NUM": versionNumber(in.RedisVersion),
	} {
		t.RawSetString(name, lua.LNumber(n))
	}
	t.RawSetString("REDIS_VERSION", lua.LString(in.RedisVersion))
	return t
}

// versionNumber makes 0x070200 of "7.2.0".
func versionNumber(version string) (number int) {
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(part)
		number = number<<8 | n
	}
	return number
}

// call is redis.call: an error ends the script.
func (in *Interpreter) call(l *lua.LState) int {
	v := in.command(l)
	if failure, ok := v.(*lua.LTable); ok && failure.RawGetString("err") != lua.LNil {
		l.Error(failure, 1)
	}
	l.Push(v)
	return 1
}

// pcall is redis.pcall: an error is a value as any other.
func (in *Interpreter) pcall(l *lua.LState) int {
	l.Push(in.command(l))
	return 1
}

// command runs a command and returns what it replies.
func (in *Interpreter) command(l *lua.LState) lua.LValue {
	if l.GetTop() == 0 {
		return failure(l, "ERR Please specify at least one argument for this redis lib call")
	}
	args, ok := commandWords(l)
	if !ok {
		return failure(l, "ERR Lua redis lib command arguments must be strings or integers")
	}
	in.run.budget.charge(callCost)
	bytes := in.run.host.Call(args, in.run.proto, in.run.replicate)
	v, _ := fromReply(l, bytes)
	if t, ok := v.(*lua.LTable); ok && bytes[0] == '-' {
		t.RawSetString("ignore_error_stats_update", lua.LTrue)
	}
	return v
}

// commandWords makes a request of the arguments.
func commandWords(l *lua.LState) ([][]byte, bool) {
	args := make([][]byte, l.GetTop())
	for i := range args {
		switch v := l.Get(i + 1).(type) {
		case lua.LString:
			args[i] = []byte(v)
		case lua.LNumber:
			args[i] = []byte(formatNumber(float64(v), 17))
		default:
			return nil, false
		}
	}
	return args, true
}

// failure is an error as a value.
func failure(l *lua.LState, text string) *lua.LTable { return field(l, "err", lua.LString(text)) }

func errorReply(l *lua.LState) int {
	message, ok := l.Get(1).(lua.LString)
	if l.GetTop() != 1 || !ok {
		l.Push(failure(l, "ERR wrong number or type of arguments"))
		return 1
	}
	text := strings.TrimPrefix(string(message), "-")
	if code, rest, several := strings.Cut(text, " "); !several || code == "" || rest == "" {
		text = "ERR " + strings.TrimSpace(text)
	}
	l.Push(failure(l, strings.TrimRight(text, "\r\n")))
	return 1
}

func statusReply(l *lua.LState) int {
	message, ok := l.Get(1).(lua.LString)
	if l.GetTop() != 1 || !ok {
		l.Push(failure(l, "ERR wrong number or type of arguments"))
		return 1
	}
	l.Push(field(l, "ok", message))
	return 1
}

func sha1hex(l *lua.LState) int {
	if l.GetTop() != 1 {
		return refuse(l, "wrong number of arguments")
	}
	l.Push(lua.LString(Digest([]byte(text(l.Get(1))))))
	return 1
}

// refuse ends a script that calls something in the wrong way.
func refuse(l *lua.LState, problem string) int {
	l.Error(failure(l, "ERR "+problem), 1)
	return 0
}

func (in *Interpreter) log(l *lua.LState) int {
	if l.GetTop() < 2 {
		return refuse(l, "redis.log() requires two arguments or more.")
	}
	level, ok := l.Get(1).(lua.LNumber)
	if !ok {
		return refuse(l, "First argument must be a number (log level).")
	}
	if level < 0 || level > 3 {
		return refuse(l, "Invalid debug level.")
	}
	var words []string
	for i := 2; i <= l.GetTop(); i++ {
		if v := l.Get(i); lua.LVCanConvToString(v) {
			words = append(words, text(v))
		}
	}
	in.run.host.Log(int(level), strings.Join(words, " "))
	return 0
}

func (in *Interpreter) setResp(l *lua.LState) int {
	if l.GetTop() != 1 {
		return refuse(l, "redis.setresp() requires one argument.")
	}
	proto := l.ToInt(1)
	if proto != 2 && proto != 3 {
		return refuse(l, "RESP version must be 2 or 3.")
	}
	in.run.proto = proto
	return 0
}

func (in *Interpreter) setRepl(l *lua.LState) int {
	if l.GetTop() != 1 {
		return refuse(l, "redis.set_repl() requires two arguments.")
	}
	to := l.ToInt(1)
	if to&^replAll != 0 {
		return refuse(l, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")
	}
	in.run.replicate = to&replReplica != 0
	return 0
}

func (in *Interpreter) aclCheck(l *lua.LState) int {
	args, ok := commandWords(l)
	switch {
	case len(args) == 0:
		return refuse(l, "Please specify at least one argument for this redis lib call")
	case !ok:
		return refuse(l, "redis.acl_check_cmd() arguments must be strings or integers")
	}
	may, known := in.run.host.Allowed(args)
	if !known {
		return refuse(l, "Invalid command passed to redis.acl_check_cmd()")
	}
	l.Push(lua.LBool(may))
	return 1
}
