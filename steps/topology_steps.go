package steps

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cucumber/godog"
)

func (w *World) topologyStatements() []sentence {
	return []sentence{
		{who + ` reports? cluster_state "(\w+)"`, w.reportState},
		{`(CLUSTER INFO|INFO [a-z]+) on ` + who + ` says:`, w.infoSays},
		{`INFO replication on nodes ` + list + ` agrees on (\w+)`, w.infoAgrees},
		{who + ` lists? nodes? ` + list + ` as connected(?: and none as failed)?`, w.listAsConnected},
		{who + ` marks? nodes? ` + list + ` as "(fail\??)"`, w.markAs},
		{who + ` (?:do|does) not suspect (?:node|puppet) ` + one, w.doNotSuspect},
		{who + ` knows? only itself`, w.knowsOnlyItself},
		{who + ` lists? only nodes ` + list, w.listOnly},
		{who + ` (?:do|does) not list node ` + one, w.doNotList},
		{who + ` lists? ` + one + ` as a replica of ` + one, w.listAsReplica},
		{who + ` lists? ` + one + ` as a primary`, w.listAsPrimary},
		{`nodes? ` + list + ` (?:are|is|stays?) (?:a replica|replicas)`, w.areReplicas},
		{who + ` names? ` + one + ` as the owner of slot (\d+)`, w.nameOwner},
		{who + ` assigns? slots (.+)`, w.assignSlots},
		{who + ` counts? (\d+) slots of (.+)`, w.countSlots},
		{`every node gives the same ids, addresses, roles and slots in CLUSTER NODES`, w.allAgree},
		{`every line of CLUSTER NODES has the form id, address, flags, primary, ping, pong, epoch, link, slots`, w.linesHaveTheForm},
		{`CLUSTER NODES on node ` + one + ` shows slot (\d+) (migrating to|importing from) ` + one, w.showsOpenSlot},
		{`CLUSTER NODES on node ` + one + ` shows no open slot`, w.showsNoOpenSlot},
		{`every replica is in sync with its primary`, w.replicasAreInSync},
		{`no primary has an open slot`, w.noPrimaryHasOpenSlot},
		{`no node has an open slot`, func() error { return w.eachView("every running node", w.noOpenSlot) }},
	}
}

func (w *World) reportState(subject, state string) error {
	return w.each(subject, func(m *member) error {
		info, err := m.info(w.ctx, "CLUSTER", "INFO")
		if err != nil {
			return w.silence(m, err)
		}
		return w.checkEqual(m.name, "cluster_state "+info["cluster_state"], "cluster_state "+state)
	})
}

// infoSays compares fields; ... in a value stands for anything.
func (w *World) infoSays(command, subject string, table *godog.Table) error {
	return w.each(subject, func(m *member) error {
		info, err := m.info(w.ctx, strings.Fields(command)...)
		if err != nil {
			return w.silence(m, err)
		}
		for _, row := range table.Rows[1:] {
			field := row.Cells[0].Value
			want, err := w.resolve(row.Cells[1].Value)
			if err != nil {
				return err
			}
			if err := w.check(m.name, fits(want, info[field]), field+" "+info[field], field+" "+want); err != nil {
				return err
			}
		}
		return nil
	})
}

// fits compares a text with one in which ... stands for anything.
func fits(want, got string) bool {
	parts := strings.Split(want, "...")
	begin, rest := parts[0], parts[1:]
	got, holds := strings.CutPrefix(got, begin)
	for i, part := range rest {
		if i == len(rest)-1 {
			return holds && strings.HasSuffix(got, part)
		}
		at := strings.Index(got, part)
		if at < 0 {
			return false
		}
		got = got[at+len(part):]
	}
	return holds && got == ""
}

func (w *World) infoAgrees(names, field string) error {
	first := ""
	return w.each("nodes "+names, func(m *member) error {
		info, err := m.info(w.ctx, "INFO", "replication")
		if err != nil {
			return w.silence(m, err)
		}
		if first == "" {
			first = info[field]
		}
		return w.check(m.name, info[field] != "" && info[field] == first, field+" "+info[field], field+" "+first)
	})
}

func (w *World) listAsConnected(subject, names string) error {
	return w.eachView(subject, func(v *view) error { return w.checkStates(v, names, "connected") })
}

func (w *World) markAs(subject, names, state string) error {
	return w.eachView(subject, func(v *view) error { return w.checkStates(v, names, state) })
}

// doNotSuspect lets a link be down: that alone says nothing of the node.
func (w *World) doNotSuspect(subject, name string) error {
	return w.eachView(subject, func(v *view) error {
		state := v.state(name)
		return w.check(v.of.name, state != "fail" && state != "fail?" && state != "unknown", name+" is "+state, name+" is neither fail? nor fail")
	})
}

