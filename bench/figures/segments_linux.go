package figures

import (
	"net"

	"golang.org/x/sys/unix"
)

// receivedSegments is how many TCP segments with data a connection has received.
func receivedSegments(c *net.TCPConn) float64 {
	raw, err := c.SyscallConn()
	if err != nil {
		return unseen
	}
	segments := unseen
	_ = raw.Control(func(fd uintptr) { // a connection that is closed has none
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			segments = float64(info.Data_segs_in)
		}
	})
	return segments
}
