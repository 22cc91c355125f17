package bundle

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/clusterspec/clusterspec/reports"
	"github.com/clusterspec/clusterspec/steps"
)

// reproduce is the suite's own command.
func (b *Bundle) reproduce() string {
	return "#!/bin/sh\n# Runs the scenario again, from the folder that the target's command line is written for.\nexec " + b.Report.RerunCommand(b.target().Spec, b.id()) + "\n"
}

// goTest is the same for `go test`.
func (b *Bundle) goTest() string {
	return fmt.Sprintf(`package reproduce

import (
	"testing"

	"github.com/clusterspec/clusterspec/conformance"
)

func TestReproduce(t *testing.T) {
	conformance.Test(t, %s, conformance.Options{IDs: []string{%s}, Seed: %d})
}
`, strconv.Quote(b.target().Spec), strconv.Quote(b.id()), b.Report.Seed)
}

// clientScript sends what the scenario's clients sent, node by node, to a cluster of the reader's own. Successive requests to one node go over one connection, as
// MULTI and ASKING need it. Ids, addresses and ports of nodes are variables.
func (b *Bundle) clientScript() string {
	var t strings.Builder
	fmt.Fprintf(&t, "#!/bin/sh\n# What the clients of %s sent to %s, to be sent to a cluster of your own:\n", b.id(), b.target().Name)
	for _, step := range b.Report.Cases[0].Steps {
		t.WriteString("#   " + strings.ReplaceAll(step, "\n", "\n#     ") + "\n")
	}
	t.WriteString("# Set the addresses of its nodes. What came in the recorded run is told before each block; what was done to nodes and links is yours to do.\n")
	for _, n := range b.nodes() {
		fmt.Fprintf(&t, "%[1]s=${%[1]s:-%[2]s}; %[1]s_HOST=${%[1]s%%:*}; %[1]s_PORT=${%[1]s##*:}; %[1]s_ID=$(redis-cli -h \"$%[1]s_HOST\" -p \"$%[1]s_PORT\" CLUSTER MYID)\n", n.Name, n.Addr)
	}
	names, faults := b.variables(), b.Recording.Faults
	var next block
	for _, s := range b.Recording.Wire {
		for ; len(faults) > 0 && faults[0].AtMillis <= s.At.Sub(b.Recording.Began).Milliseconds(); faults = faults[1:] {
			next.writeTo(&t)
			writeFault(&t, faults[0])
		}
		if s.Judge || len(s.Request) == 0 || !b.isNode(s.Node) {
			continue
		}
		if next.node != s.Node {
			next.writeTo(&t)
		}
		next.add(s, names)
	}
	next.writeTo(&t)
	for _, f := range faults {
		writeFault(&t, f)
	}
	return t.String()
}

// block is what goes to one node over one connection.
type block struct {
	node           string
	requests, came strings.Builder
}

func (b *block) add(s steps.Spoken, names *strings.Replacer) {
	b.node = s.Node
	b.requests.WriteString(names.Replace(quoted(s.Request)) + "\n")
	b.came.WriteString("# came: " + strings.Join(strings.Fields(s.Reply.String()), " ") + "\n")
}

func (b *block) writeTo(t *strings.Builder) {
	if b.node != "" {
		fmt.Fprintf(t, "\n%[2]sredis-cli -h \"$%[1]s_HOST\" -p \"$%[1]s_PORT\" <<EOF\n%[3]sEOF\n", b.node, b.came.String(), b.requests.String())
	}
	*b = block{}
}

func writeFault(t *strings.Builder, f reports.Fault) {
	fmt.Fprintf(t, "\nprintf '%%s, then press enter: ' '%s'; read _\n", strings.ReplaceAll(f.Text, "'", `'\''`))
}

func (b *Bundle) isNode(name string) bool {
	for _, n := range b.nodes() {
		if n.Name == name {
			return true
		}
	}
	return false
}

// variables puts names for what is another on each cluster.
func (b *Bundle) variables() *strings.Replacer {
	var pairs []string
	add := func(n steps.NodeRecord, text, variable string) {
		if text != "" {
			pairs = append(pairs, text, "${"+n.Name+variable+"}")
		}
	}
	for _, n := range b.nodes() {
		_, port, _ := net.SplitHostPort(n.Addr)
		add(n, n.ID, "_ID")
		add(n, n.Addr, "")
		add(n, "127.0.0.1 "+port, "_HOST} ${"+n.Name+"_PORT")
	}
	return strings.NewReplacer(pairs...)
}
