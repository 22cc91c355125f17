// Package node is one whole cluster node without sockets: the protocol machine, the keyspace, the commands, replication
// and migration, joined. It is pure: bytes and time come in through methods, and what is to be done comes out as Effects.
//
// # The driver's duties
//
// A shell (reference/server, or a simulator) owns the sockets, the timers and the files. It calls, from one goroutine:
//
//   - Accept for every accepted connection (Kind Client or BusIn), Connected for every dial that succeeded;
//   - Receive with the bytes that arrived on a Conn (they are only read during the call);
//   - Wrote when bytes of Conn.Out were written, Closed when a stream ended or a dial failed;
//   - Turn after each batch of these calls, and no later than the last Effects' Deadline.
//
// and then carries out the Effects that Turn returned, in this order:
//
//  1. If Effects.Save is set: write nodes.conf (atomically; with fsync if Sync is set) before any byte leaves on any
//     Conn, and call Saved with the outcome. If that failed, leave the rest of these Effects and carry out those of
//     another Turn instead, which end the node when it had made a promise: a vote that is not on disk must not be cast.
//  2. Write Conn.Out of every Conn in Effects.Write, in order per Conn; what the socket does not take now, later.
//  3. Close every Conn in Effects.Close; one with CloseAfterWrite only when its Out is empty. A Conn that is still being
//     dialled is abandoned.
//  4. Dial every Conn in Effects.Dial, at its Addr, and answer each with Connected or Closed.
//  5. Carry out Effects.Dump in order, without waiting for the disk: the steps of one run make a file that takes the place
//     of the snapshot when its last step is on the disk. Call Dumped for each step that is not a Drop, when it is done.
//  6. If Effects.Exit is set: stop.
//
// A Conn's bytes are written only after the Turn that follows them, so step 1 holds for every reply and every frame.
//
// # Inside
//
// Inputs enter in node.go. client.go feeds requests to the command engine, link.go frames to the protocol machine, and
// machine.go carries out what the machine asks for. upstream.go and stream.go are a replica's side of replication (the
// primary's side is the engine's), loading.go reads the snapshot of an earlier life, migrations.go carries out MIGRATE, role.go changes sides. turn.go collects what all of
// them left to do.
package node
