package keyspace

import "unsafe"

// Memory is where a DB may take its slabs from, outside of the garbage collector's heap. In pages of their own they can be large
// ones, which the processor finds without searching, and a heap that holds little else is collected in no time.
type Memory interface {
	// Map returns n bytes that nobody else uses.
	Map(n int) []byte
	// Discard says that what stands in b, whole blocks of one mapping, is of no use any more. b stays valid.
	Discard(b []byte)
	// Unmap gives back what Map returned.
	Unmap(b []byte)
}

// Mappings double in size, so that an almost empty DB is small, up to a size that has room for many large pages.
const (
	mappingBytesMin = 4 * slabBytesMax
	mappingBytesMax = 256 * slabBytesMax
)

// blocks is the memory of full-size slabs. Without a Memory it is the heap.
type blocks struct {
	memory   Memory
	mappings [][]byte
	current  int      // the mapping that blocks are cut from
	cut      int      // how much of it was
	returned [][]byte // blocks to be used before others are cut
}

// take returns a block with whatever it contains.
func (b *blocks) take() []byte {
	if b.memory == nil {
		return make([]byte, slabBytesMax)
	}
	if last := len(b.returned) - 1; last >= 0 {
		block := b.returned[last]
		b.returned = b.returned[:last]
		return block
	}
	if b.current < len(b.mappings) && b.cut == len(b.mappings[b.current]) {
		b.current, b.cut = b.current+1, 0
	}
	if b.current == len(b.mappings) {
		size := mappingBytesMin
		if b.current > 0 {
			size = min(2*len(b.mappings[b.current-1]), mappingBytesMax)
		}
		b.mappings = append(b.mappings, b.memory.Map(size))
	}
	b.cut += slabBytesMax
	return b.mappings[b.current][b.cut-slabBytesMax : b.cut : b.cut]
}

// give takes a block back.
func (b *blocks) give(block []byte) {
	if b.memory != nil {
		b.memory.Discard(block)
		b.returned = append(b.returned, block)
	}
}

// reset takes all blocks back. The addresses are kept: who still reads there, reads nothing of worth, but reads.
func (b *blocks) reset() {
	for _, m := range b.mappings {
		b.memory.Discard(m)
	}
	b.current, b.cut, b.returned = 0, 0, nil
}

// close gives all memory back.
func (b *blocks) close() {
	for _, m := range b.mappings {
		b.memory.Unmap(m)
	}
	*b = blocks{}
}

// asElements and asBytes look at a block as what an arena makes of it. Blocks are aligned to pages, and neither form has pointers.
func asElements[E byte | cell](block []byte) []E {
	var e E
	return unsafe.Slice((*E)(unsafe.Pointer(unsafe.SliceData(block))), len(block)/int(unsafe.Sizeof(e)))
}

func asBytes[E byte | cell](data []E) []byte {
	var e E
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(data))), cap(data)*int(unsafe.Sizeof(e)))
}
