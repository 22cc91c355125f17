package figures

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// migrations is how fast slots move between two primaries, there and back: by redis-cli as administrators do it, and by the plainest mover there is,
// which moves up to 1000 keys at a time and looks at nothing it need not look at.
var migrations = group{
	name: "migration",
	figures: []result.Figure{
		{ID: "migration/reshard", Title: "keys moved by redis-cli --cluster reshard", Unit: "keys/s", MoreIsBetter: true, Floor: 1000, FloorSource: planned},
		{ID: "migration/migrate", Title: "keys moved by MIGRATE of up to 1000 keys", Unit: "keys/s", MoreIsBetter: true, Floor: 1000, FloorSource: planned},
	},
	trials: 6, estimate: 25 * time.Second,
	open: openMigrations,
}

const (
	migrationKeys  = 200_000 // 12 a slot
	migrationBytes = 64
	movedSlots     = 200 // in one go
)

// migration is a cluster of two primaries with keys.
type migration struct {
	server *rig.Server
	ids    [2]string
	from   int // which of the two the slots are at that go to and fro
}

func openMigrations(ctx context.Context, spec string) (_ subject, err error) {
	s, err := rig.StartCluster(ctx, spec, rig.Shape{Primaries: 2, NodeTimeout: 15 * time.Second})
	if err != nil {
		return nil, err
	}
	m := &migration{server: s}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	for i, addr := range s.Addrs {
		if m.ids[i], err = rig.Text(ctx, addr, "CLUSTER", "MYID"); err != nil {
			return nil, err
		}
	}
	return m, fill(ctx, s.Addrs, migrationKeys, migrationBytes)
}

// fill writes keys in batches.
func fill(ctx context.Context, addrs []string, keys, valueBytes int) error {
	g, err := load.Open(ctx, load.Config{
		Addrs: addrs, Connections: 4, Pipeline: 100,
		Workload: load.Workload{Keys: keys, ValueBytes: valueBytes, Distribution: load.DistributionUniform},
	})
	if err != nil {
		return err
	}
	return errors.Join(g.Fill(ctx), g.Close())
}

func (m *migration) name() string { return m.server.Name }
func (m *migration) close() error { return m.server.Close() }

func (m *migration) trial(ctx context.Context) ([]float64, error) {
	byTool, err := m.timed(ctx, m.reshard)
	if errors.Is(err, exec.ErrNotFound) {
		byTool, err = unseen, nil // there is no redis-cli here
	}
	if err != nil {
		return nil, err
	}
	byHand, err := m.timed(ctx, m.move)
	return []float64{byTool, byHand}, err
}

// timed moves slots from where they are to the other primary and returns the keys moved a second.
func (m *migration) timed(ctx context.Context, move func(ctx context.Context, from, to int) error) (float64, error) {
	from, to := m.from, 1-m.from
	before, err := m.keysAt(ctx, to)
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	if err := move(ctx, from, to); err != nil {
		return 0, err
	}
	took := time.Since(begun)
	m.from = to
	const patience = 20 * time.Second
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := rig.Poll(waiting, m.agree); err != nil {
		return 0, err
	}
	after, err := m.keysAt(ctx, to)
	if err == nil && after <= before {
		err = fmt.Errorf("after a migration %s has %d keys, and had %d before", m.server.Addrs[to], after, before)
	}
	return float64(after-before) / took.Seconds(), err
}

// agree returns what the two nodes do not agree about. They may for a moment: Redis 7 lets go of a slot whose new owner's last PING, sent before the move,
// does not claim it yet.
func (m *migration) agree(ctx context.Context) error {
	var views [2]string
	for i, addr := range m.server.Addrs {
		text, err := rig.Text(ctx, addr, "CLUSTER", "NODES")
		if err != nil {
			return err
		}
		lines, err := wire.ParseNodes(text)
		if err != nil {
			return err
		}
		slices.SortFunc(lines, func(a, b wire.NodeLine) int { return strings.Compare(a.ID, b.ID) })
		total := 0
		for _, l := range lines {
			total += l.SlotCount()
			views[i] += fmt.Sprintln(l.ID, l.Slots, l.Open)
		}
		if total != wire.Slots {
			return fmt.Errorf("%s says that %d slots are served", addr, total)
		}
	}
	if views[0] != views[1] {
		return fmt.Errorf("the nodes do not agree:\n%s%s", views[0], views[1])
	}
	return nil
}

func (m *migration) keysAt(ctx context.Context, node int) (int, error) {
	text, err := rig.Text(ctx, m.server.Addrs[node], "DBSIZE")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(text)
}

// reshard has redis-cli move slots, in the size of batches it chooses by itself.
func (m *migration) reshard(ctx context.Context, from, to int) error {
	return rig.Reshard(ctx, m.server.Addrs[0], m.ids[from], m.ids[to], movedSlots)
}

// move moves the slots by hand, one after the other, each in as few round trips as can be.
func (m *migration) move(ctx context.Context, from, to int) (err error) {
	mover, err := rig.NewMover(ctx, m.server.Addrs[from], m.server.Addrs[to])
	if err != nil {
		return err
	}
	defer mover.Close()
	slots, err := m.slotsOf(ctx, from)
	if err != nil {
		return err
	}
	for _, slot := range slots {
		if _, err := mover.Move(ctx, slot); err != nil {
			return err
		}
	}
	return nil
}

// slotsOf are the first slots that a node serves.
func (m *migration) slotsOf(ctx context.Context, node int) (slots []int, err error) {
	text, err := rig.Text(ctx, m.server.Addrs[node], "CLUSTER", "NODES")
	if err != nil {
		return nil, err
	}
	lines, err := wire.ParseNodes(text)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		for slot := 0; slot < wire.Slots && l.HasFlag("myself") && len(slots) < movedSlots; slot++ {
			if l.Owns(slot) {
				slots = append(slots, slot)
			}
		}
	}
	return slots, nil
}
