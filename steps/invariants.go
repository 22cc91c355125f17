package steps

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/compose/faults"
	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/compose/wire/bus"
	"github.com/clusterspec/clusterspec/reports"
)

// Invariants hold after every scenario, whatever it says: they are what nobody writes down in a scenario about something else.

// violation is an invariant that does not hold.
type violation struct {
	Node string // who showed it; "" if it is about several
	Text string
}

func (v *violation) Error() string { return "invariant: " + v.Text }

func violated(node, format string, args ...any) error {
	return &violation{node, fmt.Sprintf(format, args...)}
}

// quietTimeouts is how long a cluster may take to come to rest before its nodes have to agree.
const quietTimeouts = 8

// invariants returns the first invariant that does not hold.
func (w *World) invariants() error {
	if w.cluster == nil {
		return nil
	}
	for _, holds := range []func() error{w.nobodyCrashed, w.nobodyVotedTwice, w.nodesComeToAgree, w.epochsNeverFell, w.writesAreAccounted} {
		if err := holds(); err != nil {
			return err
		}
	}
	return nil
}

// crash is what servers log when they end by a mistake of their own.
var crash = regexp.MustCompile(`(?m)^.*(REDIS BUG REPORT|VALKEY BUG REPORT|ASSERTION FAILED|Guru Meditation|crashed by signal|` +
	`^panic: |^fatal error: |runtime error: |AddressSanitizer|WARNING: DATA RACE|Traceback \(most recent).*$`)

func (w *World) nobodyCrashed() error {
	for _, m := range w.cluster.members {
		reader, able := m.Node.(target.LogReader)
		if !able {
			continue
		}
		text, err := reader.Log()
		if err != nil {
			return fmt.Errorf("reading the log of node %s: %w", m.name, err)
		}
		if line := crash.FindString(text); line != "" {
			return violated(m.name, "node %s logged %q", m.name, strings.TrimSpace(line))
		}
	}
	return nil
}

// nobodyVotedTwice looks at what puppets were sent and what came by at the proxy.
func (w *World) nobodyVotedTwice() error {
	logs := map[string]*bus.Log{}
	if w.cluster.faults != nil {
		logs["a node"] = &w.cluster.faults.Log
	}
	for name, p := range w.bus.puppets {
		logs["puppet "+name] = &p.Log
	}
	for to, log := range logs {
		if voter, epoch, found := log.DoubleVote(); found {
			name := w.cluster.nameOf(voter)
			return violated(name, "node %s voted more than once in epoch %d, seen on the way to %s", name, epoch, to)
		}
	}
	return nil
}

// epochsNeverFell looks once more and reports what was seen on the way. RESET HARD gives a new id, and with it a new beginning.
func (w *World) epochsNeverFell() error {
	for _, m := range w.cluster.running() {
		id, err := m.askText(w.ctx, "CLUSTER", "MYID")
		if err != nil {
			continue // it does not answer: nothing is seen, and nothing fell
		}
		m.info(w.ctx, "CLUSTER", "INFO")
		if text := m.epochs.fell(); text != "" && id == m.id {
			return violated(m.name, "node %s: %s", m.name, text)
		}
	}
	return nil
}

// nodesComeToAgree waits until nothing is wrong with what the running nodes believe, for as long as a network that was parted may take.
func (w *World) nodesComeToAgree() error {
	if w.cluster.faults != nil {
		w.cluster.faults.Change((*faults.Rules).Heal)
	}
	for deadline := time.Now().Add(quietTimeouts * w.nodeTimeout); ; {
		err := w.cluster.disagreement(w.ctx)
		if err == nil || time.Now().After(deadline) {
			return err
		}
		select {
		case <-w.ctx.Done():
			return errInterrupted
		case <-time.After(pollInterval):
		}
	}
}

// disagreement is what is wrong with the views of the running nodes. Nodes that do not answer have none.
func (c *cluster) disagreement(ctx context.Context) error {
	var views []*view
	for _, m := range c.running() {
		v, err := c.view(ctx, m)
		if err != nil {
			if verdictOf(err) == reports.Fail {
				return err
			}
			continue
		}
		views = append(views, v)
	}
	for _, v := range views {
		if err := v.contradiction(); err != nil {
			return err
		}
		if err := v.isOnDisk(); err != nil {
			return err
		}
	}
	return oneOwner(views)
}

