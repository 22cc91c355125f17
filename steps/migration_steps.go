package steps

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/clusterspec/clusterspec/compose/wire"
)

func (w *World) migrationActions() []sentence {
	return []sentence{
		{`slot (\d+) is migrating from node ` + one + ` to node ` + one, w.openSlot},
		{`slots (\d+)-(\d+) are migrating from node ` + one + ` to node ` + one, w.openSlots},
		{`slot (\d+) is assigned to node ` + one + ` on every node`, w.assignEverywhere},
		{`slots (\d+)-(\d+) are moved from node ` + one + ` to node ` + one, w.moveSlots},
		{`node ` + one + ` migrates keys? ` + texts + ` to node ` + one, w.migrateKeys},
		{`node ` + one + ` migrates half of the keys of slot (\d+) to node ` + one, w.migrateHalf},
		{`node ` + one + ` migrates all keys of slot (\d+) to node ` + one + `, (\d+) at a time`, w.migrateAll},
		{`(\d+) keys in slot (\d+) with values from (\d+) to (\d+) bytes`, w.keysOfSizes},
	}
}

func (w *World) migrationStatements() []sentence {
	return []sentence{
		{`each of the keys lies on node ` + one + ` with its value`, w.keysLieOn},
		{`each of the keys lies on node ` + one + ` with its value, and not on node ` + one, w.keysLieOnNotOn},
		{`strings of every encoding that were dumped on node ` + one + ` and restored on node ` + one + ` are the same`, w.dumpsSurvive},
		{`a MIGRATE of every key of slot (\d+) from node ` + one + ` to node ` + one + ` fails with (.+)`, w.migrateFails},
	}
}

// opened is a slot on its way between two nodes.
type opened struct {
	slot     int
	from, to string
}

func (w *World) openSlots(first, last int, from, to string) error {
	for slot := first; slot <= last; slot++ {
		if err := w.openSlot(slot, from, to); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) openSlot(slot int, from, to string) error {
	w.opened = append(w.opened, opened{slot, from, to})
	if err := w.gives(fmt.Sprintf("CLUSTER SETSLOT %d IMPORTING <%s.id>", slot, from), to, `simple "OK"`); err != nil {
		return err
	}
	return w.gives(fmt.Sprintf("CLUSTER SETSLOT %d MIGRATING <%s.id>", slot, to), from, `simple "OK"`)
}

// closeSlots ends the moves that were begun and not finished, so that the cluster can serve the next scenario.
func (w *World) closeSlots() {
	for _, o := range w.opened {
		for _, name := range []string{o.from, o.to} {
			if m, err := w.node(name); err == nil && !m.down {
				m.ask(w.ctx, "CLUSTER", "SETSLOT", itoa(o.slot), "STABLE")
			}
		}
	}
}

// assignEverywhere tells the new owner first: what it says counts, the others would believe it anyway.
func (w *World) assignEverywhere(slot int, owner string) error {
	names := []string{owner}
	for _, m := range w.primaries() {
		if m.name != owner {
			names = append(names, m.name)
		}
	}
	for _, name := range names {
		if err := w.gives(fmt.Sprintf("CLUSTER SETSLOT %d NODE <%s.id>", slot, owner), name, `simple "OK"`); err != nil {
			return err
		}
	}
	return nil
}

func (w *World) moveSlots(from, to int, source, destination string) error {
	for slot := from; slot <= to; slot++ {
		if err := w.openSlot(slot, source, destination); err != nil {
			return err
		}
		if err := w.empty(source, slot, destination, movedAtOnce); err != nil {
			return err
		}
		if err := w.assignEverywhere(slot, destination); err != nil {
			return err
		}
		w.opened = nil
	}
	return nil
}

// movedAtOnce is how many keys one MIGRATE carries while slots are moved, as many as redis-cli does; migrateMillis its timeout.
const (
	movedAtOnce   = 10
	migrateMillis = "5000"
)

func (w *World) migrateKeys(from, keys, to string) error {
	return w.migrate(from, to, quoted(keys), `simple "OK"`)
}

// migrate sends one MIGRATE with KEYS and judges the reply.
func (w *World) migrate(from, to string, keys []string, want string) error {
	members, err := w.nodes(from + ", " + to)
	if err != nil {
		return err
	}
	args := append([]string{"MIGRATE", members[1].host(), members[1].port(), "", "0", migrateMillis, "KEYS"}, keys...)
	value, err := w.client("first").do(members[0], args...)
	if err != nil {
		return err
	}
	return w.judge(members[0], value, want)
}

func (w *World) migrateAll(from string, slot int, to string, atOnce int) error {
	source, err := w.node(from)
	if err != nil {
		return err
	}
	keys, err := w.keysInSlot(source, slot, 1)
	if err != nil {
		return err
	}
	if err := w.check(from, len(keys) > 0, "no keys in the slot", "keys in the slot"); err != nil {
		return err
	}
	return w.empty(from, slot, to, atOnce)
}

func (w *World) migrateHalf(from string, slot int, to string) error {
	source, err := w.node(from)
	if err != nil {
		return err
	}
	keys, err := w.keysInSlot(source, slot, len(w.data.values))
	if err != nil {
		return err
	}
	if err := w.check(from, len(keys) > 1, fmt.Sprintf("%d keys in the slot", len(keys)), "keys in the slot, at least 2"); err != nil {
		return err
	}
	return w.migrate(from, to, keys[:len(keys)/2], `simple "OK"`)
}

// empty migrates what is in a slot, if anything is.
func (w *World) empty(from string, slot int, to string, atOnce int) error {
	source, err := w.node(from)
	if err != nil {
		return err
	}
	for {
		keys, err := w.keysInSlot(source, slot, atOnce)
		if err != nil || len(keys) == 0 {
			return err
		}
		if err := w.migrate(from, to, keys, `simple "OK"`); err != nil {
			return err
		}
	}
}

func (w *World) keysInSlot(m *member, slot, most int) ([]string, error) {
	value, err := w.client("first").do(m, "CLUSTER", "GETKEYSINSLOT", itoa(slot), itoa(most))
	if err != nil {
		return nil, err
	}
	if value.Kind != wire.Array {
		return nil, w.check(m.name, false, value.String(), "an array of keys")
	}
	var keys []string
	for _, item := range value.Items {
		keys = append(keys, item.Text)
	}
	return keys, nil
}

func (w *World) keysOfSizes(count, slot, smallest, largest int) error {
	r := w.chance()
	tag := keyOfSlot(slot)
	w.data.fill(count, func(i int) string { return fmt.Sprintf("{%s}%d", tag, i) })
	for i, key := range w.data.keys() {
		size := smallest + (largest-smallest)*i/max(1, count-1)
		w.data.values[key] = randomText(r, size)
	}
	return w.write(&w.data)
}

// randomText has every byte value in it.
func randomText(r *rand.Rand, bytes int) string {
	text := make([]byte, bytes)
	for i := range text {
		text[i] = byte(r.IntN(256))
	}
	return string(text)
}

func (w *World) keysLieOn(name string) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	for _, key := range w.data.keys() {
		values, err := w.client("first").pipeline(m, []string{"ASKING"}, []string{"GET", key})
		if err != nil {
			return err
		}
		want := wireValue{Kind: wire.Bulk, Text: w.data.values[key]}
		if err := w.check(name, values[1].Equal(want), cut(values[1].String())+" from "+key, cut(want.String())); err != nil {
			return err
		}
	}
	return w.check(name, len(w.data.values) > 0, "no keys", "keys")
}

