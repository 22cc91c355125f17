package node

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/command"
	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/nodesconf"
	"github.com/clusterspec/clusterspec/reference/replication"
)

// Node is one cluster node.
type Node struct {
	now     clock.Instant
	options *config.Config
	rand    *rand.Rand
	db      *keyspace.DB
	source  *replication.Source
	engine  *command.Engine
	machine *cluster.Machine // nil when cluster-enabled is no

	conns       []*Conn
	clients     map[*command.Session]*Conn // for lookups only: a map has no order to rely on
	links       map[cluster.LinkID]*Conn   // likewise
	lastSession uint64
	limits      limits
	ahead       ahead

	frame      bus.Frame
	encoded    []byte // the last frame that was sent
	encodedOf  *bus.Frame
	upstream   upstream
	migrations migrations
	loading    *loading // nil when nothing is being loaded
	cron       cron
	turn       turn
}

// Config is what a Node starts from.
type Config struct {
	Options *config.Config
	// NodesConf is the content of the cluster configuration file; nil when there is none.
	NodesConf []byte
	// Dump is the snapshot of an earlier life, an RDB file; nil when there is none. The node keeps it until it is read.
	Dump []byte
	// Port and BusPort are what the shell listens on.
	Port, BusPort uint16
	// Process is what INFO tells of the process; the zero value tells nothing.
	Process command.Process
	// Stopwatch reads the clock that durations of commands are taken from; nil: they are not known.
	Stopwatch func() clock.Micros
	// RewriteConfig is CONFIG REWRITE: it makes the configuration file say what holds now. Nil when there is none.
	RewriteConfig func() error

	// Memory is for what clients store; nil is the heap. Close gives it back.
	Memory keyspace.Memory
	// Seed is where all chance comes from: ids, jitter, samples.
	Seed uint64
	// Now is the time of the start.
	Now clock.Instant
}

// New makes a node. A nodes.conf or a snapshot that cannot be read is an error; nothing is overwritten. What is wrong deep
// inside a snapshot shows later, and ends the node.
func New(cfg Config) (*Node, error) {
	defects, err := defect.Parse(cfg.Options.String("defect"))
	if err != nil {
		return nil, fmt.Errorf("starting the node: %w", err)
	}
	n := &Node{
		now: cfg.Now, options: cfg.Options, db: keyspace.NewIn(cfg.Memory, cfg.Seed), rand: rand.New(rand.NewPCG(cfg.Seed, 1)),
		clients: make(map[*command.Session]*Conn), links: make(map[cluster.LinkID]*Conn),
	}
	n.source = replication.NewSource(replication.NewID(n.rand), int(cfg.Options.Int("repl-backlog-size")))
	n.upstream.start(n, cfg.Port)
	n.cron.start(cfg.Now)
	if cfg.Options.Bool("cluster-enabled") {
		if err := n.startMachine(cfg, defects); err != nil {
			return nil, err
		}
	}
	n.engine = &command.Engine{
		Now: cfg.Now, DB: n.db, Cluster: n.machine, Source: n.source, Config: cfg.Options, Host: host{n},
		Rand: rand.New(rand.NewPCG(cfg.Seed, 2)), Defects: defects, Process: cfg.Process, RewriteConfig: cfg.RewriteConfig, Stopwatch: cfg.Stopwatch,
	}
	n.engine.Start()
	n.configure("")
	cfg.Options.Subscribe(n.configure)
	if cfg.Dump != nil {
		if err := n.startLoading(cfg.Dump); err != nil {
			return nil, fmt.Errorf("reading the snapshot: %w", err)
		}
	}
	if n.machine != nil {
		n.carryOut()
		n.syncRole()
	}
	if n.loading == nil {
		n.log(Notice, readyLine)
	}
	return n, nil
}

// startMachine makes the protocol machine, from what is on disk.
func (n *Node) startMachine(cfg Config, defects defect.Set) error {
	var file *nodesconf.File
	if cfg.NodesConf != nil {
		var err error
		if file, err = nodesconf.Parse(cfg.NodesConf); err != nil {
			return fmt.Errorf("reading nodes.conf: %w", err)
		}
	}
	m, err := cluster.New(cluster.Config{
		File: file, Port: cfg.Port, BusPort: cfg.BusPort, Options: clusterOptions(cfg.Options), Data: data{n},
		Rand: rand.New(rand.NewPCG(cfg.Seed, 3)), Defects: defects,
	}, cfg.Now)
	if err != nil {
		return fmt.Errorf("starting the node: %w", err)
	}
	n.machine = m
	return nil
}

// Accept takes a connection of kind k, Client or BusIn.
func (n *Node) Accept(now clock.Instant, k Kind, local, remote netip.AddrPort) *Conn {
	n.begin(now)
	c := &Conn{Kind: k, Local: local, Remote: remote, dialled: true}
	n.remember(c)
	if k == BusIn {
		n.acceptLink(c)
	} else {
		n.acceptClient(c)
	}
	return c
}

