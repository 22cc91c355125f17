package node

import "github.com/clusterspec/clusterspec/reference/cluster"

// carryOut does what the protocol machine asked for since the last time. It is called after every input of the machine,
// because frames are valid until the next one.
func (n *Node) carryOut() {
	if n.machine == nil {
		return
	}
	effects := n.machine.Effects()
	if len(effects) == 0 {
		return
	}
	n.encodedOf = nil
	for _, e := range effects {
		n.carryOutOne(e)
	}
	if cap(n.encoded) > keptBytes {
		n.encoded = nil
	}
	n.syncRole()
}

func (n *Node) carryOutOne(e cluster.Effect) {
	switch e := e.(type) {
	case cluster.Dial:
		n.dialLink(e)
	case cluster.Send:
		n.send(e)
	case cluster.Hangup:
		if c := n.links[e.Link]; c != nil {
			n.hangUp(c)
		}
	case cluster.Save:
		n.turn.save, n.turn.promised = true, true
		n.turn.sync = n.turn.sync || e.Sync
	case cluster.Follow:
		n.becomeReplica()
		n.upstream.follow(e)
	case cluster.Promoted:
		n.becomePrimary()
	case cluster.DropSlots:
		n.engine.DropSlots(&e.Slots)
	case cluster.SlotsGone:
		n.engine.SlotsGone(&e.Slots)
	case cluster.FlushAll:
		n.startAfresh()
	case cluster.PauseWrites:
		n.engine.PauseWrites(e.Until)
	case cluster.ResumeWrites:
		n.engine.ResumeWrites()
	case cluster.Deliver:
		n.engine.Deliver(e.Channel, e.Payload, e.Shard)
	case cluster.Note:
		n.log(levelOf(e.Kind), "%s", e.String())
	}
}

// levelOf is how much a note matters. Of old claims there is one for each packet that was on its way when a partition healed.
func levelOf(kind cluster.NoteKind) Level {
	if kind == cluster.UpdateSent {
		return Verbose
	}
	return Notice
}
