package command

import (
	"bytes"
	"math"

	"github.com/clusterspec/clusterspec/reference/resp"
	"github.com/clusterspec/clusterspec/reference/script"
)

// scriptCommands are EVAL and SCRIPT.
var scriptCommands = []Command{
	{
		Name: "eval", Arity: -3, Flags: NoScript | Stale | SkipMonitor | NoMandatoryKeys | MovableKeys | MayReplicate | RunsScript, Keys: scriptKeys(writesKeys),
		Group: "scripting", Since: "2.6.0", Complexity: "That of the script", Summary: "Runs a script", FlagsOf: scriptFlags, Run: evalText,
	},
	{
		Name: "evalsha", Arity: -3, Flags: NoScript | Stale | SkipMonitor | NoMandatoryKeys | MovableKeys | MayReplicate | RunsScript, Keys: scriptKeys(writesKeys),
		Group: "scripting", Since: "2.6.0", Complexity: "That of the script", Summary: "Runs a script that the node knows", FlagsOf: scriptFlags, Run: evalKnown,
	},
	{
		Name: "eval_ro", Arity: -3, Flags: ReadOnly | NoScript | Stale | SkipMonitor | NoMandatoryKeys | MovableKeys, Keys: scriptKeys(readsKeys),
		Group: "scripting", Since: "7.0.0", Complexity: "That of the script", Summary: "Runs a script that only reads", FlagsOf: scriptFlags, Run: evalText,
	},
	{
		Name: "evalsha_ro", Arity: -3, Flags: ReadOnly | NoScript | Stale | SkipMonitor | NoMandatoryKeys | MovableKeys, Keys: scriptKeys(readsKeys),
		Group: "scripting", Since: "7.0.0", Complexity: "That of the script", Summary: "Runs a script that the node knows and that only reads", FlagsOf: scriptFlags, Run: evalKnown,
	},
	{
		Name: "script", Arity: -2, Group: "scripting", Since: "2.6.0", Complexity: "That of the subcommand", Summary: "Keeps scripts for EVALSHA",
	},
	{
		Name: "script|debug", Arity: 3, Flags: NoScript, Group: "scripting", Since: "3.2.0", Complexity: "O(1)", Syntax: "NO",
		Summary: "Is refused, but for NO: there is no debugger", Run: scriptDebug,
	},
	{
		Name: "script|exists", Arity: -3, Flags: NoScript, Group: "scripting", Since: "2.6.0", Complexity: "O(N) in the number of scripts",
		Tips: []string{"request_policy:all_shards", "response_policy:agg_logical_and"}, Syntax: "<sha1> [<sha1> ...]",
		Summary: "Says which scripts the node knows", Run: scriptExists,
	},
	{
		Name: "script|flush", Arity: -2, Flags: NoScript, Group: "scripting", Since: "2.6.0", Complexity: "O(N) in the number of scripts",
		Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"}, Syntax: "[ASYNC|SYNC]",
		Summary: "Forgets all scripts", Run: scriptFlush,
	},
	{
		Name: "script|help", Arity: 2, Flags: Loading | Stale, Group: "scripting", Since: "5.0.0", Complexity: "O(1)", Summary: "Lists the subcommands", Run: help,
	},
	{
		Name: "script|kill", Arity: 2, Flags: NoScript | AllowBusy, Group: "scripting", Since: "2.6.0", Complexity: "O(1)",
		Tips:    []string{"request_policy:all_shards", "response_policy:one_succeeded"},
		Summary: "Says that no script is running: one that runs too long ends by itself", Run: scriptKill,
	},
	{
		Name: "script|load", Arity: 3, Flags: NoScript | Stale, Group: "scripting", Since: "2.6.0", Complexity: "O(N) in the length of the script",
		Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"}, Syntax: "<script>",
		Summary: "Compiles a script and keeps it", Run: scriptLoad,
	},
}

// What a script may do to its keys: the worst is assumed.
const (
	writesKeys = ReadWriteKey | ReturnsValue | UpdatesValue
	readsKeys  = ReadKey | ReturnsValue
)

// scriptKeys is a command with a number of keys, which may be 0, behind the script.
func scriptKeys(a Access) Keys {
	return Keys{Counted: &CountedKeys{2, a}, Find: func(args [][]byte) ([]int, error) {
		if len(args) > 2 && string(args[2]) == "0" {
			return nil, nil
		}
		return findCounted(nil, args, 2)
	}}
}

// knownScripts are those the node knows, and what runs them.
type knownScripts struct {
	interpreter  script.Interpreter
	instructions int // that one may take
	known        map[string]*script.Script
	passing      []string // those known from EVAL alone, the oldest first
}

// passingMax is how many scripts that EVAL brought are kept (Redis 7.4: LRU_LIST_LENGTH). Those of SCRIPT LOAD stay.
const passingMax = 500

func (ss *knownScripts) start() {
	ss.interpreter.RedisVersion = RedisVersion
	ss.known = make(map[string]*script.Script)
}

