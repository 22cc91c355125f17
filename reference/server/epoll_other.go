//go:build !linux

package server

import (
	"net"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// pages: nodes keep their keys on the heap where there is no memory_linux.go.
var pages keyspace.Memory

// newLoop is the loop on package net where there is no epoll.
func newLoop(d *duties, client, bus []net.Listener) (loop, error) {
	return newPortable(d, client, bus), nil
}
