package command

import (
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/reference/resp"
)

// introspectionCommands are COMMAND: the table as clients see it.
var introspectionCommands = []Command{
	{
		Name: "command", Arity: -1, Flags: Loading | Stale | Connection, Group: "server", Since: "2.8.13", Complexity: "O(N) in the number of commands",
		Tips: []string{"nondeterministic_output_order"}, Summary: "Describes all commands", Run: commandInfo,
	},
	{
		Name: "command|count", Arity: 2, Flags: Loading | Stale | Connection, Group: "server", Since: "2.8.13",
		Complexity: "O(1)", Summary: "Counts the commands", Run: commandCount,
	},
	{
		Name: "command|docs", Arity: -2, Flags: Loading | Stale | Connection, Group: "server", Since: "7.0.0",
		Complexity: "O(N) in the number of commands", Tips: []string{"nondeterministic_output_order"},
		Syntax: "[<command-name> ...]", Summary: "Documents commands", Run: commandDocs,
	},
	{
		Name: "command|getkeys", Arity: -4, Flags: Loading | Stale | Connection, Group: "server", Since: "2.8.13",
		Complexity: "O(N) in the number of words", Syntax: "<full-command>", Summary: "Finds the keys of a request", Run: commandGetkeys,
	},
	{
		Name: "command|getkeysandflags", Arity: -4, Flags: Loading | Stale | Connection, Group: "server", Since: "7.0.0",
		Complexity: "O(N) in the number of words", Syntax: "<full-command>", Summary: "Finds the keys of a request and what happens to them",
		Run: commandGetkeys,
	},
	{
		Name: "command|help", Arity: 2, Flags: Loading | Stale | Connection, Group: "server", Since: "5.0.0",
		Complexity: "O(1)", Summary: "Lists the subcommands", Run: help,
	},
	{
		Name: "command|info", Arity: -2, Flags: Loading | Stale | Connection, Group: "server", Since: "2.8.13",
		Complexity: "O(N) in the number of commands", Tips: []string{"nondeterministic_output_order"},
		Syntax: "[<command-name> ...]", Summary: "Describes commands", Run: commandInfo,
	},
	{
		Name: "command|list", Arity: -2, Flags: Loading | Stale | Connection, Group: "server", Since: "7.0.0",
		Complexity: "O(N) in the number of commands", Tips: []string{"nondeterministic_output_order"},
		Syntax: "[FILTERBY <ACLCAT <category>|PATTERN <pattern>|MODULE <name>>]", Summary: "Lists the names of commands", Run: commandList,
	},
}

func commandCount(c *Call) { c.Reply.Int(int64(len(table.all))) }

func commandInfo(c *Call) {
	if len(c.Args) <= 2 {
		c.Reply.Array(len(table.all))
		for _, cmd := range table.all {
			writeInfo(c.Reply, cmd)
		}
		return
	}
	c.Reply.Array(len(c.Args) - 2)
	for _, name := range c.Args[2:] {
		if cmd := table.fullName(name); cmd != nil {
			writeInfo(c.Reply, cmd)
		} else {
			c.Reply.Null()
		}
	}
}

// fullName finds a command or, as "config|get", a subcommand.
func (t *commandTable) fullName(name []byte) *Command {
	lower := make([]byte, len(name))
	for i, b := range name {
		lower[i] = toLower(b)
	}
	return t.byName[string(lower)]
}

// writeInfo writes the ten elements of COMMAND INFO.
func writeInfo(w *resp.Writer, cmd *Command) {
	w.Array(10)
	w.BulkString(cmd.Name)
	w.Int(int64(cmd.Arity))
	writeNames(w, cmd.Flags.Names())
	w.Int(int64(cmd.Keys.First))
	w.Int(int64(cmd.Keys.Last))
	w.Int(int64(cmd.Keys.Step))
	writeNames(w, cmd.Categories())
	w.Set(len(cmd.Tips))
	for _, tip := range cmd.Tips {
		w.BulkString(tip)
	}
	writeKeySpecs(w, cmd.Keys.specs())
	if cmd.subcommands == nil {
		w.Set(0)
		return
	}
	w.Array(len(cmd.subcommands))
	for _, sub := range cmd.subcommands {
		writeInfo(w, sub)
	}
}

