package server

import (
	"net/netip"

	"github.com/clusterspec/clusterspec/reference/node"
)

// Links says which connections with other nodes carry bytes, so that a cluster in one process can be partitioned. A cut
// connection stands still, as when a cable was pulled: nobody is told, what was sent arrives after it is healed, and a new
// connection is established only then. The loop asks when a connection begins, and about all of them after Relink; what
// is not cut is read and written without asking.
type Links interface {
	// MayDial says whether c.Addr can be reached from here, and can answer.
	MayDial(c *node.Conn) bool
	// Established tells that c was dialled from local, which is what the other end sees of it, before its first byte
	// leaves. It reports false when meanwhile it may not be dialled any more.
	Established(c *node.Conn, local netip.AddrPort) bool
	// Ended tells that a connection dialled from local has ended.
	Ended(local netip.AddrPort)
	// Carries says whether what the other end of c sends arrives here.
	Carries(c *node.Conn) bool
}

// wholeNetwork is what a node outside of tests has: nothing is cut.
type wholeNetwork struct{}

func (wholeNetwork) MayDial(*node.Conn) bool                     { return true }
func (wholeNetwork) Established(*node.Conn, netip.AddrPort) bool { return true }
func (wholeNetwork) Ended(netip.AddrPort)                        {}
func (wholeNetwork) Carries(*node.Conn) bool                     { return true }

// heldDial is the Shell of a Conn that is dialled when its link is healed.
type heldDial struct{}

// holdDial reports whether a dial has to wait.
func (d *duties) holdDial(c *node.Conn) bool {
	if d.links.MayDial(c) {
		return false
	}
	c.Shell = heldDial{}
	d.heldDials = append(d.heldDials, c)
	return true
}

// redial begins the dials that had to wait, unless the node has lost interest.
func (d *duties) redial(s streams) {
	held := d.heldDials
	d.heldDials = nil
	for _, c := range held {
		if c.Shell == any(heldDial{}) {
			s.dial(c)
		}
	}
}

// forgetDialled tells the network that a connection we dialled is no more.
func (d *duties) forgetDialled(c *node.Conn) {
	if c.Addr != "" && c.Local.IsValid() {
		d.links.Ended(c.Local)
	}
}
