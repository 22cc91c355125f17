package replication

// Source is the stream of writes this node stands for: as a primary the one it produces, as a replica the one it applies
// and relays. It outlives changes of role, which is what lets a promoted replica serve its siblings, and a demoted
// primary ask for the rest, without a full sync (spec §9.2).
type Source struct {
	id, id2      ID
	offset       int64 // of the last byte
	secondOffset int64 // first byte of ours that is not of id2's history; -1 without id2

	size    int    // of the backlog, in bytes
	backlog []byte // ring of the last bytes; nil while nobody follows
	head    int    // where in backlog the next byte goes
	kept    int    // how many bytes of backlog are filled
}

// NewSource starts a history that keeps its last backlogBytes once it has a follower. Without one, nothing is kept and
// nothing counted, as in Redis.
func NewSource(id ID, backlogBytes int) *Source {
	return &Source{id: id, secondOffset: -1, size: backlogBytes}
}

// ID names the history this stream continues.
func (s *Source) ID() ID { return s.id }

// ID2 names the history that was ours up to SecondOffset, from before the last promotion; zero if there is none.
func (s *Source) ID2() ID { return s.id2 }

// SecondOffset is the first offset not shared with ID2; -1 if there is no ID2.
func (s *Source) SecondOffset() int64 { return s.secondOffset }

// Offset counts the bytes of the stream so far.
func (s *Source) Offset() int64 { return s.offset }

// Active says whether the stream is kept, and therefore has to be fed by Append.
func (s *Source) Active() bool { return s.backlog != nil }

// BacklogSize is the capacity of the backlog in bytes, whether Active or not.
func (s *Source) BacklogSize() int { return s.size }

// BacklogLen is how many bytes the backlog holds.
func (s *Source) BacklogLen() int { return s.kept }

// BacklogFirst is the offset of the oldest byte in the backlog: Offset()+1 when it is empty, 0 when not Active.
func (s *Source) BacklogFirst() int64 {
	if !s.Active() {
		return 0
	}
	return s.offset - int64(s.kept) + 1
}

// Open makes the stream Active, for the first follower. The history goes on under the name fresh, because what was
// written while nobody counted must not be taken for the old history. An Active Source is left as it is.
func (s *Source) Open(fresh ID) {
	if s.Active() {
		return
	}
	s.Rename(fresh)
	s.backlog = make([]byte, s.size)
}

// Close drops the backlog, repl-backlog-ttl after the last follower left, and renames the history to fresh.
func (s *Source) Close(fresh ID) {
	s.Rename(fresh)
	s.empty()
	s.backlog = nil
}

// Append counts b and keeps it. It does nothing unless the Source is Active.
func (s *Source) Append(b []byte) {
	if !s.Active() {
		return
	}
	s.offset += int64(len(b))
	if len(b) > s.size {
		b = b[len(b)-s.size:]
	}
	n := copy(s.backlog[s.head:], b)
	copy(s.backlog, b[n:])
	s.head = (s.head + len(b)) % s.size
	s.kept = min(s.kept+len(b), s.size)
}

// CanContinue says whether a follower that has id's history up to offset-1 can be served from the backlog.
func (s *Source) CanContinue(id ID, offset int64) bool {
	ours := id == s.id || id == s.id2 && !id.IsZero() && offset <= s.secondOffset
	return ours && s.Active() && s.BacklogFirst() <= offset && offset <= s.offset+1
}

// Since is the stream from offset on, in two parts that are valid until the next Append. CanContinue must allow it.
func (s *Source) Since(offset int64) (first, second []byte) {
	n := int(s.offset + 1 - offset)
	start := s.head - n
	if start >= 0 {
		return s.backlog[start:s.head], nil
	}
	return s.backlog[start+s.size:], s.backlog[:s.head]
}

// Shift gives the history the name fresh from here on, and remembers the old name for those who share it so far: this
// node was promoted.
func (s *Source) Shift(fresh ID) {
	s.id2, s.secondOffset = s.id, s.offset+1
	s.id = fresh
}

// Adopt takes over a primary's history after a full sync from it: our own is gone.
func (s *Source) Adopt(id ID, offset int64) {
	s.Rename(id)
	s.offset = offset
	s.empty()
	if !s.Active() {
		s.backlog = make([]byte, s.size)
	}
}

// Continue goes on in the history id of a primary that accepted our partial sync. A name that is new to us is the one
// its promotion gave it: ours becomes the second.
func (s *Source) Continue(id ID) {
	if id != s.id && !id.IsZero() {
		s.Shift(id)
	}
	if !s.Active() {
		s.backlog = make([]byte, s.size)
	}
}

// Rename gives the history another name and forgets the second one: nobody can go on in it.
func (s *Source) Rename(id ID) { s.id, s.id2, s.secondOffset = id, ID{}, -1 }

func (s *Source) empty() { s.head, s.kept = 0, 0 }
