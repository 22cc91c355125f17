package wire

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
)

// SlotRange is a run of slots, both ends included.
type SlotRange struct{ From, To int }

// String is the range as CLUSTER NODES writes it: "5" or "10-20".
func (r SlotRange) String() string {
	if r.From == r.To {
		return strconv.Itoa(r.From)
	}
	return fmt.Sprintf("%d-%d", r.From, r.To)
}

// OpenSlot is a slot on its way between two nodes, as only the `myself` line shows it.
type OpenSlot struct {
	Slot      int
	Migrating bool   // true: [slot->-node], false: importing, [slot-<-node]
	Node      string // id of the other side
}

// NodeLine is one line of CLUSTER NODES.
type NodeLine struct {
	ID       string
	Addr     string            // host:port as net.Dial takes it; ":0" of a node whose address is unknown
	Host     string            // the address without the port; empty while unknown
	Port     int               // client port
	BusPort  int               // cluster bus port
	Hostname string            // empty if none is announced
	Aux      map[string]string // shard-id, tls-port, nodename...: only in nodes.conf of 7.2 and later
	Flags    []string          // as written, in order: "myself", "master", "fail?"; none for "noflags"
	// PrimaryID is the id of the replica's primary, or "" of a primary.
	PrimaryID    string
	PingSent     int64 // Unix milliseconds of the outstanding ping, 0 if there is none
	PongReceived int64 // Unix milliseconds
	ConfigEpoch  uint64
	Connected    bool
	Slots        []SlotRange
	Open         []OpenSlot
}

// HasFlag reports whether the line carries the flag ("myself", "master", "slave", "fail", ...).
func (n NodeLine) HasFlag(name string) bool { return slices.Contains(n.Flags, name) }

// SlotCount is the number of slots the line claims.
func (n NodeLine) SlotCount() int {
	count := 0
	for _, r := range n.Slots {
		count += r.To - r.From + 1
	}
	return count
}

// Owns reports whether the line claims the slot.
func (n NodeLine) Owns(slot int) bool {
	return slices.ContainsFunc(n.Slots, func(r SlotRange) bool { return r.From <= slot && slot <= r.To })
}

// ParseNodes reads the reply of CLUSTER NODES (or CLUSTER REPLICAS, its lines joined). It is strict, since it judges: an error names the
// line and what is wrong with it.
func ParseNodes(text string) ([]NodeLine, error) {
	var nodes []NodeLine
	number := 0
	for line := range strings.Lines(text) {
		number++
		node, err := parseNode(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, fmt.Errorf("line %d of CLUSTER NODES, %q: %w", number, line, err)
		}
		nodes = append(nodes, node)
	}
	return nodes, nil
}

// ParseNodesConf reads a nodes.conf file: node lines and a last line of variables (currentEpoch, lastVoteEpoch).
// The blank lines Redis 7.0 pads the file with are allowed.
func ParseNodesConf(text string) (nodes []NodeLine, vars map[string]uint64, err error) {
	vars = make(map[string]uint64)
	for number, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
			continue
		case words[0] == "vars":
			err = parseVars(words[1:], vars)
		default:
			var node NodeLine
			node, err = parseNode(line)
			nodes = append(nodes, node)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("line %d of nodes.conf, %q: %w", number+1, line, err)
		}
	}
	return nodes, vars, nil
}

func parseVars(words []string, vars map[string]uint64) error {
	if len(words)%2 != 0 {
		return fmt.Errorf("a variable has no value")
	}
	for i := 0; i < len(words); i += 2 {
		value, err := strconv.ParseUint(words[i+1], 10, 64)
		if err != nil {
			return fmt.Errorf("value of %s: %w", words[i], err)
		}
		vars[words[i]] = value
	}
	return nil
}

// fixedWords is the number of words in front of the slots.
const fixedWords = 8

func parseNode(line string) (NodeLine, error) {
	words := strings.Split(line, " ")
	if len(words) < fixedWords {
		return NodeLine{}, fmt.Errorf("%d words, at least %d expected", len(words), fixedWords)
	}
	n := NodeLine{ID: words[0]}
	if !isNodeID(n.ID) {
		return NodeLine{}, fmt.Errorf("id %q is not 40 lower-case hexadecimal digits", n.ID)
	}
	if err := n.parseAddress(words[1]); err != nil {
		return NodeLine{}, err
	}
	if words[2] != "noflags" {
		n.Flags = strings.Split(words[2], ",")
	}
	if words[3] != "-" {
		if n.PrimaryID = words[3]; !isNodeID(n.PrimaryID) {
			return NodeLine{}, fmt.Errorf("id of the primary %q is not 40 lower-case hexadecimal digits", n.PrimaryID)
		}
	}
	if err := n.parseNumbers(words[4:8]); err != nil {
		return NodeLine{}, err
	}
	for _, word := range words[fixedWords:] {
		if err := n.parseSlots(word); err != nil {
			return NodeLine{}, err
		}
	}
	return n, nil
}

