package growth

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// The kernel's own account of TCP connections (sock_diag(7), tcp(7)): the layout of struct inet_diag_req_v2, inet_diag_msg and tcp_info.
const (
	requestBytes    = unix.SizeofNlMsghdr + 56
	diagInfo        = 2 // INET_DIAG_INFO
	allStates       = 0xfff
	messageBytes    = 72  // struct inet_diag_msg
	bytesAckedAt    = 120 // of tcp_info: payload that the peer has acknowledged
	sourcePortAt    = 4
	destinationAt   = 6
	receiveBufBytes = 64 << 10
)

// bytesSent is the payload that was sent and acknowledged on all TCP connections of this machine of which one end has one of the ports.
func bytesSent(ports map[uint16]bool) (total uint64, err error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return 0, fmt.Errorf("asking the kernel for its connections: %w", err)
	}
	defer unix.Close(fd)
	request := make([]byte, requestBytes)
	binary.NativeEndian.PutUint32(request, requestBytes)
	binary.NativeEndian.PutUint16(request[4:], unix.SOCK_DIAG_BY_FAMILY)
	binary.NativeEndian.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	body := request[unix.SizeofNlMsghdr:]
	body[0], body[1], body[2] = unix.AF_INET, unix.IPPROTO_TCP, 1<<(diagInfo-1)
	binary.NativeEndian.PutUint32(body[4:], allStates)
	if err := unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, fmt.Errorf("asking the kernel for its connections: %w", err)
	}
	buf := make([]byte, receiveBufBytes)
	for {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		if err != nil {
			return 0, fmt.Errorf("reading the kernel's connections: %w", err)
		}
		sum, done, err := addUp(buf[:n], ports)
		if total += sum; done || err != nil {
			return total, err
		}
	}
}

// addUp adds up the messages of one datagram.
func addUp(datagram []byte, ports map[uint16]bool) (total uint64, done bool, err error) {
	for len(datagram) >= unix.SizeofNlMsghdr {
		length := int(binary.NativeEndian.Uint32(datagram))
		if length < unix.SizeofNlMsghdr || length > len(datagram) {
			return total, false, errors.New("the kernel's list of connections makes no sense")
		}
		message := datagram[unix.SizeofNlMsghdr:length]
		switch binary.NativeEndian.Uint16(datagram[4:]) {
		case unix.NLMSG_DONE:
			return total, true, nil
		case unix.NLMSG_ERROR:
			return total, false, errors.New("the kernel does not tell its connections (sock_diag)")
		default:
			total += acknowledged(message, ports)
		}
		datagram = datagram[min(align(length), len(datagram)):]
	}
	return total, false, nil
}

// acknowledged is the payload of one connection, 0 if it is none of ours.
func acknowledged(message []byte, ports map[uint16]bool) uint64 {
	if len(message) < messageBytes || !ports[binary.BigEndian.Uint16(message[sourcePortAt:])] && !ports[binary.BigEndian.Uint16(message[destinationAt:])] {
		return 0
	}
	for attributes := message[messageBytes:]; len(attributes) >= unix.SizeofRtAttr; {
		length := int(binary.NativeEndian.Uint16(attributes))
		if length < unix.SizeofRtAttr || length > len(attributes) {
			return 0
		}
		if kind, value := binary.NativeEndian.Uint16(attributes[2:]), attributes[unix.SizeofRtAttr:length]; kind == diagInfo && len(value) >= bytesAckedAt+8 {
			return binary.NativeEndian.Uint64(value[bytesAckedAt:])
		}
		attributes = attributes[min(align(length), len(attributes)):]
	}
	return 0
}

func align(n int) int { return (n + 3) &^ 3 }
