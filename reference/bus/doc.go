// Package bus is the wire form of the cluster bus: the frames nodes send each other over TCP.
//
// A link carries frames back to back. [Length] tells from the first 8 bytes how long the frame at the head of a buffer
// is; [Frame.Parse] reads exactly one; [Frame.Append] writes one. All integers are big-endian. Nothing here keeps state
// between frames, except that a Frame reuses its own memory: keep one per node, not one per message.
//
// Every frame begins with the same header of 2256 bytes:
//
//	off   size  field
//	0     4     signature, "RCmb"
//	4     4     length of the whole frame
//	8     2     protocol version, 1
//	10    2     client port of the sender
//	12    2     message type
//	14    2     number of gossip entries
//	16    8     currentEpoch of the sender
//	24    8     configEpoch of the sender, or of its primary when the sender is a replica
//	32    8     replication offset
//	40    40    id of the sender, 40 characters without a terminator
//	80    2048  bitmap of slots of the sender or its primary: slot s is bit s%8 of byte s/8
//	2128  40    id of the sender's primary; 40 NULs when the sender is a primary
//	2168  46    announced ip as NUL-padded text; empty: take the address the connection came from
//	2214  2     number of ping extensions
//	2216  30    zero
//	2246  2     the other client port (plain when the first is TLS, or the reverse), 0 when there is none
//	2248  2     bus port of the sender
//	2250  2     node flags of the sender
//	2252  1     cluster state in the sender's eyes: 0 ok, 1 down
//	2253  1     message flags
//	2254  2     zero
//
// What follows at 2256 depends on the type:
//
//	ping, pong, meet       gossip entries of 104 bytes, then extensions     gossip.go, extensions.go
//	fail                   id of the failed node                            fail.go
//	publish, publishshard  channel and message                              publish.go
//	update                 a slot owner's epoch, id and whole bitmap        update.go
//	module                 a module's own message                           module.go
//	auth-req, auth-ack, mfstart                                             nothing
//
// # Errors
//
// Two reactions exist, and each error says which is due. After [ErrSignature] or [ErrLength] the reader no longer
// knows where the next frame begins: close the link. After [ErrDropped] the frame is counted as received and
// forgotten, and the link lives on.
package bus
