package reference

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/clusterspec/clusterspec/reference/slot"
)

// MoveSlots moves slots with their keys to a primary, while clients go on using them, and returns when all nodes agree.
// Slots that the node owns already stay. When it fails, slots may be left open, as after redis-cli --cluster reshard.
func (c *Cluster) MoveSlots(ctx context.Context, to *Node, first, last int) error {
	m, err := c.BeginMove(ctx, to, first, last)
	if err != nil {
		return err
	}
	return m.Finish(ctx)
}

// Move is slots that are on their way: for a key that is not at the old owner any more, clients are sent to the new one by
// ASK. It ends by Finish or Undo.
type Move struct {
	cluster *Cluster
	to      *Node
	toID    string
	parts   []part
}

// part is the slots of one old owner.
type part struct {
	from   *Node
	fromID string
	slots  []string
}

// BeginMove opens slots, without moving keys: IMPORTING at the new owner, MIGRATING at the old ones.
func (c *Cluster) BeginMove(ctx context.Context, to *Node, first, last int) (*Move, error) {
	if first < 0 || last >= slot.Count || first > last {
		return nil, fmt.Errorf("moving the slots %d-%d: there are 0 to %d", first, last, slot.Count-1)
	}
	m := &Move{cluster: c, to: to}
	if err := m.findOwners(ctx, first, last); err != nil {
		return nil, fmt.Errorf("moving the slots %d-%d: %w", first, last, err)
	}
	for _, p := range m.parts {
		if err := m.setSlots(ctx, p.slots, to, "IMPORTING", p.fromID); err != nil {
			return nil, err
		}
		if err := m.setSlots(ctx, p.slots, p.from, "MIGRATING", m.toID); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// findOwners divides the slots by their owners.
func (m *Move) findOwners(ctx context.Context, first, last int) error {
	for _, n := range m.cluster.Nodes() {
		if n.answers() {
			if _, err := n.view(ctx); err != nil { // their ids may have changed
				return err
			}
		}
	}
	v, err := m.to.view(ctx)
	if err != nil {
		return err
	}
	m.toID = v.id
	ids := map[string]*Node{}
	for _, n := range m.cluster.Nodes() {
		ids[n.lastID()] = n
	}
	owned := 0
	for id, line := range v.lines {
		slots, err := within(line.slots, first, last)
		if err != nil {
			return err
		}
		owned += len(slots)
		if id == v.id || len(slots) == 0 {
			continue
		}
		if ids[id] == nil {
			return fmt.Errorf("their owner %s is not a node of ours", id)
		}
		m.parts = append(m.parts, part{ids[id], id, slots})
	}
	if owned != last-first+1 {
		return errors.New("some of them have no owner")
	}
	slices.SortFunc(m.parts, func(a, b part) int { return strings.Compare(a.fromID, b.fromID) })
	return nil
}

// within lists those slots of a node, as CLUSTER NODES shows them, that are from first to last.
func within(ranges string, first, last int) (slots []string, err error) {
	for word := range strings.FieldsSeq(ranges) {
		from, to, isRange := strings.Cut(word, "-")
		if !isRange {
			to = from
		}
		a, errA := strconv.Atoi(from)
		b, errB := strconv.Atoi(to)
		if err := errors.Join(errA, errB); err != nil {
			return nil, err
		}
		for s := max(a, first); s <= min(b, last); s++ {
			slots = append(slots, strconv.Itoa(s))
		}
	}
	return slots, nil
}

// setSlots sends CLUSTER SETSLOT for each slot.
func (m *Move) setSlots(ctx context.Context, slots []string, at *Node, words ...string) error {
	requests := make([][]string, len(slots))
	for i, s := range slots {
		requests[i] = append([]string{"CLUSTER", "SETSLOT", s}, words...)
	}
	_, err := at.pipeline(ctx, requests...)
	return err
}

// Keys moves some keys now, whose slots have to be among those on their way. Clients that ask the old owner for them get
// ASK; for several of them and others together, TRYAGAIN.
func (m *Move) Keys(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		from, err := m.owner(key)
		if err != nil {
			return err
		}
		if err := m.migrate(ctx, from, m.to, []string{key}); err != nil {
			return err
		}
	}
	return nil
}

// owner is the old owner of a key.
func (m *Move) owner(key string) (*Node, error) {
	s := strconv.Itoa(Slot(key))
	for _, p := range m.parts {
		if slices.Contains(p.slots, s) {
			return p.from, nil
		}
	}
	return nil, fmt.Errorf("moving key %q: its slot %s is not on its way", key, s)
}

// migrate moves keys of one slot from one node to another.
func (m *Move) migrate(ctx context.Context, from, to *Node, keys []string) error {
	const timeoutMillis = "10000"
	request := []string{"MIGRATE", "127.0.0.1", strconv.Itoa(to.port), "", "0", timeoutMillis}
	if password := m.cluster.options.Config["requirepass"]; password != "" {
		request = append(request, "AUTH", password)
	}
	_, err := from.do(ctx, append(append(request, "KEYS"), keys...)...)
	return err
}

// drain moves all keys of the slots from one node to another.
func (m *Move) drain(ctx context.Context, slots []string, from, to *Node) error {
	const keysMax = "1000"
	for len(slots) > 0 {
		requests := make([][]string, len(slots))
		for i, s := range slots {
			requests[i] = []string{"CLUSTER", "GETKEYSINSLOT", s, keysMax}
		}
		replies, err := from.pipeline(ctx, requests...)
		if err != nil {
			return err
		}
		var left []string
		for i, reply := range replies {
			keys := texts(reply)
			if len(keys) == 0 {
				continue
			}
			left = append(left, slots[i])
			if err := m.migrate(ctx, from, to, keys); err != nil {
				return err
			}
		}
		slots = left
	}
	return nil
}

// Finish moves the keys that are left and makes the new node the owner. It returns when all nodes agree.
func (m *Move) Finish(ctx context.Context) error {
	for _, p := range m.parts {
		if err := m.drain(ctx, p.slots, p.from, m.to); err != nil {
			return err
		}
		if err := m.assign(ctx, p); err != nil {
			return err
		}
	}
	return m.cluster.WaitAgreed(ctx)
}

// assign tells the new owner, the old one and then all other primaries. The new owner is first, so that there always is one.
func (m *Move) assign(ctx context.Context, p part) error {
	told := []*Node{m.to, p.from}
	for _, n := range m.cluster.Nodes() {
		if n == m.to || n == p.from || !n.answers() {
			continue
		}
		primary, err := n.isPrimary(ctx)
		if err != nil {
			return err
		}
		if primary {
			told = append(told, n)
		}
	}
	for _, n := range told {
		err := m.setSlots(ctx, p.slots, n, "NODE", m.toID)
		if err != nil && n != m.to && strings.Contains(err.Error(), "only with masters") {
			err = nil // it has heard of the new owner from others, had no slots left, and follows it
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Undo closes the slots, whose owners keep them, and brings back the keys that had moved. Until they are back, clients do not
// find them; where that matters, Finish and move the slots back.
func (m *Move) Undo(ctx context.Context) error {
	for _, p := range m.parts {
		if err := m.setSlots(ctx, p.slots, p.from, "STABLE"); err != nil { // as long as it is MIGRATING, it sends what comes back away
			return err
		}
		if err := m.drain(ctx, p.slots, m.to, p.from); err != nil {
			return err
		}
		if err := m.setSlots(ctx, p.slots, m.to, "STABLE"); err != nil {
			return err
		}
	}
	return m.cluster.WaitAgreed(ctx)
}
