package node

import (
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/replication"
)

// cronMillis is how often cron looks at what needs no exact time.
const cronMillis clock.Millis = 1000

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
	keep := 1000 * n.options.Millis("repl-backlog-ttl")
	switch {
	case n.engine.Following() > 0 || n.upstream.active:
		c.lastFollower = now
	case n.source.Active() && keep > 0 && now-c.lastFollower > keep:
		n.source.Close(replication.NewID(n.rand))
		n.log(Notice, "backlog dropped: there was no replica for %d seconds", keep/1000)
	}
}
