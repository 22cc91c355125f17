package server

import (
	"time"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/node"
)

// duties is what every loop does for its node; the loops differ in how bytes move.
type duties struct {
	node      *node.Node
	config    *config.Config
	nodesFile *nodesFile
	dumper    *dumper
	log       *logger
	start     time.Time
	ready     chan struct{} // closed when the node has loaded its keys
	isReady   bool
	killed    bool       // Kill was called: drop everything
	exit      *node.Exit // the node is at its end
	links     Links
	heldDials []*node.Conn // see holdDial
}

// streams moves the bytes of Conns.
type streams interface {
	// flush writes c.Out as far as the socket takes it and goes on by itself when it takes more.
	flush(c *node.Conn)
	// hangup closes c, after what stands in c.Out when the node asked for that.
	hangup(c *node.Conn)
	// dial begins to connect c, or leaves it until its link is healed.
	dial(c *node.Conn)
	// relink looks again at which links are cut.
	relink()
}

// now reads both clocks.
func (d *duties) now() clock.Instant {
	t := time.Now()
	return clock.Instant{Mono: clock.Millis(t.Sub(d.start) / time.Millisecond), Wall: clock.Millis(t.UnixMilli())}
}

// over reports whether the loop is to end.
func (d *duties) over() bool { return d.killed || d.exit != nil }

// turn has the node do what is due and carries out its Effects, in the order of reference/node's contract. It returns
// how long the loop may sleep.
func (d *duties) turn(s streams) time.Duration {
	now := d.now()
	effects := d.node.Turn(now)
	if effects.Save != nil {
		err := d.nodesFile.save(effects.Save, effects.Sync)
		d.node.Saved(now, err)
		if err != nil {
			// What was to be on disk is not: of this turn nothing may leave but the answers to the failure itself.
			d.log.print(node.Warning, err.Error())
			effects = d.node.Turn(now)
		}
	}
	d.log.replica.Store(d.node.IsReplica())
	if !d.isReady && !d.node.Loading() {
		d.isReady = true
		close(d.ready)
	}
	for _, line := range effects.Log {
		d.log.print(line.Level, line.Text)
	}
	for _, step := range effects.Dump {
		d.dumper.do(step)
	}
	if effects.Exit != nil && effects.Exit.Code != 0 {
		d.exit = effects.Exit
		return 0
	}
	for _, c := range effects.Write {
		s.flush(c)
	}
	for _, c := range effects.Close {
		s.hangup(c)
	}
	for _, c := range effects.Dial {
		s.dial(c)
	}
	d.exit = effects.Exit
	return max(0, time.Duration(effects.Deadline-now.Mono)*time.Millisecond)
}
