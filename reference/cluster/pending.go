package cluster

import (
	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/nodesconf"
	"github.com/clusterspec/clusterspec/reference/slot"
)

type failureReport struct{}
type forgotten struct{}
type openSlots struct{}
type election struct{ scheduledAt clock.Millis }
type manual struct{}

func (m *Machine) newID() (id bus.NodeID)     { return }
func (m *Machine) addPeer(p *Peer)            {}
func (m *Machine) save(bool)                  {}
func (m *Machine) load(*nodesconf.File) error { return nil }
func (m *Machine) announce()                  {}
func (m *Machine) shardSlots() *slot.Set      { return &m.served }

// SetOptions changes the settings, as CONFIG SET does.
func (m *Machine) SetOptions(o Options, now clock.Instant) {}

// Accepted tells of a connection to our bus port. The texts are the socket's two addresses, without ports.
func (m *Machine) Accepted(now clock.Instant, remoteIP, localIP string) LinkID { return 0 }

// Connected tells that a Dial succeeded; localIP is our end's address.
func (m *Machine) Connected(now clock.Instant, id LinkID, localIP string) {}

// Closed tells that a link ended, or that a Dial failed.
func (m *Machine) Closed(now clock.Instant, id LinkID) {}

// Receive takes in one frame of wireBytes bytes. The frame is only read during the call.
func (m *Machine) Receive(now clock.Instant, id LinkID, f *bus.Frame, wireBytes int) {}

// Dropped counts a frame that bus.Frame.Parse refused with bus.ErrDropped.
func (m *Machine) Dropped(now clock.Instant, t bus.Type, wireBytes int) {}

// Tick runs the periodic work when it is due.
func (m *Machine) Tick(now clock.Instant) {}

// BeforeSleep does, once per turn, what the inputs of the turn left to do, and emits Save if something must be kept.
func (m *Machine) BeforeSleep(now clock.Instant) {}

// Deadline is the monotonic time of the next Tick that does something.
func (m *Machine) Deadline() clock.Millis { return m.nextCron }

// VerifyData corrects the slot table of a primary that loaded a snapshot: keys in a slot nobody owns make us its owner;
// keys in another's slot make us importing it (verifyClusterConfigWithData).
func (m *Machine) VerifyData(now clock.Instant) {}

// Publish sends a message to the subscribers of all other nodes, or, when shard is set, of the nodes of our shard.
func (m *Machine) Publish(now clock.Instant, channel, payload []byte, shard bool) {}

// Myself is our own node.
func (m *Machine) Myself() *Peer { return m.self }

// Peers lists every known node, ourselves included, in an order that changes only when nodes come and go.
func (m *Machine) Peers() []*Peer { return m.peers }

// Peer finds a node by its id; nil: unknown.
func (m *Machine) Peer(id bus.NodeID) *Peer { return nil }

// Owner is the node that a slot is bound to; nil: none.
func (m *Machine) Owner(s slot.Slot) *Peer { return nil }

// Migrating is the node that a slot of ours is on its way to; nil: it is not migrating.
func (m *Machine) Migrating(s slot.Slot) *Peer { return nil }

// Importing is the node that a slot is on its way to us from; nil: it is not importing.
func (m *Machine) Importing(s slot.Slot) *Peer { return nil }

// Up reports whether the cluster is up in our eyes: cluster_state:ok.
func (m *Machine) Up() bool { return m.up }

// CurrentEpoch is the highest epoch we have heard of.
func (m *Machine) CurrentEpoch() uint64 { return m.currentEpoch }

// LastVoteEpoch is the last epoch we voted in.
func (m *Machine) LastVoteEpoch() uint64 { return m.lastVoteEpoch }

// Size is the number of primaries with slots, as of the last state update.
func (m *Machine) Size() int { return m.size }

// Paused reports whether one of our replicas is taking over and our writes are held: no pings in the replication stream.
func (m *Machine) Paused() bool { return false }