// contradiction is what a view says against itself.
func (v *view) contradiction() error {
	owners, epochs := map[int]string{}, map[uint64]string{}
	for _, l := range v.lines {
		name := v.c.nameOf(l.ID)
		for _, r := range l.Slots {
			for slot := r.From; slot <= r.To; slot++ {
				if other := owners[slot]; other != "" {
					return violated(v.of.name, "slot %d has two owners: node %s says that %s and %s own it", slot, v.of.name, other, name)
				}
				owners[slot] = name
			}
		}
		if l.HasFlag("master") && l.SlotCount() > 0 {
			if other := epochs[l.ConfigEpoch]; other != "" {
				return violated(v.of.name, "%s and %s have the same config epoch %d on node %s", other, name, l.ConfigEpoch, v.of.name)
			}
			epochs[l.ConfigEpoch] = name
		}
	}
	return nil
}

// knows tells whether the node of the view is in touch with another.
func (v *view) knows(other *view) bool { return v.state(other.of.name) == "connected" }

// oneOwner compares views of nodes that are in touch: where both name an owner of a slot it has to be the same.
func oneOwner(views []*view) error {
	owners := make([][wire.Slots]string, len(views))
	for i, v := range views {
		for _, l := range v.lines {
			for _, r := range l.Slots {
				for slot := r.From; slot <= r.To; slot++ {
					owners[i][slot] = v.c.nameOf(l.ID)
				}
			}
		}
	}
	for i, v := range views {
		for j, other := range views[:i] {
			if !v.knows(other) || !other.knows(v) {
				continue
			}
			for slot := range wire.Slots {
				if a, b := owners[j][slot], owners[i][slot]; a != b && a != "" && b != "" {
					return violated("", "slot %d has two owners: node %s says %s, and node %s says %s", slot, other.of.name, a, v.of.name, b)
				}
			}
		}
	}
	return nil
}

// isOnDisk compares what a node says with its nodes.conf, which it would believe after a restart.
func (v *view) isOnDisk() error {
	reader, able := v.of.Node.(target.ConfReader)
	if !able || v.of.unwritable {
		return nil
	}
	text, err := reader.NodesConf()
	if err != nil {
		return nil // a server of its own kind keeps it elsewhere; what is asked for in scenarios about the file
	}
	lines, vars, err := wire.ParseNodesConf(text)
	if err != nil {
		return violated(v.of.name, "nodes.conf of node %s cannot be loaded: %v", v.of.name, err)
	}
	if vars["lastVoteEpoch"] > vars["currentEpoch"] {
		return violated(v.of.name, "nodes.conf of node %s: the last vote was in epoch %d, after the current epoch %d", v.of.name, vars["lastVoteEpoch"], vars["currentEpoch"])
	}
	onDisk := &view{v.of, v.c, lines}
	said, saved := v.durable(onDisk), onDisk.durable(onDisk)
	for i := range max(len(said), len(saved)) {
		now, then := "nothing", "nothing"
		if i < len(said) {
			now = said[i]
		}
		if i < len(saved) {
			then = saved[i]
		}
		if now != then {
			return violated(v.of.name, "node %s says %q, and its nodes.conf %q", v.of.name, now, then)
		}
	}
	return nil
}

// durable is what of a view has to survive a restart: who is there, in which role, with which slots and epochs. Who shakes hands is not there
// yet, and a node that owns nothing and that only gossip told of is written with the next change.
func (v *view) durable(onDisk *view) []string {
	var lines []string
	for _, l := range v.lines {
		if l.HasFlag("handshake") {
			continue
		}
		name := v.c.nameOf(l.ID)
		if _, written := onDisk.line(name); !written && l.SlotCount() == 0 && l.ConfigEpoch == 0 {
			continue
		}
		line := fmt.Sprintf("%s is a %s with slots %s", name, v.role(name), v.slotsOf(name))
		if l.HasFlag("master") {
			line += fmt.Sprintf(" and config epoch %d", l.ConfigEpoch)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}