func (w *World) keysLieOnNotOn(name, other string) error {
	if err := w.keysLieOn(name); err != nil {
		return err
	}
	return w.keyCounts("node "+other, 0)
}

func (w *World) migrateFails(slot int, from, to, want string) error {
	source, err := w.node(from)
	if err != nil {
		return err
	}
	keys, err := w.keysInSlot(source, slot, len(w.data.values)+1)
	if err != nil {
		return err
	}
	if err := w.check(from, len(keys) == len(w.data.values), itoa(len(keys))+" keys in the slot", itoa(len(w.data.values))+" keys"); err != nil {
		return err
	}
	return w.migrate(from, to, keys, want)
}

// encodings are strings that servers store, and put into snapshots, in different ways: as integers of each width, short, long, compressible, binary.
func encodings(r *rand.Rand) []string {
	return []string{
		"", "0", "1", "-1", "127", "-128", "128", "32767", "-32768", "32768", "2147483647", "-2147483648", "2147483648",
		"9223372036854775807", "-9223372036854775808", "9223372036854775808", "007", "1.5", " 1", "short", "\x00\xff\r\n",
		strings.Repeat("a", 20), strings.Repeat("a", 63), strings.Repeat("ab", 32), strings.Repeat("x", 1<<14), strings.Repeat("abc", 1<<16),
		randomText(r, 44), randomText(r, 45), randomText(r, 64), randomText(r, 1<<14), randomText(r, 1<<17),
	}
}

func (w *World) dumpsSurvive(from, to string) error {
	members, err := w.nodes(from + ", " + to)
	if err != nil {
		return err
	}
	source, key := members[0], "hello"
	target := "{hello}restored"
	for _, text := range encodings(w.chance()) {
		payload, err := w.dump(source, key, text)
		if err != nil {
			return err
		}
		values, err := w.client("first").pipeline(members[1], []string{"ASKING"}, []string{"RESTORE", target, "0", payload, "REPLACE"}, []string{"ASKING"}, []string{"GET", target})
		if err != nil {
			return err
		}
		want := wireValue{Kind: wire.Bulk, Text: text}
		holds := values[1].Text == "OK" && values[3].Equal(want)
		if err := w.check(to, holds, cut(values[1].String())+", then "+cut(values[3].String()), `simple "OK", then `+cut(want.String())); err != nil {
			return err
		}
	}
	return nil
}

// dump writes a key and takes its payload.
func (w *World) dump(m *member, key, text string) (string, error) {
	values, err := w.client("first").pipeline(m, []string{"SET", key, text}, []string{"DUMP", key})
	if err != nil {
		return "", err
	}
	return values[1].Text, w.check(m.name, values[1].Kind == wire.Bulk && !values[1].Null, values[1].String(), "a payload in answer to DUMP")
}
