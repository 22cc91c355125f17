package script

import (
	"fmt"
	"math"
	"math/rand"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"github.com/clusterspec/clusterspec/reference/resp"
)

// Host runs what a script asks of the server.
type Host interface {
	// Call runs a command and returns its reply in a version of the protocol; the bytes are valid until the next Call. Without
	// replicate, what it changes stays on this node.
	Call(args [][]byte, proto int, replicate bool) []byte
	// Allowed says whether the user may run a command, and whether there is such a command.
	Allowed(args [][]byte) (allowed, known bool)
	// Log adds a line to the server's log, with a level from LOG_DEBUG to LOG_WARNING.
	Log(level int, line string)
}

// Interpreter runs scripts. The zero value is ready.
type Interpreter struct {
	// RedisVersion is what scripts are told, such as "7.2.0".
	RedisVersion string

	state   *lua.LState // nil until a script is run
	sandbox *sandbox
	run     *run // nil between runs
}

// run is one script that is running.
type run struct {
	host      Host
	budget    budget
	chance    *rand.Rand
	proto     int  // of the replies that the script gets, and gives
	catching  int  // calls of pcall in one another
	replicate bool // what it changes is sent to replicas
}

// instructions that something costs which is more than one.
const (
	callCost      = 50
	compileCost   = 10 // for each byte
	coroutineCost = 10_000
	failureCost   = 2000 // when pcall catches one: the interpreter describes the stack
)

// Run runs a script, which ends at the latest after so many instructions, and writes what it returns. It says whether the script
// failed with the error of a command, which was counted already.
func (in *Interpreter) Run(s *Script, host Host, instructions int, keys, args [][]byte, w *resp.Writer) (counted bool) {
	if in.state == nil {
		in.open()
	}
	in.begin(host, instructions)
	l := in.state
	in.sandbox.globals.RawSetString("KEYS", words(l, keys))
	in.sandbox.globals.RawSetString("ARGV", words(l, args))
	l.Push(l.NewFunctionFromProto(s.code))
	counted, ok := in.finish(l.PCall(0, 1, in.sandbox.locate), s.SHA, w)
	if ok {
		in.clean()
	} else {
		in.state, in.run = nil, nil // it may be in any state
	}
	return counted
}

// begin opens a run.
func (in *Interpreter) begin(host Host, instructions int) {
	in.run = &run{host: host, budget: budget{left: instructions, open: make(chan struct{})}, proto: 2, replicate: true, chance: rand.New(rand.NewSource(0))}
	in.state.SetContext(&in.run.budget)
}

// finish writes what a run returned, or the error that ended it, which names what was run.
func (in *Interpreter) finish(err error, name string, w *resp.Writer) (counted, ok bool) {
	if err != nil {
		return in.fail(name, err, w), false
	}
	reply(w, in.state.Get(-1), in.run.proto == 3, 0)
	return false, true
}

// clean leaves nothing of a script for the next one.
func (in *Interpreter) clean() {
	in.state.SetTop(0)
	in.state.RemoveContext()
	in.sandbox.clean()
	in.run = nil
}

// words makes a table of a request's words.
func words(l *lua.LState, list [][]byte) *lua.LTable {
	t := l.CreateTable(len(list), 0)
	for i, word := range list {
		t.RawSetInt(i+1, lua.LString(word))
	}
	return t
}

// fail replies with the error that ended a script (Redis: luaCallFunction).
func (in *Interpreter) fail(name string, err error, w *resp.Writer) (counted bool) {
	failure, ok := err.(*lua.ApiError)
	if !ok || failure.Type == lua.ApiErrorPanic {
		w.Error(fmt.Sprintf("ERR the script was ended: %v", err))
		return false
	}
	t, ok := failure.Object.(*lua.LTable)
	if !ok {
		t = field(in.state, "err", lua.LString("ERR "+lua.LVAsString(failure.Object)))
	}
	text, isText := t.RawGetString("err").(lua.LString)
	if !isText {
		text = "ERR unknown error"
	}
	where := ""
	if source, ok := t.RawGetString("source").(lua.LString); ok {
		where = fmt.Sprintf(", on %s:%s", source, t.RawGetString("line"))
	}
	w.Error(fmt.Sprintf("%s script: %s%s.", text, name, where))
	return lua.LVAsBool(t.RawGetString("ignore_error_stats_update"))
}

// locate makes a table of an error, with the place where it happened (Redis: __redis__err__handler).
func locate(l *lua.LState) int {
	t, ok := l.Get(1).(*lua.LTable)
	if !ok {
		t = field(l, "err", lua.LString("ERR "+text(l.Get(1))))
	}
	if source, line, ok := place(l); ok {
		t.RawSetString("source", lua.LString(source))
		t.RawSetString("line", lua.LNumber(line))
	}
	l.Push(t)
	return 1
}

// place finds the innermost line of Lua that is being run.
func place(l *lua.LState) (source string, line int, ok bool) {
	for level := 1; ; level++ {
		frame, ok := l.GetStack(level)
		if !ok {
			return "", 0, false
		}
		if _, err := l.GetInfo("Sl", frame, lua.LNil); err != nil {
			return "", 0, false
		}
		if frame.CurrentLine > 0 {
			return "@" + frame.Source, frame.CurrentLine, true
		}
	}
}

// text is how a value is written, numbers as in C's "%.14g".
func text(v lua.LValue) string {
	n, ok := v.(lua.LNumber)
	if !ok {
		return v.String()
	}
	return formatNumber(float64(n), 14)
}

// formatNumber is C's "%.<digits>g".
func formatNumber(f float64, digits int) string {
	switch {
	case f != f:
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	return strconv.FormatFloat(f, 'g', digits, 64)
}
