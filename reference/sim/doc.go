// Package sim runs whole clusters of protocol machines in virtual time: thousands of simulated seconds in one real one,
// the same every time for the same seed.
//
// A World owns the clock, the network and the disks. Everything that happens is an event on one heap, ordered by time and
// then by the order in which it was planned. The network has the semantics of TCP: what is sent on a connection arrives in
// order or not at all, a cut path holds it back, a dead end answers with a reset, and a connection can be half open. A
// disk keeps what was synced and loses, when its node is killed, what was not.
//
// Checkers watch every turn of every node. The first thing that must not be stops the World with an error; the seed
// repeats it. Deliberate faults are methods (Kill, Partition, Reset, ...) for tests that tell one story, and Storm for
// random ones.
package sim
