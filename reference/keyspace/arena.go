package keyspace

import "math/bits"

// ref names an allocation of an arena: the number of its slab and its position there. The zero ref is no allocation.
type ref uint64

// A ref has refBits bits: with slabs of 64 KiB an arena reaches 8 TiB.
const (
	positionBits = 13
	slabBits     = 27
	refBits      = positionBits + slabBits
	positionMask = 1<<positionBits - 1
	refMask      = 1<<refBits - 1
)

// The first slab of a class is small, so that an almost empty DB is; each further one doubles the class, until slabs
// are full size. The memory of full-size slabs is kept for the next ones: some blocks always, and some for every so
// many slabs.
const (
	slabBytesMin  = 1 << 10
	slabBytesMax  = unitBytes << positionBits
	blocksAlways  = 4
	slabsPerBlock = 16
)

// arena allocates arrays of E, which has no pointers: the garbage collector never looks inside. Each slab is cut into
// allocations of one class; what is larger than a slab has a slab of its own, on the heap. The memory of full-size slabs
// comes from blocks.
//
// Of the slabs with room the fullest is filled first, and the emptiest is drained when too much of its class is unused
// (drain.go). So memory comes back after deletes, in whatever order they come.
type arena[E byte | cell] struct {
	source    *blocks
	slabs     []slab[E] // by number; 0 is never used
	numbers   []uint32  // of slabs that are no more
	blocks    [][]E     // memory of full-size slabs that are no more
	shelves   []shelf   // by class
	unitElems int       // elements of E in 8 bytes
	bytes     int       // held by slabs and blocks

	// moved is told that the allocation from has become to, where its content already is.
	moved func(from, to ref, content []E)
}

// slab is a block of memory cut into allocations of equal size.
type slab[E byte | cell] struct {
	data []E
	size int // elements of one allocation

	live  []uint64 // one bit for each allocation: in use
	first int      // no word of live before this one has room
	used  int      // allocations in use
	count int      // allocations there are
	class class

	level      int    // the list of its shelf it is in
	next, prev uint32 // its neighbours there, 0 for none
}

// shelf is all slabs of one class.
type shelf struct {
	lists    [levels]uint32 // first slab of each list, 0 for none
	draining uint32         // the slab that is being drained, 0 for none
	used     int            // allocations in use
	room     int            // allocations that could be made without another slab
	owed     int            // calls of drain that freeLater left out
}

// Slabs with room are listed by how full they are. Full slabs and the one being drained are in no list.
const (
	levels   = 4
	unlisted = levels
)

// newArena returns an empty arena that reports the moves it makes.
func newArena[E byte | cell](source *blocks, unitElems int, moved func(from, to ref, content []E)) arena[E] {
	return arena[E]{source: source, slabs: make([]slab[E], 1), unitElems: unitElems, moved: moved}
}

// at is the allocation r, in the full size of its class.
func (a *arena[E]) at(r ref) []E {
	s := &a.slabs[r>>positionBits]
	i := int(r&positionMask) * s.size
	return s.data[i : i+s.size]
}

// classFor is the class of allocations of n elements, n > 0.
func (a *arena[E]) classFor(n int) class { return classOf((n + a.unitElems - 1) / a.unitElems) }

// alloc returns an allocation of class c with whatever it contains.
func (a *arena[E]) alloc(c class) (ref, []E) {
	for int(c) >= len(a.shelves) {
		a.shelves = append(a.shelves, shelf{})
	}
	sh := &a.shelves[c]
	if sh.fullest() == 0 && sh.draining != 0 {
		a.stopDraining(sh)
	}
	id := sh.fullest()
	if id == 0 {
		id = a.addSlab(c)
	}
	s := &a.slabs[id]
	r := ref(id)<<positionBits | ref(s.take())
	sh.used++
	sh.room--
	a.list(id)
	return r, a.at(r)
}

// fullest is a slab with little room, 0 if none has any.
func (sh *shelf) fullest() uint32 {
	for level := levels - 1; level >= 0; level-- {
		if id := sh.lists[level]; id != 0 {
			return id
		}
	}
	return 0
}

// take marks the first free allocation as used and returns its position. There must be one.
func (s *slab[E]) take() int {
	for s.live[s.first] == ^uint64(0) {
		s.first++
	}
	bit := bits.TrailingZeros64(^s.live[s.first])
	s.live[s.first] |= 1 << bit
	s.used++
	return s.first*64 + bit
}

// free gives r back. It may move other allocations, and reports each.
func (a *arena[E]) free(r ref) {
	c := a.slabs[r>>positionBits].class
	a.release(r)
	a.drain(c)
}

// freeLater gives r back and moves nothing: drainAll has to follow.
func (a *arena[E]) freeLater(r ref) {
	a.shelves[a.slabs[r>>positionBits].class].owed++
	a.release(r)
}