// Connected says that the dial of c succeeded.
func (n *Node) Connected(now clock.Instant, c *Conn, local, remote netip.AddrPort) {
	if c.gone() {
		return
	}
	n.begin(now)
	c.Local, c.Remote, c.dialled = local, remote, true
	switch c.Kind {
	case BusOut:
		n.machine.Connected(now, c.link, hostOf(local))
		n.carryOut()
	case Primary:
		n.upstream.connected()
	case Target:
		n.migrations.connected(n, c)
	}
	if len(c.Out()) > 0 {
		n.write(c)
	}
}

// Receive takes bytes that arrived on c. data is not kept.
func (n *Node) Receive(now clock.Instant, c *Conn, data []byte) {
	if c.gone() || len(data) == 0 {
		return
	}
	n.begin(now)
	switch c.Kind {
	case Client:
		n.engine.Traffic.Received(len(data), false)
		n.engine.BeginWork()
		n.receiveClient(c, data)
	case BusIn, BusOut:
		n.receiveLink(c, data)
	case Primary:
		n.engine.Traffic.Received(len(data), true)
		n.upstream.receive(data)
	case Target:
		n.migrations.receive(n, c, data)
	}
}

// Wrote says that the first bytes of c.Out were written.
func (n *Node) Wrote(now clock.Instant, c *Conn, bytes int) {
	c.wrote(bytes)
	if c.gone() {
		return
	}
	n.begin(now)
	switch c.Kind {
	case Client:
		n.engine.Traffic.Sent(bytes, c.isReplica())
		n.wroteClient(c)
	case Target:
		n.migrations.progressed(n, c)
	}
}

// Closed says that c ended, or could not be dialled, and why.
func (n *Node) Closed(now clock.Instant, c *Conn, reason string) {
	if c.gone() {
		return
	}
	n.begin(now)
	n.forget(c)
	switch c.Kind {
	case BusIn, BusOut:
		n.machine.Closed(now, c.link)
		n.carryOut()
	case Primary:
		n.upstream.closed(reason)
	case Target:
		n.migrations.closed(n, c)
	}
}

// Stop begins to end the node, as SHUTDOWN does: some Effects to come carry the Exit, unless a snapshot is to be saved and
// cannot be.
func (n *Node) Stop(now clock.Instant) {
	n.StopAs(now, command.ShutdownHow{})
}

// StopAs is Stop with the options of SHUTDOWN.
func (n *Node) StopAs(now clock.Instant, how command.ShutdownHow) {
	n.begin(now)
	n.engine.Shutdown(how)
}

// Loading says whether the snapshot of an earlier life is still being read.
func (n *Node) Loading() bool { return n.loading != nil }

// Close gives the Memory back. The node must not be used any more.
func (n *Node) Close() { n.db.Close() }

// Inject has requests answered with an error instead of being run. See command.Injection.
func (n *Node) Inject(i *command.Injection) { n.engine.Inject(i) }

// Withdraw ends an injection.
func (n *Node) Withdraw(i *command.Injection) { n.engine.Withdraw(i) }

// begin notes the time of an input.
func (n *Node) begin(now clock.Instant) {
	n.now = now
	n.engine.Now = now
}

// remember takes a Conn into the list of those we have.
func (n *Node) remember(c *Conn) {
	c.at = len(n.conns)
	n.conns = append(n.conns, c)
}

// forget drops everything that refers to a Conn: it has ended, or is about to.
func (n *Node) forget(c *Conn) {
	last := n.conns[len(n.conns)-1]
	n.conns[c.at], last.at = last, c.at
	n.conns[len(n.conns)-1] = nil
	n.conns = n.conns[:len(n.conns)-1]
	c.at = -1
	switch c.Kind {
	case Client:
		n.engine.Close(c.Session)
		delete(n.clients, c.Session)
	case BusIn, BusOut:
		delete(n.links, c.link)
	}
}

// hangUp ends a Conn from our side, with what stands in its Out unwritten.
func (n *Node) hangUp(c *Conn) {
	if c.gone() {
		return
	}
	n.forget(c)
	if i := slices.Index(n.turn.next.Dial, c); i >= 0 {
		n.turn.next.Dial = slices.Delete(n.turn.next.Dial, i, i+1) // the driver never heard of it
		return
	}
	n.turn.next.Close = append(n.turn.next.Close, c)
}

// dial begins to connect a Conn.
func (n *Node) dial(c *Conn) {
	n.remember(c)
	n.turn.next.Dial = append(n.turn.next.Dial, c)
}

// write notes that a Conn has something in its Out that the driver does not know of. What is meant for a Conn that is still
// being dialled waits for Connected.
func (n *Node) write(c *Conn) {
	if !c.dirty && c.dialled && (!c.gone() || c.CloseAfterWrite) {
		c.dirty = true
		n.turn.dirty = append(n.turn.dirty, c)
	}
}

// hostOf is an address as text, without the port; an IPv4 address in IPv6 form is shown as IPv4.
func hostOf(a netip.AddrPort) string { return a.Addr().Unmap().WithZone("").String() }

// joinHostPort makes one text of two; an IPv6 address is put in brackets.
func joinHostPort(host, port string) string {
	for i := range len(host) {
		if host[i] == ':' {
			return "[" + host + "]:" + port
		}
	}
	return host + ":" + port
}
