package config

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/clusterspec/clusterspec/reference/defect"
)

// Kind is how the text of an option is read.
type Kind uint8

// The kinds of option, as in Redis (src/config.c).
const (
	Bool   Kind = iota // yes or no
	Int                // a decimal between Min and Max
	Memory             // bytes, with an optional unit: b, k, kb, m, mb, g, gb
	String             // any text
	Enum               // one of Choices
	Octal              // permissions, in octal digits
)

// Param is one row of the table.
type Param struct {
	Name     string
	Kind     Kind
	Default  string
	Min, Max int64
	Choices  []string
	Settable bool // by CONFIG SET while the node runs
	// Protected: CONFIG SET would let a client write to other files (enable-protected-configs no).
	Protected bool
	Moot      bool // accepted and without effect (foreign.go)
	Doc       string
	check     func(text string) error
	// merge makes the value of what there was and what was given; mergeAtStart does so for options given several times in
	// the configuration file or on the command line.
	merge, mergeAtStart func(old, text string) (string, error)
}

const noLimit = math.MaxInt64

// params lists every option the reference knows: its own, by area, and those without a counterpart here.
var params = append(own, foreign...)

var own = []Param{
	// Network.
	{Name: "port", Kind: Int, Default: "6379", Max: 65535, Doc: "TCP port for clients; 0: none"},
	{Name: "bind", Kind: String, Default: "* -::*", Doc: "addresses to listen on; one that starts with - may be missing"},
	{Name: "protected-mode", Kind: Bool, Default: "yes", Settable: true, Doc: "refuse clients from other hosts while requirepass is not set"},
	{Name: "unixsocket", Kind: String, Default: "", Doc: "path of a socket for clients on this host; empty: none"},
	{Name: "unixsocketperm", Kind: Octal, Default: "0", Max: 0o777, Doc: "permissions of the socket; 0: those the system gives"},
	{Name: "tcp-backlog", Kind: Int, Default: "511", Max: math.MaxInt32, Doc: "length of the queue of connections to be accepted"},
	{Name: "tcp-keepalive", Kind: Int, Default: "300", Max: math.MaxInt32, Settable: true, Doc: "seconds between TCP keep-alives; 0: off"},
	{Name: "timeout", Kind: Int, Default: "0", Max: math.MaxInt32, Settable: true, Doc: "seconds after which an idle client is closed; 0: never"},
	{Name: "maxclients", Kind: Int, Default: "10000", Min: 1, Max: math.MaxUint32, Settable: true, Doc: "clients at the same time"},
	{Name: "proto-max-bulk-len", Kind: Memory, Default: "536870912", Min: 1024 * 1024, Max: noLimit, Settable: true, Doc: "longest argument of a request"},
	{Name: "client-query-buffer-limit", Kind: Memory, Default: "1073741824", Min: 1024 * 1024, Max: noLimit, Settable: true, Doc: "longest request that is not complete yet"},

	{Name: "client-output-buffer-limit", Kind: String, Default: outputLimitsDefault, Settable: true, merge: mergeOutputLimits,
		Doc: "what a client may leave unread: class (normal, replica, pubsub), hard limit, soft limit, seconds above the soft limit; 0: none"},
	{Name: "busy-reply-threshold", Kind: Int, Default: "5000", Min: 1, Max: noLimit, Settable: true, Doc: "how long a script may run, in 20000 steps each, which take about a millisecond; then it is ended"},
	{Name: "tracking-table-max-keys", Kind: Int, Default: "1000000", Max: noLimit, Settable: true, Doc: "keys remembered for CLIENT TRACKING; 0: no limit"},

	// Values.
	{Name: "hash-max-listpack-entries", Kind: Int, Default: "512", Max: noLimit, Settable: true, Doc: "fields of a hash that OBJECT ENCODING calls a listpack"},
	{Name: "hash-max-listpack-value", Kind: Memory, Default: "64", Max: noLimit, Settable: true, Doc: "bytes of the longest field or value of such a hash"},
	{Name: "set-max-intset-entries", Kind: Int, Default: "512", Max: noLimit, Settable: true, Doc: "members of a set of integers that OBJECT ENCODING calls an intset"},
	{Name: "zset-max-listpack-entries", Kind: Int, Default: "128", Max: noLimit, Settable: true, Doc: "members of a sorted set that OBJECT ENCODING calls a listpack"},
	{Name: "zset-max-listpack-value", Kind: Memory, Default: "64", Max: noLimit, Settable: true, Doc: "bytes of the longest member of such a sorted set"},

	// General.
	{Name: "dir", Kind: String, Default: ".", Protected: true, Doc: "working directory: nodes.conf and the snapshot are kept there"},
	{Name: "daemonize", Kind: Bool, Default: "no", Doc: "go on in the background"},
	{Name: "supervised", Kind: Enum, Default: "no", Choices: []string{"no", "auto", "upstart", "systemd"}, Doc: "tell systemd when the node is ready; upstart is not supported", check: notUpstart},
	{Name: "pidfile", Kind: String, Default: "", Doc: "file with the number of the process, removed at the end; a daemon has one anyway"},
	{Name: "enable-protected-configs", Kind: Enum, Default: "no", Choices: []string{"no", "yes", "local"}, Doc: "who may change dir and dbfilename"},
	{Name: "shutdown-on-sigint", Kind: String, Default: "default", Settable: true, Doc: "how SIGINT ends the node: default, or some of save, nosave, now, force", check: shutdownWords},
	{Name: "shutdown-on-sigterm", Kind: String, Default: "default", Settable: true, Doc: "the same for SIGTERM", check: shutdownWords},
	{Name: "logfile", Kind: String, Default: "", Doc: "file to log to; empty: standard output"},
	{Name: "loglevel", Kind: Enum, Default: "notice", Choices: []string{"debug", "verbose", "notice", "warning"}, Settable: true, Doc: "least level that is logged"},
	{Name: "databases", Kind: Int, Default: "16", Min: 1, Max: math.MaxInt32, Doc: "databases; a cluster node serves database 0 alone"},
	{Name: "enable-debug-command", Kind: Enum, Default: "no", Choices: []string{"no", "yes", "local"}, Doc: "who may use DEBUG"},
	{Name: "shutdown-timeout", Kind: Int, Default: "10", Max: math.MaxInt32, Settable: true, Doc: "seconds an ending primary waits for its replicas"},

	// Persistence.
	{Name: "save", Kind: String, Default: "3600 1 300 100 60 10000", Settable: true, Doc: "when to save a snapshot: pairs of seconds since the last one and changes; empty: never", check: savePoints, merge: newSavePoints, mergeAtStart: addSavePoints},
	{Name: "dbfilename", Kind: String, Default: "dump.rdb", Protected: true, Doc: "the snapshot, in dir", check: fileName},
	{Name: "rdbcompression", Kind: Bool, Default: "yes", Settable: true, Doc: "pack texts in the snapshot (LZF)"},
	{Name: "rdbchecksum", Kind: Bool, Default: "yes", Doc: "end the snapshot with a checksum, and verify it"},
	{Name: "stop-writes-on-bgsave-error", Kind: Bool, Default: "yes", Settable: true, Doc: "refuse writes while snapshots cannot be saved"},
	{Name: "rdb-save-incremental-fsync", Kind: Bool, Default: "yes", Settable: true, Doc: "flush the snapshot to the disk every 4 MB while it is written"},
	{Name: "appendonly", Kind: Bool, Default: "no", Settable: true, Doc: "append-only file; only no is supported", check: onlyNo},

	// Data types.
	{Name: "hll-sparse-max-bytes", Kind: Memory, Default: "3000", Max: noLimit, Settable: true, Doc: "longest HyperLogLog that is kept as runs"},

	// Watching.
	{Name: "slowlog-log-slower-than", Kind: Int, Default: "10000", Min: -1, Max: noLimit, Settable: true, Doc: "microseconds from which on a command is in SLOWLOG; 0: all are; negative: none is"},
	{Name: "slowlog-max-len", Kind: Int, Default: "128", Max: noLimit, Settable: true, Doc: "commands kept for SLOWLOG"},
	{Name: "latency-monitor-threshold", Kind: Int, Default: "0", Max: noLimit, Settable: true, Doc: "milliseconds from which on a command is in LATENCY; 0: none is"},
	{Name: "latency-tracking", Kind: Bool, Default: "yes", Settable: true, Doc: "measure how long commands take, for LATENCY HISTOGRAM and INFO latencystats"},

	// Security.
	{Name: "requirepass", Kind: String, Default: "", Settable: true, Doc: "password of the default user; empty: none"},
	{Name: "masterauth", Kind: String, Default: "", Settable: true, Doc: "password a replica sends to its primary"},
	{Name: "masteruser", Kind: String, Default: "", Settable: true, Doc: "user name a replica sends to its primary"},

	// Replication.
	{Name: "repl-backlog-size", Kind: Memory, Default: "1048576", Min: 1, Max: noLimit, Doc: "bytes of the stream kept for partial synchronisation"},
	{Name: "repl-backlog-ttl", Kind: Int, Default: "3600", Max: noLimit, Settable: true, Doc: "seconds the stream is kept after the last replica left; 0: for ever"},
	{Name: "repl-diskless-sync", Kind: Bool, Default: "yes", Settable: true, Doc: "send snapshots with a mark at their end to replicas that know that form; no: with their length in front. They never go by the disk"},
	{Name: "repl-ping-replica-period", Kind: Int, Default: "10", Min: 1, Max: math.MaxInt32, Settable: true, Doc: "seconds between a primary's pings of its replicas"},
	{Name: "repl-timeout", Kind: Int, Default: "60", Min: 1, Max: math.MaxInt32, Settable: true, Doc: "seconds of silence after which a replication link is closed"},
	{Name: "replica-announce-ip", Kind: String, Default: "", Settable: true, Doc: "address a replica announces to its primary"},
	{Name: "replica-announce-port", Kind: Int, Default: "0", Max: 65535, Settable: true, Doc: "port a replica announces to its primary"},

	// Cluster.
	{Name: "cluster-enabled", Kind: Bool, Default: "no", Doc: "be a cluster node"},
	{Name: "cluster-config-file", Kind: String, Default: "nodes.conf", Doc: "the node's own record of the cluster, in dir"},
	{Name: "cluster-node-timeout", Kind: Int, Default: "15000", Max: noLimit, Settable: true, Doc: "milliseconds of silence after which a node is suspected"},
	{Name: "cluster-port", Kind: Int, Default: "0", Max: 65535, Doc: "cluster bus port; 0: port + 10000"},
	{Name: "cluster-announce-ip", Kind: String, Default: "", Settable: true, Doc: "address other nodes and clients are told"},
	{Name: "cluster-announce-port", Kind: Int, Default: "0", Max: 65535, Settable: true, Doc: "client port that is announced; 0: port"},
	{Name: "cluster-announce-bus-port", Kind: Int, Default: "0", Max: 65535, Settable: true, Doc: "bus port that is announced; 0: the real one"},
	{Name: "cluster-announce-hostname", Kind: String, Default: "", Settable: true, Doc: "host name that is announced", check: hostname},
	{Name: "cluster-announce-human-nodename", Kind: String, Default: "", Settable: true, Doc: "node name shown in logs", check: nodename},
	{Name: "cluster-preferred-endpoint-type", Kind: Enum, Default: "ip", Choices: []string{"ip", "hostname", "unknown-endpoint"}, Settable: true, Doc: "what MOVED, ASK and CLUSTER SLOTS name a node by"},
	{Name: "cluster-require-full-coverage", Kind: Bool, Default: "yes", Settable: true, Doc: "serve nothing while a slot is unserved"},
	{Name: "cluster-allow-reads-when-down", Kind: Bool, Default: "no", Settable: true, Doc: "serve reads while the cluster is down"},
	{Name: "cluster-allow-pubsubshard-when-down", Kind: Bool, Default: "yes", Settable: true, Doc: "serve sharded pub/sub while the cluster is down"},
	{Name: "cluster-allow-replica-migration", Kind: Bool, Default: "yes", Settable: true, Doc: "let replicas move to orphaned primaries"},
	{Name: "cluster-migration-barrier", Kind: Int, Default: "1", Max: math.MaxInt32, Settable: true, Doc: "replicas a primary keeps when one of its replicas moves"},
	{Name: "cluster-replica-validity-factor", Kind: Int, Default: "10", Max: math.MaxInt32, Settable: true, Doc: "node timeouts after which a disconnected replica's data is too old; 0: never"},
	{Name: "cluster-replica-no-failover", Kind: Bool, Default: "no", Settable: true, Doc: "never start an election"},
	{Name: "cluster-slot-stats-enabled", Kind: Bool, Default: "no", Settable: true, Doc: "count what the keys of each slot cost, for CLUSTER SLOT-STATS (Redis 8.2, Valkey 8)"},
	{Name: "cluster-ping-interval", Kind: Int, Default: "0", Max: noLimit, Settable: true, Doc: "milliseconds after which a node that has not answered is pinged; 0: half the node timeout"},
	{Name: "cluster-blacklist-ttl", Kind: Int, Default: "60", Max: math.MaxInt32, Settable: true, Doc: "seconds a node stays forgotten after CLUSTER FORGET (Valkey 8)"},
	{Name: "cluster-link-sendbuf-limit", Kind: Memory, Default: "0", Max: noLimit, Settable: true, Doc: "bytes queued to a peer at which the link is dropped; 0: no limit"},

	// The reference's own.
	{Name: "cluster-startup-delay", Kind: Int, Default: "2000", Max: math.MaxInt32, Doc: "milliseconds a starting primary waits before it serves (CLUSTER_WRITABLE_DELAY in Redis)"},
	{Name: "defect", Kind: String, Default: "", Doc: "comma-separated deliberate errors, to test a test suite with", check: onlyDefects},
}

