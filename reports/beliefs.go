package reports

import (
	"cmp"
	"slices"
	"strings"
)

// beliefs is what the nodes of a cluster believed about each other, as a grid: a row for each node asked, a column for each node spoken about.
type beliefs struct {
	Subjects []subject
	Rows     []beliefRow
	// Odd is how many beliefs differ from what most nodes believe.
	Odd int
}

// subject is a node that somebody spoke about.
type subject struct {
	// Name is the scenario's name for the node, or the head of its id if the scenario has none.
	Name string
	ID   string
}

// beliefRow is one node's whole view; Cells follow the subjects.
type beliefRow struct {
	Node  NodeView
	Cells []belief
}

// belief is what one node believed about one other. The zero value: it had never heard of it.
type belief struct {
	Known bool
	// Self marks what a node says about itself.
	Self bool
	// Role is "primary", "replica of B" or "unknown role"; Trouble lists doubts: "fail?", "fail", "handshake", "noaddr", "link down".
	Role    string
	Trouble []string
	Epoch   string
	// Slots are its slots as CLUSTER NODES writes them, open ones included, with node names for node ids.
	Slots []string
	// Odd marks a belief that most others do not share.
	Odd bool
}

// CLUSTER NODES: eight fields, then the slots.
const (
	nodesFieldID = iota
	nodesFieldAddr
	nodesFieldFlags
	nodesFieldPrimary
	nodesFieldPingSent
	nodesFieldPongReceived
	nodesFieldEpoch
	nodesFieldLink
	nodesFieldSlots
)

// shortIDLen is how much of a node id stands in for a missing name.
const shortIDLen = 8

// readBeliefs reads the nodes' CLUSTER NODES replies. Lines that are not of that form are left out: the reply's text is shown beside the grid anyway.
func readBeliefs(nodes []NodeView) beliefs {
	views := make([][][]string, len(nodes))
	for i, node := range nodes {
		views[i] = nodesLines(node.ClusterNodes)
	}
	var grid beliefs
	grid.Subjects = subjects(nodes, views)
	name := map[string]string{}
	for _, s := range grid.Subjects {
		name[s.ID] = s.Name
	}
	for i, node := range nodes {
		row := beliefRow{Node: node, Cells: make([]belief, len(grid.Subjects))}
		for _, line := range views[i] {
			at := slices.IndexFunc(grid.Subjects, func(s subject) bool { return s.ID == line[nodesFieldID] })
			row.Cells[at] = readBelief(line, name)
		}
		grid.Rows = append(grid.Rows, row)
	}
	grid.markOdd()
	return grid
}

// nodesLines splits a CLUSTER NODES reply into lines of fields.
func nodesLines(text string) [][]string {
	var lines [][]string
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) >= nodesFieldSlots {
			lines = append(lines, fields)
		}
	}
	return lines
}

// subjects lists the nodes spoken about: those of the scenario by name, then strangers by id. A node's id is known from its line about itself, or, if it
// did not answer, from its address in what others say.
func subjects(nodes []NodeView, views [][][]string) []subject {
	var list []subject
	place := map[string]int{}
	for i := range nodes {
		for _, line := range views[i] {
			id := line[nodesFieldID]
			if _, ok := place[id]; !ok {
				place[id] = len(nodes)
				list = append(list, subject{Name: id[:min(shortIDLen, len(id))], ID: id})
			}
		}
	}
	address := func(line []string) string {
		addr, _, _ := strings.Cut(line[nodesFieldAddr], "@")
		return addr
	}
	claim := func(i int, line []string) {
		id := line[nodesFieldID]
		if place[id] < len(nodes) {
			return
		}
		place[id] = i
		at := slices.IndexFunc(list, func(s subject) bool { return s.ID == id })
		list[at].Name = nodes[i].Name
	}
	for i := range nodes {
		for _, line := range views[i] {
			if strings.Contains(line[nodesFieldFlags], "myself") {
				claim(i, line)
			}
		}
	}
	for i, node := range nodes {
		if node.Alive {
			continue
		}
		for _, view := range views {
			for _, line := range view {
				if address(line) == node.Addr {
					claim(i, line)
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b subject) int { return cmp.Compare(place[a.ID], place[b.ID]) })
	return list
}

func readBelief(line []string, name map[string]string) belief {
	b := belief{Known: true, Role: "unknown role", Epoch: line[nodesFieldEpoch]}
	for flag := range strings.SplitSeq(line[nodesFieldFlags], ",") {
		switch flag {
		case "master":
			b.Role = "primary"
		case "slave":
			b.Role = "replica of " + nameOf(line[nodesFieldPrimary], name)
		case "myself":
			b.Self = true
		case "noflags", "nofailover":
		default:
			b.Trouble = append(b.Trouble, flag)
		}
	}
	if line[nodesFieldLink] == "disconnected" {
		b.Trouble = append(b.Trouble, "link down")
	}
	for _, slots := range line[nodesFieldSlots:] {
		b.Slots = append(b.Slots, slotWords(slots, name))
	}
	return b
}

// slotWords turns "[866->-07c3…]" into "866 → B" and "[866-<-07c3…]" into "866 ← B"; other ranges stay, with a proper dash.
func slotWords(text string, name map[string]string) string {
	open := strings.Trim(text, "[]")
	if slot, id, ok := strings.Cut(open, "->-"); ok {
		return slot + " → " + nameOf(id, name)
	}
	if slot, id, ok := strings.Cut(open, "-<-"); ok {
		return slot + " ← " + nameOf(id, name)
	}
	return strings.Replace(open, "-", "–", 1)
}

func nameOf(id string, name map[string]string) string {
	if n := name[id]; n != "" {
		return n
	}
	return id[:min(shortIDLen, len(id))]
}

// markOdd marks in each column the beliefs that differ from the most common one. Links and the "myself" flag are each node's own business and don't count,
// and a column without a majority is odd all over.
func (g *beliefs) markOdd() {
	for column := range g.Subjects {
		shares := map[string]int{}
		asked := 0
		for _, row := range g.Rows {
			if row.Node.Alive {
				shares[row.Cells[column].essence()]++
				asked++
			}
		}
		for i := range g.Rows {
			cell := &g.Rows[i].Cells[column]
			if g.Rows[i].Node.Alive && 2*shares[cell.essence()] <= asked && asked > 1 {
				cell.Odd = true
				g.Odd++
			}
		}
	}
}

// essence is the part of a belief that nodes should agree on.
func (b belief) essence() string {
	if !b.Known {
		return ""
	}
	var words []string
	for _, t := range b.Trouble {
		if t != "link down" {
			words = append(words, t)
		}
	}
	for _, s := range b.Slots {
		if !strings.ContainsAny(s, "→←") {
			words = append(words, s)
		}
	}
	return b.Role + " " + b.Epoch + " " + strings.Join(words, " ")
}
