package steps

import (
	"fmt"
	"math"
	"slices"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// texts is a list of keys in quotes.
const texts = `("[^"]*"(?:, "[^"]*")*)`

func (w *World) distributionActions() []sentence {
	return []sentence{
		{`keys? ` + texts + ` holds? "([^"]*)"`, w.keysHold},
		{`key "([^"]*)" holds "([^"]*)" and expires in (\d+) seconds`, w.keyExpires},
		{`a cluster client writes (\d+) keys`, w.writesKeys},
		{`a cluster client writes (\d+) keys tagged "([^"]*)"`, w.writesTagged},
		{`a cluster client writes (\d+) keys of slots (\d+)-(\d+)`, w.writesKeysOfSlots},
		{`a client that knows only node ` + one + ` writes (\d+) keys and remembers every MOVED`, w.learnerWrites},
		{`a client that asked node ` + one + ` for CLUSTER SLOTS writes (\d+) keys`, w.informedWrites},
	}
}

func (w *World) distributionStatements() []sentence {
	return []sentence{
		{`CLUSTER KEYSLOT on node ` + one + ` agrees with an independent CRC16 for (\d+) random binary keys of up to (\d+) bytes`, w.keySlotsOfBinary},
		{`CLUSTER KEYSLOT on node ` + one + ` agrees with an independent CRC16 for (\d+) random keys with braces in them`, w.keySlotsOfBraces},
		{`each of the keys lies on the node that owns its slot, and nowhere else`, w.keysLieWithOwners},
		{`a cluster client reads every one of the keys back`, w.readsAllBack},
		{`the key counts? of ` + who + ` (?:is|are) (\d+)`, w.keyCounts},
		{`the key counts of the nodes add up to (\d+)`, w.keyCountsAddUp},
		{`each node's share of the keys is what its share of the slots predicts, within (\d+) standard deviations`, w.sharesAreFair},
		{`COUNTKEYSINSLOT over all slots of each node adds up to its key count`, w.slotCountsAddUp},
		{`GETKEYSINSLOT over all slots lists each of the keys once`, w.slotListsAddUp},
		{`COUNTKEYSINSLOT of the slot of "([^"]*)" on its owner is (\d+)`, w.slotCountIs},
		{`each replica holds as many keys as its primary`, w.replicasHoldAsMany},
		{`a read-only client of each replica reads every key of its primary`, w.replicasHoldTheSame},
		{`it was redirected at least once`, w.wasRedirected},
		{`it was not redirected at all`, w.wasNotRedirected},
		{`when it writes the same keys again it is not redirected at all`, w.writesAgain},
	}
}

func (w *World) keysHold(keys, value string) error {
	d := dataset{values: map[string]string{}}
	for _, key := range quoted(keys) {
		d.values[key] = value
	}
	return w.write(&d)
}

func (w *World) keyExpires(key, value string, seconds int) error {
	c, err := w.clusterClient()
	if err != nil {
		return err
	}
	defer c.close()
	got, err := c.do(key, "SET", key, value, "EX", itoa(seconds))
	if err != nil {
		return w.broken(err)
	}
	return w.checkEqual("", got.String(), `simple "OK"`)
}

func (w *World) writesKeys(count int) error {
	w.data.fill(count, func(i int) string { return fmt.Sprintf("key:%d", i) })
	return w.write(&w.data)
}

func (w *World) writesTagged(count int, tag string) error {
	w.data.fill(count, func(i int) string { return fmt.Sprintf("{%s}:%d", tag, i) })
	return w.write(&w.data)
}

func (w *World) writesKeysOfSlots(count, from, to int) error {
	keys := keysOfSlots(count, wire.SlotRange{From: from, To: to})
	w.data.fill(count, func(i int) string { return keys[i] })
	return w.write(&w.data)
}

func (w *World) learnerWrites(name string, count int) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	w.data.fill(count, func(i int) string { return fmt.Sprintf("key:%d", i) })
	w.follower = newClusterClient(w.ctx, m.Addr(), w.traceAddr)
	return w.writeOneByOne()
}

func (w *World) informedWrites(name string, count int) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	w.data.fill(count, func(i int) string { return fmt.Sprintf("key:%d", i) })
	if w.follower, err = w.clusterClientAsking(m); err != nil {
		return err
	}
	return w.writeOneByOne()
}