// aliases are Redis's other names of options, most of them from before 5.0 and 7.0.
var aliases = [][2]string{
	{"cluster-slave-validity-factor", "cluster-replica-validity-factor"},
	{"cluster-slave-no-failover", "cluster-replica-no-failover"},
	{"repl-ping-slave-period", "repl-ping-replica-period"},
	{"slave-announce-ip", "replica-announce-ip"},
	{"slave-announce-port", "replica-announce-port"},
	{"slave-priority", "replica-priority"},
	{"slave-read-only", "replica-read-only"},
	{"slave-serve-stale-data", "replica-serve-stale-data"},
	{"slave-lazy-flush", "replica-lazy-flush"},
	{"slave-ignore-maxmemory", "replica-ignore-maxmemory"},
	{"slaveof", "replicaof"},
	{"min-slaves-to-write", "min-replicas-to-write"},
	{"min-slaves-max-lag", "min-replicas-max-lag"},
	{"hash-max-ziplist-entries", "hash-max-listpack-entries"},
	{"hash-max-ziplist-value", "hash-max-listpack-value"},
	{"list-max-ziplist-size", "list-max-listpack-size"},
	{"zset-max-ziplist-entries", "zset-max-listpack-entries"},
	{"zset-max-ziplist-value", "zset-max-listpack-value"},
	{"lua-time-limit", "busy-reply-threshold"},
}