// writeNames writes flags or categories.
func writeNames(w *resp.Writer, names []string) {
	w.Set(len(names))
	for _, name := range names {
		w.Simple(name)
	}
}

// keySpec tells clients how to find keys: where the first one is, and how the others follow it.
type keySpec struct {
	access     Access
	word       string // the keys begin behind this word; empty: in a fixed place
	counted    bool   // the place holds the number of keys, and they follow it
	begin      int    // the place, or where to begin to look for the word
	hidden     bool   // there is no place to tell
	last, step int    // distance of the last key from the first (negative: from the end of the request), and of each from the next
}

// specs are the key specifications: one for all keys in fixed places, or one for each when they are treated differently,
// one for keys behind their number, one for keys behind a word, and one for each that clients cannot find.
func (k *Keys) specs() []keySpec {
	var specs []keySpec
	switch len(k.Access) {
	case 0:
	case 1:
		last := k.Last
		if last > 0 {
			last -= k.First
		}
		specs = append(specs, keySpec{access: k.Access[0], begin: k.First, last: last, step: k.Step})
	default:
		for i, access := range k.Access {
			last := 0
			if i == len(k.Access)-1 {
				last = min(k.Last, 0)
			}
			specs = append(specs, keySpec{access: access, begin: k.First + i*k.Step, last: last, step: 1})
		}
	}
	if counted := k.Counted; counted != nil {
		specs = append(specs, keySpec{access: counted.Access, counted: true, begin: counted.At, step: 1})
	}
	if word := k.Keyword; word != nil {
		specs = append(specs, keySpec{access: word.Access, word: word.Word, begin: word.From, last: -1, step: 1})
	}
	for _, access := range k.Hidden {
		specs = append(specs, keySpec{access: access, hidden: true})
	}
	return specs
}

// writeKeySpecs writes the ninth element of COMMAND INFO.
func writeKeySpecs(w *resp.Writer, specs []keySpec) {
	w.Set(len(specs))
	for _, spec := range specs {
		w.Map(3)
		w.BulkString("flags")
		writeNames(w, spec.access.Names())

		if spec.hidden {
			for _, part := range []string{"begin_search", "find_keys"} {
				w.BulkString(part)
				w.Map(2)
				w.BulkString("type")
				w.BulkString("unknown")
				w.BulkString("spec")
				w.Map(0)
			}
			continue
		}
		w.BulkString("begin_search")
		w.Map(2)
		w.BulkString("type")
		if spec.word == "" {
			w.BulkString("index")
			w.BulkString("spec")
			w.Map(1)
			w.BulkString("index")
		} else {
			w.BulkString("keyword")
			w.BulkString("spec")
			w.Map(2)
			w.BulkString("keyword")
			w.BulkString(spec.word)
			w.BulkString("startfrom")
		}
		w.Int(int64(spec.begin))

		w.BulkString("find_keys")
		w.Map(2)
		w.BulkString("type")
		if spec.counted {
			w.BulkString("keynum")
			w.BulkString("spec")
			w.Map(3)
			w.BulkString("keynumidx")
			w.Int(0)
			w.BulkString("firstkey")
			w.Int(1)
			w.BulkString("keystep")
			w.Int(int64(spec.step))
			continue
		}
		w.BulkString("range")
		w.BulkString("spec")
		w.Map(3)
		w.BulkString("lastkey")
		w.Int(int64(spec.last))
		w.BulkString("keystep")
		w.Int(int64(spec.step))
		w.BulkString("limit")
		w.Int(0)
	}
}

