//go:build !linux

package server

import "net"

// newLoop is the loop on package net where there is no epoll.
func newLoop(d *duties, client, bus []net.Listener) (loop, error) {
	return newPortable(d, client, bus), nil
}
