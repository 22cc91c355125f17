package nodesconf

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/reference/bus"
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/resp"
	"github.com/clusterspec/clusterspec/reference/slot"
)

const (
	// maxLineBytes is the longest line Redis reads in one piece, its end included: room for every slot being open.
	maxLineBytes = 1024 + slot.Count*128 - 1

	// minWords is how many words a node's line has before its slots.
	minWords = 8
)

// SyntaxError says where a file is damaged. A node must not start on such a file: it would forget a vote or a slot.
type SyntaxError struct {
	Line   int    // counted from 1
	Text   string // the line, without its end
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("nodes.conf line %d: %s: %s", e.Line, e.Reason, quoteShort([]byte(e.Text)))
}

// Parse reads a file; text without a byte is a new node's and gives a File without nodes. A damaged file gives a
// *SyntaxError. A node that is only mentioned, as a primary or as the other end of an open slot, becomes a Node without
// flags behind the others. A slot that two lines claim stays with the first, as in Redis.
func Parse(text []byte) (*File, error) {
	p := parser{file: new(File), index: make(map[bus.NodeID]int), myself: none}
	if len(text) == 0 {
		return p.file, nil
	}
	var line []byte
	number := 0
	for len(text) > 0 {
		line, text, _ = bytes.Cut(text, []byte{'\n'})
		number++
		if err := p.parseLine(line); err != nil {
			return nil, &SyntaxError{number, string(line), err.Error()}
		}
	}
	if p.myself == none {
		return nil, &SyntaxError{number, string(line), "the file ends and no line has had the flag myself"}
	}
	p.finish()
	return p.file, nil
}

// none is the index of no node.
const none = -1

// parser is a file half read. Nodes are named by index, because the slice grows.
type parser struct {
	file      *File
	index     map[bus.NodeID]int
	myself    int
	mentioned []bus.NodeID // primaries and other ends of open slots, which may or may not have a line
	taken     slot.Set     // slots that have an owner

	// Open slots belong to myself, whichever line names them. The last word on a slot counts.
	migrating, importing map[slot.Slot]bus.NodeID
}

// parseLine reads one line. Redis handles lines as C strings: a NUL hides the rest.
func (p *parser) parseLine(line []byte) error {
	if len(line) >= maxLineBytes {
		return fmt.Errorf("the line has %d bytes, the limit is %d", len(line), maxLineBytes)
	}
	line = untilNUL(line)
	if len(line) == 0 {
		return nil
	}
	words, ok := resp.SplitArgs(line)
	if !ok {
		return errors.New("quotes are not balanced")
	}
	if len(words) == 0 {
		return errors.New("the line has blanks only")
	}
	if isWord(words[0], "vars") {
		return p.parseVars(words[1:])
	}
	return p.parseNode(words)
}

// parseVars reads the names and values of the variables. Unknown ones are for later versions and skipped.
func (p *parser) parseVars(words [][]byte) error {
	if len(words)%2 != 0 {
		return fmt.Errorf("vars has %d words, want pairs", len(words))
	}
	for ; len(words) > 0; words = words[2:] {
		switch {
		case isWord(words[0], "currentEpoch"):
			p.file.CurrentEpoch = strtoull(words[1])
		case isWord(words[0], "lastVoteEpoch"):
			p.file.LastVoteEpoch = strtoull(words[1])
		}
	}
	return nil
}

// parseNode reads a node's line. A second line of the same node adds to the first.
func (p *parser) parseNode(words [][]byte) error {
	if len(words) < minWords {
		return fmt.Errorf("the line has %d words, want at least %d", len(words), minWords)
	}
	id, err := bus.ParseNodeID(words[0])
	if err != nil {
		return err
	}
	for i := range words {
		words[i] = untilNUL(words[i])
	}
	i := p.node(id)
	n := &p.file.Nodes[i]
	if err := parseAddress(n, words[1]); err != nil {
		return err
	}
	if err := p.parseFlags(i, string(words[2])); err != nil {
		return err
	}
	if !bytes.HasPrefix(words[3], []byte{'-'}) {
		primary, err := bus.ParseNodeID(words[3])
		if err != nil {
			return fmt.Errorf("reading the primary: %w", err)
		}
		p.mentioned = append(p.mentioned, primary)
		n.Primary = primary
	}
	n.PingSent = clock.Millis(strtol(words[4]))
	n.PongReceived = clock.Millis(strtol(words[5]))
	n.ConfigEpoch = strtoull(words[6])
	n.Connected = string(words[7]) == "connected"
	for _, word := range words[minWords:] {
		if err := p.parseSlots(i, word); err != nil {
			return err
		}
	}
	return nil
}

