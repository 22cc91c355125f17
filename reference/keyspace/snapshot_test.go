package keyspace

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/clusterspec/clusterspec/reference/slot"
)

// contentOf is what a DB holds, as text.
func contentOf(db *DB) map[string]string {
	content := make(map[string]string)
	db.Each(func(_ slot.Slot, key []byte, v Value) bool {
		content[string(key)] = textOf(v)
		return true
	})
	return content
}

func textOf(v Value) string {
	if list, ok := v.Object.(*List); ok {
		text := fmt.Sprint(v.ExpireAt)
		for element := range list.All() {
			text += " " + string(element)
		}
		return text
	}
	return fmt.Sprintf("%d %s", v.ExpireAt, v.Str)
}

// TestSnapshotIsOfOneMoment changes a DB in every way while snapshots are read, and holds each against what there was
// when it began.
func TestSnapshotIsOfOneMoment(t *testing.T) {
	type run struct {
		*Snapshot
		want, got map[string]string
	}
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 7))
		db := NewSeeded(seed)
		slots := 1 + r.IntN(20)
		var runs []*run
		finished := 0
		for range 3000 {
			key := fmt.Appendf(nil, "key%d", r.IntN(400))
			at := slot.Slot(int(slot.Of(key)) % slots * 700)
			switch n := r.IntN(1000); {
			case n < 300:
				db.Set(at, key, Value{Kind: String, Str: make([]byte, r.IntN(200)), ExpireAt: 0})
			case n < 500:
				list := NewList()
				list.PushBack(key)
				db.Set(at, key, ObjectValue(list))
			case n < 700:
				if v, ok := db.Get(at, key); ok && v.Kind == ListKind {
					db.Changing(at)
					v.Object.(*List).PushBack([]byte("more"))
				}
			case n < 800:
				db.SetExpiry(at, key, 1000+1)
			case n < 950:
				db.Delete(at, key)
			case n < 960:
				db.FlushSlot(at)
			case n < 962:
				db.Flush()
			case n < 970 && len(runs) < 3:
				begun := &run{want: contentOf(db), got: make(map[string]string)}
				begun.Snapshot = db.Snapshot(func(key []byte, v Value) {
					if _, twice := begun.got[string(key)]; twice {
						t.Fatalf("%s comes twice", key)
					}
					begun.got[string(key)] = textOf(v)
				})
				runs = append(runs, begun)
			}
			for i := 0; i < len(runs); i++ {
				left := r.IntN(8)
				if complete := runs[i].Continue(func() bool { left--; return left <= 0 }); !complete {
					continue
				}
				if fmt.Sprint(runs[i].got) != fmt.Sprint(runs[i].want) {
					t.Fatalf("seed %d: the snapshot has\n%v\nwant\n%v", seed, runs[i].got, runs[i].want)
				}
				finished++
				runs = append(runs[:i], runs[i+1:]...)
				i--
			}
		}
		if finished == 0 {
			t.Fatal("no snapshot was completed")
		}
		for _, left := range runs {
			left.Stop()
		}
		if len(db.snapshots) > 0 {
			t.Fatal("a snapshot is left behind")
		}
	}
}