// parseAddress reads ip:port@busport[,hostname[,name=value...]]. An IPv6 address stands without brackets.
func (n *NodeLine) parseAddress(word string) error {
	address, rest, hasAux := strings.Cut(word, ",")
	if hasAux {
		aux := strings.Split(rest, ",")
		n.Hostname = aux[0]
		for _, field := range aux[1:] {
			name, value, found := strings.Cut(field, "=")
			if !found {
				return fmt.Errorf("field %q of the address has no value", field)
			}
			if n.Aux == nil {
				n.Aux = make(map[string]string)
			}
			n.Aux[name] = value
		}
	}
	at := strings.LastIndexByte(address, '@')
	colon := strings.LastIndexByte(address[:max(at, 0)], ':')
	if colon < 0 {
		return fmt.Errorf("address %q is not host:port@busport", address)
	}
	var err error
	if n.Port, err = parsePort(address[colon+1 : at]); err != nil {
		return err
	}
	if n.BusPort, err = parsePort(address[at+1:]); err != nil {
		return err
	}
	n.Host = address[:colon]
	n.Addr = net.JoinHostPort(n.Host, strconv.Itoa(n.Port))
	return nil
}

// parseNumbers reads ping-sent, pong-received, config-epoch and link-state.
func (n *NodeLine) parseNumbers(words []string) (err error) {
	if n.PingSent, err = strconv.ParseInt(words[0], 10, 64); err != nil {
		return fmt.Errorf("ping-sent: %w", err)
	}
	if n.PongReceived, err = strconv.ParseInt(words[1], 10, 64); err != nil {
		return fmt.Errorf("pong-received: %w", err)
	}
	if n.ConfigEpoch, err = strconv.ParseUint(words[2], 10, 64); err != nil {
		return fmt.Errorf("config-epoch: %w", err)
	}
	if words[3] != "connected" && words[3] != "disconnected" {
		return fmt.Errorf("link-state %q is neither connected nor disconnected", words[3])
	}
	n.Connected = words[3] == "connected"
	return nil
}

// parseSlots reads one of `5`, `10-20`, `[93->-id]`, `[77-<-id]`.
func (n *NodeLine) parseSlots(word string) error {
	if strings.HasPrefix(word, "[") {
		open, err := parseOpenSlot(word)
		n.Open = append(n.Open, open)
		return err
	}
	first, last, isRange := strings.Cut(word, "-")
	if !isRange {
		last = first
	}
	from, err := parseSlot(first)
	if err != nil {
		return err
	}
	to, err := parseSlot(last)
	if err != nil {
		return err
	}
	if from > to || isRange && from == to {
		return fmt.Errorf("slot range %q does not ascend", word)
	}
	n.Slots = append(n.Slots, SlotRange{from, to})
	return nil
}

func parseOpenSlot(word string) (OpenSlot, error) {
	inner, closed := strings.CutSuffix(word[1:], "]")
	text, id, migrating := strings.Cut(inner, "->-")
	importing := false
	if !migrating {
		text, id, importing = strings.Cut(inner, "-<-")
	}
	slot, err := parseSlot(text)
	if err != nil || !closed || !migrating && !importing || !isNodeID(id) {
		return OpenSlot{}, fmt.Errorf("%q is neither [slot->-id] nor [slot-<-id]", word)
	}
	return OpenSlot{Slot: slot, Migrating: migrating, Node: id}, nil
}

func parseSlot(text string) (int, error) {
	n, ok := parseLength([]byte(text), Slots-1)
	if !ok {
		return 0, fmt.Errorf("slot %q is not a number from 0 to %d", text, Slots-1)
	}
	return n, nil
}

func parsePort(text string) (int, error) {
	const maxPort = 65535
	n, ok := parseLength([]byte(text), maxPort)
	if !ok {
		return 0, fmt.Errorf("port %q is not a number from 0 to %d", text, maxPort)
	}
	return n, nil
}

func isNodeID(text string) bool {
	const idLength = 40
	return len(text) == idLength && strings.Trim(text, "0123456789abcdef") == ""
}