// index finds a row by any of its names.
var index = func() map[string]int {
	m := make(map[string]int, len(params))
	for i := range params {
		if slices.Contains(immutable, params[i].Name) {
			params[i].Settable = false
		}
		if _, twice := m[params[i].Name]; twice {
			panic("two rows for the option " + params[i].Name)
		}
		m[params[i].Name] = i
	}
	for _, alias := range aliases {
		m[alias[0]] = m[alias[1]]
	}
	return m
}()

// Params lists the table, for documentation.
func Params() []Param { return slices.Clone(params) }

// next reads the text of an option whose value was old.
func (p *Param) next(text, old string, merge func(old, text string) (string, error)) (value, error) {
	v, err := p.parse(text)
	if err == nil && merge != nil {
		v.text, err = merge(old, text)
	}
	return v, err
}

// parse reads the text of an option. Errors are Redis's texts (src/config.c).
func (p *Param) parse(text string) (value, error) {
	if p.check != nil {
		if err := p.check(text); err != nil {
			return value{}, err
		}
	}
	switch p.Kind {
	case Bool:
		return parseBool(text)
	case Int:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return value{}, errors.New("argument couldn't be parsed into an integer")
		}
		return p.bounded(n)
	case Octal:
		n, err := strconv.ParseInt(text, 8, 64)
		if err != nil {
			return value{}, errors.New("argument couldn't be parsed into an integer")
		}
		if v, err := p.bounded(n); err != nil {
			return v, err
		}
		return value{strconv.FormatInt(n, 8), n}, nil
	case Memory:
		n, ok := parseMemory(text)
		if !ok {
			return value{}, errors.New("argument must be a memory value")
		}
		return p.bounded(n)
	case Enum:
		for _, choice := range p.Choices {
			if strings.EqualFold(choice, text) {
				return value{text: choice}, nil
			}
		}
		return value{}, fmt.Errorf("argument(s) must be one of the following: %s", strings.Join(p.Choices, ", "))
	default:
		return value{text: text}, nil
	}
}

