package cluster

import (
	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/defect"
)

// Publish sends a message to the subscribers of all other nodes or, when shard is set, of the other nodes of our shard
// (spec 6.7, clusterPropagatePublish). The bytes must stay as they are until the effects are carried out.
func (m *Machine) Publish(channel, payload []byte, shard bool) {
	if !shard && m.defects.Has(defect.PublishStaysHere) || shard && m.defects.Has(defect.ShardPublishStays) {
		return
	}
	t := bus.TypePublish
	if shard {
		t = bus.TypePublishShard
	}
	f := m.newFrame(t)
	f.Channel, f.Payload = channel, payload
	if !shard {
		m.broadcast(f)
		return
	}
	primary := m.self.ShardPrimary()
	if primary == nil {
		return
	}
	m.sendTo(primary, f)
	for _, p := range primary.Replicas {
		m.sendTo(p, f)
	}
}
