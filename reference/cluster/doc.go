// Package cluster is the protocol machine of a Redis Cluster node: who is in the cluster, who is alive, who owns which
// slot, and who takes over when a primary dies. It speaks the cluster bus as redis-server 7.2 does and can share a
// cluster with redis-server 7.0 and later.
//
// A Machine is pure. Time comes in as an argument, chance from the generator in Config, frames as values; what is to be
// done comes out as Effects. It has no goroutines, no locks and no sockets, and the same inputs always give the same
// outputs. Comments cite the sections of the protocol notes ("spec 4.3") and, in parentheses, the function of Redis that
// does the same.
//
// # The driver's duties
//
// Whoever owns the sockets and files (reference/node, or the simulator) calls, from one goroutine:
//
//   - Accepted for every connection to the bus port, Connected for every Dial that succeeded, Closed for every link that
//     ended by itself and for every Dial that failed; a link it was told to hang up is gone at once and needs no Closed;
//   - Receive for every whole frame, Dropped for every frame that bus.Frame.Parse refused with bus.ErrDropped;
//   - Tick whenever Deadline has come; late is harmless, early does nothing;
//   - the commands (Meet, AddSlots, Failover, ...) as clients ask for them;
//   - BeforeSleep once after each batch of these calls, before anything is written.
//
// After each call, or at the latest after BeforeSleep, it takes Effects and carries them out in order, with one rule
// about the order of writes: if a Save is among the effects of a turn, m.AppendFile(nil) must be on disk before any byte leaves
// on any link or to any client. A vote that is not on disk must not be cast (spec 5.2). If the file cannot be written,
// the node must stop.
//
// A Send may name a link whose Dial is still under way: keep the bytes until it is connected (spec 2.7). Links need TCP
// keep-alive and an end to TCP's patience: while a peer talks to us on its own link, the machine does not give up ours to
// it, even if nothing gets through any more (spec 3.2).
package cluster
