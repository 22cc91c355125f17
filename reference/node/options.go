package node

import (
	"strings"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/cluster"
	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// limits are the options that are looked at too often to be looked up.
type limits struct {
	request      resp.Limits
	idleMillis   clock.Millis // after which a client is closed; 0: never
	clients      int
	linkOutBytes int // to a peer, at which the link is dropped; 0: no limit
	output       config.OutputLimits
}

// configure takes over the options, at the start and after CONFIG SET of one of them.
func (n *Node) configure(changed string) {
	n.limits = limits{
		request:      parserLimits(n.options),
		idleMillis:   1000 * n.options.Millis("timeout"),
		clients:      int(n.options.Int("maxclients")),
		linkOutBytes: int(n.options.Int("cluster-link-sendbuf-limit")),
		output:       n.options.OutputLimits(),
	}
	if n.machine != nil && (strings.HasPrefix(changed, "cluster-") || changed == "repl-ping-replica-period") {
		n.machine.SetOptions(clusterOptions(n.options), n.now)
	}
}

// parserLimits are the limits of requests.
func parserLimits(options *config.Config) resp.Limits {
	l := resp.DefaultLimits()
	l.BulkBytes = int(options.Int("proto-max-bulk-len"))
	l.QueryBytes = int(options.Int("client-query-buffer-limit"))
	if set, _ := defect.Parse(options.String("defect")); set.Has(defect.EndlessLines) {
		l.InlineBytes = l.QueryBytes
	}
	return l
}

// clusterOptions are what the protocol machine wants to know of the options.
func clusterOptions(o *config.Config) cluster.Options {
	return cluster.Options{
		NodeTimeout:           o.Millis("cluster-node-timeout"),
		RequireFullCoverage:   o.Bool("cluster-require-full-coverage"),
		AllowReplicaMigration: o.Bool("cluster-allow-replica-migration"),
		ReplicaNoFailover:     o.Bool("cluster-replica-no-failover"),
		MigrationBarrier:      int(o.Int("cluster-migration-barrier")),
		ReplicaValidityFactor: int(o.Int("cluster-replica-validity-factor")),
		AnnounceIP:            o.String("cluster-announce-ip"),
		AnnounceHostname:      o.String("cluster-announce-hostname"),
		AnnounceNodename:      o.String("cluster-announce-human-nodename"),
		AnnouncePort:          uint16(o.Int("cluster-announce-port")),
		AnnounceBusPort:       uint16(o.Int("cluster-announce-bus-port")),
		ReplicaPingPeriod:     1000 * o.Millis("repl-ping-replica-period"),
		PingInterval:          o.Millis("cluster-ping-interval"),
		BlacklistTTL:          1000 * o.Millis("cluster-blacklist-ttl"),
		StartupDelay:          o.Millis("cluster-startup-delay"),
	}
}
