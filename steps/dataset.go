package steps

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/reports"
)

// dataset is what the scenario has written and expects to find.
type dataset struct {
	values       map[string]string  // "" for keys that are not there
	contents     map[string]content // of keys of every kind, instead of values
	redirectedTo []string
}

// keys are those of the dataset, sorted.
func (d *dataset) keys() []string { return slices.Sorted(maps.Keys(d.values)) }

// fill makes count keys with values of their own.
func (d *dataset) fill(count int, key func(i int) string) {
	d.values = map[string]string{}
	for i := range count {
		d.values[key(i)] = fmt.Sprintf("value %d", i)
	}
}

// clusterClient is a client that knows the slot map.
func (w *World) clusterClient() (*clusterClient, error) {
	return w.clusterClientAsking(w.cluster.running()[0])
}

// clusterClientAsking is a client that took the slot map from one node's CLUSTER SLOTS.
func (w *World) clusterClientAsking(m *member) (*clusterClient, error) {
	entries, err := w.clusterSlots(m)
	if err != nil {
		return nil, err
	}
	c := newClusterClient(w.ctx, m.Addr(), w.traceAddr)
	c.learn(entries, func(n wire.SlotNode) string {
		if named := w.cluster.member(w.cluster.nameOf(n.ID)); named != nil {
			return named.Addr()
		}
		return n.Endpoint + ":" + itoa(n.Port)
	})
	return c, nil
}

// traceAddr keeps an exchange of a client that knows nodes by address.
func (w *World) traceAddr(addr string, e wire.Exchange) {
	if w.cluster != nil {
		for _, m := range w.cluster.members {
			if m.Addr() == addr {
				addr = m.name
			}
		}
	}
	w.trace.add(addr, e)
}

// write sends the dataset to the cluster.
func (w *World) write(d *dataset) error {
	c, err := w.clusterClient()
	if err != nil {
		return err
	}
	w.follower = c
	keys := d.keys()
	values, err := c.pipeline(keys, func(key string) []string { return []string{"SET", key, d.values[key]} })
	if err != nil {
		return w.broken(err)
	}
	for i, v := range values {
		if v.Kind != wire.Simple || v.Text != "OK" {
			return w.check("", false, v.String()+" in answer to SET "+keys[i], `simple "OK"`)
		}
	}
	if c.asked > 0 {
		return nonsense("keys were written to a slot that is open, and lie at its target; write them before")
	}
	return nil
}

// broken makes a failure of trouble between a cluster client and the cluster.
func (w *World) broken(err error) error {
	if verdictOf(err) == reports.Fail {
		return err
	}
	if w.ctx.Err() != nil {
		return errInterrupted
	}
	return w.check("", false, err.Error(), "an answer")
}

// randomKeys draws keys: of any bytes, or with many braces.
func randomKeys(r *rand.Rand, count, longest int, alphabet string) []string {
	keys := make([]string, count)
	for i := range keys {
		key := make([]byte, 1+r.IntN(longest))
		for j := range key {
			key[j] = byte(r.IntN(256))
			if alphabet != "" {
				key[j] = alphabet[r.IntN(len(alphabet))]
			}
		}
		keys[i] = string(key)
	}
	return keys
}

// keysOfSlots makes count keys whose slots lie in the range, one after the other.
func keysOfSlots(count int, slots wire.SlotRange) []string {
	var keys []string
	for i := 0; len(keys) < count; i++ {
		key := "key:" + itoa(i)
		if slot := wire.SlotOf(key); slots.From <= slot && slot <= slots.To {
			keys = append(keys, key)
		}
	}
	return keys
}

// quoted reads `"a", "b"`.
func quoted(text string) []string {
	var all []string
	for _, part := range strings.Split(text, ", ") {
		all = append(all, strings.Trim(part, `"`))
	}
	return all
}
