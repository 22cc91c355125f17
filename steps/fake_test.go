package steps

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// fake is a target of scripted TCP servers in this process, just clever enough for the scenarios of lies_test.go, that lies in one way.
type fake struct {
	lie   string
	moved atomic.Int32 // redirections
}

func (f *fake) Spec() string { return "exec:fake" }
func (f *fake) Kind() string { return "exec" }

// Start implements target.Target.
func (f *fake) Start(_ context.Context, t target.Topology) (target.Cluster, error) {
	if f.lie == "does-not-start" {
		return nil, fmt.Errorf("the program ended at once; its log ends: no licence")
	}
	if f.lie == "is-not-installed" {
		return nil, &target.Unavailable{Reason: "fake is not on PATH"}
	}
	c := &fakeCluster{fake: f, lie: f.lie, keys: map[string]string{}, older: map[string]string{}}
	for i := range t.Nodes {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		n := &fakeNode{c: c, listener: listener, index: i}
		c.nodes = append(c.nodes, n)
		go n.serve()
	}
	return c, nil
}

// fakeCluster is what all its nodes agree on at once.
type fakeCluster struct {
	fake  *fake
	lie   string
	mutex sync.Mutex
	nodes []*fakeNode
	keys  map[string]string
	older map[string]string // what the keys held before
	reads int               // of values that were overwritten
	lying bool              // lies that begin with the first write have begun
}

// lies tells whether the cluster lies in a way that begins with the first write.
func (c *fakeCluster) lies(how string) bool { return c.lying && c.lie == how }

func (c *fakeCluster) Nodes() []target.Node {
	var nodes []target.Node
	for _, n := range c.nodes {
		nodes = append(nodes, n)
	}
	return nodes
}

func (c *fakeCluster) Close() error {
	for _, n := range c.nodes {
		n.listener.Close()
	}
	if c.lie == "leaves-something" && len(c.nodes) > 1 {
		return errors.New("process 4711 is still there")
	}
	return nil
}

type fakeNode struct {
	c        *fakeCluster
	listener net.Listener
	index    int
	slots    wire.SlotRange
	owns     bool
}

func (n *fakeNode) Name() string { return target.Name(n.index) }
func (n *fakeNode) Addr() string { return n.listener.Addr().String() }
func (n *fakeNode) BusPort() int { return 1 }
func (n *fakeNode) id() string   { return fmt.Sprintf("%040x", n.index+1) }

func (n *fakeNode) serve() {
	for {
		conn, err := n.listener.Accept()
		if err != nil {
			return
		}
		go n.talk(conn)
	}
}

func (n *fakeNode) talk(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		args, err := readCommand(in)
		if err != nil {
			return
		}
		reply := n.answer(args)
		if reply == "" {
			return // hangs up
		}
		if _, err := io.WriteString(conn, reply); err != nil {
			return
		}
	}
}

// readCommand reads an array of bulks, the only form the judge sends.
func readCommand(in *bufio.Reader) ([]string, error) {
	count, err := readNumber(in, '*')
	var args []string
	for range count {
		length, err := readNumber(in, '$')
		if err != nil {
			return nil, err
		}
		text := make([]byte, length+2)
		if _, err := io.ReadFull(in, text); err != nil {
			return nil, err
		}
		args = append(args, string(text[:length]))
	}
	return args, err
}

func readNumber(in *bufio.Reader, sign byte) (int, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return 0, err
	}
	if line[0] != sign {
		return 0, fmt.Errorf("%q does not begin with %q", line, sign)
	}
	return strconv.Atoi(strings.TrimSpace(line[1:]))
}

const ok = "+OK\r\n"

func bulkReply(text string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(text), text) }

// answer is the truth, but for the lie.
func (n *fakeNode) answer(args []string) string {
	n.c.mutex.Lock()
	defer n.c.mutex.Unlock()
	switch command := strings.ToUpper(args[0]); command {
	case "CLUSTER":
		return n.answerCluster(args[1:])
	case "INFO":
		return bulkReply("redis_version:7.0.0\r\nrole:master\r\n")
	case "CONFIG":
		return n.answerConfig(args)
	case "FLUSHALL":
		if n.c.lie != "flushes-nothing" {
			clear(n.c.keys)
		}
		return ok
	case "DBSIZE":
		count := 0
		for key := range n.c.keys {
			if n.serves(key) {
				count++
			}
		}
		return fmt.Sprintf(":%d\r\n", count)
	case "GET", "SET":
		return n.answerKey(command, args)
	}
	if n.c.lie == "knows-every-command" {
		return ok
	}
	return "-ERR unknown command\r\n"
}

func (n *fakeNode) answerConfig(args []string) string {
	if args[1] == "SET" {
		return ok
	}
	return "*2\r\n" + bulkReply(args[2]) + bulkReply("yes")
}

func (n *fakeNode) serves(key string) bool {
	slot := wire.SlotOf(key)
	return n.owns && n.slots.From <= slot && slot <= n.slots.To
}

func (n *fakeNode) answerKey(command string, args []string) string {
	key := args[1]
	if !n.serves(key) && n.c.lie != "serves-everything" {
		return n.moved(key)
	}
	if n.c.lie == "hangs-up-on-writes" && command == "SET" {
		return ""
	}
	if command == "SET" {
		n.c.lying = true
		n.c.older[key], n.c.keys[key] = n.c.keys[key], args[2]
		if n.c.lie == "ok-as-bulk" {
			return bulkReply("OK")
		}
		return ok
	}
	value, found := n.c.keys[key]
	if old := n.c.older[key]; n.c.lies("loses-a-write") || old != "" && n.c.lies("reads-are-stale") && n.c.staleAtFirst() {
		value = old
	}
	if !found || n.c.lie == "forgets-values" {
		if n.c.lie == "empty-for-null" {
			return "$0\r\n\r\n"
		}
		return "$-1\r\n"
	}
	return bulkReply(value)
}

