package docs_test

import (
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/command"
)

// TestClusterCommands keeps cluster-commands.md in line with the command table. TestClusterErrors and
// TestNoOtherClusterErrors hold the table's errors against running nodes.
func TestClusterCommands(t *testing.T) {
	golden(t, "cluster-commands.md", clusterPage())
}

// clusterRows are the rows of the group cluster, the container among them.
func clusterRows() (rows []*command.Command) {
	for _, row := range command.All() {
		if row.Group == "cluster" {
			rows = append(rows, row)
		}
	}
	return rows
}

func clusterPage() string {
	var contents, sections strings.Builder
	for _, row := range clusterRows() {
		if row.Run == nil {
			continue // the container
		}
		title := words(row)
		contents.WriteString("- [" + title + "](#" + anchor(title) + "): " + row.Summary + "\n")
		sections.WriteString("\n## " + title + "\n\n" + section(row))
	}
	return `# The commands of a cluster

Every CLUSTER command with its arguments, reply and errors, and those that belong to redirection. Written from the command table by
` + "`go test ./docs -update`" + `; a test provokes every error below on a reference node and on redis-server, and another one looks for errors that
are missing here.

In an error, ` + "`<word>`" + ` stands for what differs from time to time. Options are written as ` + "`redis-cli`" + ` takes them; letter case does not matter.
All commands of a node are in [commands.md](commands.md).

- [Errors of every CLUSTER command](#errors-of-every-cluster-command)
- [Redirections](#redirections)
` + contents.String() + `
## Errors of every CLUSTER command

` + failures(container().Errors) + `
## Redirections

Not errors of the commands above but of every command with keys. Before it is run, the node looks whether it serves their slot:

` + failures(command.Redirections()) + sections.String()
}

// container is the row of CLUSTER itself.
func container() *command.Command {
	for _, row := range clusterRows() {
		if row.Name == "cluster" {
			return row
		}
	}
	panic("the table has no row for CLUSTER")
}

// words is a command as it is typed, without arguments.
func words(row *command.Command) string {
	return strings.ToUpper(strings.ReplaceAll(row.Name, "|", " "))
}

// anchor is how a heading is linked to.
func anchor(title string) string { return strings.ToLower(strings.ReplaceAll(title, " ", "-")) }

func section(row *command.Command) string {
	text := "```\n" + strings.TrimSpace(words(row)+" "+row.Syntax) + "\n```\n\n" + row.Summary + ". Since " + row.Since + "; " + row.Complexity + ".\n\n" +
		"Reply: " + row.Reply + "\n"
	if len(row.Errors) == 0 {
		return text
	}
	return text + "\n" + failures(row.Errors)
}

// failures is a table of errors.
func failures(list []command.Failure) string {
	text := head("error", "when")
	for _, f := range list {
		text += row(code(f.Text), f.When)
	}
	return text
}
