package keyspace

import "math/bits"

// A class is sparse when more than a quarter of it is unused. The slab that is picked then is no fuller than the others,
// so three moves win one place on average: four after each free keep up with any number of frees, and none has to wait
// for long.
const (
	sparseShare  = 4
	movesPerFree = 4
)

// toDrain is the slab of a sparse class to be drained, 0 for none. The others must have room for all of it, and for a
// quarter more, lest the next allocation ask for a slab again.
func (a *arena[E]) toDrain(sh *shelf) uint32 {
	if sh.room*sparseShare <= sh.used+sh.room {
		return 0
	}
	id := sh.emptiest()
	if count := a.slabs[id].count; sh.room < count+count/4+1 {
		return 0
	}
	return id
}

// emptiest is a slab with much room, 0 if none has any.
func (sh *shelf) emptiest() uint32 {
	for _, id := range sh.lists {
		if id != 0 {
			return id
		}
	}
	return 0
}

// drain moves some allocations of a sparse class out of its emptiest slab, which is dropped once nothing is left in it.
func (a *arena[E]) drain(c class) {
	sh := &a.shelves[c]
	if sh.draining == 0 {
		id := a.toDrain(sh)
		if id == 0 {
			return
		}
		a.unlist(id)
		sh.draining = id
	}
	for range movesPerFree {
		id := sh.draining
		switch {
		case id == 0:
			return
		case a.slabs[id].used == 0:
			a.dropSlab(id)
			return
		case sh.fullest() == 0: // the others have filled up meanwhile
			a.stopDraining(sh)
			return
		}
		from := ref(id)<<positionBits | ref(a.slabs[id].firstLive())
		to, content := a.alloc(c)
		copy(content, a.at(from))
		a.release(from)
		a.moved(from, to, content)
	}
}

// stopDraining makes the slab that is being drained one like the others again.
func (a *arena[E]) stopDraining(sh *shelf) {
	id := sh.draining
	sh.draining = 0
	a.list(id)
}

// firstLive is the position of an allocation in use. There must be one.
func (s *slab[E]) firstLive() int {
	for i, word := range s.live {
		if i == len(s.live)-1 && s.count%64 != 0 {
			word &= 1<<(s.count%64) - 1
		}
		if word != 0 {
			return i*64 + bits.TrailingZeros64(word)
		}
	}
	panic("keyspace: no allocation in use in a slab that has some")
}
