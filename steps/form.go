package steps

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Forming a cluster is what an administrator does: epochs, slots, MEET, REPLICATE, and then waiting until everybody agrees.

// pollInterval is how often the judge looks while it waits.
const pollInterval = 25 * time.Millisecond

// formingTimeouts is how many node timeouts a cluster may take to form, and formingFloor how long at least: real servers delay
// a primary's first service by a fixed two seconds, and wait for a first snapshot by seconds, however small the timeout is.
const (
	formingTimeouts = 15
	formingFloor    = 30 * time.Second
)

// form makes one healthy cluster out of nodes that know only themselves.
func (c *cluster) form(ctx context.Context) error {
	for _, step := range []func(context.Context) error{c.setEpochs, c.assignSlots, c.meet, c.replicate} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return c.settle(ctx)
}

// hurry asks for snapshots without delay. Servers that do not know the option are as quick as they are.
func (c *cluster) hurry(ctx context.Context) error {
	for _, m := range c.members {
		if _, err := m.askWithin(ctx, demandLimit, "CONFIG", "SET", "repl-diskless-sync-delay", "0"); err != nil {
			return err
		}
	}
	return nil
}

// setEpochs gives every node a config epoch of its own, as redis-cli does: otherwise they would have to settle the collision first.
func (c *cluster) setEpochs(ctx context.Context) error {
	for i, m := range c.members {
		if err := m.demand(ctx, "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1)); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) assignSlots(ctx context.Context) error {
	for i, m := range c.members[:c.shape.primaries] {
		own := c.shape.slots(i)
		if err := m.demand(ctx, append([]string{"CLUSTER", "ADDSLOTS"}, slotArgs(own.From, own.To)...)...); err != nil {
			return err
		}
	}
	return nil
}

// meetAgain is how long nodes may take to know each other before those that do not are introduced once more: on a busy machine a handshake may
// run out of time, and no node tries again by itself.
const meetAgain = 5 * time.Second

// meet introduces every node to every other: gossip would do it in the end, and slower.
func (c *cluster) meet(ctx context.Context) error {
	for {
		if err := c.introduce(ctx); err != nil {
			return err
		}
		patience, cancel := context.WithTimeout(ctx, meetAgain)
		err := c.await(patience, func(ctx context.Context) error { return c.eachView(ctx, (*view).trouble) })
		cancel()
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
}

// introduce has each node meet those that it does not list.
func (c *cluster) introduce(ctx context.Context) error {
	for i, m := range c.members {
		v, err := c.view(ctx, m)
		if err != nil {
			return err
		}
		for _, other := range c.members[:i] {
			if v.state(other.name) != "unknown" {
				continue
			}
			if err := m.demand(ctx, other.meetArgs()...); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *cluster) replicate(ctx context.Context) error {
	for _, m := range c.members {
		if primary := c.member(c.shape.primaryOf(m.name)); primary != nil {
			if err := m.demand(ctx, "CLUSTER", "REPLICATE", primary.id); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle waits until every node is in working order and all say the same, and remembers that.
func (c *cluster) settle(ctx context.Context) error {
	return c.await(ctx, func(ctx context.Context) (err error) {
		if err = c.isHealthy(ctx); err == nil {
			c.formed, err = c.portrait(ctx)
		}
		return err
	})
}

// isHealthy returns what is wrong with the cluster.
func (c *cluster) isHealthy(ctx context.Context) error {
	if err := c.eachView(ctx, (*view).trouble); err != nil {
		return err
	}
	if err := c.eachView(ctx, c.shapeTrouble); err != nil {
		return err
	}
	for _, m := range c.members {
		if err := m.isServing(ctx); err != nil {
			return err
		}
	}
	return nil
}

// shapeTrouble is what in a view is not the shape that was asked for.
func (c *cluster) shapeTrouble(v *view) string {
	for i, m := range c.members {
		role, slots := "primary", ""
		if i < c.shape.primaries {
			slots = c.shape.slots(i).String()
		}
		if primary := c.shape.primaryOf(m.name); primary != "" {
			role = "replica of " + primary
		}
		if v.role(m.name) != role || v.slotsOf(m.name) != slots {
			return fmt.Sprintf("%s says %s is a %s with slots %q, and it should be a %s with slots %q",
				v.of.name, m.name, v.role(m.name), v.slotsOf(m.name), role, slots)
		}
	}
	return ""
}

// isServing returns what keeps a node from doing its work.
func (m *member) isServing(ctx context.Context) error {
	info, err := m.info(ctx, "CLUSTER", "INFO")
	if err != nil {
		return err
	}
	if info["cluster_state"] != "ok" {
		return fmt.Errorf("%s reports cluster_state %q", m.name, info["cluster_state"])
	}
	replication, err := m.info(ctx, "INFO", "replication")
	if err != nil {
		return err
	}
	if replication["role"] == "slave" && replication["master_link_status"] != "up" {
		return fmt.Errorf("%s is a replica whose link to its primary is %q", m.name, replication["master_link_status"])
	}
	return nil
}

// portrait is the configuration all nodes agree on, epochs included; an error if they do not.
func (c *cluster) portrait(ctx context.Context) (string, error) {
	portrait := ""
	err := c.eachView(ctx, func(v *view) string {
		own := v.configuration() + v.epochs()
		if portrait == "" {
			portrait = own
		}
		if own != portrait {
			return fmt.Sprintf("%s says\n%s\nand %s says\n%s", v.of.name, own, c.members[0].name, portrait)
		}
		return ""
	})
	return portrait, err
}

// eachView returns the first trouble in the view of any node.
func (c *cluster) eachView(ctx context.Context, trouble func(*view) string) error {
	for _, m := range c.members {
		v, err := c.view(ctx, m)
		if err != nil {
			return err
		}
		if text := trouble(v); text != "" {
			return errors.New(text)
		}
	}
	return nil
}

// await looks until it holds or the time is over; then it returns what was last in the way.
func (c *cluster) await(ctx context.Context, holds func(context.Context) error) error {
	for {
		err := holds(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the cluster did not form in time: %w", err)
		case <-time.After(pollInterval):
		}
	}
}

// slotArgs lists each slot: ranges came with 7.0 only.
func slotArgs(from, to int) []string {
	var args []string
	for slot := from; slot <= to; slot++ {
		args = append(args, strconv.Itoa(slot))
	}
	return args
}
