package command

import (
	"encoding/binary"
	"slices"
	"strings"
)

// groups is the whole table, one list per file.
var groups = [][]Command{
	connectionCommands, clientCommands, trackingCommands, transactionCommands, pubsubCommands,
	stringCommands, lcsCommands, bitCommands, bitfieldCommands, hyperloglogCommands, geoCommands, settingCommands, counterCommands, keyCommands, expiryCommands, databaseCommands,
	listCommands, listMoveCommands, listWaitCommands, hashCommands, setCommands, setRandomCommands, setAlgebraCommands, zsetCommands, zrangeCommands, zpopCommands, zwaitCommands, zalgebraCommands, sortCommands,
	scriptCommands, functionCommands, serverCommands, saveCommands, shutdownCommands, infoCommands, introspectionCommands, debugCommands,
	slowlogCommands, latencyCommands, monitorCommands, memoryCommands, aclCommands,
	clusterCommands, clusterOrders, slotStatsCommands, replicationCommands, migrateCommands, dumpCommands,
}

// table finds commands by name. It is built once and never changes.
var table commandTable

func init() { table.build(groups) }

// All lists the commands by name, each followed by its subcommands.
func All() []*Command {
	var all []*Command
	for _, cmd := range table.all {
		all = append(append(all, cmd), cmd.subcommands...)
	}
	return all
}

// commandTable holds the commands twice: those with short names, which are nearly all that matter for speed, in an open
// hash table under the name packed into a word; and all of them in a map.
type commandTable struct {
	all    []*Command // without subcommands, by name
	rows   int        // subcommands included
	byName map[string]*Command

	packed []packedCommand
}

// packedCommand is a command under its name of at most eight letters.
type packedCommand struct {
	word uint64
	cmd  *Command
}

// packedBytes is the longest name that fits into a word.
const packedBytes = 8

// lookup finds the row of a request: the subcommand if the first word is a container. container is the row of the first
// word when the second word is not one of its subcommands.
func (t *commandTable) lookup(args [][]byte) (cmd, container *Command) {
	cmd = t.command(args[0])
	if cmd == nil || cmd.subcommands == nil || len(args) == 1 {
		return cmd, nil
	}
	for _, sub := range cmd.subcommands {
		if is(args[1], sub.Name[len(cmd.Name)+1:]) {
			return sub, nil
		}
	}
	return nil, cmd
}

// command finds a top-level command by its name in any letter case. It does not allocate.
func (t *commandTable) command(name []byte) *Command {
	if len(name) <= packedBytes {
		word := packName(name)
		for i := packedPlace(word); t.packed[i].cmd != nil; i = (i + 1) % packedPlaces {
			if entry := &t.packed[i]; entry.word == word {
				return entry.cmd
			}
		}
	}
	var lower [maxNameBytes]byte
	if len(name) > len(lower) {
		return nil
	}
	for i, b := range name {
		if b == '|' {
			return nil // the name of a subcommand, which is asked for in two words
		}
		lower[i] = toLower(b)
	}
	return t.byName[string(lower[:len(name)])]
}

// maxNameBytes bounds the name of a command or subcommand.
const maxNameBytes = 32

// packName makes a word of a name of at most eight letters, the same in any letter case. Setting the case bit maps no
// other byte to a small letter, so names of letters alone cannot be confused with anything else.
func packName(name []byte) uint64 {
	const caseBits = 0x2020202020202020
	if len(name) == packedBytes {
		return binary.LittleEndian.Uint64(name) | caseBits
	}
	var word uint64
	for i, b := range name {
		word |= uint64(b|0x20) << (8 * i)
	}
	return word
}

// build sorts the rows into the table and panics when they contradict each other: that is a mistake in the program.
func (t *commandTable) build(groups [][]Command) {
	t.byName = make(map[string]*Command)
	for _, group := range groups {
		for i := range group {
			t.add(&group[i])
		}
	}
	for _, cmd := range t.byName {
		if container, _, ok := strings.Cut(cmd.Name, "|"); ok {
			parent := t.byName[container]
			if parent == nil {
				panic("no container for " + cmd.Name)
			}
			parent.subcommands = append(parent.subcommands, cmd)
		} else {
			t.all = append(t.all, cmd)
		}
	}
	byName := func(a, b *Command) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(t.all, byName)
	for _, cmd := range t.all {
		slices.SortFunc(cmd.subcommands, byName)
	}
	t.pack()
}

// add enters one row.
func (t *commandTable) add(cmd *Command) {
	if t.byName[cmd.Name] != nil {
		panic("two rows for " + cmd.Name)
	}
	cmd.index, cmd.quick = t.rows, cmd.isQuick()
	t.rows++
	t.byName[cmd.Name] = cmd
}

const (
	packedBits   = 11
	packedPlaces = 1 << packedBits // several times as many as there are short names, so that most stand in their own place
)

// packedPlace is where the search for a word begins (Fibonacci hashing).
func packedPlace(word uint64) uint64 {
	const goldenRatio = 0x9E3779B97F4A7C15
	return word * goldenRatio >> (64 - packedBits)
}

// packable says whether a name fits into a word. It has to be of letters alone: words have the case bit set in every byte.
func packable(name string) bool {
	return len(name) <= packedBytes && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") == ""
}

// pack enters the short names, each in the first free place from its own.
func (t *commandTable) pack() {
	t.packed = make([]packedCommand, packedPlaces)
	for _, cmd := range t.all {
		if !packable(cmd.Name) {
			continue
		}
		word := packName([]byte(cmd.Name))
		i := packedPlace(word)
		for t.packed[i].cmd != nil {
			i = (i + 1) % packedPlaces
		}
		t.packed[i] = packedCommand{word, cmd}
	}
}