// writeOneByOne writes the dataset as a plain client does.
func (w *World) writeOneByOne() error {
	for _, key := range w.data.keys() {
		got, err := w.follower.do(key, "SET", key, w.data.values[key])
		if err != nil {
			return w.broken(err)
		}
		if err := w.checkEqual("", got.String()+" in answer to SET "+key, `simple "OK" in answer to SET `+key); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) wasRedirected() error {
	n := w.follower.moved
	return w.check("", n > 0, fmt.Sprintf("%d redirections", n), "at least one redirection")
}

func (w *World) wasNotRedirected() error {
	return w.checkEqual("", fmt.Sprintf("%d redirections", w.follower.moved+w.follower.asked), "0 redirections")
}

func (w *World) writesAgain() error {
	w.follower.moved, w.follower.asked = 0, 0
	if err := w.writeOneByOne(); err != nil {
		return err
	}
	return w.wasNotRedirected()
}

func (w *World) keySlotsOfBinary(name string, count, longest int) error {
	return w.keySlotsAgree(name, randomKeys(w.chance(), count, longest, ""))
}

func (w *World) keySlotsOfBraces(name string, count int) error {
	const shortKey = 12
	return w.keySlotsAgree(name, randomKeys(w.chance(), count, shortKey, "{}ab"))
}

func (w *World) keySlotsAgree(name string, keys []string) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	var commands [][]string
	for _, key := range keys {
		commands = append(commands, []string{"CLUSTER", "KEYSLOT", key})
	}
	values, err := w.client("first").pipeline(m, commands...)
	for i := 0; i < len(values) && err == nil; i++ {
		err = w.checkEqual(name, fmt.Sprintf("%s for %q", values[i], keys[i]), fmt.Sprintf("integer %d for %q", wire.SlotOf(keys[i]), keys[i]))
	}
	return err
}

// held lists the keys each node holds.
func (w *World) held(members []*member) (map[*member][]string, error) {
	all := map[*member][]string{}
	for _, m := range members {
		value, err := w.client("first").do(m, "KEYS", "*")
		if err != nil {
			return nil, err
		}
		for _, item := range value.Items {
			all[m] = append(all[m], item.Text)
		}
		slices.Sort(all[m])
	}
	return all, nil
}

// primaries are the nodes that were given slots at the beginning.
func (w *World) primaries() []*member { return w.cluster.members[:w.cluster.shape.primaries] }

// serving are the running nodes that are primaries now, each by what it says itself.
func (w *World) serving() ([]*member, error) {
	var primaries []*member
	err := w.eachView("every running node", func(v *view) error {
		if v.role(v.of.name) == "primary" {
			primaries = append(primaries, v.of)
		}
		return nil
	})
	return primaries, err
}

func (w *World) keysLieWithOwners() error {
	primaries, err := w.serving()
	if err != nil {
		return err
	}
	v, err := w.view(primaries[0])
	if err != nil {
		return err
	}
	want := map[string][]string{}
	for _, key := range w.data.keys() {
		owner := v.owner(wire.SlotOf(key))
		want[owner] = append(want[owner], key)
	}
	held, err := w.held(primaries)
	for _, m := range primaries {
		if err == nil {
			err = w.checkKeys(m, held[m], want[m.name])
		}
	}
	return err
}

// checkKeys compares two sorted lists of keys and names the first that differs.
func (w *World) checkKeys(m *member, got, want []string) error {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(want) || i < len(got) && got[i] < want[i]:
			return w.check(m.name, false, fmt.Sprintf("%d keys with %q among them", len(got), got[i]), fmt.Sprintf("%d keys without it", len(want)))
		case i >= len(got) || got[i] > want[i]:
			return w.check(m.name, false, fmt.Sprintf("%d keys without %q", len(got), want[i]), fmt.Sprintf("%d keys with it", len(want)))
		}
	}
	return w.check(m.name, true, "", "")
}

func (w *World) readsAllBack() error {
	c, err := w.clusterClient()
	if err != nil {
		return err
	}
	defer c.close()
	keys := w.data.keys()
	values, err := c.pipeline(keys, func(key string) []string { return []string{"GET", key} })
	if err != nil {
		return w.broken(err)
	}
	for i, v := range values {
		if err := w.checkEqual("", v.String()+" from "+keys[i], fmt.Sprintf("bulk %q from %s", w.data.values[keys[i]], keys[i])); err != nil {
			return err
		}
	}
	return w.check("", len(keys) > 0, "no keys", "keys")
}

