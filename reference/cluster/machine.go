package cluster

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// Machine is the cluster protocol of one node.
type Machine struct {
	options       Options
	data          Data
	rand          *rand.Rand
	defects       defect.Set
	port, busPort uint16 // what we listen on, whatever is announced
	now           clock.Instant

	self  *Peer
	peers []*Peer              // every node, ourselves included, in the order we met them
	byID  map[bus.NodeID]*Peer // for lookups only: a map has no order to rely on
	black []forgotten          // ids that gossip must not bring back (failure.go says when they may)

	currentEpoch, lastVoteEpoch uint64

	owner                [slot.Count]*Peer
	notClaiming          slot.Set // slots whose owner does not claim them any more (spec 4.3)
	migrating, importing openSlots
	served               slot.Set // what our shard owned at the last BeforeSleep

	up          bool
	size        int          // primaries with slots, as of the last state update
	suspects    int          // peers in PFAIL, as of the last cron
	startedAt   clock.Millis // first state update; never: there was none
	minorityAt  clock.Millis // when we last could not reach a majority
	election    election
	manual      manual
	replicating bool // a Follow is in effect

	links    map[LinkID]*link
	lastLink LinkID

	nextCron   clock.Millis
	iterations uint64

	wantSave, wantSync, wantState, wantFailover bool

	effects, effectsGiven []Effect
	frames                []*bus.Frame
	framesUsed            int
	stats                 Stats
	version               uint64
}

// New makes the machine of a node that starts, or restarts, at now.
func New(cfg Config, now clock.Instant) (*Machine, error) {
	if cfg.Data == nil || cfg.Rand == nil {
		return nil, errors.New("starting the cluster machine: Config.Data and Config.Rand must be set")
	}
	m := &Machine{
		options: cfg.Options, data: cfg.Data, rand: cfg.Rand, defects: cfg.Defects,
		port: cfg.Port, busPort: cfg.BusPort, now: now,
		byID: make(map[bus.NodeID]*Peer), links: make(map[LinkID]*link),
		startedAt: never, minorityAt: never, nextCron: now.Mono,
	}
	m.election.scheduledAt = never
	if cfg.File == nil || len(cfg.File.Nodes) == 0 {
		m.self = m.newPeer(m.newID(), bus.FlagMyself|bus.FlagPrimary)
		m.addPeer(m.self)
		m.save(false)
	} else if err := m.load(cfg.File); err != nil {
		return nil, fmt.Errorf("starting the cluster machine: %w", err)
	}
	if cfg.IP != "" {
		m.self.IP = cfg.IP
	}
	m.announce()
	m.served = *m.shardSlots()
	m.wantState = true
	return m, nil
}
