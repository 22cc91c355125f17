package nodesconf

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/clusterspec/clusterspec/reference/bus"
)

// The address field: where a node is, and since 7.2 what else is known of it.

const (
	// busPortOffset is where the bus port is when a file of Redis 3 does not name it.
	busPortOffset = 10000

	// maxIPBytes is what fits into Redis's memory of an address; a longer one would overwrite what lies behind.
	maxIPBytes = 45

	// maxPortDigits bounds the ports among the pairs.
	maxPortDigits = 5
)

// Names of the pairs that 7.2 writes.
const (
	pairTLSPort  = "tls-port"
	pairTCPPort  = "tcp-port"
	pairNodename = "nodename"
	pairShardID  = "shard-id"
)

// parseAddress reads ip:port[@bus port][,hostname[,name=value]...] into n.
func parseAddress(n *Node, field []byte) error {
	address, rest, hasHostname := bytes.Cut(field, []byte{','})
	hostname, pairs, hasPairs := bytes.Cut(rest, []byte{','})
	n.Hostname = ""
	if hasHostname {
		n.Hostname = string(hostname)
	}
	if hasPairs {
		for pair := range bytes.SplitSeq(pairs, []byte{','}) {
			if err := parsePair(n, pair); err != nil {
				return err
			}
		}
	}
	colon := bytes.LastIndexByte(address, ':')
	if colon < 0 {
		return fmt.Errorf("address %s has no ':' before the port", quoteShort(address))
	}
	if colon > maxIPBytes {
		return fmt.Errorf("ip %s has %d bytes, the limit is %d", quoteShort(address[:colon]), colon, maxIPBytes)
	}
	n.IP = string(address[:colon])
	port, busPort, hasBusPort := bytes.Cut(address[colon+1:], []byte{'@'})
	n.Port = uint16(atoi(port))
	n.BusPort = uint16(atoi(port) + busPortOffset)
	if hasBusPort {
		n.BusPort = uint16(atoi(busPort))
	}
	return nil
}

// parsePair reads one name=value. 7.2 refuses names it does not know; later servers have more, so they are kept.
func parsePair(n *Node, pair []byte) error {
	name, value, found := strings.Cut(string(pair), "=")
	if !found || name == "" {
		return fmt.Errorf("%s behind the hostname is not name=value", quoteShort(pair))
	}
	if !isPairText(name) || !isPairText(value) {
		return fmt.Errorf("%s behind the hostname has a forbidden character", quoteShort(pair))
	}
	var err error
	switch name {
	case pairTLSPort:
		n.TLSPort, err = parsePort(value)
		n.HasTLSPort = true
	case pairTCPPort:
		n.TCPPort, err = parsePort(value)
		n.HasTCPPort = true
	case pairNodename:
		n.Nodename = value
	case pairShardID:
		n.ShardID, err = bus.ParseNodeID(value)
	default:
		n.Extra = append(n.Extra, Pair{name, value})
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", name, err)
	}
	return nil
}

func parsePort(text string) (uint16, error) {
	port := atoi([]byte(text))
	if len(text) < 1 || len(text) > maxPortDigits || port < 0 || port > 65535 {
		return 0, fmt.Errorf("port %q is not between 0 and 65535", text)
	}
	return uint16(port), nil
}

// appendAddress writes ip:port@bus port.
func appendAddress(dst []byte, ip string, n *Node) []byte {
	dst = append(dst, ip...)
	dst = append(dst, ':')
	dst = strconv.AppendUint(dst, uint64(n.Port), 10)
	dst = append(dst, '@')
	return strconv.AppendUint(dst, uint64(n.BusPort), 10)
}

// appendFileAddress writes the whole field in the form of 7.2. Address and names come from other nodes, which may send
// anything: what would damage the file is left out. The bus brings it back after a restart.
func appendFileAddress(dst []byte, n *Node, shard bus.NodeID) []byte {
	dst = appendAddress(dst, harmless(n.IP), n)
	dst = append(dst, ',')
	dst = append(dst, harmless(n.Hostname)...)
	if n.HasTLSPort || !n.HasTCPPort {
		dst = appendPair(dst, pairTLSPort)
		dst = strconv.AppendUint(dst, uint64(n.TLSPort), 10)
	}
	if n.HasTCPPort {
		dst = appendPair(dst, pairTCPPort)
		dst = strconv.AppendUint(dst, uint64(n.TCPPort), 10)
	}
	if nodename := harmless(n.Nodename); nodename != "" && isPairText(nodename) {
		dst = appendPair(dst, pairNodename)
		dst = append(dst, nodename...)
	}
	if !shard.IsZero() {
		dst = appendPair(dst, pairShardID)
		dst = append(dst, shard[:]...)
	}
	for _, pair := range n.Extra {
		if name := harmless(pair.Name); name != "" {
			dst = appendPair(dst, name)
			dst = append(dst, harmless(pair.Value)...)
		}
	}
	return dst
}

func appendPair(dst []byte, name string) []byte {
	dst = append(dst, ',')
	dst = append(dst, name...)
	return append(dst, '=')
}

// harmless is text, or nothing if it would not come back as the same part of the address field.
func harmless(text string) string {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c == 0x7f || c == ',' || c == '"' || c == '\'' {
			return ""
		}
	}
	return text
}

// isPairText reports whether text may be the name or the value of a pair (isValidAuxChar). Valkey allows ':' for the
// sake of IPv6.
func isPairText(text string) bool {
	return !strings.ContainsAny(text, "=!#$%&()*+;<>?@[]^{|}~\x00")
}
