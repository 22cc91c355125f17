package keyspace

import "github.com/clusterspec/clusterspec/reference/slot"

// Snapshot reads a DB as it is at one moment, little by little, while the DB goes on changing.
//
// It goes through the tables slot by slot. Before anything changes in a slot that it has not read, it reads all of that
// slot. So a write pays for the keys of its own slot, once, and nothing is ever copied. A Flush costs nothing: the
// Snapshot keeps the old tables.
//
// Redis forks for the same purpose, and leaves the copying to the kernel.
type Snapshot struct {
	db    *DB
	visit func(key []byte, v Value)
	keys  int // of all
	left  int // of these, not visited

	at    slot.Slot // being read
	entry int       // in the table of at: what stands before it was visited
	early slot.Set  // slots behind at that have been read
}

// Snapshot begins to read the DB as it is now. visit gets every key once, in no particular order, during Continue or
// during a write to the DB. It must not write to the DB.
func (db *DB) Snapshot(visit func(key []byte, v Value)) *Snapshot {
	s := &Snapshot{db: db, visit: visit, keys: db.keys, left: db.keys}
	if db.keys > 0 {
		db.snapshots = append(db.snapshots, s)
	}
	return s
}

// Continue visits keys until enough says so, which it is asked after each, or none is left. It reports whether the
// Snapshot is complete.
func (s *Snapshot) Continue(enough func() bool) (complete bool) {
	for s.left > 0 {
		if s.early.Has(s.at) {
			s.nextSlot()
			continue
		}
		entries := s.db.entries(s.at)
		for s.entry < len(entries) {
			c := entries[s.entry]
			s.entry++
			if c == 0 {
				continue
			}
			s.see(c)
			if s.left > 0 && enough() {
				return false
			}
		}
		s.nextSlot()
	}
	s.leave()
	return true
}

// Stop gives up a Snapshot that is not complete. It may be called on any.
func (s *Snapshot) Stop() {
	s.db.dropSnapshot(s)
	s.left = 0
	s.leave()
}

// leave gives back the memory of flushed tables when nobody else reads them.
func (s *Snapshot) leave() {
	if s.db.flushed && len(s.db.snapshots) == 0 {
		s.db.Close()
	}
}

// see visits the key of a cell. The last one ends the Snapshot.
func (s *Snapshot) see(c cell) {
	rec := s.db.record(c)
	s.visit(rec.key(), s.db.value(rec))
	if s.left--; s.left == 0 {
		s.db.dropSnapshot(s)
	}
}

func (s *Snapshot) nextSlot() { s.at, s.entry = s.at+1, 0 }

// changing reads what is left of a slot that is about to change.
func (s *Snapshot) changing(n slot.Slot) {
	if n < s.at || s.early.Has(n) {
		return
	}
	first := 0
	if n == s.at {
		first = s.entry
	}
	s.early.Add(n)
	for _, c := range s.db.entries(n)[min(first, len(s.db.entries(n))):] {
		if c != 0 {
			s.see(c)
		}
	}
}

// Changing says that something in a slot is about to change. Set, SetExpiry, Delete and FlushSlot say so themselves:
// it is for those who have got an object from the DB to change it in place.
func (db *DB) Changing(n slot.Slot) {
	for i := len(db.snapshots) - 1; i >= 0; i-- { // backwards: one that is complete is dropped
		db.snapshots[i].changing(n)
	}
}

func (db *DB) dropSnapshot(s *Snapshot) {
	for i, other := range db.snapshots {
		if other == s {
			db.snapshots = append(db.snapshots[:i:i], db.snapshots[i+1:]...)
			return
		}
	}
}

// leaveToSnapshots hands the content of a DB that is about to be emptied to those who still read it.
func (db *DB) leaveToSnapshots() {
	if len(db.snapshots) == 0 {
		return
	}
	old := new(DB)
	*old = *db
	old.flushed = true
	db.blocks = &blocks{memory: old.blocks.memory}
	for _, s := range db.snapshots {
		s.db = old
	}
	db.snapshots = nil
}

// Snapshots is how many are being read.
func (db *DB) Snapshots() int { return len(db.snapshots) }
