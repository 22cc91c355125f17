package command

import "strings"

// help lists the subcommands of a container: each with its arguments and, indented, what it does.
func help(c *Call) {
	container, _, _ := strings.Cut(c.Cmd.Name, "|")
	lines := []string{strings.ToUpper(container) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"}
	for _, sub := range table.byName[container].subcommands {
		if sub == c.Cmd {
			continue
		}
		head := strings.ToUpper(sub.Name[len(container)+1:])
		if sub.Syntax != "" {
			head += " " + sub.Syntax
		}
		lines = append(lines, head, "    "+sub.Summary+".")
	}
	lines = append(lines, "HELP", "    Prints this help.")
	c.Reply.Array(len(lines))
	for _, line := range lines {
		c.Reply.Simple(line)
	}
}
