package figures

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// lookup is what finding the node of a key takes: the slot of the key, and who serves that. It happens inside of clients and servers, where nobody can see it
// from outside, so it is measured in this process: the reference's own hash and a table of slots, beside what go-redis does for every command of an
// application, which is the base here.
var lookup = group{
	name: "slot-lookup",
	figures: []result.Figure{
		{ID: "slot-lookup/key-16", Title: "from a key of 16 bytes to its node", Unit: "ns", Floor: 1e3, FloorSource: planned},
		{ID: "slot-lookup/tagged-64", Title: "from a key of 64 bytes with a hash tag to its node", Unit: "ns", Floor: 1e3, FloorSource: planned},
	},
	trials: 24, estimate: 500 * time.Millisecond,
	own: openLookups,
}

// The names of those compared.
const (
	lookupLibrary   = "go-redis"
	lookupReference = "reference" // the target of that name, as far as it goes
)

var lookupKeys = []string{"key:000000012345", "session:of-an-application:{user:1234567}:what-it-is-about:0123456"}

// SlotOf is the hash slot of a key.
type SlotOf func(key []byte) uint16

// openLookups sets up go-redis, go-redis again, and the reference's function; nobody where the reference is not among the targets.
func openLookups(ctx context.Context, o Options) (subjects []subject, err error) {
	if o.SlotOf == nil || !slices.Contains(o.Targets, lookupReference) {
		return nil, nil
	}
	for range 2 {
		library, err := newLibraryLookup(ctx)
		if err != nil {
			return subjects, err
		}
		subjects = append(subjects, library)
	}
	return append(subjects, &ownLookup{slotOf: o.SlotOf, owners: make([]*lookupNode, wire.Slots)}), nil
}

// timeLookups is how many nanoseconds a lookup takes, for each of the keys.
func timeLookups(find func(key string, raw []byte) error) (values []float64, err error) {
	const times = 5000
	for _, key := range lookupKeys {
		raw := []byte(key)
		begun := time.Now()
		for range times {
			if err := find(key, raw); err != nil {
				return nil, err
			}
		}
		values = append(values, float64(time.Since(begun))/times)
	}
	return values, nil
}

// libraryLookup is a client of a cluster of three nodes that nobody ever connects to.
type libraryLookup struct{ client *redis.ClusterClient }

func newLibraryLookup(ctx context.Context) (*libraryLookup, error) {
	const nodes = 3
	var slots []redis.ClusterSlot
	for i := range nodes {
		slots = append(slots, redis.ClusterSlot{
			Start: i * wire.Slots / nodes, End: (i+1)*wire.Slots/nodes - 1, Nodes: []redis.ClusterNode{{ID: fmt.Sprint(i), Addr: fmt.Sprintf("127.0.0.1:%d", 1+i)}},
		})
	}
	l := &libraryLookup{redis.NewClusterClient(&redis.ClusterOptions{ClusterSlots: func(context.Context) ([]redis.ClusterSlot, error) { return slots, nil }})}
	_, err := l.client.MasterForKey(ctx, lookupKeys[0]) // it learns the slots
	return l, err
}

func (l *libraryLookup) name() string { return lookupLibrary }
func (l *libraryLookup) close() error { return l.client.Close() }

func (l *libraryLookup) trial(ctx context.Context) ([]float64, error) {
	return timeLookups(func(key string, _ []byte) error {
		_, err := l.client.MasterForKey(ctx, key)
		return err
	})
}

// ownLookup is the reference's hash, and a table of who serves each slot.
type ownLookup struct {
	slotOf SlotOf
	owners []*lookupNode
	found  *lookupNode // so that no compiler leaves the lookup out
}

type lookupNode struct{}

func (l *ownLookup) name() string { return lookupReference }
func (l *ownLookup) close() error { return nil }

func (l *ownLookup) trial(context.Context) ([]float64, error) {
	return timeLookups(func(_ string, raw []byte) error {
		l.found = l.owners[l.slotOf(raw)]
		return nil
	})
}
