package command

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/reference/rdb"
	"github.com/clusterspec/clusterspec/reference/script"
)

// functionCommands are FUNCTION and FCALL.
var functionCommands = []Command{
	{
		Name: "fcall", Arity: -3, Flags: NoScript | Stale | SkipMonitor | NoMandatoryKeys | MovableKeys | MayReplicate | RunsScript, Keys: scriptKeys(writesKeys),
		Group: "scripting", Since: "7.0.0", Complexity: "That of the function", Summary: "Calls a function", FlagsOf: functionFlags, Run: fcall,
	},
	{
		Name: "fcall_ro", Arity: -3, Flags: ReadOnly | NoScript | Stale | SkipMonitor | NoMandatoryKeys | MovableKeys, Keys: scriptKeys(readsKeys),
		Group: "scripting", Since: "7.0.0", Complexity: "That of the function", Summary: "Calls a function that only reads", FlagsOf: functionFlags, Run: fcall,
	},
	{
		Name: "function", Arity: -2, Group: "scripting", Since: "7.0.0", Complexity: "That of the subcommand", Summary: "Keeps libraries of functions for FCALL",
	},
	{
		Name: "function|delete", Arity: 3, Flags: Write | NoScript, Group: "scripting", Since: "7.0.0", Complexity: "O(1)",
		Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}, Syntax: "<library>",
		Summary: "Deletes a library", Run: functionDelete,
	},
	{
		Name: "function|dump", Arity: 2, Flags: NoScript, Group: "scripting", Since: "7.0.0",
		Complexity: "O(N) in the number of libraries", Summary: "Returns all libraries in the form that RESTORE reads", Run: functionDump,
	},
	{
		Name: "function|flush", Arity: -2, Flags: Write | NoScript, Group: "scripting", Since: "7.0.0",
		Complexity: "O(N) in the number of libraries", Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}, Syntax: "[ASYNC|SYNC]",
		Summary: "Deletes all libraries", Run: functionFlush,
	},
	{
		Name: "function|help", Arity: 2, Flags: Loading | Stale, Group: "scripting", Since: "7.0.0",
		Complexity: "O(1)", Summary: "Lists the subcommands", Run: help,
	},
	{
		Name: "function|kill", Arity: 2, Flags: NoScript | AllowBusy, Group: "scripting", Since: "7.0.0", Complexity: "O(1)",
		Tips:    []string{"request_policy:all_shards", "response_policy:one_succeeded"},
		Summary: "Says that no function is running: one that runs too long ends by itself", Run: scriptKill,
	},
	{
		Name: "function|list", Arity: -2, Flags: NoScript, Group: "scripting", Since: "7.0.0",
		Complexity: "O(N) in the number of functions", Tips: []string{"nondeterministic_output_order"}, Syntax: "[LIBRARYNAME <pattern>] [WITHCODE]",
		Summary: "Lists the libraries and their functions", Run: functionList,
	},
	{
		Name: "function|load", Arity: -3, Flags: Write | DenyOOM | NoScript, Group: "scripting", Since: "7.0.0", Complexity: "That of the library's code",
		Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}, Syntax: "[REPLACE] <code>",
		Summary: "Runs the code of a library, which registers its functions", Run: functionLoad,
	},
	{
		Name: "function|restore", Arity: -3, Flags: Write | DenyOOM | NoScript, Group: "scripting", Since: "7.0.0",
		Complexity: "O(N) in the number of libraries", Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"}, Syntax: "<payload> [FLUSH|APPEND|REPLACE]",
		Summary: "Takes over what DUMP returned: all libraries, or none", Run: functionRestore,
	},
	{
		Name: "function|stats", Arity: 2, Flags: NoScript | AllowBusy, Group: "scripting", Since: "7.0.0", Complexity: "O(1)",
		Tips:    []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
		Summary: "Says how many libraries and functions there are", Run: functionStats,
	},
}

// libraries are what FUNCTION LOAD brought (Redis: functionsLibCtx).
type libraries struct {
	byName    map[string]*script.Library
	functions map[string]*script.Function // by their names in small letters: FCALL takes any
}