func parseBool(text string) (value, error) {
	switch strings.ToLower(text) {
	case "yes":
		return value{"yes", 1}, nil
	case "no":
		return value{"no", 0}, nil
	}
	return value{}, errors.New("argument must be 'yes' or 'no'")
}

func (p *Param) bounded(n int64) (value, error) {
	if n < p.Min || n > p.Max {
		return value{}, fmt.Errorf("argument must be between %d and %d inclusive", p.Min, p.Max)
	}
	return value{strconv.FormatInt(n, 10), n}, nil
}

// parseMemory reads a size as Redis's memtoull does: k is 1000, kb is 1024.
func parseMemory(text string) (int64, bool) {
	digits := strings.TrimRight(strings.ToLower(text), "bgkm")
	units := map[string]int64{"": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 1000 * 1000, "mb": 1 << 20, "g": 1000 * 1000 * 1000, "gb": 1 << 30}
	unit, ok := units[strings.ToLower(text)[len(digits):]]
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/unit {
		return 0, false
	}
	return n * unit, true
}

// savePoints accepts pairs of seconds, at least one, and changes.
func savePoints(text string) error {
	words := strings.Fields(text)
	for i, word := range words {
		if n, err := strconv.ParseInt(word, 10, 32); err != nil || n < int64(1-i%2) || len(words)%2 != 0 {
			return errors.New("Invalid save parameters") //lint:ignore ST1005 Redis's text
		}
	}
	return nil
}