// drainAll does what is left to do after freeLater. Of what is given back together, most slabs are empty then, and little is
// left to be moved.
func (a *arena[E]) drainAll() {
	for c := range a.shelves {
		sh := &a.shelves[c]
		for ; sh.owed > 0; sh.owed-- {
			a.drain(class(c))
			if sh.draining == 0 && a.toDrain(sh) == 0 {
				sh.owed = 0
				break
			}
		}
	}
}

// release gives r back and drops its slab if nothing needs it any more.
func (a *arena[E]) release(r ref) {
	id, position := uint32(r>>positionBits), int(r&positionMask)
	s := &a.slabs[id]
	s.live[position/64] &^= 1 << (position % 64)
	s.first = min(s.first, position/64)
	s.used--
	sh := &a.shelves[s.class]
	sh.used--
	sh.room++
	a.list(id)
	// An empty slab stays if it is the only room of a class in use: the next allocation will want it. Large values do
	// not stay.
	switch onlyRoom := sh.room == s.count; {
	case sh.used == 0:
		for sh.lists[0] != 0 {
			a.dropSlab(sh.lists[0])
		}
	case s.used == 0 && (!onlyRoom || s.count == 1):
		a.dropSlab(id)
	}
}

// list puts slab id into the list where it belongs.
func (a *arena[E]) list(id uint32) {
	s := &a.slabs[id]
	sh := &a.shelves[s.class]
	level := s.used * levels / s.count
	if level == s.level || id == sh.draining {
		return
	}
	a.unlist(id)
	s.level = level
	if level == unlisted {
		return
	}
	s.next = sh.lists[level]
	if s.next != 0 {
		a.slabs[s.next].prev = id
	}
	sh.lists[level] = id
}

// unlist takes slab id out of the list it is in.
func (a *arena[E]) unlist(id uint32) {
	s := &a.slabs[id]
	if s.level == unlisted {
		return
	}
	if s.next != 0 {
		a.slabs[s.next].prev = s.prev
	}
	if s.prev != 0 {
		a.slabs[s.prev].next = s.next
	} else {
		a.shelves[s.class].lists[s.level] = s.next
	}
	s.level, s.next, s.prev = unlisted, 0, 0
}

// addSlab makes another slab of class c. The allocation that follows will list it.
func (a *arena[E]) addSlab(c class) uint32 {
	sh := &a.shelves[c]
	sizeBytes := c.units() * unitBytes
	count := max(1, min(max(sh.used, slabBytesMin/sizeBytes), slabBytesMax/sizeBytes))
	size := c.units() * a.unitElems
	s := slab[E]{data: a.makeBlock(count * size), size: size, count: count, class: c, level: unlisted}
	s.live = make([]uint64, (count+63)/64)
	if odd := count % 64; odd != 0 {
		s.live[len(s.live)-1] = ^uint64(0) << odd // behind the last one there is nothing to take
	}
	sh.room += count
	if n := len(a.numbers); n > 0 {
		id := a.numbers[n-1]
		a.numbers = a.numbers[:n-1]
		a.slabs[id] = s
		return id
	}
	if len(a.slabs) == 1<<slabBits {
		panic("keyspace: the data set has outgrown 8 TiB")
	}
	a.slabs = append(a.slabs, s)
	return uint32(len(a.slabs) - 1)
}

// makeBlock returns memory for a slab of n elements. What comes close to a full-size slab is one, so that its memory
// can be used again.
func (a *arena[E]) makeBlock(n int) []E {
	full := slabBytesMax / unitBytes * a.unitElems
	if n > full || n < full-full/16 {
		a.bytes += n * unitBytes / a.unitElems
		return make([]E, n)
	}
	if len(a.blocks) > 0 {
		return a.popBlock()[:n]
	}
	a.bytes += slabBytesMax
	return asElements[E](a.source.take())[:n]
}

// dropSlab forgets an empty slab. Its memory is kept or given back.
func (a *arena[E]) dropSlab(id uint32) {
	a.unlist(id)
	s := &a.slabs[id]
	sh := &a.shelves[s.class]
	sh.room -= s.count
	if sh.draining == id {
		sh.draining = 0
	}
	if cap(s.data)*unitBytes == slabBytesMax*a.unitElems {
		a.blocks = append(a.blocks, s.data[:0])
	} else {
		a.bytes -= cap(s.data) * unitBytes / a.unitElems
	}
	*s = slab[E]{}
	a.numbers = append(a.numbers, id)
	for keep := blocksAlways + (len(a.slabs)-len(a.numbers))/slabsPerBlock; len(a.blocks) > keep; {
		a.source.give(asBytes(a.popBlock()))
		a.bytes -= slabBytesMax
	}
}

// popBlock takes a block out of those that are kept.
func (a *arena[E]) popBlock() []E {
	last := len(a.blocks) - 1
	block := a.blocks[last]
	a.blocks[last] = nil
	a.blocks = a.blocks[:last]
	return block
}
