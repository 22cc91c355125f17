package keyspace

// cell is one entry of a table: the first tagBits of the key's hash, then the ref of its record. The zero cell is
// empty.
type cell uint64

const (
	tagBits = 64 - refBits
	tagMask = 1<<tagBits - 1
)

func makeCell(tag uint64, r ref) cell { return cell(tag<<refBits | uint64(r)) }

func (c cell) tag() uint64 { return uint64(c) >> refBits }
func (c cell) ref() ref    { return ref(c & refMask) }

// table finds the keys of one slot. Its cells are sorted by tag, with gaps: a tag is looked for from its home, the
// place where it would be if the tags were spread evenly, and stands there or a little further on. So a table grows and
// shrinks without a look at the keys, a search for what is not there ends early, and the order of the keys stays the
// same whatever happens to the table, which is what Scan is built on.
type table struct {
	// cells begins with one that is no entry but names the owner: the slot, and the ref of cells itself.
	cells []cell
	homes uint32 // how many cells are the home of some tag; those behind take what is pushed past the end
	used  uint32 // keys
}

const (
	owner      = 0 // index of the cell that names the owner
	firstEntry = 1
)

// A table of up to packedMax entries has no gaps and is searched from the start: it is one cache line. A larger one
// keeps an eighth of its cells free, and a sixteenth behind the last home.
const packedMax = 8

// homesIn is how many homes a table of n entries has.
func homesIn(n int) uint32 {
	if n <= packedMax {
		return 1
	}
	return uint32(n - n/16 - 2)
}

// full reports whether a table should not take another key.
func (t *table) full() bool {
	n, used := len(t.cells)-firstEntry, int(t.used)
	return used >= n || n > packedMax && used >= n-n/8
}

// home is the index where the search for tag begins.
func (t *table) home(tag uint64) int { return firstEntry + int(tag*uint64(t.homes)>>tagBits) }

// insert adds c behind the entries of its tag. It reports false if there is no free cell from there on.
func (t *table) insert(c cell) bool {
	at := t.home(c.tag())
	for at < len(t.cells) && t.cells[at] != 0 && t.cells[at].tag() <= c.tag() {
		at++
	}
	gap := at
	for gap < len(t.cells) && t.cells[gap] != 0 {
		gap++
	}
	if gap >= len(t.cells) {
		return false
	}
	copy(t.cells[at+1:gap+1], t.cells[at:gap])
	t.cells[at] = c
	t.used++
	return true
}

// remove empties the cell at index i and moves those back that had been pushed on by it.
func (t *table) remove(i int) {
	for i+1 < len(t.cells) && t.cells[i+1] != 0 && t.home(t.cells[i+1].tag()) <= i {
		t.cells[i] = t.cells[i+1]
		i++
	}
	t.cells[i] = 0
	t.used--
}

// cellsFor is how many cells a table of this many keys should have: a quarter more keys may come before it has to grow.
func cellsFor(keys int) int {
	n := keys + keys/4
	if n > packedMax {
		n += n/7 + 1
	}
	return firstEntry + n
}

// fits reports whether the entries find places in a table of n cells.
func (t *table) fits(n int) bool {
	next := table{homes: homesIn(n - firstEntry)}
	last := owner
	for _, c := range t.entries() {
		if c != 0 {
			last = max(last+1, next.home(c.tag()))
		}
	}
	return last < n
}

// moveTo gives the table other cells, which the entries must fit in.
func (t *table) moveTo(cells []cell) {
	old := t.entries()
	t.cells, t.homes = cells, homesIn(len(cells)-firstEntry)
	clear(t.entries())
	last := owner
	for _, c := range old {
		if c != 0 {
			last = max(last+1, t.home(c.tag()))
			cells[last] = c
		}
	}
}

// entries is the cells without the one that names the owner.
func (t *table) entries() []cell {
	if t.cells == nil {
		return nil
	}
	return t.cells[firstEntry:]
}
