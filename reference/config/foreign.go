package config

import (
	"fmt"
	"math"
	"strings"
)

// Options of redis-server for what this server does not have. A stock redis.conf names most of them, and has to work; but
// nobody should believe in a feature that is not there. So there are two sorts:
//
//   - absent: a feature that can be asked for. Only the value that does not ask for it is accepted;
//   - moot: a knob of machinery that is not there, or has nothing to be adjusted as long as its feature is off. Every value
//     of the right kind is accepted, shown by CONFIG GET, and without effect. The log names those that were set.

// absent makes a row of an option that must keep its default. missing completes "this server has no ...".
func absent(kind Kind, name, fallback, missing string) Param {
	return Param{
		Name: name, Kind: kind, Default: fallback, Min: math.MinInt64, Max: noLimit, Settable: true,
		Doc: fmt.Sprintf("there is no %s here: only the default is accepted", missing),
		check: func(text string) error {
			if !strings.EqualFold(text, fallback) {
				return fmt.Errorf("this server has no %s: only %q is supported", missing, fallback)
			}
			return nil
		},
	}
}

// moot makes a row of an option without effect. why completes "no effect: ...".
func moot(kind Kind, name, fallback, why string) Param {
	return Param{Name: name, Kind: kind, Default: fallback, Min: math.MinInt64, Max: noLimit, Settable: true, Moot: true, Doc: "no effect: " + why}
}

// What is missing, and why something is without effect, said once for all options it is true of.
const (
	noTLS     = "TLS"
	offAOF    = "there is no append-only file"
	offTLS    = "there is no TLS"
	offMemory = "there is no limit on memory"
	offLazy   = "memory is freed by the garbage collector"
	offDefrag = "memory is kept dense all the time"
	offType   = "there are no values of this type"
	offTuning = "there is nothing like it to be tuned"
)

