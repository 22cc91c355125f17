package keyspace

import "encoding/binary"

// Object is a value made of elements: a *List, *Set, *Hash or *ZSet. It belongs to one key at a time; an empty one has
// no place in a DB, and it is up to the caller to delete the key of one that has become empty.
//
// Whatever goes into an object is copied. Whatever comes out of it may be a view, which stays what it is when the
// object changes: an object never writes into bytes it has handed out.
type Object interface {
	Kind() Kind
	// Len is the number of elements: of fields for a Hash.
	Len() int
	// Encoding is how Redis would hold the value, as OBJECT ENCODING names it: "listpack", "hashtable" and so on.
	Encoding() string
	// Clone returns a copy that shares nothing with the object that either may change.
	Clone() Object

	account() *account
	// hold makes the object be held as the limits want it.
	hold()
}

// account is how much memory an object takes, about: the bytes of its elements and a fixed share for what points at
// each. It is kept up with every change and passed on to the DB, so that DB.Bytes does not have to look for it.
type account struct {
	bytes int
	in    *objects // nil until it comes into a DB
	keys  int      // that hold the object: two between the halves of a RENAME
}

// add notes that the object takes n more bytes.
func (a *account) add(n int) {
	a.bytes += n
	if a.keys > 0 {
		a.in.bytes += n * a.keys
	}
}

// ofClone is the account of a copy, which is held in the same way, and by no key yet.
func (a *account) ofClone() account { return account{bytes: a.bytes, in: a.in} }

// objects is the objects of a DB. A record names its object by its place here, since the garbage collector does not
// look into records.
type objects struct {
	all    []Object
	holes  []uint32 // places without an object
	bytes  int      // of all accounts
	limits *Limits  // of the DB

	place [objectPlaceBytes]byte // what add returned last
}

// objectBytes is a place in the list, and the object itself when it is empty.
const objectBytes = 128

// add gives o a place and returns what its record has for a value, valid until the next call.
func (t *objects) add(o Object) []byte {
	a := o.account()
	a.fit(o, t)
	a.keys++
	t.bytes += a.bytes + objectBytes
	place := uint32(len(t.all))
	if n := len(t.holes); n > 0 {
		place = t.holes[n-1]
		t.holes = t.holes[:n-1]
		t.all[place] = o
	} else {
		t.all = append(t.all, o)
	}
	binary.LittleEndian.PutUint32(t.place[:], place)
	return t.place[:]
}

// remove empties a place.
func (t *objects) remove(place uint32) {
	a := t.all[place].account()
	a.keys--
	t.bytes -= a.bytes + objectBytes
	t.all[place] = nil
	t.holes = append(t.holes, place)
	if len(t.holes) == len(t.all) {
		t.all, t.holes = t.all[:0], t.holes[:0]
	}
}