// add takes a library, in place of the one that has its name if that may be replaced. The error is for the client, without a code.
func (ls *libraries) add(lib *script.Library, replace bool) error {
	old := ls.byName[lib.Name]
	if old != nil && !replace {
		return fmt.Errorf("Library '%s' already exists", lib.Name) //lint:ignore ST1005 Redis's text
	}
	for _, f := range lib.Functions {
		if other := ls.functions[strings.ToLower(f.Name)]; other != nil && other.Library != old {
			return fmt.Errorf("Function %s already exists", f.Name)
		}
	}
	if old != nil {
		ls.remove(old)
	}
	if ls.byName == nil {
		ls.byName, ls.functions = make(map[string]*script.Library), make(map[string]*script.Function)
	}
	ls.byName[lib.Name] = lib
	for _, f := range lib.Functions {
		ls.functions[strings.ToLower(f.Name)] = f
	}
	return nil
}

// find returns a function by its name, or nil.
func (ls *libraries) find(name []byte) *script.Function {
	return ls.functions[string(bytes.ToLower(name))]
}

func (ls *libraries) remove(lib *script.Library) {
	delete(ls.byName, lib.Name)
	for _, f := range lib.Functions {
		delete(ls.functions, strings.ToLower(f.Name))
	}
}

// clone is another set of the same libraries.
func (ls *libraries) clone() libraries {
	return libraries{byName: maps.Clone(ls.byName), functions: maps.Clone(ls.functions)}
}

// all are the libraries by name.
func (ls *libraries) all() []*script.Library {
	var all []*script.Library
	for _, name := range slices.Sorted(maps.Keys(ls.byName)) {
		all = append(all, ls.byName[name])
	}
	return all
}

// sources are the codes of all libraries, by their names.
func (ls *libraries) sources() [][]byte {
	var sources [][]byte
	for _, lib := range ls.all() {
		sources = append(sources, lib.Code)
	}
	return sources
}

// loadInstructions is what the code of a library may take: it registers functions and is done (Redis: LOAD_TIMEOUT_MS).
var loadInstructions = scriptInstructions(500)

// LoadLibrary takes over a library from a snapshot.
func (e *Engine) LoadLibrary(source []byte) error {
	lib, err := script.Load(source, RedisVersion, &scriptRun{c: &Call{Engine: e}}, math.MaxInt)
	if err == nil {
		err = e.libraries.add(lib, false)
	}
	if err != nil {
		return fmt.Errorf("loading a function library: %w", err)
	}
	return nil
}

// writeLibraries adds all libraries to a snapshot.
func (e *Engine) writeLibraries(w *rdb.Writer) {
	for _, source := range e.libraries.sources() {
		w.Library(source)
	}
}

// DropLibraries forgets all libraries: those of a primary come with its snapshot.
func (e *Engine) DropLibraries() { e.libraries = libraries{} }

// functionFlags are the flags of an FCALL: a function that is there tells its own.
func functionFlags(e *Engine, args [][]byte) Flags {
	flags := table.command(args[0]).Flags
	if f := e.libraries.find(args[1]); f != nil {
		return declaredFlags(flags, f.Flags)
	}
	return flags
}

func fcall(c *Call) {
	c.showScript()
	f := c.libraries.find(c.Args[1])
	if f == nil {
		c.Error("ERR Function not found")
		return
	}
	n, ok := c.intArgOr(2, "ERR Bad number of keys provided")
	if !ok {
		return
	}
	c.runProgram(f.Flags, n, func(run *scriptRun, keys, args [][]byte) bool {
		return f.Call(run, c.scripts.instructions, keys, args, c.Reply)
	})
}

func functionLoad(c *Call) {
	options := c.Args[2 : len(c.Args)-1]
	for _, option := range options {
		if !is(option, "REPLACE") {
			c.Error(fmt.Sprintf("ERR Unknown option given: %s", cString(option, math.MaxInt)))
			return
		}
	}
	lib, err := script.Load(c.Args[len(c.Args)-1], RedisVersion, &scriptRun{c: c}, loadInstructions)
	if err == nil {
		err = c.libraries.add(lib, len(options) > 0)
	}
	if err != nil {
		c.Error("ERR " + err.Error())
		return
	}
	c.Changed(1)
	c.Reply.BulkString(lib.Name)
}

