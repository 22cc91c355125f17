// Package server is the shell around a node: it owns the sockets, the clock, the files and the log, and
// carries out what the node decides (the duties are numbered in reference/node).
//
//	server.go     Server: start, stop, kill, pause
//	duties.go     one turn: what a loop does with a node's Effects
//	epoll.go      the event loop of Linux: one goroutine, non-blocking sockets
//	portable.go   the same on package net, for every other system
//	memory.go     memory for keys, outside of Go's heap
//	links.go      links with other nodes that can be cut
//	nodesfile.go  nodes.conf on disk: locked, replaced atomically
//	dumpfile.go   dump.rdb on disk: written beside the loop, replaced atomically
//	configfile.go the configuration file, for CONFIG REWRITE
//	listen.go     where to listen
//	log.go        the log, in redis-server's form
//	process.go    what INFO tells of the process; usage_*.go, descriptors_*.go: what it has used and may use
//	main.go       the program `clusterspec node`
//	daemon.go     daemonize yes
package server
