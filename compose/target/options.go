package target

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// BusPortOffset is added to the client port to get the cluster bus port, unless a server is told otherwise.
const BusPortOffset = 10000

// NodeTimeoutOption is the setting all waiting is measured in.
const NodeTimeoutOption = "cluster-node-timeout"

// DefaultNodeTimeoutMillis is what servers use when nobody sets it.
const DefaultNodeTimeoutMillis = "15000"

// DebugOption allows the DEBUG command, which scenarios use where there is no other way. Redis knows it from DebugOptionMajor on; earlier
// ones always allow the command and refuse to start with the option.
const (
	DebugOption      = "enable-debug-command"
	DebugOptionMajor = 7
)

// NodeOptions are the settings every fresh node of ours has: cluster mode, nothing saved or loaded but nodes.conf, everybody let in.
// The kinds add where it listens and lives.
func NodeOptions() map[string]string {
	return map[string]string{
		"cluster-enabled":     "yes",
		"cluster-config-file": "nodes.conf",
		"save":                "",
		"appendonly":          "no",
		"protected-mode":      "no",
	}
}

// AnnounceOptions have a node announce a client port on this machine, and the bus port that belongs to it.
func AnnounceOptions(port int) map[string]string {
	return map[string]string{
		"cluster-announce-ip":       "127.0.0.1",
		"cluster-announce-port":     strconv.Itoa(port),
		"cluster-announce-bus-port": strconv.Itoa(port + BusPortOffset),
	}
}

// Merge joins settings; where two name the same, the later wins.
func Merge(options ...map[string]string) map[string]string {
	all := make(map[string]string)
	for _, o := range options {
		maps.Copy(all, o)
	}
	return all
}

// DirOption is the folder of a node: one word, whatever blanks it has.
const DirOption = "dir"

// CommandLine is the settings as redis-server takes them: --name value, sorted by name. A value of several words becomes several arguments.
func CommandLine(options map[string]string) []string {
	var args []string
	for _, name := range slices.Sorted(maps.Keys(options)) {
		words := strings.Fields(options[name])
		if len(words) == 0 || name == DirOption {
			words = []string{options[name]}
		}
		args = append(append(args, "--"+name), words...)
	}
	return args
}

// ConfFile is the settings as a redis.conf, sorted by name.
func ConfFile(options map[string]string) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(options)) {
		value := options[name]
		if value == "" || name == DirOption {
			value = strconv.Quote(value)
		}
		text.WriteString(name + " " + value + "\n")
	}
	return text.String()
}
