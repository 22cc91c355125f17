package steps

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire"
)

func (w *World) kindsActions() []sentence {
	return []sentence{
		{`a cluster client writes (\d+) keys of every kind of slots (\d+)-(\d+), some of which expire`, w.writesKinds},
		{`(\d+) random writes of every kind go to node ` + one + ` while the link to node ` + one + ` is cut (\d+) times`, w.writesAtRandom},
	}
}

func (w *World) kindsStatements() []sentence {
	return []sentence{
		{`each of the keys has the value and the expiry it had, and lies on the owner of its slot alone`, w.contentsAreKept},
		{`each replica holds the same data as its primary`, w.replicasHoldTheSameData},
	}
}

// writesKinds makes keys of all kinds, a third of which will expire, but not while a scenario lasts, and remembers what they are.
func (w *World) writesKinds(count, from, to int) error {
	c, err := w.clusterClient()
	if err != nil {
		return err
	}
	defer c.close()
	r := w.chance()
	keys := keysOfSlots(count, wire.SlotRange{From: from, To: to})
	creates, expires := map[string][]string{}, map[string][]string{}
	for i, key := range keys {
		creates[key] = kindOf(i).create(r, key)
		expires[key] = []string{"PERSIST", key}
		if r.IntN(3) == 0 {
			expires[key] = []string{"EXPIRE", key, itoa(1000 + r.IntN(1000))}
		}
	}
	for _, commands := range []map[string][]string{creates, expires} {
		if _, err := c.pipeline(keys, func(key string) []string { return commands[key] }); err != nil {
			return w.broken(err)
		}
	}
	w.data.fill(count, func(i int) string { return keys[i] })
	w.data.contents, err = w.contents(c, keys)
	if err != nil {
		return w.broken(err)
	}
	return w.check("", len(w.data.contents) == count, fmt.Sprintf("%d keys", len(w.data.contents)), fmt.Sprintf("%d keys", count))
}

// pipeliner sends commands about keys and returns the replies: a client of the cluster, or of one node.
type pipeliner interface {
	pipeline(keys []string, command func(key string) []string) ([]wireValue, error)
}

// contents reads keys of every kind. Those that are not there are left out.
func (w *World) contents(from pipeliner, keys []string) (map[string]content, error) {
	types, err := from.pipeline(keys, func(key string) []string { return []string{"TYPE", key} })
	if err != nil {
		return nil, err
	}
	found := map[string]*valueKind{}
	for i, key := range keys {
		found[key] = kindNamed(types[i].Text)
	}
	values, err := from.pipeline(keys, func(key string) []string {
		if found[key] == nil {
			return []string{"TYPE", key}
		}
		return found[key].read(key)
	})
	if err != nil {
		return nil, err
	}
	expires, err := from.pipeline(keys, func(key string) []string { return []string{"PEXPIRETIME", key} })
	if err != nil {
		return nil, err
	}
	contents := map[string]content{}
	for i, key := range keys {
		if found[key] != nil {
			contents[key] = found[key].content(values[i], expires[i])
		}
	}
	return contents, nil
}

// checkContents names the first key that is not what it should be. Expiries may differ by some milliseconds.
func (w *World) checkContents(m string, got, want map[string]content, slack int64) error {
	for _, key := range slices.Sorted(maps.Keys(want)) {
		g, x := got[key], want[key]
		same := g.value == x.value && max(g.expires-x.expires, x.expires-g.expires) <= slack
		if err := w.check(m, same, fmt.Sprintf("key %q: %s", key, cut(g.String())), fmt.Sprintf("key %q: %s", key, cut(x.String()))); err != nil {
			return err
		}
	}
	return nil
}

// expirySlack is how much an expiry may shift while a key moves, in milliseconds: MIGRATE sends what is left of its time.
const expirySlack = 1000

func (w *World) contentsAreKept() error {
	if w.data.contents == nil {
		return nonsense("no keys of every kind were written")
	}
	if err := w.keysLieWithOwners(); err != nil {
		return err
	}
	c, err := w.clusterClient()
	if err != nil {
		return err
	}
	defer c.close()
	got, err := w.contents(c, w.data.keys())
	if err != nil {
		return w.broken(err)
	}
	return w.checkContents("", got, w.data.contents, expirySlack)
}

