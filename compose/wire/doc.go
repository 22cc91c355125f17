// Package wire is the judge's own Redis client. Ordinary clients hide what a conformance suite has to look at: they follow
// redirects, turn types into Go values and join error texts. This one sends exactly what it is told, keeps the type every reply
// had on the wire, and never acts on a reply.
//
// It shares no code with the reference cluster: slots, replies and topology texts are read by the plain code in this package, so that
// one mistake cannot hide in both the judge and the judged.
//
//	value.go     Value, a reply with its exact type, and its readable form
//	parser.go    the incremental reply parser
//	conn.go      Conn: dial, send, receive
//	slot.go      key slots
//	nodes.go     CLUSTER NODES and nodes.conf
//	topology.go  CLUSTER SLOTS and CLUSTER SHARDS
//	info.go      INFO and CLUSTER INFO
package wire
