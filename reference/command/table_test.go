package command

import (
	"strings"
	"testing"
)

func TestLookupInAnyCase(t *testing.T) {
	for _, cmd := range table.all {
		for _, name := range []string{cmd.Name, strings.ToUpper(cmd.Name), strings.ToUpper(cmd.Name[:1]) + cmd.Name[1:]} {
			if got := table.command([]byte(name)); got != cmd {
				t.Errorf("%q found %v", name, got)
			}
		}
		for _, sub := range cmd.subcommands {
			request := strings.Split(strings.ToUpper(sub.Name), "|")
			if got, _ := table.lookup(words(request...)); got != sub {
				t.Errorf("%q found %v", request, got)
			}
		}
	}
}

func TestLookupFindsNothingElse(t *testing.T) {
	for _, name := range []string{"", "g", "ge", "gets", "get ", " get", "get\x00", "g\x05t", "\x07et", "GE4", "subscribe2", "cluster|nodes",
		"config|get", "restore_asking", "RESTORE\rASKING", "sort\x7fro", "SORT\x7fRO", strings.Repeat("x", 1000)} {
		if cmd := table.command([]byte(name)); cmd != nil {
			t.Errorf("%q found %s", name, cmd.Name)
		}
	}
}

func TestRowsAreComplete(t *testing.T) {
	for name, cmd := range table.byName {
		if cmd.Group == "" || cmd.Since == "" || cmd.Summary == "" || cmd.Arity == 0 {
			t.Errorf("the row of %s has gaps: %+v", name, *cmd)
		}
		if cmd.Run == nil && cmd.subcommands == nil {
			t.Errorf("%s does nothing", name)
		}
		if cmd.Group == "cluster" && cmd.subcommands == nil && cmd.Reply == "" {
			t.Errorf("%s does not say what it answers", name)
		}
		if cmd.Keys.any() && len(cmd.Keys.Access) == 0 && cmd.Keys.Counted == nil {
			t.Errorf("%s does not say what it does to its keys", name)
		}
	}
}
