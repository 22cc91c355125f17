package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// view is what one node says of the cluster in CLUSTER NODES, in the names of the scenario.
type view struct {
	of    *member
	c     *cluster
	lines []wire.NodeLine
}

// view asks a node for CLUSTER NODES.
func (c *cluster) view(ctx context.Context, m *member) (*view, error) {
	text, err := m.askText(ctx, "CLUSTER", "NODES")
	if err != nil {
		return nil, err
	}
	lines, err := wire.ParseNodes(text)
	if err != nil {
		return nil, &failure{Node: m.name, Want: []string{"lines of the form CLUSTER NODES has"}, Got: fmt.Sprintf("%q: %v", text, err)}
	}
	v := &view{m, c, lines}
	m.epochs.saw(v)
	return v, nil
}

// line finds what is said of a node.
func (v *view) line(name string) (wire.NodeLine, bool) {
	for _, l := range v.lines {
		if v.c.nameOf(l.ID) == name {
			return l, true
		}
	}
	return wire.NodeLine{}, false
}

// names are the nodes listed, sorted.
func (v *view) names() []string {
	var names []string
	for _, l := range v.lines {
		names = append(names, v.c.nameOf(l.ID))
	}
	slices.Sort(names)
	return names
}

// owner names who owns a slot: "nobody", or "A and B" if several claim it.
func (v *view) owner(slot int) string {
	var owners []string
	for _, l := range v.lines {
		if l.Owns(slot) {
			owners = append(owners, v.c.nameOf(l.ID))
		}
	}
	if len(owners) == 0 {
		return "nobody"
	}
	return strings.Join(owners, " and ")
}

// slotsOf is what a node owns, in the words of the features: "0-1000 and 5461-10922".
func (v *view) slotsOf(name string) string {
	l, _ := v.line(name)
	var ranges []string
	for _, r := range l.Slots {
		ranges = append(ranges, r.String())
	}
	return strings.Join(ranges, " and ")
}

// role of a node: "primary", "replica of A", or "unknown" if it is not listed.
func (v *view) role(name string) string {
	l, listed := v.line(name)
	switch {
	case !listed:
		return "unknown"
	case l.HasFlag("slave"):
		return "replica of " + v.c.nameOf(l.PrimaryID)
	case l.HasFlag("master"):
		return "primary"
	}
	return "neither primary nor replica"
}

// state of a node: "connected", "disconnected", "fail?", "fail", "handshake", or "unknown".
func (v *view) state(name string) string {
	l, listed := v.line(name)
	if !listed {
		return "unknown"
	}
	for _, flag := range []string{"fail", "fail?", "handshake", "noaddr"} {
		if l.HasFlag(flag) {
			return flag
		}
	}
	if !l.Connected {
		return "disconnected"
	}
	return "connected"
}

// open is each open slot as "866 migrating to B" or "866 importing from A".
func (v *view) open() []string {
	var all []string
	for _, l := range v.lines {
		for _, o := range l.Open {
			direction := "importing from"
			if o.Migrating {
				direction = "migrating to"
			}
			all = append(all, fmt.Sprintf("%d %s %s", o.Slot, direction, v.c.nameOf(o.Node)))
		}
	}
	return all
}

// configuration is what has to be the same on every node: ids, addresses, roles, slots; and what must be quiet: states and open slots.
func (v *view) configuration() string {
	var lines []string
	for _, l := range v.lines {
		name := v.c.nameOf(l.ID)
		lines = append(lines, fmt.Sprintf("%s %s %s: %s, slots %s", name, l.ID, l.Addr, v.role(name), v.slotsOf(name)))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// epochs are the config epochs of the primaries that own slots.
func (v *view) epochs() string {
	var lines []string
	for _, l := range v.lines {
		if l.HasFlag("master") && l.SlotCount() > 0 {
			lines = append(lines, fmt.Sprintf("\n%s has config epoch %d", v.c.nameOf(l.ID), l.ConfigEpoch))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// trouble is what keeps a node's view from being that of a healthy cluster of the shape, or "".
func (v *view) trouble() string {
	if len(v.lines) != len(v.c.members) {
		return fmt.Sprintf("%s lists %s", v.of.name, strings.Join(v.names(), ", "))
	}
	for _, m := range v.c.members {
		if state := v.state(m.name); state != "connected" {
			return fmt.Sprintf("%s sees %s as %s", v.of.name, m.name, state)
		}
	}
	if open := v.open(); len(open) > 0 {
		return fmt.Sprintf("%s has slot %s", v.of.name, strings.Join(open, ", "))
	}
	return ""
}
