package node

import (
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/command"
	"github.com/clusterspec/clusterspec/reference/migration"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// host is what the engine sees of the node. The engine calls it in the middle of its work, so it only takes notes: the
// turn does the rest.
type host struct{ n *Node }

func (h host) Dirty(s *command.Session) {
	if c := h.n.clients[s]; c != nil {
		h.n.write(c)
	}
}

func (h host) Resume(s *command.Session) {
	if c := h.n.clients[s]; c != nil && !c.client.resumed {
		c.client.resumed = true
		h.n.turn.resumed = append(h.n.turn.resumed, c)
	}
}

func (h host) Disconnect(s *command.Session) {
	if c := h.n.clients[s]; c != nil {
		h.n.dismiss(c)
	}
}

func (h host) Migrate(job *migration.Job) { h.n.migrations.begin(h.n, job) }

func (h host) SaveClusterConfig(s *command.Session) {
	h.n.turn.save = true
	h.n.turn.saving = append(h.n.turn.saving, s)
}

func (h host) Shutdown() { h.n.exit(0, "Redis is now ready to exit, bye bye...") }

func (h host) Dump(step command.DumpStep) { h.n.turn.next.Dump = append(h.n.turn.next.Dump, step) }

func (h host) Notice(line string) { h.n.log(Notice, "%s", line) }

func (h host) Warn(line string) { h.n.log(Warning, "%s", line) }

func (h host) Buffers(s *command.Session) command.Buffers {
	if c := h.n.clients[s]; c != nil {
		return c.buffers()
	}
	return command.Buffers{}
}

func (h host) Unapplied(command, reply string) {
	h.n.log(Warning, "== CRITICAL == our primary sent a command that we cannot carry out (%.64q, which drew %.200q): from now on our data differ from its", command, reply)
}

func (h host) PrimaryLink() command.PrimaryLink { return h.n.upstream.describe() }

func (h host) LinkBuffer(id cluster.LinkID) (allocated, used int) {
	if c := h.n.links[id]; c != nil {
		return cap(c.out), len(c.Out())
	}
	return 0, 0
}

func (h host) CutPrimaryLink() bool { return h.n.upstream.cut() }

// data is what the protocol machine sees of the node.
type data struct{ n *Node }

func (d data) KeysInSlot(s slot.Slot) int { return d.n.db.LenSlot(s) }

func (d data) Keys() int { return d.n.db.Len() }

func (d data) ReplicationOffset() uint64 { return uint64(d.n.source.Offset()) }

func (d data) PrimaryLink() (up bool, since clock.Millis) { return d.n.upstream.linkState() }
