package steps

import (
	"context"
	"strings"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/reports"
)

// logLines is how much of the end of each log is kept of a failure.
const logLines = 40

// evidence is what every node believes and has logged, taken before the cluster is gone.
func (c *cluster) evidence() []reports.NodeView {
	var views []reports.NodeView
	for _, m := range c.members {
		v := reports.NodeView{Name: m.name, Addr: m.Addr(), Log: m.logTail()}
		if !m.down {
			text, err := m.askText(context.Background(), "CLUSTER", "NODES")
			v.Alive, v.ClusterNodes = err == nil, text
		}
		views = append(views, v)
	}
	return views
}

// logTail is the end of a node's log, or "" if it has none that can be read.
func (m *member) logTail() string {
	reader, able := m.Node.(target.LogReader)
	if !able {
		return ""
	}
	text, err := reader.Log()
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-logLines):], "\n")
}

// logTails are the ends of all logs, for an error.
func (c *cluster) logTails() string {
	const lines = 10
	var text strings.Builder
	for _, m := range c.members {
		log := m.logTail()
		if log == "" {
			continue
		}
		tail := strings.Split(log, "\n")
		text.WriteString("\nthe log of " + m.name + " ends:\n" + strings.Join(tail[max(0, len(tail)-lines):], "\n"))
	}
	return text.String()
}
