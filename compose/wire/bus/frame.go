package bus

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// Version is the version of the protocol all servers speak.
const Version = 1

// Lengths in bytes.
const (
	HeaderBytes = 2256
	gossipBytes = 104
	idBytes     = 40
	updateBytes = 8 + idBytes + slotBytes
	slotBytes   = wire.Slots / 8
	lightBytes  = 16 // the header of Valkey 8's light frames
)

// Type is what a frame is for.
type Type uint16

// The types of frames.
const (
	Ping Type = iota
	Pong
	Meet
	Fail
	Publish
	VoteRequest
	Vote
	Update
	ManualFailover
	Module
	PublishShard
)

// lightBit marks the type of a light frame.
const lightBit Type = 0x8000

// Plain is the type of a frame whether it came light or not.
func (t Type) Plain() Type { return t &^ lightBit }

// typeNames are the names of CLUSTER INFO's cluster_stats_messages fields.
var typeNames = [...]string{"ping", "pong", "meet", "fail", "publish", "auth-req", "auth-ack", "update", "mfstart", "module", "publishshard"}

func (t Type) String() string {
	if int(t&^lightBit) < len(typeNames) {
		return typeNames[t&^lightBit]
	}
	return fmt.Sprintf("type %d", uint16(t))
}

// TypeOf finds a type by its name.
func TypeOf(name string) (Type, bool) {
	for i, known := range typeNames {
		if known == name {
			return Type(i), true
		}
	}
	return 0, false
}

// Flags are what a frame says a node is.
type Flags uint16

// The flags of nodes.
const (
	FlagPrimary Flags = 0x01
	FlagReplica Flags = 0x02
	FlagPFail   Flags = 0x04 // somebody thinks that it fails
	FlagFail    Flags = 0x08 // the primaries agree that it fails
	FlagMyself  Flags = 0x10
	FlagNoAddr  Flags = 0x40
)

// Flags of a message, in its first byte of flags.
const (
	MessagePaused  byte = 0x01 // of a primary whose clients wait for a manual failover
	MessageForce   byte = 0x02 // a vote is asked for though the primary is up
	MessageExtends byte = 0x04 // extensions follow the gossip
)

// Frame is one frame. The sender's port and slots stand in every one, whatever its type.
type Frame struct {
	Version      uint16
	Type         Type
	CurrentEpoch uint64
	ConfigEpoch  uint64 // a replica puts its primary's
	Offset       uint64 // of replication
	Sender       string
	Primary      string // "" of a primary
	Slots        []wire.SlotRange
	IP           string // "": the address the link comes from
	Port         uint16
	BusPort      uint16
	Flags        Flags
	Down         bool // the cluster is down in the sender's eyes
	Message      byte // flags of the message

	Gossip  []Gossip // ping, pong, meet
	About   string   // fail and update: the node it is about
	Claim   Claim    // update: what that node owns
	Channel string   // publish, publishshard
	Payload []byte   // publish, publishshard: the message. Other types: what follows gossip and header, unread
}

// Gossip is what a frame tells of another node.
type Gossip struct {
	ID            string
	PingSent      uint32 // Unix seconds; 0: no ping is outstanding
	PongReceived  uint32
	IP            string
	Port, BusPort uint16
	Flags         Flags
}

// Claim is what an update says of a node.
type Claim struct {
	ConfigEpoch uint64
	Slots       []wire.SlotRange
}

// IsLight tells whether the frame is one of Valkey's light ones, which do not say who sent them.
func (f *Frame) IsLight() bool { return f.Type&lightBit != 0 }

// String is the frame in a few words, for a person.
func (f *Frame) String() string {
	text := f.Type.String()
	switch {
	case f.About != "":
		text += fmt.Sprintf(" about %.8s", f.About)
	case f.Channel != "":
		text += fmt.Sprintf(" to %q", f.Channel)
	case len(f.Gossip) > 0:
		text += fmt.Sprintf(" with gossip about %d", len(f.Gossip))
	}
	return fmt.Sprintf("%s, epoch %d, config epoch %d, slots %s", text, f.CurrentEpoch, f.ConfigEpoch, rangesText(f.Slots))
}

func rangesText(slots []wire.SlotRange) string {
	if len(slots) == 0 {
		return "none"
	}
	text := slots[0].String()
	for _, r := range slots[1:] {
		text += " " + r.String()
	}
	return text
}

// NewID draws an id as nodes do.
func NewID() string {
	var id [idBytes / 2]byte
	rand.Read(id[:])
	return hex.EncodeToString(id[:])
}
