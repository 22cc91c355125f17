package node

import (
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/replication"
)

const (
	// cronMillis is how often cron looks at what needs no exact time.
	cronMillis clock.Millis = 1000
	// backlogMillis is how long the stream is kept after the last replica left (repl-backlog-ttl, Redis's default).
	backlogMillis clock.Millis = 3600_000
)

// cron is what is done once a second (Redis: replicationCron, clientsCron).
type cron struct {
	next         clock.Millis // mono
	pingAt       clock.Millis // when replicas are pinged next (mono)
	lastFollower clock.Millis // when there last was a replica (mono)
}

func (c *cron) start(now clock.Instant) {
	c.next, c.pingAt, c.lastFollower = now.Mono+cronMillis, now.Mono, now.Mono
}

func (c *cron) tick(n *Node) {
	now := n.now.Mono
	if now < c.next {
		return
	}
	c.next = now + cronMillis
	if now >= c.pingAt {
		c.pingAt = now + 1000*n.options.Millis("repl-ping-replica-period")
		n.engine.PingReplicas()
	}
	n.engine.DropSilentReplicas(1000 * n.options.Millis("repl-timeout"))
	n.checkClients()
	switch {
	case n.engine.Following() > 0 || n.upstream.active:
		c.lastFollower = now
	case n.source.Active() && now-c.lastFollower > backlogMillis:
		n.source.Close(replication.NewID(n.rand))
		n.log(Notice, "backlog dropped: there was no replica for %d seconds", backlogMillis/1000)
	}
}
