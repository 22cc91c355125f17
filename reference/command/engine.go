// Package command is what a client meets: the command table, dispatch and redirection in Redis's order, sessions, and
// the handlers, one file per group with its table rows on top.
//
// An Engine has no streams and no timers of its own. The node feeds it requests (Execute, Apply), tells it the time
// (Now, Tick), and does for it what needs a stream or the world outside (Host).
//
// A request passes through dispatch.go (the checks every command shares, and counting), redirect.go (is the key served
// here?) and perhaps multi.go (it is queued) to a handler. Handlers reach the keyspace through access.go alone, where
// expiry, WATCH and propagation are decided.
package command

import (
	"math/rand/v2"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/keyspace"
	"github.com/clusterspec/clusterspec/reference/migration"
	"github.com/clusterspec/clusterspec/reference/replication"
	"github.com/clusterspec/clusterspec/reference/resp"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// Engine runs commands against the state of one node. Set the exported fields, then call Start, once.
type Engine struct {
	// Now is the time of the current turn. The node sets it before it calls anything else.
	Now clock.Instant

	DB      *keyspace.DB
	Cluster *cluster.Machine    // nil when cluster-enabled is no
	Source  *replication.Source // nil: nothing is propagated
	Config  *config.Config
	Host    Host
	Rand    *rand.Rand
	Defects defect.Set
	Process Process
	// RewriteConfig is CONFIG REWRITE: it makes the configuration file say what holds now.
	RewriteConfig func() error
	// Stopwatch reads a clock that does nothing but tell how long commands take: nothing is decided by it. nil: it is not
	// known how long they take, and INFO does not say.
	Stopwatch func() clock.Micros
	// Traffic is counted by the node.
	Traffic Traffic

	started clock.Instant
	replica bool // BecomeReplica was called last: writes come from our primary alone

	sessions  map[uint64]*Session
	upstream  Session // the pseudo-session of Apply
	replicas  []*Session
	blocked   []*Session
	parked    []*Session
	waits     keyWaits
	pauses    pauses
	frozen    map[string]int // keys on their way to another node, with the number of jobs that move them
	watched   map[string][]*Session
	caches    caches
	caller    *Session // whose request is running; nil between requests
	messages  messages
	silenced  resp.Writer // takes the replies that CLIENT REPLY keeps from a client
	outgoing  outgoing
	topology  topology
	slotCosts []slotCosts // by slot; nil: cluster-slot-stats-enabled is no
	endpoints endpointType
	password  string // requirepass

	scripts   knownScripts
	libraries libraries

	wrongSlot func([]byte) slot.Slot // in place of slot.Of; nil unless a defect says so

	saver   saver
	loading *loading // nil when nothing is being loaded
	loaded  loaded
	ending  *ending // nil as long as the node is not to end

	injections []*Injection

	lastExpireCycle clock.Millis // mono
	noExpireCycle   bool         // DEBUG SET-ACTIVE-EXPIRE

	call    [3]Call // the running command, the one it runs as part of EXEC, and the one that a script runs
	depth   int
	scratch []byte // for values under construction
	stats   stats

	more      bool         // others of the same pipeline follow the running request
	untimed   []*counters  // of the quick commands since lap
	lap       clock.Micros // when the last command ended, or the work that led to this one began
	measuring measuring
	slowlog   slowlog
	spikes    map[string]*spikes
	monitors  []*Session // MONITOR
}

// Process says what INFO tells of the process the node runs in. What is zero is left out.
type Process struct {
	ID         int    // process_id
	RunID      string // run_id, 40 hexadecimal digits
	OS         string // name, release and machine
	ArchBits   int
	Executable string
	ConfigFile string
	Version    string // of clusterspec

	SystemBytes int          // memory of the machine
	Usage       func() Usage // what the process has used so far; nil: not known
}

// Usage is what a process has used of the machine.
type Usage struct {
	User, System                 clock.Micros
	ChildrenUser, ChildrenSystem clock.Micros
	ResidentBytes                int
}

// Host does for the engine what needs a stream or the world outside. The node implements it. It does not call the
// engine back before the engine has returned.
type Host interface {
	// Dirty says that s.Reply got bytes outside of s's own Execute: a message, a late reply, the replication stream.
	Dirty(s *Session)
	// Resume says that s, which was Parked or Blocked, is to be fed again.
	Resume(s *Session)
	// Disconnect closes s once what stands in s.Reply was written.
	Disconnect(s *Session)
	// Migrate begins to carry out job; the node calls Engine.Migrated when it ended.
	Migrate(job *migration.Job)
	// SaveClusterConfig makes nodes.conf durable and calls Engine.ConfigSaved(s, err) with the outcome.
	SaveClusterConfig(s *Session)
	// Shutdown ends the node after this turn.
	Shutdown()
	// Dump carries out a step of a snapshot on its way to disk and calls Engine.Dumped with the outcome.
	Dump(DumpStep)
	// Notice adds a line to the log.
	Notice(line string)
	// Warn adds a line to the log that somebody should see.
	Warn(line string)
	// PrimaryLink describes the link to our primary, for ROLE and INFO. It is the zero value on a primary.
	PrimaryLink() PrimaryLink
	// LinkBuffer returns the size of the send buffer of a link of the cluster bus, and how much of it is in use, in bytes.
	LinkBuffer(cluster.LinkID) (allocated, used int)
	// Buffers tells what is kept for the connection of s, for CLIENT LIST and INFO.
	Buffers(s *Session) Buffers
	// Unapplied says that a command of our primary's stream drew an error here: our data differ from now on.
	Unapplied(command, reply string)
	// CutPrimaryLink ends the stream from our primary; the node asks for the rest of it at once. It reports whether there was one.
	CutPrimaryLink() bool
}

// PrimaryLink is the state of a replica's link to its primary.
type PrimaryLink struct {
	Addr      string // host:port as the cluster knows it
	State     string // as ROLE names it: connect, connecting, sync, connected
	IdleSince clock.Millis
	DownSince clock.Millis
}

// Status says what became of a request.
type Status uint8

const (
	// Done: the reply, if the command has one, is in Session.Reply.
	Done Status = iota
	// Parked: nothing happened, and the same request must be executed again after Host.Resume.
	// (The node is paused, or the keys are on their way to another node.)
	Parked
	// Blocked: the request was taken and its reply comes later; feed no other one before Host.Resume.
	Blocked
	// Closing: write the reply, then close the connection.
	Closing
)

// Start makes an Engine ready whose exported fields are set.
func (e *Engine) Start() {
	e.started = e.Now
	e.wrongSlot = wrongSlot(e.Defects)
	e.sessions = make(map[uint64]*Session)
	e.frozen = make(map[string]int)
	e.watched = make(map[string][]*Session)
	e.waits.sessions = make(map[string][]*Session)
	e.messages.start()
	e.stats.start()
	e.upstream.Primary = true
	e.startSaver()
	e.scripts.start()
	e.configure("")
	e.Config.Subscribe(e.configure)
}

// configure takes over the options that are asked for with every request.
func (e *Engine) configure(string) {
	e.password = e.Config.String("requirepass")
	e.saver.points = savePoints(e.Config.String("save"))
	e.scripts.instructions = scriptInstructions(e.Config.Int("busy-reply-threshold"))
	e.DB.SetLimits(keyspace.Limits{
		HashEntries: int(e.Config.Int("hash-max-listpack-entries")), HashBytes: int(e.Config.Int("hash-max-listpack-value")),
		Integers:    int(e.Config.Int("set-max-intset-entries")),
		ZSetEntries: int(e.Config.Int("zset-max-listpack-entries")), ZSetBytes: int(e.Config.Int("zset-max-listpack-value")),
	})
	if !e.Defects.Has(defect.EndpointIgnored) {
		e.endpoints = endpointTypeOf(e.Config.String("cluster-preferred-endpoint-type"))
	}
	e.countSlotCosts(e.Cluster != nil && e.Config.Bool("cluster-slot-stats-enabled"))
	e.measuring = measuring{
		slow:       clock.Micros(e.Config.Int("slowlog-log-slower-than")),
		spike:      e.Config.Millis("latency-monitor-threshold"),
		histograms: e.Config.Bool("latency-tracking"),
	}
	e.slowlog.limit(int(e.Config.Int("slowlog-max-len")))
}

// Open begins a client's session. Its ID, addresses and Since are set.
func (e *Engine) Open(s *Session) {
	s.authenticated = e.password == ""
	s.lastRequest = e.Now
	e.sessions[s.ID] = s
	e.stats.connections++
}

// Close ends a session and drops everything that would still refer to it.
func (e *Engine) Close(s *Session) {
	e.unwatch(s)
	e.untrack(s)
	e.endKeyWait(s)
	e.unsubscribeAll(s)
	e.forgetReplica(s)
	e.unmonitor(s)
	e.forgetSaver(s)
	if e.ending != nil {
		remove(&e.ending.waiting, s)
	}
	remove(&e.blocked, s)
	remove(&e.parked, s)
	delete(e.sessions, s.ID)
}

// remove takes s out of a list, whose order is kept.
func remove(list *[]*Session, s *Session) {
	for i, other := range *list {
		if other == s {
			*list = append((*list)[:i], (*list)[i+1:]...)
			return
		}
	}
}

// Tick does what is due: it ends pauses, answers blocked clients whose time is up, and removes expired keys.
func (e *Engine) Tick(now clock.Instant) {
	e.Now = now
	e.stats.sample(now.Mono, e.Traffic)
	e.notePeak(e.DB.Bytes())
	e.endPauses()
	e.expireBlocked()
	e.redirectWaits()
	e.expireCycle()
	e.limitCaches()
	e.broadcastInvalidations()
	e.tickShutdown()
	e.tickSaver()
}

// Deadline is when Tick has something to do (mono).
func (e *Engine) Deadline() clock.Millis {
	return min(e.pauses.deadline(), e.blockedDeadline(), e.waitCheckDeadline(), e.expireDeadline(), e.broadcastDeadline(),
		e.saverDeadline(), e.shutdownDeadline())
}

// Never is a Deadline that does not come.
const Never = clock.Millis(1<<63 - 1)

// BecomeReplica follows a change of role: clients that wait are sent away, and expired keys are no longer ours to
// delete.
func (e *Engine) BecomeReplica() {
	e.replica = true
	e.unblockAll()
}

// BecomePrimary follows a change of role.
func (e *Engine) BecomePrimary() { e.replica = false }
