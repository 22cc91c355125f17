package bus

import (
	"fmt"
	"strings"
)

// Flags say what a node is. The numbers are the same in the header, in gossip, and in Redis's memory.
type Flags uint16

// The flags of a node. Only some of them make sense on the wire: a header carries FlagMyself, gossip never does, and
// FlagHandshake, FlagNoAddr and FlagMeet stay at home.
const (
	FlagPrimary    Flags = 1 << iota // owns slots, or could
	FlagReplica                      // copies a primary
	FlagPFail                        // does not answer the node that says so
	FlagFail                         // a majority of primaries agrees that it does not answer
	FlagMyself                       // the node that says so
	FlagHandshake                    // its real id is not known yet
	FlagNoAddr                       // its address is not known
	FlagMeet                         // the first frame to it is a MEET
	FlagMigrateTo                    // a primary that orphaned replicas may move to
	FlagNoFailover                   // a replica that will not take over
	FlagExtensions                   // has shown that it understands ping extensions
)

// flagNames are the names in CLUSTER NODES and nodes.conf, in the order they are written. The other flags have none.
var flagNames = [...]struct {
	flag Flags
	name string
}{
	{FlagMyself, "myself"},
	{FlagPrimary, "master"},
	{FlagReplica, "slave"},
	{FlagPFail, "fail?"},
	{FlagFail, "fail"},
	{FlagHandshake, "handshake"},
	{FlagNoAddr, "noaddr"},
	{FlagNoFailover, "nofailover"},
}

// noFlags stands where no flag has a name.
const noFlags = "noflags"

// ParseFlags reads the comma-separated names of CLUSTER NODES and nodes.conf, in any case, as Redis does.
func ParseFlags(text string) (Flags, error) {
	var flags Flags
	for name := range strings.SplitSeq(text, ",") {
		flag, ok := flagNamed(name)
		if !ok {
			return 0, fmt.Errorf("unknown node flag %q", clip(name))
		}
		flags |= flag
	}
	return flags, nil
}

// Has reports whether all flags of x are set.
func (f Flags) Has(x Flags) bool { return f&x == x }

// AppendNames appends the flags' names as CLUSTER NODES writes them: "myself,master", or "noflags".
func (f Flags) AppendNames(dst []byte) []byte {
	start := len(dst)
	for i := range flagNames {
		if !f.Has(flagNames[i].flag) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ',')
		}
		dst = append(dst, flagNames[i].name...)
	}
	if len(dst) == start {
		dst = append(dst, noFlags...)
	}
	return dst
}

// String is what AppendNames writes.
func (f Flags) String() string { return string(f.AppendNames(nil)) }

// MessageFlags qualify one message rather than its sender.
type MessageFlags uint8

// The message flags.
const (
	Paused   MessageFlags = 1 << iota // the sender is a primary that holds its writes for a manual failover
	ForceAck                          // vote even though the primary is up
	ExtData                           // extensions may follow the gossip; newer servers set it on every ping, pong and meet
)

// Has reports whether all flags of x are set.
func (m MessageFlags) Has(x MessageFlags) bool { return m&x == x }

// flagNamed finds a flag by name, in any case.
func flagNamed(name string) (Flags, bool) {
	for i := range flagNames {
		if equalFold(name, flagNames[i].name) {
			return flagNames[i].flag, true
		}
	}
	return 0, equalFold(name, noFlags)
}

// equalFold compares as strcasecmp does. EqualFold alone would also take the few letters beyond ASCII that fold into it;
// they are longer.
func equalFold(name, ascii string) bool {
	return len(name) == len(ascii) && strings.EqualFold(name, ascii)
}