// nodeReader reads from one node, be it a replica.
type nodeReader struct {
	w *World
	m *member
}

func (n nodeReader) pipeline(keys []string, command func(string) []string) ([]wireValue, error) {
	commands := [][]string{{"READONLY"}}
	for _, key := range keys {
		commands = append(commands, command(key))
	}
	values, err := n.w.client("read-only").pipeline(n.m, commands...)
	if err != nil {
		return nil, err
	}
	return values[1:], nil
}

// replicasHoldTheSameData compares the replicas with those who are their primaries now, key by key.
func (w *World) replicasHoldTheSameData() error {
	keys := 0
	err := w.eachView("every running node", func(v *view) error {
		line, _ := v.line(v.of.name)
		primary := w.cluster.member(w.cluster.nameOf(line.PrimaryID))
		if primary == nil || primary.down {
			return nil
		}
		n, err := w.holdTheSame(v.of, primary)
		keys += n
		return err
	})
	if err != nil {
		return err
	}
	return w.check("", keys > 0, "no keys on any replica", "keys")
}

// holdTheSame returns how many keys were compared.
func (w *World) holdTheSame(replica, primary *member) (int, error) {
	if err := w.isInSync(replica, primary); err != nil {
		return 0, err
	}
	held, err := w.held([]*member{primary, replica})
	if err != nil {
		return 0, err
	}
	keys := held[primary]
	if err := w.checkKeys(replica, held[replica], keys); err != nil {
		return 0, err
	}
	want, err := w.contents(nodeReader{w, primary}, keys)
	if err != nil {
		return 0, err
	}
	got, err := w.contents(nodeReader{w, replica}, keys)
	if err != nil {
		return 0, err
	}
	return len(keys), w.checkContents(replica.name, got, want, 0)
}

// Of random writes: how many go in one pipeline, how many keys they are about, and in how many slots these lie.
const (
	writesAtOnce = 250
	randomTags   = 20
	keysOfTag    = 100
)

// writesAtRandom changes keys of the node's slots. Meanwhile the link to the replica is cut, by each side in turn, whenever it is up again.
func (w *World) writesAtRandom(count int, name, replicaName string, cuts int) error {
	members, err := w.nodes(name + ", " + replicaName)
	if err != nil {
		return err
	}
	v, err := w.view(members[0])
	if err != nil {
		return err
	}
	line, _ := v.line(name)
	if len(line.Slots) == 0 {
		return nonsense("node %s has no slots", name)
	}
	var tags []string
	for i := range randomTags {
		tags = append(tags, keyOfSlot(line.Slots[0].From+i))
	}
	r, done := w.chance(), 0
	for written := 0; written < count || done < cuts; {
		n := writesAtOnce
		if written >= count { // only cuts are missing
			n = 1
			time.Sleep(pollInterval)
		}
		if err := w.randomWrites(r, members[0], tags, n); err != nil {
			return err
		}
		written += n
		if done < cuts && written >= (done+1)*count/(cuts+1) {
			cut, err := w.cutLink(members[0], members[1], done%2 == 0)
			if err != nil {
				return err
			}
			done += cut
		}
		if written > 2*count {
			return w.check(replicaName, false, fmt.Sprintf("a link that was up again %d times", done), fmt.Sprintf("a link to cut %d times", cuts))
		}
	}
	return nil
}

// cutLink has one side close the link and returns how many were closed.
func (w *World) cutLink(primary, replica *member, byPrimary bool) (int, error) {
	if byPrimary {
		return w.askInt(primary, "CLIENT", "KILL", "TYPE", "replica")
	}
	return w.askInt(replica, "CLIENT", "KILL", "TYPE", "master")
}

func (w *World) randomWrites(r *rand.Rand, m *member, tags []string, count int) error {
	var commands [][]string
	for range count {
		number := r.IntN(keysOfTag)
		key := fmt.Sprintf("{%s}%d", tags[r.IntN(len(tags))], number)
		commands = append(commands, randomWrite(r, key, number))
	}
	values, err := w.client("first").pipeline(m, commands...)
	for i := 0; i < len(values) && err == nil; i++ {
		err = w.check(m.name, !values[i].IsError(), values[i].String()+" in answer to "+commandText(commands[i]), "no error")
	}
	return err
}
