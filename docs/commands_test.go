package docs_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/reference"
)

// entry is what a node tells of one of its commands.
type entry struct {
	name, arity, flags, keys string
	since, summary           string
}

// TestCommands keeps commands.md in line with what a running node answers to COMMAND, COMMAND DOCS and HELP: that is the
// command table as clients see it.
func TestCommands(t *testing.T) {
	ask := startNode(t)
	infos := map[string]wire.Value{}
	for _, info := range ask("COMMAND").Items {
		collect(infos, info)
	}
	syntax := map[string]string{}
	for name := range infos {
		if container, found := strings.CutSuffix(name, "|help"); found {
			readHelp(syntax, container, ask(container, "HELP"))
		}
	}
	groups := map[string][]entry{}
	addDocs(groups, infos, ask("COMMAND", "DOCS"))
	if len(groups) < 5 {
		t.Fatalf("COMMAND DOCS names %d groups of commands: something was not read", len(groups))
	}
	golden(t, "commands.md", commandPage(groups, syntax))
}

// startNode starts one reference node for the length of the test.
func startNode(t *testing.T) func(args ...string) wire.Value {
	t.Helper()
	cluster, err := reference.Start(t.Context(), reference.Options{Nodes: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Close(); err != nil {
			t.Error(err)
		}
	})
	conn, err := wire.Dial(t.Context(), cluster.Nodes()[0].Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return func(args ...string) wire.Value {
		reply, err := conn.Do(t.Context(), args...)
		if err != nil || reply.IsError() {
			t.Fatalf("%v: %v, %v", args, reply, err)
		}
		return reply
	}
}

// Places in an entry of COMMAND INFO.
const (
	infoName, infoArity, infoFlags, infoFirstKey, infoLastKey, infoKeyStep, infoSubcommands = 0, 1, 2, 3, 4, 5, 9
)

// collect files an entry of COMMAND INFO and those of its subcommands by name.
func collect(infos map[string]wire.Value, info wire.Value) {
	infos[info.Items[infoName].Text] = info
	for _, sub := range info.Items[infoSubcommands].Items {
		collect(infos, sub)
	}
}

// readHelp reads the arguments of subcommands: HELP has a line for each, followed by an indented explanation.
func readHelp(syntax map[string]string, container string, help wire.Value) {
	for _, text := range help.Items[1:] {
		name, arguments, _ := strings.Cut(text.Text, " ")
		if name != "" {
			syntax[container+"|"+strings.ToLower(name)] = arguments
		}
	}
}

// addDocs joins COMMAND DOCS with COMMAND INFO, by group. A container does nothing by itself: its subcommands stand for it.
func addDocs(groups map[string][]entry, infos map[string]wire.Value, docs wire.Value) {
	for i := 0; i+1 < len(docs.Items); i += 2 {
		name, doc := docs.Items[i].Text, docs.Items[i+1]
		subcommands, isContainer := doc.Get("subcommands")
		if isContainer {
			addDocs(groups, infos, subcommands)
		}
		if isContainer && name != "command" {
			continue
		}
		group := text(doc, "group")
		groups[group] = append(groups[group], describe(name, infos[name], doc))
	}
}

func describe(name string, info, doc wire.Value) entry {
	var flags []string
	for _, flag := range info.Items[infoFlags].Items {
		flags = append(flags, flag.Text)
	}
	keys := ""
	if first := info.Items[infoFirstKey].Text; first != "0" {
		keys = first + " to " + info.Items[infoLastKey].Text + " step " + info.Items[infoKeyStep].Text
	}
	return entry{name, info.Items[infoArity].Text, strings.Join(flags, " "), keys, text(doc, "since"), text(doc, "summary")}
}

func text(doc wire.Value, field string) string {
	v, _ := doc.Get(field)
	return v.Text
}

func commandPage(groups map[string][]entry, syntax map[string]string) string {
	var b strings.Builder
	count := 0
	for _, commands := range groups {
		count += len(commands)
	}
	b.WriteString("# Commands of a reference node\n\nWritten by `go test ./docs -update` from what a node answers to COMMAND, COMMAND DOCS and HELP: " +
		strconv.Itoa(count) + " commands, subcommands counted one by one.\n\n" +
		"Arity counts the name; a negative one is a minimum. Keys are the places of the first and last key, -1 being the last argument, and the distance " +
		"between two. Since is the version of Redis that introduced the command.\n")
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		b.WriteString("\n## " + group + "\n\n" + head("command", "arity", "keys", "flags", "since", "what it does"))
		commands := groups[group]
		slices.SortFunc(commands, func(a, b entry) int { return strings.Compare(a.name, b.name) })
		for _, c := range commands {
			words := strings.TrimSpace(strings.ToUpper(strings.ReplaceAll(c.name, "|", " ")) + " " + syntax[c.name])
			b.WriteString(row(code(words), c.arity, c.keys, c.flags, c.since, c.summary))
		}
	}
	return b.String()
}