var foreign = []Param{
	// Memory.
	absent(String, "maxmemory", "0", "limit on memory"),
	absent(String, "maxmemory-clients", "0", "limit on the memory of clients"),
	mootEnum("maxmemory-policy", offMemory, "noeviction", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "allkeys-lru", "allkeys-lfu", "allkeys-random"),
	moot(Int, "maxmemory-samples", "5", offMemory),
	moot(Int, "maxmemory-eviction-tenacity", "10", offMemory),
	moot(Bool, "replica-ignore-maxmemory", "yes", offMemory),
	moot(Int, "lfu-log-factor", "10", offMemory),
	moot(Int, "lfu-decay-time", "1", offMemory),
	moot(Bool, "lazyfree-lazy-eviction", "no", offMemory),
	moot(Bool, "lazyfree-lazy-expire", "no", offLazy),
	moot(Bool, "lazyfree-lazy-server-del", "no", offLazy),
	moot(Bool, "lazyfree-lazy-user-del", "no", offLazy),
	moot(Bool, "lazyfree-lazy-user-flush", "no", offLazy),
	moot(Bool, "replica-lazy-flush", "no", offLazy),
	absent(Bool, "activedefrag", "no", "defragmentation to be switched on"),
	moot(Memory, "active-defrag-ignore-bytes", "104857600", offDefrag),
	moot(Int, "active-defrag-threshold-lower", "10", offDefrag),
	moot(Int, "active-defrag-threshold-upper", "100", offDefrag),
	moot(Int, "active-defrag-cycle-min", "1", offDefrag),
	moot(Int, "active-defrag-cycle-max", "25", offDefrag),
	moot(Int, "active-defrag-max-scan-fields", "1000", offDefrag),
	moot(Bool, "jemalloc-bg-thread", "yes", "memory is not jemalloc's"),
	moot(Bool, "activerehashing", "yes", offTuning),
	moot(Bool, "disable-thp", "yes", "there is no fork that huge pages would make slow"),

	// Append-only file.
	moot(String, "appendfilename", "appendonly.aof", offAOF),
	moot(String, "appenddirname", "appendonlydir", offAOF),
	mootEnum("appendfsync", offAOF, "everysec", "always", "no"),
	moot(Bool, "no-appendfsync-on-rewrite", "no", offAOF),
	moot(Int, "auto-aof-rewrite-percentage", "100", offAOF),
	moot(Memory, "auto-aof-rewrite-min-size", "67108864", offAOF),
	moot(Bool, "aof-load-truncated", "yes", offAOF),
	moot(Bool, "aof-use-rdb-preamble", "yes", offAOF),
	moot(Bool, "aof-timestamp-enabled", "no", offAOF),
	moot(Bool, "aof-rewrite-incremental-fsync", "yes", offAOF),
	moot(Bool, "aof-disable-auto-gc", "no", offAOF),

	// Values.
	moot(Int, "list-max-listpack-size", "-2", "a list is held in one way, whatever its size"),
	moot(Int, "list-compress-depth", "0", "lists are not compressed"),
	absent(Int, "set-max-listpack-entries", "128", "other limit of compact sets"),
	absent(Int, "set-max-listpack-value", "64", "other limit of compact sets"),
	moot(Memory, "stream-node-max-bytes", "4096", offType),
	moot(Int, "stream-node-max-entries", "100", offType),
	mootEnum("sanitize-dump-payload", "every payload is checked", "no", "yes", "clients"),
	moot(Int, "active-expire-effort", "1", offTuning),

	// Replication.
	absent(String, "replicaof", "", "replication without a cluster"),
	moot(Int, "repl-diskless-sync-delay", "5", "every replica gets a snapshot of its own at once"),
	moot(Int, "repl-diskless-sync-max-replicas", "0", "every replica gets a snapshot of its own at once"),
	mootEnum("repl-diskless-load", "a snapshot from the primary never touches the disk", "disabled", "on-empty-db", "swapdb"),
	moot(Bool, "rdb-del-sync-files", "no", "a snapshot for a replica never touches the disk"),
	absent(Bool, "repl-disable-tcp-nodelay", "no", "delay of small packets"),
	absent(Bool, "replica-serve-stale-data", "yes", "refusal of stale reads"),
	absent(Bool, "replica-read-only", "yes", "writable replica"),
	absent(Bool, "replica-announced", "yes", "replica that hides"),
	moot(Int, "replica-priority", "100", "a cluster's election does not look at it"),
	absent(Int, "min-replicas-to-write", "0", "least number of replicas for writes"),
	moot(Int, "min-replicas-max-lag", "10", "there is no least number of replicas for writes"),
	moot(Bool, "replica-ignore-disk-write-errors", "no", "a replica always goes on when it cannot save a snapshot"),
	absentEnum("propagation-error-behavior", "ending on errors in the stream", "ignore", "panic", "panic-on-replicas"),

	// Clients, messages, scripts, modules, users.
	absent(String, "notify-keyspace-events", "", "keyspace notification"),
	absentEnum("enable-module-command", "module", "no", "yes", "local"),
	absent(String, "aclfile", "", "file of users"),
	moot(Int, "acllog-max-len", "128", "there is no ACL log"),
	mootEnum("acl-pubsub-default", "there is one user, who may do everything", "resetchannels", "allchannels"),
	absent(String, "latency-tracking-info-percentiles", "50 99 99.9", "choice of percentiles"),

	// The process.
	moot(Int, "hz", "10", "what is due is done when it is due"),
	moot(Bool, "dynamic-hz", "yes", "what is due is done when it is due"),
	moot(Int, "io-threads", "1", "one loop does all"),
	moot(Bool, "io-threads-do-reads", "no", "one loop does all"),
	moot(Bool, "always-show-logo", "no", "there is no logo"),
	moot(Bool, "set-proc-title", "yes", "the title of the process stays"),
	moot(String, "proc-title-template", "{title} {listen-addr} {server-mode}", "the title of the process stays"),
	moot(Bool, "crash-log-enabled", "yes", "a crash shows the stacks of all goroutines"),
	moot(Bool, "crash-memcheck-enabled", "yes", "a crash shows the stacks of all goroutines"),
	moot(String, "ignore-warnings", "", "there are no such warnings"),
	absentEnum("oom-score-adj", "adjustment of the score for the kernel's OOM killer", "no", "yes", "relative", "absolute"),
	moot(String, "oom-score-adj-values", "0 200 800", "the score for the kernel's OOM killer is not adjusted"),
	absent(Bool, "syslog-enabled", "no", "logging to syslog"),
	moot(String, "syslog-ident", "redis", "there is no logging to syslog"),
	moot(String, "syslog-facility", "local0", "there is no logging to syslog"),
	absent(String, "server_cpulist", "", "choice of processors"),
	absent(String, "bio_cpulist", "", "choice of processors"),
	absent(String, "aof_rewrite_cpulist", "", "choice of processors"),
	absent(String, "bgsave_cpulist", "", "choice of processors"),
	absent(String, "locale-collate", "", "locale"),

	// Network.
	absent(String, "bind-source-addr", "", "choice of the address that connections come from"),
	absent(Int, "socket-mark-id", "0", "marking of sockets"),
	absent(Int, "tls-port", "0", noTLS),
	absent(Bool, "tls-cluster", "no", noTLS),
	absent(Bool, "tls-replication", "no", noTLS),
	absent(Int, "cluster-announce-tls-port", "0", noTLS),
	mootEnum("tls-auth-clients", offTLS, "yes", "no", "optional"),
	moot(Bool, "tls-prefer-server-ciphers", "no", offTLS),
	moot(Bool, "tls-session-caching", "yes", offTLS),
	moot(Int, "tls-session-cache-size", "20480", offTLS),
	moot(Int, "tls-session-cache-timeout", "300", offTLS),
	moot(String, "tls-cert-file", "", offTLS),
	moot(String, "tls-key-file", "", offTLS),
	moot(String, "tls-key-file-pass", "", offTLS),
	moot(String, "tls-client-cert-file", "", offTLS),
	moot(String, "tls-client-key-file", "", offTLS),
	moot(String, "tls-client-key-file-pass", "", offTLS),
	moot(String, "tls-dh-params-file", "", offTLS),
	moot(String, "tls-ca-cert-file", "", offTLS),
	moot(String, "tls-ca-cert-dir", "", offTLS),
	moot(String, "tls-protocols", "", offTLS),
	moot(String, "tls-ciphers", "", offTLS),
	moot(String, "tls-ciphersuites", "", offTLS),
}

// mootEnum is moot for one of several words, the first being the default.
func mootEnum(name, why string, choices ...string) Param {
	p := moot(Enum, name, choices[0], why)
	p.Choices = choices
	return p
}

// absentEnum is absent for one of several words, the first being the default.
func absentEnum(name, missing string, choices ...string) Param {
	p := absent(Enum, name, choices[0], missing)
	p.Choices = choices
	return p
}

// immutable lists the options above that redis-server does not change while it runs.
var immutable = []string{
	"appendfilename", "appenddirname", "replicaof", "enable-module-command", "aclfile", "io-threads", "io-threads-do-reads",
	"always-show-logo", "set-proc-title", "disable-thp", "syslog-enabled", "syslog-ident", "syslog-facility", "server_cpulist",
	"bio_cpulist", "aof_rewrite_cpulist", "bgsave_cpulist", "socket-mark-id",
}

// Moot lists the options that were given another value than their default, which has no effect.
func (c *Config) Moot() []string {
	var names []string
	for i := range params {
		if params[i].Moot && c.values[i].text != params[i].Default {
			names = append(names, params[i].Name)
		}
	}
	return names
}