// scriptInstructions is what a script may take in so many milliseconds: about what an ordinary machine does.
func scriptInstructions(millis int64) int {
	const perMilli = 20_000
	return int(min(millis, math.MaxInt64/perMilli) * perMilli)
}

// find returns a script by its name in any letter case, or nil.
func (ss *knownScripts) find(sha []byte) *script.Script {
	return ss.known[string(bytes.ToLower(sha))]
}

// compile returns a script by its text, and keeps it.
func (ss *knownScripts) compile(text []byte, toStay bool) (*script.Script, error) {
	sha := script.Digest(text)
	if s := ss.known[sha]; s != nil {
		if toStay {
			ss.stay(sha)
		}
		return s, nil
	}
	s, err := script.Compile(text)
	if err != nil {
		return nil, err
	}
	ss.known[sha] = s
	if !toStay {
		ss.passing = append(ss.passing, sha)
	}
	if len(ss.passing) > passingMax {
		delete(ss.known, ss.passing[0])
		ss.passing = ss.passing[1:]
	}
	return s, nil
}

// stay takes a script from those that make room for others.
func (ss *knownScripts) stay(sha string) {
	for i, name := range ss.passing {
		if name == sha {
			ss.passing = append(ss.passing[:i], ss.passing[i+1:]...)
			return
		}
	}
}

// scriptFlags are the flags of an EVAL: a script that tells its own is treated as a command that has them.
func scriptFlags(e *Engine, args [][]byte) Flags {
	cmd := table.command(args[0])
	flags := cmd.Flags
	s := e.scripts.find(args[1])
	if cmd.Name == "eval" || cmd.Name == "eval_ro" {
		s, _ = e.scripts.compile(args[1], false) // what is wrong with it is told when it is to run
	}
	if s == nil || s.Flags.Has(script.Undeclared) {
		return flags
	}
	return declaredFlags(flags, s.Flags)
}

// declaredFlags are those of a command that runs what has told its own (Redis: scriptFlagsToCmdFlags).
func declaredFlags(flags Flags, own script.Flags) Flags {
	flags &^= Stale | DenyOOM | Write | MayReplicate
	if !own.Has(script.NoWrites) {
		return flags | Write
	}
	return flags &^ RunsScript
}

func evalText(c *Call) {
	c.showScript()
	s, err := c.scripts.compile(c.Args[1], false)
	if err != nil {
		c.Error("ERR " + err.Error())
		return
	}
	c.runScript(s)
}

func evalKnown(c *Call) {
	c.showScript()
	s := c.scripts.find(c.Args[1])
	if s == nil {
		c.Error("NOSCRIPT No matching script. Please use EVAL.")
		return
	}
	c.runScript(s)
}

// showScript shows a script to MONITOR before the commands that it runs.
func (c *Call) showScript() {
	if len(c.monitors) > 0 {
		c.feedMonitors(c)
	}
}

// runScript runs a script with the keys and arguments of the request (Redis: evalGenericCommand, scriptPrepareForRun).
func (c *Call) runScript(s *script.Script) {
	n, ok := c.intArg(2)
	if !ok {
		return
	}
	c.runProgram(s.Flags, n, func(run *scriptRun, keys, args [][]byte) bool {
		return c.scripts.interpreter.Run(s, run, c.scripts.instructions, keys, args, c.Reply)
	})
}

// runProgram runs a script or a function that has these flags, with the first n words of the request as its keys.
func (c *Call) runProgram(flags script.Flags, n int64, program func(run *scriptRun, keys, args [][]byte) (counted bool)) {
	words := c.Args[3:]
	readOnly := c.Cmd.Flags.Has(ReadOnly)
	declared := !flags.Has(script.Undeclared)
	writes := declared && !flags.Has(script.NoWrites)
	switch {
	case n > int64(len(words)):
		c.Error("ERR Number of keys can't be greater than number of args")
		return
	case n < 0:
		c.Error("ERR Number of keys can't be negative")
		return
	case declared && flags.Has(script.NoCluster) && c.Cluster != nil:
		c.Error("ERR Can not run script on cluster, 'no-cluster' flag is set.")
		return
	case writes && c.replica && !c.Session.Primary:
		c.Error("READONLY Can not run script with write flag on readonly replica.")
		return
	case writes && readOnly:
		c.Error("ERR Can not execute a script with write flag using *_ro command.")
		return
	}
	run := &scriptRun{c: c, readOnly: readOnly || declared && !writes, anySlot: !declared || flags.Has(script.AllowCrossSlot), slot: -1}
	if n > 0 {
		run.slot = int(c.SlotOf(words[0]))
	}
	c.errorCounted = program(run, words[:n], words[n:])
}

// scriptRun runs the commands of one script. It is a script.Host.
type scriptRun struct {
	c        *Call
	readOnly bool
	anySlot  bool // its keys may be in several slots that are served here
	slot     int  // of the keys until now; -1: there was none
	wrote    bool
	reply    resp.Writer
}