func (w *World) keyCounts(subject string, count int) error {
	return w.each(subject, func(m *member) error {
		n, err := w.askInt(m, "DBSIZE")
		if err != nil {
			return err
		}
		return w.checkEqual(m.name, fmt.Sprintf("%d keys", n), fmt.Sprintf("%d keys", count))
	})
}

func (w *World) keyCountsAddUp(count int) error {
	sum := 0
	for _, m := range w.primaries() {
		n, err := w.askInt(m, "DBSIZE")
		if err != nil {
			return err
		}
		sum += n
	}
	return w.checkEqual("", fmt.Sprintf("%d keys", sum), fmt.Sprintf("%d keys", count))
}

// sharesAreFair judges the keys as draws: a node with a share p of the slots gets np of n keys, give or take sqrt(np(1-p)).
func (w *World) sharesAreFair(deviations int) error {
	for i, m := range w.primaries() {
		held, err := w.askInt(m, "DBSIZE")
		if err != nil {
			return err
		}
		r := w.cluster.shape.slots(i)
		n, p := float64(len(w.data.values)), float64(r.To-r.From+1)/wire.Slots
		slack := float64(deviations) * math.Sqrt(n*p*(1-p))
		if err := w.check(m.name, math.Abs(float64(held)-n*p) <= slack, fmt.Sprintf("%d keys", held), fmt.Sprintf("%.0f keys, give or take %.0f", n*p, slack)); err != nil {
			return err
		}
	}
	return nil
}

// overSlots sends one command for every slot to a node.
func (w *World) overSlots(m *member, command func(slot string) []string) ([]wireValue, error) {
	var commands [][]string
	for slot := range wire.Slots {
		commands = append(commands, command(itoa(slot)))
	}
	return w.client("first").pipeline(m, commands...)
}

func (w *World) slotCountsAddUp() error {
	return w.each("every node", func(m *member) error {
		held, err := w.askInt(m, "DBSIZE")
		if err != nil {
			return err
		}
		values, err := w.overSlots(m, func(slot string) []string { return []string{"CLUSTER", "COUNTKEYSINSLOT", slot} })
		sum := int64(0)
		for _, v := range values {
			n, _ := v.Int()
			sum += n
		}
		if err != nil {
			return err
		}
		return w.checkEqual(m.name, fmt.Sprintf("%d keys over all slots", sum), fmt.Sprintf("%d keys over all slots", held))
	})
}

func (w *World) slotListsAddUp() error {
	var listed []string
	for _, m := range w.primaries() {
		values, err := w.overSlots(m, func(slot string) []string { return []string{"CLUSTER", "GETKEYSINSLOT", slot, "1000"} })
		if err != nil {
			return err
		}
		for _, v := range values {
			for _, item := range v.Items {
				listed = append(listed, item.Text)
			}
		}
	}
	slices.Sort(listed)
	return w.checkKeys(w.primaries()[0], listed, w.data.keys())
}

func (w *World) slotCountIs(key string, count int) error {
	v, err := w.view(w.cluster.members[0])
	if err != nil {
		return err
	}
	slot := wire.SlotOf(key)
	return w.gives("CLUSTER COUNTKEYSINSLOT "+itoa(slot), v.owner(slot), "integer "+itoa(count))
}

// eachReplica goes through the replicas with their primaries.
func (w *World) eachReplica(do func(replica, primary *member) error) error {
	for _, m := range w.cluster.members {
		if primary := w.cluster.member(w.cluster.shape.primaryOf(m.name)); primary != nil {
			if err := do(m, primary); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *World) replicasHoldAsMany() error {
	return w.eachReplica(func(replica, primary *member) error {
		want, err := w.askInt(primary, "DBSIZE")
		if err != nil {
			return err
		}
		got, err := w.askInt(replica, "DBSIZE")
		if err != nil {
			return err
		}
		return w.checkEqual(replica.name, fmt.Sprintf("%d keys", got), fmt.Sprintf("%d keys", want))
	})
}

func (w *World) replicasHoldTheSame() error {
	return w.eachReplica(func(replica, primary *member) error {
		held, err := w.held([]*member{primary})
		if err != nil {
			return err
		}
		commands := [][]string{{"READONLY"}}
		for _, key := range held[primary] {
			commands = append(commands, []string{"GET", key})
		}
		values, err := w.client("read-only").pipeline(replica, commands...)
		for i := 1; i < len(values) && err == nil; i++ {
			key := commands[i][1]
			err = w.checkEqual(replica.name, values[i].String()+" from "+key, fmt.Sprintf("bulk %q from %s", w.data.values[key], key))
		}
		return err
	})
}
