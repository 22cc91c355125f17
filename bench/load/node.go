package load

import "math/rand/v2"

// node is one primary, with its connections and the part of the tape whose keys it serves.
type node struct {
	addr  string
	conns []*conn
	next  int // the connection whose turn it is in the open loop

	tape   []entry // read in a circle of length circle; some entries are repeated at the end, so that every batch is in one piece
	circle int
	cursor int
	once   bool // the tape is read once, not in a circle
}

// load puts a tape in.
func (n *node) load(tape []entry, pipeline int, once bool) {
	n.circle, n.cursor, n.once = len(tape), 0, once
	n.tape = tape
	if once || n.circle == 0 {
		return
	}
	n.tape = append(make([]entry, 0, n.circle+pipeline), tape...)
	for i := range pipeline - 1 {
		n.tape = append(n.tape, tape[i%n.circle])
	}
}

// take is the next batch; empty if the tape is.
func (n *node) take(pipeline int) []entry {
	if n.circle == 0 || n.once && n.cursor >= n.circle {
		return nil
	}
	end := n.cursor + pipeline
	if n.once {
		end = min(end, n.circle)
	}
	requests := n.tape[n.cursor:end:end]
	if n.cursor = end; !n.once {
		n.cursor %= n.circle
	}
	return requests
}

// nextConn is the connection whose turn it is.
func (n *node) nextConn() *conn {
	n.next = (n.next + 1) % len(n.conns)
	return n.conns[n.next]
}

// draw picks a node in proportion to the requests it has on its tape.
func draw(nodes []*node, r *rand.Rand) *node {
	if len(nodes) == 1 {
		return nodes[0]
	}
	total := 0
	for _, n := range nodes {
		total += n.circle
	}
	at := r.IntN(max(total, 1))
	for _, n := range nodes {
		if at -= n.circle; at < 0 {
			return n
		}
	}
	return nodes[0]
}