// Call runs a command for the script (Redis: scriptCall).
func (r *scriptRun) Call(args [][]byte, proto int, replicate bool) []byte {
	r.reply = resp.Writer{Buf: r.reply.Buf[:0], Proto: proto}
	e := r.c.Engine
	cmd, _ := table.lookup(args)
	if problem := r.refuses(cmd, len(args)); problem != "" {
		return r.refuse(problem)
	}
	inner := e.prepare(r.c.Session, cmd, args)
	inner.Reply, inner.inTransaction, inner.inScript = &r.reply, true, true
	if cmd.Flags.Has(Write) {
		r.wrote = true
		if len(e.frozen) > 0 && e.touchesFrozen(inner) {
			return r.refuse("TRYAGAIN Script attempted to write a key that is on its way to another node: name the keys of the script, and it waits for them")
		}
	}
	if problem := r.elsewhere(inner); problem != "" {
		return r.refuse(problem)
	}
	e.outgoing.muted = !replicate
	e.run(inner)
	e.outgoing.muted = false
	return r.reply.Buf
}

// refuse answers the script with an error.
func (r *scriptRun) refuse(text string) []byte {
	r.reply.Error(text)
	r.c.stats.countError(r.reply.Buf)
	return r.reply.Buf
}

// refuses says why a command of so many words may not run, or nothing.
func (r *scriptRun) refuses(cmd *Command, words int) string {
	e := r.c.Engine
	obeyed := r.c.Session.Primary
	switch {
	case cmd == nil:
		return "ERR Unknown Redis command called from script"
	case !cmd.takes(words):
		return "ERR Wrong number of args calling Redis command from script"
	case cmd.Flags.Has(NoScript):
		return "ERR This Redis command is not allowed from script"
	case r.readOnly && cmd.Flags.Has(Write|MayReplicate):
		return "ERR Write commands are not allowed from read-only scripts."
	case !cmd.Flags.Has(Write) || r.wrote || obeyed:
		return ""
	case e.replica:
		return errReadOnlyReplica
	case e.cannotSave():
		return errMisconf
	}
	return ""
}

// elsewhere says why the keys of a command are not for this script, or nothing (Redis: scriptVerifyClusterState).
func (r *scriptRun) elsewhere(inner *Call) string {
	e := r.c.Engine
	if e.Cluster == nil || r.c.Session.Primary || !inner.Cmd.Keys.any() {
		return ""
	}
	switch e.route(inner).verdict {
	case serveHere:
	case clusterDown:
		return "ERR Script attempted to execute a command while the cluster is down"
	case clusterDownForWrites:
		return "ERR Script attempted to execute a write command while the cluster is down and readonly"
	default:
		return "ERR Script attempted to access a non local key in a cluster node"
	}
	if r.anySlot || inner.first == nil {
		return ""
	}
	if r.slot >= 0 && r.slot != int(inner.firstSlot) {
		return "ERR Script attempted to access keys that do not hash to the same slot"
	}
	r.slot = int(inner.firstSlot)
	return ""
}

// Allowed says whether there is a command: the one user may run every one.
func (r *scriptRun) Allowed(args [][]byte) (allowed, known bool) {
	cmd, _ := table.lookup(args)
	return cmd != nil, cmd != nil
}

// Log adds a line of the script to the log.
func (r *scriptRun) Log(level int, line string) {
	const warning = 3
	if level == warning {
		r.c.Host.Warn(line)
	} else if level > 1 || r.c.Config.String("loglevel") == "debug" || level == 1 && r.c.Config.String("loglevel") == "verbose" {
		r.c.Host.Notice(line)
	}
}

func scriptLoad(c *Call) {
	s, err := c.scripts.compile(c.Args[2], true)
	if err != nil {
		c.Error("ERR " + err.Error())
		return
	}
	c.Reply.BulkString(s.SHA)
}

func scriptExists(c *Call) {
	c.Reply.Array(len(c.Args) - 2)
	for _, sha := range c.Args[2:] {
		n := int64(0)
		if c.scripts.find(sha) != nil {
			n = 1
		}
		c.Reply.Int(n)
	}
}

func scriptFlush(c *Call) {
	if len(c.Args) > 3 || len(c.Args) == 3 && !is(c.Args[2], "SYNC") && !is(c.Args[2], "ASYNC") {
		c.Error("ERR SCRIPT FLUSH only support SYNC|ASYNC option")
		return
	}
	interpreter := script.Interpreter{RedisVersion: RedisVersion}
	c.scripts.interpreter, c.scripts.passing = interpreter, nil
	clear(c.scripts.known)
	c.OK()
}

// scriptKill has nothing to kill: the node does nothing else while a script runs, and this is something else.
func scriptKill(c *Call) { c.Error("NOTBUSY No scripts in execution right now.") }

func scriptDebug(c *Call) {
	switch {
	case is(c.Args[2], "NO"):
		c.OK()
	case is(c.Args[2], "YES"), is(c.Args[2], "SYNC"):
		c.Error("ERR this server has no debugger of scripts")
	default:
		c.Error("ERR Use SCRIPT DEBUG YES/SYNC/NO")
	}
}