func fileName(text string) error {
	if strings.ContainsAny(text, "/\\") || text == "" {
		return errors.New("dbfilename can't be a path, just a filename")
	}
	return nil
}

// newSavePoints writes points as Redis shows them.
func newSavePoints(_, text string) (string, error) {
	words := strings.Fields(text)
	for i, word := range words {
		n, _ := strconv.Atoi(word) // they were checked
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, " "), nil
}

// addSavePoints adds to the points that were given before.
func addSavePoints(old, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	more, err := newSavePoints("", text)
	return strings.TrimSpace(old + " " + more), err
}

func notUpstart(text string) error {
	if strings.EqualFold(text, "upstart") {
		return errors.New("this server does not know upstart: use no, auto or systemd")
	}
	return nil
}

// shutdownWords accepts what SHUTDOWN accepts.
func shutdownWords(text string) error {
	words := strings.Fields(strings.ToLower(text))
	for _, word := range words {
		switch word {
		case "default", "save", "nosave", "now", "force":
		default:
			return errors.New("argument(s) must be one of the following: default, save, nosave, now, force")
		}
	}
	if slices.Contains(words, "save") && slices.Contains(words, "nosave") {
		return errors.New("SAVE and NOSAVE can't be used together")
	}
	return nil
}

func onlyNo(text string) error {
	if strings.EqualFold(text, "yes") {
		return errors.New("this server keeps no append-only file: only no is supported")
	}
	return nil
}

func onlyDefects(text string) error {
	_, err := defect.Parse(text)
	return err
}

// hostname accepts what Redis accepts (isValidAnnouncedHostname).
func hostname(text string) error {
	const lengthMax = 255
	if len(text) > lengthMax {
		return errors.New("Hostnames must be less than 256 characters") //lint:ignore ST1005 Redis's text
	}
	for _, c := range []byte(text) {
		if !isAlphanumeric(c) && c != '-' && c != '.' {
			return errors.New("Hostnames may only contain alphanumeric characters, hyphens or dots") //lint:ignore ST1005 Redis's text
		}
	}
	return nil
}

// nodename accepts what Redis 7.2 accepts (isValidAnnouncedNodename): characters that cannot break a nodes.conf line.
func nodename(text string) error {
	for _, c := range []byte(text) {
		if !isAlphanumeric(c) && c != '-' && c != '.' && c != '_' {
			return errors.New("Announced human node name contained invalid character") //lint:ignore ST1005 Redis's text
		}
	}
	return nil
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
