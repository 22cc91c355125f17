package rig

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// Mover moves slots from one primary to another as redis-cli does, without the looking around.
type Mover struct {
	from, to     *wire.Conn
	fromID, toID string
	// Trips counts what was asked, each with its own round trip.
	Trips int
	// Migrating is how long was waited for the answers to MIGRATE.
	Migrating time.Duration
}

// NewMover connects to both.
func NewMover(ctx context.Context, from, to string) (_ *Mover, err error) {
	m := &Mover{}
	defer func() {
		if err != nil {
			m.Close()
		}
	}()
	for _, side := range []struct {
		conn **wire.Conn
		id   *string
		addr string
	}{{&m.from, &m.fromID, from}, {&m.to, &m.toID, to}} {
		if *side.conn, err = wire.Dial(ctx, side.addr); err != nil {
			return nil, err
		}
		id, err := DemandOn(ctx, *side.conn, "CLUSTER", "MYID")
		if err != nil {
			return nil, err
		}
		*side.id = id.Text
	}
	return m, nil
}

// Close closes the connections.
func (m *Mover) Close() {
	for _, c := range []*wire.Conn{m.from, m.to} {
		if c != nil {
			c.Close()
		}
	}
}

// demand asks one of the two.
func (m *Mover) demand(ctx context.Context, at *wire.Conn, args ...string) (wire.Value, error) {
	m.Trips++
	return DemandOn(ctx, at, args...)
}

// Move moves one slot with all its keys, and says how many those were.
func (m *Mover) Move(ctx context.Context, slot int) (keys int, err error) {
	number := strconv.Itoa(slot)
	if _, err := m.demand(ctx, m.to, "CLUSTER", "SETSLOT", number, "IMPORTING", m.fromID); err != nil {
		return 0, err
	}
	if _, err := m.demand(ctx, m.from, "CLUSTER", "SETSLOT", number, "MIGRATING", m.toID); err != nil {
		return 0, err
	}
	if keys, err = m.moveKeys(ctx, number); err != nil {
		return keys, err
	}
	// The new owner first: a slot is never without one.
	_, err = m.demand(ctx, m.to, "CLUSTER", "SETSLOT", number, "NODE", m.toID)
	if err == nil {
		_, err = m.demand(ctx, m.from, "CLUSTER", "SETSLOT", number, "NODE", m.toID)
	}
	return keys, err
}

// moveKeys moves all keys of a slot, 1000 at a time.
func (m *Mover) moveKeys(ctx context.Context, slot string) (moved int, err error) {
	const (
		batch   = "1000"
		timeout = "10000" // milliseconds
	)
	host, port, err := SplitAddr(m.to.Addr())
	if err != nil {
		return 0, err
	}
	for {
		keys, err := m.demand(ctx, m.from, "CLUSTER", "GETKEYSINSLOT", slot, batch)
		if err != nil || len(keys.Items) == 0 {
			return moved, err
		}
		args := []string{"MIGRATE", host, strconv.Itoa(port), "", "0", timeout, "KEYS"}
		for _, key := range keys.Items {
			args = append(args, key.Text)
		}
		reply, err := m.migrate(ctx, args)
		if err != nil {
			return moved, err
		}
		if reply.Text == "NOKEY" {
			return moved, errors.New("MIGRATE was answered by NOKEY: somebody else removes the keys of slot " + slot)
		}
		moved += len(keys.Items)
	}
}

// migrate is demand for MIGRATE. That its many words are put together is not the server's time.
func (m *Mover) migrate(ctx context.Context, args []string) (wire.Value, error) {
	m.Trips++
	request := wire.AppendCommand(nil, args...)
	begun := time.Now()
	err := m.from.SendRaw(request)
	if err != nil {
		return wire.Value{}, err
	}
	reply, err := m.from.Receive(ctx)
	m.Migrating += time.Since(begun)
	if err == nil && reply.IsError() {
		err = refusal(m.from.Addr(), args, reply)
	}
	return reply, err
}

// Reshard has redis-cli move slots between two nodes of the cluster that addr is in, in the size of batches it chooses by itself.
func Reshard(ctx context.Context, addr, fromID, toID string, slots int) error {
	out, err := exec.CommandContext(ctx, "redis-cli", "--cluster", "reshard", addr, "--cluster-from", fromID, "--cluster-to", toID,
		"--cluster-slots", strconv.Itoa(slots), "--cluster-yes").CombinedOutput()
	if err != nil {
		const shown = 400
		return fmt.Errorf("redis-cli --cluster reshard: %w: %s", err, out[max(0, len(out)-shown):])
	}
	return nil
}