func commandDocs(c *Call) {
	commands := table.all
	if len(c.Args) > 2 {
		commands = nil
		for _, name := range c.Args[2:] {
			if cmd := table.fullName(name); cmd != nil {
				commands = append(commands, cmd)
			}
		}
	}
	c.Reply.Map(len(commands))
	for _, cmd := range commands {
		writeDocs(c.Reply, cmd)
	}
}

// writeDocs writes the name of a command and what COMMAND DOCS tells of it.
func writeDocs(w *resp.Writer, cmd *Command) {
	w.BulkString(cmd.Name)
	w.Map(3 + count(cmd.Complexity != "", cmd.subcommands != nil))
	w.BulkString("summary")
	w.BulkString(cmd.Summary)
	w.BulkString("since")
	w.BulkString(cmd.Since)
	w.BulkString("group")
	w.BulkString(cmd.Group)
	if cmd.Complexity != "" {
		w.BulkString("complexity")
		w.BulkString(cmd.Complexity)
	}
	if cmd.subcommands != nil {
		w.BulkString("subcommands")
		w.Map(len(cmd.subcommands))
		for _, sub := range cmd.subcommands {
			writeDocs(w, sub)
		}
	}
}

// commandGetkeys is COMMAND GETKEYS, and GETKEYSANDFLAGS, which adds to each key what happens to it.
func commandGetkeys(c *Call) {
	request := c.Args[2:]
	cmd, _ := table.lookup(request)
	switch {
	case cmd == nil:
		c.Error("ERR Invalid command specified")
		return
	case !cmd.Keys.any() || cmd.Flags.Has(ShardChannel):
		c.Error("ERR The command has no key arguments")
		return
	case !cmd.takes(len(request)):
		c.Error("ERR Invalid number of arguments specified for command")
		return
	}
	var walk keyWalk
	var found [][]byte
	walk.enter(cmd, request)
	for key, ok := walk.next(); ok; key, ok = walk.next() {
		found = append(found, key)
	}
	if found == nil && !cmd.Flags.Has(NoMandatoryKeys) {
		c.Error("ERR Invalid arguments specified for command")
		return
	}
	withFlags := c.Cmd.Name == "command|getkeysandflags"
	c.Reply.Array(len(found))
	for n, key := range found {
		if withFlags {
			c.Reply.Array(2)
		}
		c.Reply.Bulk(key)
		if withFlags {
			writeNames(c.Reply, cmd.Keys.accessAt(n).Names())
		}
	}
}

func commandList(c *Call) {
	admits := func(*Command) bool { return true }
	switch {
	case len(c.Args) == 2:
	case len(c.Args) != 5 || !is(c.Args[2], "FILTERBY"):
		c.Error(errSyntax)
		return
	case is(c.Args[3], "MODULE"):
		admits = func(*Command) bool { return false } // there are none
	case is(c.Args[3], "ACLCAT"):
		admits = func(cmd *Command) bool { return cmd.isIn(string(c.Args[4])) }
	case is(c.Args[3], "PATTERN"):
		admits = func(cmd *Command) bool { return globMatch(c.Args[4], []byte(cmd.Name), true) }
	default:
		c.Error(errSyntax)
		return
	}
	writeStrings(c.Reply, table.namesWhere(admits))
}

// isIn says whether a command is in a category, which is named without @, in any letter case.
func (cmd *Command) isIn(category string) bool {
	return slices.ContainsFunc(cmd.Categories(), func(name string) bool { return strings.EqualFold(category, name[len("@"):]) })
}

// namesWhere lists the commands and subcommands that a rule admits.
func (t *commandTable) namesWhere(admits func(*Command) bool) (names []string) {
	for _, cmd := range t.all {
		for _, one := range append([]*Command{cmd}, cmd.subcommands...) {
			if admits(one) {
				names = append(names, one.Name)
			}
		}
	}
	return names
}

// writeStrings writes an array of bulks.
func writeStrings(w *resp.Writer, all []string) {
	w.Array(len(all))
	for _, one := range all {
		w.BulkString(one)
	}
}