func (w *World) checkStates(v *view, names, state string) error {
	for _, name := range strings.Split(names, ", ") {
		if err := w.checkEqual(v.of.name, name+" is "+v.state(name), name+" is "+state); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) knowsOnlyItself(subject string) error {
	return w.eachView(subject, func(v *view) error {
		return w.checkEqual(v.of.name, "it lists "+strings.Join(v.names(), ", "), "it lists "+v.of.name)
	})
}

func (w *World) listOnly(subject, names string) error {
	return w.eachView(subject, func(v *view) error {
		return w.checkEqual(v.of.name, "it lists "+strings.Join(v.names(), ", "), "it lists "+names)
	})
}

func (w *World) doNotList(subject, name string) error {
	return w.eachView(subject, func(v *view) error {
		return w.check(v.of.name, v.state(name) == "unknown", name+" is "+v.state(name), name+" is not listed")
	})
}

func (w *World) listAsReplica(subject, name, primary string) error {
	return w.eachView(subject, func(v *view) error {
		return w.checkEqual(v.of.name, name+" is "+v.role(name), name+" is replica of "+primary)
	})
}

func (w *World) listAsPrimary(subject, name string) error {
	return w.eachView(subject, func(v *view) error {
		return w.checkEqual(v.of.name, name+" is "+v.role(name), name+" is primary")
	})
}

func (w *World) areReplicas(names string) error {
	return w.eachView("nodes "+names, func(v *view) error {
		role := v.role(v.of.name)
		return w.check(v.of.name, strings.HasPrefix(role, "replica"), "it is "+role, "it is a replica")
	})
}

func (w *World) nameOwner(subject, owner string, slot int) error {
	return w.eachView(subject, func(v *view) error {
		return w.checkEqual(v.of.name, fmt.Sprintf("slot %d is owned by %s", slot, v.owner(slot)), fmt.Sprintf("slot %d is owned by %s", slot, owner))
	})
}

// assignment is one part of "0-1000 and 2000 to A, 5461-10922 to B".
var assignment = regexp.MustCompile(`^([\d\- and]+) to ([A-Z]\d?)$`)

func (w *World) assignSlots(subject, assignments string) error {
	return w.eachView(subject, func(v *view) error {
		for _, part := range strings.Split(assignments, ", ") {
			m := assignment.FindStringSubmatch(part)
			if m == nil {
				return nonsense("%q does not say which slots go to whom", part)
			}
			if err := w.checkEqual(v.of.name, m[2]+" owns "+v.slotsOf(m[2]), m[2]+" owns "+m[1]); err != nil {
				return err
			}
		}
		return nil
	})
}

// countSlots reads "5461 slots of A, 5462 of B".
func (w *World) countSlots(subject string, first int, rest string) error {
	return w.eachView(subject, func(v *view) error {
		for _, part := range strings.Split(itoa(first)+" of "+rest, ", ") {
			count, name, found := strings.Cut(part, " of ")
			if !found {
				return nonsense("%q does not say how many slots of whom", part)
			}
			l, _ := v.line(name)
			if err := w.checkEqual(v.of.name, fmt.Sprintf("%d slots of %s", l.SlotCount(), name), count+" slots of "+name); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *World) allAgree() error {
	first, before := "", ""
	return w.eachView("every running node", func(v *view) error {
		if first == "" {
			first, before = v.of.name, v.configuration()
		}
		return w.check(v.of.name, v.configuration() == before, v.configuration(), "what node "+first+" says:\n"+before)
	})
}

// nodeLine is a line of CLUSTER NODES, field by field.
var nodeLine = regexp.MustCompile(`^[0-9a-f]{40} \S*:\d+@\d+(,\S*)* [a-z?,]+ ([0-9a-f]{40}|-) \d+ \d+ \d+ (dis)?connected( \d+(-\d+)?| \[\d+-[<>]-[0-9a-f]{40}\])*$`)

func (w *World) linesHaveTheForm() error {
	return w.each("every running node", func(m *member) error {
		text, err := m.askText(w.ctx, "CLUSTER", "NODES")
		if err != nil {
			return w.silence(m, err)
		}
		for _, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
			if err := w.check(m.name, nodeLine.MatchString(line), line, "id ip:port@busport flags primary ping pong epoch link slots"); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *World) showsOpenSlot(name string, slot int, direction, other string) error {
	return w.eachView("node "+name, func(v *view) error {
		want := fmt.Sprintf("%d %s %s", slot, direction, other)
		return w.check(name, slices.Contains(v.open(), want), "open slots: "+strings.Join(v.open(), ", "), "open slot: "+want)
	})
}

func (w *World) showsNoOpenSlot(name string) error { return w.eachView("node "+name, w.noOpenSlot) }

// noPrimaryHasOpenSlot looks at primaries alone: since Valkey 8 replicas keep the state of slots as well.
func (w *World) noPrimaryHasOpenSlot() error {
	return w.eachView("every running node", func(v *view) error {
		if v.role(v.of.name) != "primary" {
			return nil
		}
		return w.noOpenSlot(v)
	})
}

func (w *World) noOpenSlot(v *view) error {
	return w.check(v.of.name, len(v.open()) == 0, "open slots: "+strings.Join(v.open(), ", "), "no open slot")
}