// node finds a node, or adds it with nothing known but its id.
func (p *parser) node(id bus.NodeID) int {
	i, known := p.index[id]
	if !known {
		i = len(p.file.Nodes)
		p.index[id] = i
		p.file.Nodes = append(p.file.Nodes, Node{ID: id})
	}
	return i
}

func (p *parser) parseFlags(i int, text string) error {
	flags, err := bus.ParseFlags(text)
	if err != nil {
		return err
	}
	if flags.Has(bus.FlagMyself) {
		if p.myself != none || strings.Count(strings.ToLower(text), "myself") > 1 {
			return errors.New("the flag myself stands a second time")
		}
		p.myself = i
	}
	p.file.Nodes[i].Flags |= flags
	return nil
}

// parseSlots reads one word of slots: "5", "10-20", "[93->-<id>]" or "[77-<-<id>]".
func (p *parser) parseSlots(i int, word []byte) error {
	if bytes.HasPrefix(word, []byte{'['}) {
		return p.parseOpen(word)
	}
	first, last, isRange := bytes.Cut(word, []byte{'-'})
	if !isRange {
		last = first
	}
	from, ok1 := slotOf(first)
	to, ok2 := slotOf(last)
	if !ok1 || !ok2 {
		return fmt.Errorf("slots %s are not between 0 and %d", quoteShort(word), slot.Count-1)
	}
	n := &p.file.Nodes[i]
	for s := from; s <= to; s++ {
		if !p.taken.Has(s) {
			p.taken.Add(s)
			n.Slots.Add(s)
		}
	}
	return nil
}

// parseOpen reads an open slot. Redis takes any arrow but '>' for '<', and ignores what follows the bracket.
func (p *parser) parseOpen(word []byte) error {
	const arrow = len(">-")
	number, rest, found := bytes.Cut(word[1:], []byte{'-'})
	if !found || len(rest) < arrow {
		return fmt.Errorf("open slot %s has no arrow", quoteShort(word))
	}
	s, ok := slotOf(number)
	if !ok {
		return fmt.Errorf("open slot %s is not between 0 and %d", quoteShort(word), slot.Count-1)
	}
	text, _, found := bytes.Cut(rest[arrow:], []byte{']'})
	if !found {
		return fmt.Errorf("open slot %s has no closing bracket", quoteShort(word))
	}
	id, err := bus.ParseNodeID(text)
	if err != nil {
		return fmt.Errorf("reading open slot %d: %w", s, err)
	}
	p.mentioned = append(p.mentioned, id)
	open := &p.importing
	if rest[0] == '>' {
		open = &p.migrating
	}
	if *open == nil {
		*open = make(map[slot.Slot]bus.NodeID)
	}
	(*open)[s] = id
	return nil
}

// finish draws the conclusions that need the whole file.
func (p *parser) finish() {
	for _, id := range p.mentioned {
		p.node(id)
	}
	f := p.file
	myself := &f.Nodes[p.myself]
	myself.Migrating = sorted(p.migrating)
	myself.Importing = sorted(p.importing)
	shards := f.shardIDs()
	for i := range f.Nodes {
		n := &f.Nodes[i]
		// 7.2 may have written a replica with a shard id of its own; later versions believe the primary.
		if shard := shards[n.Primary]; !shard.IsZero() {
			n.ShardID = shard
		}
		// An epoch above the current one can only be a hand's work, but a node must not go on below it.
		if isReplica := n.Flags.Has(bus.FlagReplica) && !n.Primary.IsZero(); !isReplica {
			f.CurrentEpoch = max(f.CurrentEpoch, n.ConfigEpoch)
		}
	}
}

func sorted(open map[slot.Slot]bus.NodeID) []Open {
	var list []Open
	for s, id := range open {
		list = append(list, Open{s, id})
	}
	slices.SortFunc(list, Open.Compare)
	return list
}

// isWord compares as strcasecmp does. EqualFold alone would also take the few letters beyond ASCII that fold into it; they
// are longer.
func isWord(word []byte, name string) bool {
	return len(word) == len(name) && strings.EqualFold(string(word), name)
}

func slotOf(text []byte) (slot.Slot, bool) {
	n := atoi(text)
	return slot.Slot(n), n >= 0 && n < slot.Count
}

// quoteShort shows a part of a file in an error message.
func quoteShort(text []byte) string {
	const maxShownBytes = 120
	if len(text) > maxShownBytes {
		return fmt.Sprintf("%q...", text[:maxShownBytes])
	}
	return fmt.Sprintf("%q", text)
}
