package steps

import (
	"slices"
	"strings"
	"time"
)

func (w *World) setupActions() []sentence {
	return []sentence{
		{strings.Trim(clusterSentence.String(), "^$"), w.giveCluster},
		{strings.Trim(strangersSentence.String(), "^$"), w.giveStrangers},
		{`every replica is in sync`, w.giveReplicasInSync},
		{`node ` + one + ` meets node ` + one, w.meets},
		{`node ` + one + ` is given slots (\d+)-(\d+)`, w.giveSlots},
		{`the other nodes forget node ` + one, w.othersForget},
		{`every node is told to delete slot (\d+)`, func(slot int) error { return w.everyNodeDeletes(slot, slot) }},
		{`every node is told to delete slots (\d+)-(\d+)`, w.everyNodeDeletes},
	}
}

func (w *World) giveCluster(primaries, replicas, spares, option, value string) error {
	err := w.giveShape(shape{primaries: number(primaries), replicas: number(replicas), spares: number(spares)})
	if err != nil || option == "" {
		return err
	}
	return w.setOption(option, value)
}

func (w *World) giveStrangers(count string) error {
	return w.giveShape(shape{strangers: number(count)})
}

func (w *World) giveShape(s shape) (err error) {
	s.proxied = w.scenario.shape.proxied
	if w.cluster != nil { // of the background, and the scenario wants another one
		w.pool.giveBack(w.cluster, w.restored, w.scenario)
	}
	w.cluster, err = w.pool.take(w.ctx, s)
	w.handedOver = time.Now()
	if err == nil && w.recorder != nil {
		w.recorder.listen(w)
	}
	return err
}

// syncTimeouts is how long replicas of a quiet cluster may take to catch up.
const syncTimeouts = 10

func (w *World) giveReplicasInSync() error {
	return w.within(syncTimeouts, w.replicasAreInSync)
}

// replicasAreInSync compares the offsets of every replica and its primary.
func (w *World) replicasAreInSync() error {
	for _, m := range w.cluster.members {
		if primary := w.cluster.member(w.cluster.shape.primaryOf(m.name)); primary != nil {
			if err := w.isInSync(m, primary); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *World) isInSync(replica, primary *member) error {
	behind, err := replica.info(w.ctx, "INFO", "replication")
	if err != nil {
		return w.silence(replica, err)
	}
	ahead, err := primary.info(w.ctx, "INFO", "replication")
	if err != nil {
		return w.silence(primary, err)
	}
	got := "link " + behind["master_link_status"] + ", offset " + behind["slave_repl_offset"]
	return w.checkEqual(replica.name, got, "link up, offset "+ahead["master_repl_offset"])
}

func (w *World) meets(name, other string) error {
	members, err := w.nodes(name + ", " + other)
	if err != nil {
		return err
	}
	return w.silence(members[0], members[0].demand(w.ctx, members[1].meetArgs()...))
}

func (w *World) giveSlots(name string, from, to int) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	return w.silence(m, m.demand(w.ctx, append([]string{"CLUSTER", "ADDSLOTS"}, slotArgs(from, to)...)...))
}

func (w *World) othersForget(name string) error {
	forgotten, err := w.node(name)
	if err != nil {
		return err
	}
	return w.each("every node", func(m *member) error {
		if m == forgotten {
			return nil
		}
		return w.silence(m, m.demand(w.ctx, "CLUSTER", "FORGET", forgotten.id))
	})
}

// everyNodeDeletes has each node forget the owner, the owner first: while it serves the slots it tells the others.
func (w *World) everyNodeDeletes(from, to int) error {
	return w.each("every node", func(m *member) error {
		return w.silence(m, m.demand(w.ctx, append([]string{"CLUSTER", "DELSLOTS"}, slotArgs(from, to)...)...))
	})
}

// option is a setting that was changed on a node.
type option struct {
	on          *member
	name, value string // the value it had
}

// setOption changes a setting on every node and remembers what it was.
func (w *World) setOption(name, value string) error {
	return w.each("every node", func(m *member) error { return w.setOptionOf(m, name, value) })
}

func (w *World) setOptionOf(m *member, name, value string) error {
	before, err := w.ask(m, "CONFIG", "GET", name)
	if err != nil {
		return err
	}
	old, known := before.Get(name)
	if !known {
		return &unsupported{"CONFIG GET " + name + " was answered by " + before.String()}
	}
	w.set = append(w.set, option{m, name, old.Text})
	return m.demand(w.ctx, "CONFIG", "SET", name, value)
}

// putBack restores the settings.
func (w *World) putBack() {
	for _, o := range slices.Backward(w.set) {
		if o.on.down || o.on.demand(w.ctx, "CONFIG", "SET", o.name, o.value) != nil {
			w.restored = false
		}
	}
}
