package keyspace

import "math/bits"

// A class is sparse when more than a quarter of it is unused. The slab that is picked then is no fuller than the
// others, so three moves win one place on average: four after each free keep up with any number of frees, and none has
// to wait for long.
const (
	sparseShare  = 4
	movesPerFree = 4
)

// sparse reports whether draining a slab of size sizeBytes an allocation is worth it.
func (sh *shelf) sparse(sizeBytes int) bool {
	return sh.room*sparseShare > sh.used+sh.room && sh.room*sizeBytes > slabBytesMax
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

// drain moves some allocations of a sparse class out of its emptiest slab, to drop that slab once nothing is left in
// it.
func (a *arena[E]) drain(c class) {
	sh := &a.shelves[c]
	if sh.draining == 0 {
		if !sh.sparse(c.units() * unitBytes) {
			return
		}
		id := sh.emptiest()
		a.unlist(id)
		sh.draining = id
	}
	for range movesPerFree {
		id := sh.draining
		s := &a.slabs[id]
		if s.used == 0 {
			a.dropSlab(id)
			return
		}
		if sh.fullest() == 0 { // the class has filled up meanwhile: this slab is needed after all
			sh.draining = 0
			a.list(id)
			return
		}
		from := ref(id)<<positionBits | ref(s.firstLive())
		to, content := a.alloc(c)
		copy(content, a.at(from))
		a.release(from)
		a.moved(from, to, content)
		if sh.draining == 0 {
			return
		}
	}
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
