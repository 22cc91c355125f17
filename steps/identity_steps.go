package steps

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

func (w *World) identityStatements() []sentence {
	return []sentence{
		{`CLUSTER MYID on every node gives 40 lower-case hexadecimal digits`, w.idsHaveTheForm},
		{`no two nodes have the same id`, w.idsDiffer},
		{who + ` marks its own id with "myself" in CLUSTER NODES`, w.marksMyself},
		{who + ` has the id it had before`, w.keptID},
		{`node ` + one + ` has another id than before`, w.changedID},
		{`nodes.conf of every node names all (\d+) nodes, marks one as "myself" and ends with currentEpoch and lastVoteEpoch`, w.nodesConf},
	}
}

func (w *World) epochStatements() []sentence {
	return []sentence{
		{`no two primaries have the same config epoch on any node`, w.epochsDiffer},
		{`no two primaries that own slots have the same config epoch`, w.epochsDiffer},
		{`node ` + one + ` has the greatest config epoch`, w.hasGreatestEpoch},
	}
}

var idForm = regexp.MustCompile(`^[0-9a-f]{40}$`)

func (w *World) idsHaveTheForm() error {
	return w.each("every node", func(m *member) error {
		id, err := m.askText(w.ctx, "CLUSTER", "MYID")
		if err != nil {
			return w.silence(m, err)
		}
		return w.check(m.name, idForm.MatchString(id), id, "40 lower-case hexadecimal digits")
	})
}

func (w *World) idsDiffer() error {
	owners := map[string]string{}
	return w.each("every node", func(m *member) error {
		before := owners[m.id]
		owners[m.id] = m.name
		return w.check(m.name, before == "", "the id of node "+before, "an id of its own")
	})
}

func (w *World) marksMyself(subject string) error {
	return w.eachView(subject, func(v *view) error {
		var marked []string
		for _, l := range v.lines {
			if l.HasFlag("myself") {
				marked = append(marked, l.ID)
			}
		}
		return w.checkEqual(v.of.name, "myself: "+strings.Join(marked, ", "), "myself: "+v.of.id)
	})
}

func (w *World) keptID(subject string) error {
	return w.each(subject, func(m *member) error {
		id, err := m.askText(w.ctx, "CLUSTER", "MYID")
		if err != nil {
			return w.silence(m, err)
		}
		return w.checkEqual(m.name, id, m.id)
	})
}

func (w *World) changedID(name string) error {
	return w.each("node "+name, func(m *member) error {
		id, err := m.askText(w.ctx, "CLUSTER", "MYID")
		if err != nil {
			return w.silence(m, err)
		}
		return w.check(name, idForm.MatchString(id) && id != m.id, id, "another id than "+m.id)
	})
}

func (w *World) nodesConf(count int) error {
	return w.each("every node", func(m *member) error {
		reader, able := m.Node.(target.ConfReader)
		if !able {
			return &unsupported{"the target cannot show nodes.conf"}
		}
		text, err := reader.NodesConf()
		if err != nil {
			return err
		}
		return w.checkNodesConf(m, text, count)
	})
}

func (w *World) checkNodesConf(m *member, text string, count int) error {
	lines, epochs, err := wire.ParseNodesConf(text)
	if err != nil {
		return w.check(m.name, false, fmt.Sprintf("%v in %q", err, text), "a nodes.conf")
	}
	own := slices.IndexFunc(lines, func(l wire.NodeLine) bool { return l.HasFlag("myself") && l.ID == m.id })
	_, current := epochs["currentEpoch"]
	_, vote := epochs["lastVoteEpoch"]
	got := fmt.Sprintf("%d nodes, itself among them: %t, currentEpoch: %t, lastVoteEpoch: %t", len(lines), own >= 0, current, vote)
	return w.checkEqual(m.name, got, fmt.Sprintf("%d nodes, itself among them: true, currentEpoch: true, lastVoteEpoch: true", count))
}

func (w *World) epochsDiffer() error {
	return w.eachView("every running node", func(v *view) error {
		owners := map[uint64]string{}
		for _, l := range v.lines {
			if !l.HasFlag("master") || l.SlotCount() == 0 {
				continue
			}
			name := w.cluster.nameOf(l.ID)
			if before := owners[l.ConfigEpoch]; before != "" {
				return w.check(v.of.name, false, fmt.Sprintf("%s and %s have config epoch %d", before, name, l.ConfigEpoch), "a config epoch for each primary")
			}
			owners[l.ConfigEpoch] = name
		}
		return w.check(v.of.name, len(owners) > 0, "no primary with slots", "primaries with slots")
	})
}

func (w *World) hasGreatestEpoch(name string) error {
	return w.eachView("every running node", func(v *view) error {
		greatest, epoch := "nobody", uint64(0)
		for _, l := range v.lines {
			if l.HasFlag("master") && l.ConfigEpoch > epoch {
				greatest, epoch = w.cluster.nameOf(l.ID), l.ConfigEpoch
			}
		}
		return w.checkEqual(v.of.name, "greatest is that of "+greatest, "greatest is that of "+name)
	})
}