func (n *fakeNode) moved(key string) string {
	for _, other := range n.c.nodes {
		if other.serves(key) {
			addr := other.Addr()
			if first := n.c.fake.moved.Add(1) == 1; n.c.lie == "moved-without-port" || n.c.lie == "first-moved-without-port" && first {
				addr, _, _ = net.SplitHostPort(addr)
			}
			return fmt.Sprintf("-MOVED %d %s\r\n", wire.SlotOf(key), addr)
		}
	}
	return "-CLUSTERDOWN Hash slot not served\r\n"
}

func (n *fakeNode) answerCluster(args []string) string {
	if n.c.lie == "stands-alone" {
		return "-ERR This instance has cluster support disabled\r\n"
	}
	switch strings.ToUpper(args[0]) {
	case "MYID":
		return bulkReply(n.id())
	case "ADDSLOTS":
		n.slots.From, _ = strconv.Atoi(args[1])
		n.slots.To, _ = strconv.Atoi(args[len(args)-1])
		n.owns = true
		return ok
	case "INFO":
		state := "ok"
		if n.c.lie == "never-up" && n.index == 1 {
			state = "fail"
		}
		current := 9
		if n.c.lies("current-epoch-falls") && n.index == 0 {
			current = 4
		}
		return bulkReply(fmt.Sprintf("cluster_state:%s\r\ncluster_current_epoch:%d\r\n", state, current))
	case "NODES":
		return bulkReply(n.nodes())
	case "SLOTS":
		return n.slotMap()
	case "KEYSLOT":
		slot := wire.SlotOf(args[1])
		if n.c.lie == "other-crc" {
			slot ^= 1
		}
		return fmt.Sprintf(":%d\r\n", slot)
	case "MEET", "SET-CONFIG-EPOCH":
		return ok
	}
	return "-ERR unknown subcommand\r\n"
}

// Log implements target.LogReader.
func (n *fakeNode) Log() (string, error) {
	n.c.mutex.Lock()
	defer n.c.mutex.Unlock()
	if n.c.lies("logs-a-crash") && n.index == 0 {
		return "ready\n=== REDIS BUG REPORT START: Cut & paste starting from here ===\n", nil
	}
	return "ready\n", nil
}

// NodesConf implements target.ConfReader.
func (n *fakeNode) NodesConf() (string, error) {
	n.c.mutex.Lock()
	defer n.c.mutex.Unlock()
	text, vote := n.nodes(), 1
	if n.index == 0 {
		switch {
		case n.c.lies("conf-of-another-time"):
			text = strings.Replace(text, " 0-5460", " 0-5459", 1)
		case n.c.lies("conf-that-is-broken"):
			text = "no such line\n"
		case n.c.lies("conf-with-a-late-vote"):
			vote = 99
		}
	}
	return text + fmt.Sprintf("vars currentEpoch 9 lastVoteEpoch %d\n", vote), nil
}

// staleAtFirst is true for the first reads of many: what is there in the end is right.
func (c *fakeCluster) staleAtFirst() bool {
	c.reads++
	return c.reads <= 20
}

// claim is what a node says of another's slots and epoch, with the lies about them.
func (n *fakeNode) claim(o *fakeNode, slots string) (string, int) {
	epoch := o.index + 1
	switch {
	case n.c.lies("slot-with-two-owners") && n.index == 2 && o.index == 0:
		slots = " 0-4 6-5460"
	case n.c.lies("slot-with-two-owners") && n.index == 2 && o.index == 2, n.c.lies("two-owners-in-a-view") && o.index == 2:
		slots = " 5" + slots
	case n.c.lies("same-config-epochs"):
		epoch = 7
	case n.c.lies("config-epoch-falls") && o.index == 2:
		epoch = 0
	}
	return slots, epoch
}

func (n *fakeNode) nodes() string {
	text := ""
	for _, o := range n.c.nodes {
		flags, slots := "master", ""
		if o == n {
			flags = "myself,master"
		}
		if o.owns {
			slots = " " + o.slots.String()
		}
		if n.c.lie == "views-differ" && n.index == 2 && o.index == 0 && slots != "" {
			slots = " 0-5459"
		}
		slots, epoch := n.claim(o, slots)
		text += fmt.Sprintf("%s %s@1 %s - 0 0 %d connected%s\n", o.id(), o.Addr(), flags, epoch, slots)
	}
	return text
}

func (n *fakeNode) slotMap() string {
	owners := slices.DeleteFunc(slices.Clone(n.c.nodes), func(o *fakeNode) bool { return !o.owns })
	text := fmt.Sprintf("*%d\r\n", len(owners))
	for _, o := range owners {
		host, port, _ := net.SplitHostPort(o.Addr())
		text += fmt.Sprintf("*3\r\n:%d\r\n:%d\r\n*3\r\n%s:%s\r\n%s", o.slots.From, o.slots.To, bulkReply(host), port, bulkReply(o.id()))
	}
	return text
}

var _ target.Target = (*fake)(nil)

// The fake has to be right where it does not lie, or the lies would prove nothing: see TestLies.
func TestFakeReadsCommands(t *testing.T) {
	got, err := readCommand(bufio.NewReader(strings.NewReader(string(wire.AppendCommand(nil, "SET", "a", "")))))
	if err != nil || !slices.Equal(got, []string{"SET", "a", ""}) {
		t.Errorf("%q, %v", got, err)
	}
}
