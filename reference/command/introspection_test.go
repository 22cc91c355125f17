package command

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// since72 are the rows that the oracle, a redis-server 7.0, does not have. SLOT-STATS is later still.
var since72 = map[string]bool{
	"cluster|myshardid": true, "cluster|slot-stats": true, "client|setinfo": true, "client|no-touch": true,
	"zrank": true, "zrevrank": true, // which got WITHSCORE
}

// TestTableAgreesWithRedis holds what COMMAND says of each of our commands against what redis-server says: name, arity,
// flags, key positions, categories, tips and key specifications. Redis's notes on key specifications are not compared:
// they are prose.
func TestTableAgreesWithRedis(t *testing.T) {
	theirs := describedCommands(parseReply(t, connect(t, startOracle(t)).do("COMMAND")))
	b := newBench(t, testSetup{})
	ours := describedCommands(parseReply(t, []byte(b.do(b.client(), "COMMAND"))))
	if len(ours) != table.rows {
		t.Errorf("COMMAND tells %d rows, the table has %d", len(ours), table.rows)
	}
	for _, name := range slices.Sorted(maps.Keys(ours)) {
		if since72[name] {
			continue
		}
		if ours[name] != theirs[name] {
			t.Errorf("%s\n here  %s\n redis %s", name, ours[name], theirs[name])
		}
	}
}

// TestCommandSameInBothProtocols checks that RESP3 changes types alone.
func TestCommandSameInBothProtocols(t *testing.T) {
	b := newBench(t, testSetup{})
	s := b.client()
	two := describedCommands(parseReply(t, []byte(b.do(s, "COMMAND"))))
	b.do(s, "HELLO", "3")
	three := describedCommands(parseReply(t, []byte(b.do(s, "COMMAND"))))
	if !maps.Equal(two, three) {
		t.Error("COMMAND differs between RESP2 and RESP3")
	}
}

// TestHelpAgreesWithRedis compares what HELP says of arguments. What the subcommands do it says in our own words.
func TestHelpAgreesWithRedis(t *testing.T) {
	conn := connect(t, startOracle(t))
	b := newBench(t, testSetup{})
	for container, own := range map[string][]string{
		"CLUSTER": {"MYSHARDID", "SLAVES <node-id>", "SLOT-STATS (SLOTSRANGE <start slot> <end slot>|ORDERBY <metric> [LIMIT <limit>] [ASC|DESC])"}, "PUBSUB": nil, "OBJECT": nil,
	} {
		theirs := parseReply(t, conn.do(container, "HELP")).([]any)
		ours := parseReply(t, []byte(b.do(b.client(), container, "HELP"))).([]any)
		for _, line := range ours {
			text := line.(string)
			if prose := strings.HasPrefix(text, "    "); !prose && !slices.Contains(own, text) && !slices.Contains(theirs, line) {
				t.Errorf("%s HELP: redis has no line %q", container, text)
			}
		}
		if n, m := len(ours), len(theirs); ours[0] != theirs[0] || ours[n-2] != theirs[m-2] || ours[n-1] != theirs[m-1] {
			t.Errorf("%s HELP: the first or the last two lines differ from redis's", container)
		}
	}
}

// describedCommands makes one line of each command and subcommand in a reply to COMMAND.
func describedCommands(reply any) map[string]string {
	lines := make(map[string]string)
	for _, entry := range reply.([]any) {
		e := entry.([]any)
		lines[e[0].(string)] = fmt.Sprint(e[:8], withoutNotes(e[8]))
		maps.Copy(lines, describedCommands(e[9]))
	}
	return lines
}

// withoutNotes drops the prose from key specifications.
func withoutNotes(specs any) any {
	kept := slices.Clone(specs.([]any))
	for i, spec := range kept {
		if s := spec.([]any); s[0] == "notes" {
			kept[i] = s[2:]
		}
	}
	return kept
}

// parseReply reads a reply as strings, numbers and lists; maps and sets become lists.
func parseReply(t *testing.T, reply []byte) any {
	t.Helper()
	r := bufio.NewReader(bytes.NewReader(reply))
	v, err := parseValue(r)
	if err != nil || r.Buffered() > 0 {
		t.Fatalf("reply %.60q: %v, %d bytes left", reply, err, r.Buffered())
	}
	return v
}

func parseValue(r *bufio.Reader) (any, error) {
	raw, err := r.ReadString('\n')
	if err != nil {
		return nil, err
	}
	line := strings.TrimSuffix(raw, "\r\n")
	kind, text := line[0], line[1:]
	switch kind {
	case '+', '-', ':':
		return text, nil
	case '_':
		return nil, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return nil, err
	}
	if kind == '$' || kind == '=' {
		b := make([]byte, n+2)
		for i := range b {
			if b[i], err = r.ReadByte(); err != nil {
				return nil, err
			}
		}
		return string(b[:n]), nil
	}
	if kind == '%' {
		n *= 2
	}
	list := make([]any, n)
	for i := range list {
		if list[i], err = parseValue(r); err != nil {
			return nil, err
		}
	}
	return list, nil
}
