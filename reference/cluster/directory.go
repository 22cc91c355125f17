package cluster

import (
	"encoding/binary"
	"math/bits"

	"github.com/clusterspec/clusterspec/reference/bus"
)

// directory finds peers by their ids. Every entry of gossip asks it, one in ten of all nodes with every ping: a table of pointers
// that is searched from where the id's hash says costs a third of a map with keys of 40 bytes. The zero value is empty.
type directory struct {
	slots []*Peer // a power of two, at most half of them used
	used  int
}

// find returns the peer with an id; nil: there is none.
func (d *directory) find(id *bus.NodeID) *Peer {
	if d.used == 0 {
		return nil
	}
	for i := d.home(id); ; i = d.after(i) {
		if p := d.slots[i]; p == nil || p.ID == *id {
			return p
		}
	}
}

// add takes in a peer whose id is not there yet.
func (d *directory) add(p *Peer) {
	if 2*d.used >= len(d.slots) {
		d.grow()
	}
	i := d.home(&p.ID)
	for d.slots[i] != nil {
		i = d.after(i)
	}
	d.slots[i] = p
	d.used++
}

// remove takes out the peer with an id, which must be there. Those that were put behind it because its place was taken move up.
func (d *directory) remove(id bus.NodeID) {
	i := d.home(&id)
	for d.slots[i].ID != id {
		i = d.after(i)
	}
	d.slots[i] = nil
	d.used--
	for i = d.after(i); d.slots[i] != nil; i = d.after(i) {
		p := d.slots[i]
		d.slots[i] = nil
		d.used--
		d.add(p)
	}
}

func (d *directory) grow() {
	const fewest = 16
	old := d.slots
	d.slots, d.used = make([]*Peer, max(fewest, 2*len(old))), 0
	for _, p := range old {
		if p != nil {
			d.add(p)
		}
	}
}

// home is where an id belongs. Ids are random, or should be; all of their characters count, because people make some up.
func (d *directory) home(id *bus.NodeID) int {
	const odd = 0x9e3779b97f4a7c15
	h := uint64(0)
	for at := 0; at < len(id); at += 8 {
		h = bits.RotateLeft64(h, 23) ^ binary.LittleEndian.Uint64(id[at:])
		h *= odd
	}
	return int(h>>32) & (len(d.slots) - 1)
}

func (d *directory) after(i int) int { return (i + 1) & (len(d.slots) - 1) }
