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
	port, busPort uint16        // what we listen on, whatever is announced
	now           clock.Instant // of the current input

	self      *Peer
	peers     []*Peer // every node, ourselves included, in the order we met them
	byID      directory
	blacklist blacklist

	currentEpoch, lastVoteEpoch uint64

	owner                [slot.Count]*Peer
	notClaiming          slot.Set // slots whose owner does not claim them any more (spec 4.3)
	migrating, importing openSlots
	served               slot.Set // what our shard owned at the last BeforeSleep
	servedVersion        uint64   // the version at that time

	up          bool
	size        int          // primaries with slots, as of the last state update
	suspects    int          // peers in PFAIL, as of the last cron
	startedAt   clock.Millis // the first state update; never: there was none
	minorityAt  clock.Millis // when we last could not reach a majority
	election    election
	manual      manual
	replicating bool // a Follow is in effect

	links    map[LinkID]*link // for lookups only
	lastLink LinkID

	nextCron clock.Millis
	crons    uint64
	pings    uint64 // pings, pongs and meets built: marks who is in the current one

	wantSave, wantSync, wantState, wantFailover bool // what BeforeSleep has to do

	effects, effectsGiven []Effect
	frames                []*bus.Frame // reused, framesUsed of them are in effects
	framesUsed            int
	gossiped              []*Peer // reused: whom a gossip section speaks of
	stats                 Stats
	version               uint64
	nodesText             nodesText
}

// New makes the machine of a node that starts, or restarts, at now.
func New(cfg Config, now clock.Instant) (*Machine, error) {
	if cfg.Data == nil || cfg.Rand == nil {
		return nil, errors.New("starting the cluster machine: Config.Data and Config.Rand must be set")
	}
	m := &Machine{
		options: cfg.Options, data: cfg.Data, rand: cfg.Rand, defects: cfg.Defects,
		port: cfg.Port, busPort: cfg.BusPort, now: now,
		links:     make(map[LinkID]*link),
		startedAt: never, minorityAt: never, nextCron: now.Mono,
		election: election{scheduledAt: never},
	}
	if cfg.File == nil || len(cfg.File.Nodes) == 0 {
		m.self = m.newPeer(m.newID(), bus.FlagMyself|bus.FlagPrimary)
		m.addPeer(m.self)
		m.save(true)
	} else if err := m.load(cfg.File); err != nil {
		return nil, fmt.Errorf("starting the cluster machine: %w", err)
	}
	if cfg.IP != "" {
		m.self.IP = cfg.IP
	}
	m.announce()
	m.served = m.shardSlots()
	m.wantState = true
	return m, nil
}

// SetOptions changes the settings, as CONFIG SET does.
func (m *Machine) SetOptions(o Options, now clock.Instant) {
	m.now = now
	if o.AnnounceIP == "" && m.options.AnnounceIP != "" {
		m.self.IP = "" // learn it anew (clusterUpdateMyselfIp)
	}
	m.options = o
	m.announce()
	m.changed()
	m.save(false)
	m.wantState = true
}

// announce makes our own entry say what the options want others to know.
func (m *Machine) announce() {
	p, o := m.self, &m.options
	if o.AnnounceIP != "" {
		p.IP = o.AnnounceIP
	}
	p.Port, p.BusPort = m.port, m.busPort
	if o.AnnouncePort != 0 && !m.defects.Has(defect.AnnouncePortIgnored) {
		p.Port = o.AnnouncePort
	}
	if o.AnnounceBusPort != 0 {
		p.BusPort = o.AnnounceBusPort
	}
	p.Hostname, p.Nodename = o.AnnounceHostname, o.AnnounceNodename
	if o.ReplicaNoFailover {
		m.setFlags(p, bus.FlagNoFailover, 0)
	} else {
		m.setFlags(p, 0, bus.FlagNoFailover)
	}
}

// BeforeSleep does, once per turn, what the inputs of the turn left to do, and emits Save if something must be kept
// (clusterBeforeSleep). Redis saves what an election needs one turn later, after the vote request has left; here it is
// part of the same turn.
func (m *Machine) BeforeSleep(now clock.Instant) {
	m.now = now
	m.continueManual()
	for m.wantFailover {
		m.wantFailover = false
		m.runForPrimary()
	}
	if m.wantState {
		m.updateState()
	}
	m.noteSlotsGone()
	if m.wantSave && !(m.defects.Has(defect.SavesOnce) && len(m.peers) > 1) {
		m.emit(Save{Sync: m.wantSync})
		m.wantSave, m.wantSync = false, false
	}
}

// save asks for nodes.conf to be written in this turn.
func (m *Machine) save(sync bool) {
	m.wantSave = true
	m.wantSync = m.wantSync || sync
}

// changed says that an answer about the topology may be a different one now. See also restated.
func (m *Machine) changed() { m.version++ }

// Myself is our own node.
func (m *Machine) Myself() *Peer { return m.self }

// Peers lists every known node, ourselves and those in handshake included, in an order that changes only when nodes come
// and go. It is for reading, until the next input.
func (m *Machine) Peers() []*Peer { return m.peers }

// Peer finds a node by its id; nil: unknown.
func (m *Machine) Peer(id bus.NodeID) *Peer { return m.byID.find(&id) }

// CurrentEpoch is the highest epoch we have heard of.
func (m *Machine) CurrentEpoch() uint64 { return m.currentEpoch }

// LastVoteEpoch is the last epoch we voted in.
func (m *Machine) LastVoteEpoch() uint64 { return m.lastVoteEpoch }

// Version grows whenever an answer of CLUSTER NODES, SLOTS or SHARDS, or a redirect, may have changed, but for times, links
// to us, suspicion and replication offsets. An offset that leaves or returns to zero counts: SLOTS hides replicas without one.
func (m *Machine) Version() uint64 { return m.version }