// Version grows whenever an answer of CLUSTER NODES, SLOTS or SHARDS, or a redirect, may have changed, times and
// replication offsets aside. An offset that leaves or returns to zero counts: SLOTS hides replicas without one.
func (m *Machine) Version() uint64 { return m.version }

// Links lists the links that CLUSTER LINKS shows: those whose other end is known.
func (m *Machine) Links() []LinkInfo { return nil }

// Stats are the message counters.
func (m *Machine) Stats() Stats { return m.stats }

// Stats counts the messages of the bus by type.
type Stats struct {
	Sent, Received [bus.TypeCount]uint64
	ReceivedBytes  uint64
}

// AppendNodes appends the text of CLUSTER NODES.
func (m *Machine) AppendNodes(dst []byte, now clock.Instant) []byte { return dst }

// AppendNode appends p's line of CLUSTER NODES without the end of line, as CLUSTER REPLICAS lists it.
func (m *Machine) AppendNode(dst []byte, p *Peer, now clock.Instant) []byte { return dst }

// AppendInfo appends the text of CLUSTER INFO.
func (m *Machine) AppendInfo(dst []byte) []byte { return dst }

// File is what nodes.conf must say now.
func (m *Machine) File() *nodesconf.File { return nil }

// Meet begins a handshake with whoever listens at ip. It is no error if one is under way.
func (m *Machine) Meet(now clock.Instant, ip string, port, busPort int) error { return nil }

// AddSlots makes us the owner of slots that nobody owns: CLUSTER ADDSLOTS (ranges of one) and ADDSLOTSRANGE. It takes all or none.
func (m *Machine) AddSlots(now clock.Instant, ranges []slot.Range) error { return nil }

// DelSlots unbinds slots, whoever owns them: CLUSTER DELSLOTS and DELSLOTSRANGE. It takes all or none.
func (m *Machine) DelSlots(now clock.Instant, ranges []slot.Range) error { return nil }

// FlushSlots unbinds all our slots.
func (m *Machine) FlushSlots(now clock.Instant) error { return nil }

// CheckSetSlot is the refusal that CLUSTER SETSLOT begins with, before it looks at its arguments; nil on a primary. The
// four methods below begin with it, too.
func (m *Machine) CheckSetSlot() error { return nil }

// SetMigrating marks a slot of ours as on its way to node id.
func (m *Machine) SetMigrating(now clock.Instant, s slot.Slot, id string) error { return nil }

// SetImporting marks a slot as on its way to us from node id.
func (m *Machine) SetImporting(now clock.Instant, s slot.Slot, id string) error { return nil }

// SetStable clears both marks of a slot.
func (m *Machine) SetStable(now clock.Instant, s slot.Slot) error { return nil }

// SetNode binds a slot to node id, whatever its epoch.
func (m *Machine) SetNode(now clock.Instant, s slot.Slot, id string) error { return nil }

// Forget removes a node and keeps gossip from bringing it back for a minute.
func (m *Machine) Forget(now clock.Instant, id string) error { return nil }

// Replicate makes us a replica of node id.
func (m *Machine) Replicate(now clock.Instant, id string) error { return nil }

// Reset forgets all other nodes and all slots; hard: our id and the epochs as well.
func (m *Machine) Reset(now clock.Instant, hard bool) error { return nil }

// SetConfigEpoch gives a fresh node its configEpoch.
func (m *Machine) SetConfigEpoch(now clock.Instant, epoch int64) error { return nil }

// BumpEpoch raises our configEpoch above all others, unless it is already. It returns what it is afterwards.
func (m *Machine) BumpEpoch(now clock.Instant) (epoch uint64, bumped bool) { return 0, false }

// Failover begins to replace our primary by us. It returns at once; the takeover follows in later turns.
func (m *Machine) Failover(now clock.Instant, mode FailoverMode) error { return nil }

// CountFailureReports counts the primaries that say that node id does not answer.
func (m *Machine) CountFailureReports(now clock.Instant, id string) (int, error) { return 0, nil }

// Replicas lists the replicas of primary id.
func (m *Machine) Replicas(id string) ([]*Peer, error) { return nil, nil }
