package change

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// director does to the cluster what is to be done, and notes when.
type director struct {
	server  *rig.Server
	options Options
	begun   time.Time
	marks   []result.Mark
	phases  []result.Phase
}

// patience is how long any change may take.
const patience = 2 * time.Minute

// play goes through all phases. An error ends it; what was played until then counts.
func (d *director) play(ctx context.Context) error {
	for _, phase := range []struct {
		name string
		play func(context.Context) error
	}{
		{"steady", d.rest},
		{"slots moving", d.moveSlots},
		{"primary killed", d.killPrimary},
		{"primary back", d.bringBack},
		{"rolling restart", d.restartAll},
		{"steady again", d.rest},
	} {
		d.phases = append(d.phases, result.Phase{Name: phase.name, FromMillis: d.now()})
		bounded, cancel := context.WithTimeout(ctx, patience)
		err := phase.play(bounded)
		cancel()
		d.phase().ToMillis = d.now()
		if err != nil {
			return fmt.Errorf("%s: %w", phase.name, err)
		}
	}
	return nil
}

func (d *director) now() int64             { return time.Since(d.begun).Milliseconds() }
func (d *director) phase() *result.Phase   { return &d.phases[len(d.phases)-1] }
func (d *director) node(i int) target.Node { return d.server.Cluster.Nodes()[i] }

func (d *director) mark(fault bool, format string, args ...any) {
	d.marks = append(d.marks, result.Mark{AtMillis: d.now(), What: fmt.Sprintf(format, args...), Fault: fault})
}

func (d *director) fact(name string, value float64, unit string) {
	d.phase().Facts = append(d.phase().Facts, result.Fact{Name: name, Value: value, Unit: unit})
}

// rest leaves the cluster alone.
func (d *director) rest(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d.options.Steady):
		return nil
	}
}

// moveSlots moves slots from the first primary to the second, one after the other, for a while.
func (d *director) moveSlots(ctx context.Context) error {
	mover, err := rig.NewMover(ctx, d.server.Addrs[0], d.server.Addrs[1])
	if err != nil {
		return err
	}
	defer mover.Close()
	d.mark(false, "slots move from %s to %s", d.node(0).Name(), d.node(1).Name())
	begun, moved, slot := time.Now(), 0, 0
	const half = wire.Slots / primaries / 2
	for ; time.Since(begun) < d.options.Steady && slot < half; slot++ {
		keys, err := mover.Move(ctx, slot)
		if err != nil {
			return err
		}
		moved += keys
	}
	d.mark(false, "%d slots with %d keys have moved", slot, moved)
	d.fact("keys moved under load", float64(moved)/time.Since(begun).Seconds(), "keys/s")
	return d.rest(ctx)
}

// victim is the primary that is killed: one that took no part in the move.
const victim = primaries - 1

// killPrimary ends a primary without warning and waits until its replica serves.
func (d *director) killPrimary(ctx context.Context) error {
	killer, can := d.node(victim).(target.Killer)
	if !can {
		return fmt.Errorf("%s cannot be killed", d.server.Spec)
	}
	heir := victim + primaries
	d.mark(true, "%s is killed", d.node(victim).Name())
	begun := time.Now()
	if err := killer.Kill(ctx); err != nil {
		return err
	}
	if err := rig.Poll(ctx, d.isPrimary(heir)); err != nil {
		return err
	}
	d.mark(false, "%s is a primary", d.node(heir).Name())
	d.fact("from the kill to the promotion, in node timeouts", inTimeouts(time.Since(begun), d.options.NodeTimeout), "1")
	return d.rest(ctx)
}

// bringBack starts the killed node again and waits until it has copied its heir.
func (d *director) bringBack(ctx context.Context) error {
	starter, can := d.node(victim).(target.Restarter)
	if !can {
		return fmt.Errorf("%s cannot be started again", d.server.Spec)
	}
	d.mark(false, "%s is started again", d.node(victim).Name())
	if err := starter.Restart(ctx); err != nil {
		return err
	}
	if err := rig.Poll(ctx, d.isReplica(victim)); err != nil {
		return err
	}
	d.mark(false, "%s is a replica in order", d.node(victim).Name())
	return d.rest(ctx)
}

// restartAll restarts every node in order, as an administrator does: a primary hands over to its replica first.
func (d *director) restartAll(ctx context.Context) error {
	for i := range d.server.Addrs {
		if err := d.restart(ctx, i); err != nil {
			return fmt.Errorf("restarting %s: %w", d.node(i).Name(), err)
		}
	}
	return nil
}

func (d *director) restart(ctx context.Context, i int) error {
	starter, can := d.node(i).(target.Restarter)
	if !can {
		return fmt.Errorf("%s cannot be restarted", d.server.Spec)
	}
	if partner := (i + primaries) % len(d.server.Addrs); d.isPrimary(i)(ctx) == nil {
		d.mark(false, "%s hands over to %s", d.node(i).Name(), d.node(partner).Name())
		if err := rig.Demand(ctx, d.server.Addrs[partner], "CLUSTER", "FAILOVER"); err != nil {
			return err
		}
		if err := rig.Poll(ctx, d.isPrimary(partner)); err != nil {
			return err
		}
		if err := rig.Poll(ctx, d.isReplica(i)); err != nil {
			return err
		}
	}
	d.mark(false, "%s is restarted", d.node(i).Name())
	if err := starter.Restart(ctx); err != nil {
		return err
	}
	return rig.Poll(ctx, d.isReplica(i))
}

// isPrimary asks whether a node says of itself that it is a primary with slots.
func (d *director) isPrimary(i int) func(context.Context) error {
	return func(ctx context.Context) error {
		text, err := rig.Text(ctx, d.server.Addrs[i], "CLUSTER", "NODES")
		if err != nil {
			return err
		}
		lines, err := wire.ParseNodes(text)
		if err != nil {
			return err
		}
		for _, l := range lines {
			if l.HasFlag("myself") && l.HasFlag("master") && l.SlotCount() > 0 {
				return nil
			}
		}
		return fmt.Errorf("%s is no primary with slots: %s", d.node(i).Name(), strings.TrimSpace(text))
	}
}

// isReplica asks whether a node is a replica with a link to its primary, in a cluster that is up.
func (d *director) isReplica(i int) func(context.Context) error {
	return func(ctx context.Context) error {
		replication, err := rig.Info(ctx, d.server.Addrs[i], "INFO", "replication")
		if err != nil {
			return err
		}
		cluster, err := rig.Info(ctx, d.server.Addrs[i], "CLUSTER", "INFO")
		if err == nil && (replication["role"] != "slave" || replication["master_link_status"] != "up" || cluster["cluster_state"] != "ok") {
			err = fmt.Errorf("%s is no replica in order: role %s, link %s, cluster %s", d.node(i).Name(), replication["role"], replication["master_link_status"], cluster["cluster_state"])
		}
		return err
	}
}
