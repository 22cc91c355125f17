// Package bus is the cluster bus as the judge speaks it: frames as values, as bytes, and as they come in from a link.
//
//	frame.go   a frame, its types and flags
//	append.go  a frame as bytes
//	parse.go   bytes as a frame
//	read.go    frames of a link, one after the other, within limits
//	log.go     what was seen on links, and who voted how often
//
// It is strict where a frame is parsed and free where one is made, since the judge also has to send what no honest node would. It shares
// nothing with the reference. Source: clusterMsg in Redis's cluster.h, and clusterProcessPacket for the lengths.
package bus