func functionDelete(c *Call) {
	lib := c.libraries.byName[string(c.Args[2])]
	if lib == nil {
		c.Error("ERR Library not found")
		return
	}
	c.libraries.remove(lib)
	c.Changed(1)
	c.OK()
}

func functionFlush(c *Call) {
	if len(c.Args) > 3 {
		c.badSubcommand()
		return
	}
	if len(c.Args) == 3 && !is(c.Args[2], "SYNC") && !is(c.Args[2], "ASYNC") {
		c.Error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option")
		return
	}
	c.libraries = libraries{}
	c.Changed(1)
	c.OK()
}

func functionList(c *Call) {
	withCode, pattern := false, []byte(nil)
	for i := 2; i < len(c.Args); i++ {
		switch word := c.Args[i]; {
		case !withCode && is(word, "WITHCODE"):
			withCode = true
		case pattern == nil && is(word, "LIBRARYNAME"):
			if i++; i == len(c.Args) {
				c.Error("ERR library name argument was not given")
				return
			}
			pattern = c.Args[i]
		default:
			c.Error(fmt.Sprintf("ERR Unknown argument %s", cString(word, math.MaxInt)))
			return
		}
	}
	found := c.libraries.all()
	if pattern != nil {
		found = slices.DeleteFunc(found, func(lib *script.Library) bool { return !globMatch(pattern, []byte(lib.Name), true) })
	}
	c.Reply.Array(len(found))
	for _, lib := range found {
		c.describeLibrary(lib, withCode)
	}
}

func (c *Call) describeLibrary(lib *script.Library, withCode bool) {
	w := c.Reply
	fields := 3
	if withCode {
		fields++
	}
	w.Map(fields)
	w.BulkString("library_name")
	w.BulkString(lib.Name)
	w.BulkString("engine")
	w.BulkString("LUA")
	w.BulkString("functions")
	w.Array(len(lib.Functions))
	for _, f := range lib.Functions {
		w.Map(3)
		w.BulkString("name")
		w.BulkString(f.Name)
		w.BulkString("description")
		if f.Description == "" {
			w.Null()
		} else {
			w.BulkString(f.Description)
		}
		w.BulkString("flags")
		names := f.Flags.Names()
		w.Set(len(names))
		for _, name := range names {
			w.Simple(name)
		}
	}
	if withCode {
		w.BulkString("library_code")
		w.Bulk(lib.Code)
	}
}

func functionDump(c *Call) { c.Reply.Bulk(rdb.AppendLibraries(nil, c.libraries.sources())) }

func functionRestore(c *Call) {
	policy := []byte("APPEND")
	switch {
	case len(c.Args) > 4:
		c.badSubcommand()
		return
	case len(c.Args) == 4:
		policy = c.Args[3]
	}
	if !is(policy, "FLUSH") && !is(policy, "APPEND") && !is(policy, "REPLACE") {
		c.Error("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")
		return
	}
	sources, err := rdb.ParseLibraries(c.Args[2])
	next := c.libraries.clone()
	if is(policy, "FLUSH") {
		next = libraries{}
	}
	for _, source := range sources {
		var lib *script.Library
		if lib, err = script.Load(source, RedisVersion, &scriptRun{c: c}, loadInstructions); err == nil {
			err = next.add(lib, is(policy, "REPLACE"))
		}
		if err != nil {
			break
		}
	}
	if err != nil {
		c.Error("ERR " + err.Error())
		return
	}
	c.libraries = next
	c.Changed(1)
	c.OK()
}

func functionStats(c *Call) {
	w := c.Reply
	w.Map(2)
	w.BulkString("running_script")
	w.Null()
	w.BulkString("engines")
	w.Map(1)
	w.BulkString("LUA")
	w.Map(2)
	w.BulkString("libraries_count")
	w.Int(int64(len(c.libraries.byName)))
	w.BulkString("functions_count")
	w.Int(int64(len(c.libraries.functions)))
}
