package docs_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/catalog"
	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/reference/command"
)

// provocation is a request that draws an error. Requests are words; {A} is the id of node A. The nodes are those of stage.
type provocation struct {
	command string // name of the row; empty: a redirection
	text    string // of the Failure
	at      string // who is asked
	request string
	before  string // requests to the same connection beforehand, with semicolons between; each answers OK
	after   string // requests that undo those
	since   string // the version of Redis that introduced the command, when it is later than 7.0

	before72 string // the text of a Redis before 7.2, when it is another
}

// provocations has one entry for every Failure of the rows of the group cluster, and of the redirections. Who adds a
// failure to a row adds its provocation here.
var provocations = []provocation{
	{command: "cluster", text: "ERR This instance has cluster support disabled", at: "single", request: "CLUSTER MYID"},
	{command: "cluster", text: "ERR wrong number of arguments for 'cluster|<subcommand>' command", at: "A", request: "CLUSTER ADDSLOTS"},
	{command: "cluster", text: "ERR unknown subcommand '<word>'. Try CLUSTER HELP.", at: "A", request: "CLUSTER NONSENSE"},
	{command: "cluster", text: "NOAUTH Authentication required.", at: "locked", request: "CLUSTER MYID"},

	{command: "cluster|addslots", text: "ERR Invalid or out of range slot", at: "A", request: "CLUSTER ADDSLOTS 16384"},
	{command: "cluster|addslots", text: "ERR Slot <slot> is already busy", at: "A", request: "CLUSTER ADDSLOTS 0"},
	{command: "cluster|addslots", text: "ERR Slot <slot> specified multiple times", at: "A", request: "CLUSTER ADDSLOTS 16383 16383"},
	{command: "cluster|addslotsrange", text: "ERR Invalid or out of range slot", at: "A", request: "CLUSTER ADDSLOTSRANGE 16383 16384"},
	{command: "cluster|addslotsrange", text: "ERR Slot <slot> is already busy", at: "A", request: "CLUSTER ADDSLOTSRANGE 0 3"},
	{command: "cluster|addslotsrange", text: "ERR Slot <slot> specified multiple times", at: "A", request: "CLUSTER ADDSLOTSRANGE 16383 16383 16383 16383"},
	{command: "cluster|addslotsrange", text: "ERR start slot number <start> is greater than end slot number <end>", at: "A", request: "CLUSTER ADDSLOTSRANGE 3 0"},
	{command: "cluster|count-failure-reports", text: "ERR Unknown node <node-id>", at: "A", request: "CLUSTER COUNT-FAILURE-REPORTS nobody"},
	{command: "cluster|countkeysinslot", text: "ERR Invalid slot", at: "A", request: "CLUSTER COUNTKEYSINSLOT -1"},
	{command: "cluster|countkeysinslot", text: "ERR value is not an integer or out of range", at: "A", request: "CLUSTER COUNTKEYSINSLOT x"},
	{command: "cluster|delslots", text: "ERR Invalid or out of range slot", at: "A", request: "CLUSTER DELSLOTS x"},
	{command: "cluster|delslots", text: "ERR Slot <slot> is already unassigned", at: "A", request: "CLUSTER DELSLOTS 16383"},
	{command: "cluster|delslots", text: "ERR Slot <slot> specified multiple times", at: "A", request: "CLUSTER DELSLOTS 1 1"},
	{command: "cluster|delslotsrange", text: "ERR Invalid or out of range slot", at: "A", request: "CLUSTER DELSLOTSRANGE 16382 16384"},
	{command: "cluster|delslotsrange", text: "ERR Slot <slot> is already unassigned", at: "A", request: "CLUSTER DELSLOTSRANGE 16383 16383"},
	{command: "cluster|delslotsrange", text: "ERR Slot <slot> specified multiple times", at: "A", request: "CLUSTER DELSLOTSRANGE 1 2 2 3"},
	{command: "cluster|delslotsrange", text: "ERR start slot number <start> is greater than end slot number <end>", at: "A", request: "CLUSTER DELSLOTSRANGE 2 1"},
	{command: "cluster|failover", text: "ERR You should send CLUSTER FAILOVER to a replica", at: "A", request: "CLUSTER FAILOVER"},
	{command: "cluster|failover", text: "ERR Master is down or failed, please use CLUSTER FAILOVER FORCE", at: "widow", request: "CLUSTER FAILOVER"},
	{command: "cluster|failover", text: "ERR I'm a replica but my master is unknown to me", at: "orphan", request: "CLUSTER FAILOVER"},
	{command: "cluster|failover", text: "ERR syntax error", at: "replica", request: "CLUSTER FAILOVER GENTLY"},
	{command: "cluster|failover", text: "ERR unknown subcommand or wrong number of arguments for '<subcommand>'. Try CLUSTER HELP.", at: "replica", request: "CLUSTER FAILOVER FORCE TAKEOVER"},
	{command: "cluster|flushslots", text: "ERR DB must be empty to perform CLUSTER FLUSHSLOTS.", at: "A", request: "CLUSTER FLUSHSLOTS"},
	{command: "cluster|forget", text: "ERR Unknown node <node-id>", at: "A", request: "CLUSTER FORGET nobody"},
	{command: "cluster|forget", text: "ERR I tried hard but I can't forget myself...", at: "A", request: "CLUSTER FORGET {A}"},
	{command: "cluster|forget", text: "ERR Can't forget my master!", at: "replica", request: "CLUSTER FORGET {A}"},
	{command: "cluster|getkeysinslot", text: "ERR Invalid slot or number of keys", at: "A", request: "CLUSTER GETKEYSINSLOT 1 -1"},
	{command: "cluster|getkeysinslot", text: "ERR value is not an integer or out of range", at: "A", request: "CLUSTER GETKEYSINSLOT 1 many"},
	{command: "cluster|meet", text: "ERR Invalid base port specified: <port>", before72: "ERR Invalid TCP base port specified: <port>", at: "A", request: "CLUSTER MEET 127.0.0.1 x"},
	{command: "cluster|meet", text: "ERR Invalid bus port specified: <bus-port>", before72: "ERR Invalid TCP bus port specified: <bus-port>", at: "A", request: "CLUSTER MEET 127.0.0.1 1 x"},
	{command: "cluster|meet", text: "ERR Invalid node address specified: <ip>:<port>", at: "A", request: "CLUSTER MEET localhost 1"},
	{command: "cluster|meet", text: "ERR unknown subcommand or wrong number of arguments for '<subcommand>'. Try CLUSTER HELP.", at: "A", request: "CLUSTER MEET 127.0.0.1 1 2 3"},
	{command: "cluster|replicas", text: "ERR Unknown node <node-id>", at: "A", request: "CLUSTER REPLICAS nobody"},
	{command: "cluster|replicas", text: "ERR The specified node is not a master", at: "A", request: "CLUSTER REPLICAS {replica}"},
	{command: "cluster|slaves", text: "ERR Unknown node <node-id>", at: "A", request: "CLUSTER SLAVES nobody"},
	{command: "cluster|slaves", text: "ERR The specified node is not a master", at: "A", request: "CLUSTER SLAVES {replica}"},
	{command: "cluster|replicate", text: "ERR Unknown node <node-id>", at: "A", request: "CLUSTER REPLICATE nobody"},
	{command: "cluster|replicate", text: "ERR Can't replicate myself", at: "A", request: "CLUSTER REPLICATE {A}"},
	{command: "cluster|replicate", text: "ERR I can only replicate a master, not a replica.", at: "A", request: "CLUSTER REPLICATE {replica}"},
	{command: "cluster|replicate", text: "ERR To set a master the node must be empty and without assigned slots.", at: "A", request: "CLUSTER REPLICATE {B}"},
	{command: "cluster|reset", text: "ERR CLUSTER RESET can't be called with master nodes containing keys", at: "A", request: "CLUSTER RESET"},
	{command: "cluster|reset", text: "ERR syntax error", at: "A", request: "CLUSTER RESET GENTLY"},
	{command: "cluster|reset", text: "ERR unknown subcommand or wrong number of arguments for '<subcommand>'. Try CLUSTER HELP.", at: "A", request: "CLUSTER RESET HARD SOFT"},
	{command: "cluster|saveconfig", text: "ERR error saving the cluster node config: <reason>", at: "homeless", request: "CLUSTER SAVECONFIG"},
	{command: "cluster|set-config-epoch", text: "ERR Invalid config epoch specified: <epoch>", at: "lone", request: "CLUSTER SET-CONFIG-EPOCH -1"},
	{command: "cluster|set-config-epoch", text: "ERR The user can assign a config epoch only when the node does not know any other node.", at: "A", request: "CLUSTER SET-CONFIG-EPOCH 7"},
	{command: "cluster|set-config-epoch", text: "ERR Node config epoch is already non-zero", at: "lone", before: "CLUSTER SET-CONFIG-EPOCH 7", request: "CLUSTER SET-CONFIG-EPOCH 8"},
	{command: "cluster|set-config-epoch", text: "ERR value is not an integer or out of range", at: "A", request: "CLUSTER SET-CONFIG-EPOCH x"},
	{command: "cluster|setslot", text: "ERR Please use SETSLOT only with masters.", at: "replica", request: "CLUSTER SETSLOT 1 STABLE"},
	{command: "cluster|setslot", text: "ERR Invalid or out of range slot", at: "A", request: "CLUSTER SETSLOT 16384 STABLE"},
	{command: "cluster|setslot", text: "ERR I'm not the owner of hash slot <slot>", at: "A", request: "CLUSTER SETSLOT 16000 MIGRATING {B}"},
	{command: "cluster|setslot", text: "ERR I'm already the owner of hash slot <slot>", at: "A", request: "CLUSTER SETSLOT 1 IMPORTING {B}"},
	{command: "cluster|setslot", text: "ERR I don't know about node <node-id>", at: "A", request: "CLUSTER SETSLOT 1 MIGRATING nobody"},
	{command: "cluster|setslot", text: "ERR Unknown node <node-id>", at: "A", request: "CLUSTER SETSLOT 1 NODE nobody"},
	{command: "cluster|setslot", text: "ERR Target node is not a master", at: "A", request: "CLUSTER SETSLOT 1 NODE {replica}"},
	{command: "cluster|setslot", text: "ERR Can't assign hashslot <slot> to a different node while I still hold keys for this hash slot.", at: "A", request: "CLUSTER SETSLOT " + keySlot + " NODE {B}"},
	{command: "cluster|setslot", text: "ERR Invalid CLUSTER SETSLOT action or number of arguments. Try CLUSTER HELP", at: "A", request: "CLUSTER SETSLOT 1 GENTLY"},
	{command: "cluster|slot-stats", since: "8.2", text: "ERR Invalid or out of range slot", at: "A", request: "CLUSTER SLOT-STATS SLOTSRANGE 0 16384"},
	{command: "cluster|slot-stats", since: "8.2", text: "ERR Start slot number <start> is greater than end slot number <end>", at: "A", request: "CLUSTER SLOT-STATS SLOTSRANGE 1 0"},
	{command: "cluster|slot-stats", since: "8.2", text: "ERR Unrecognized sort metric for ORDERBY.", at: "A", request: "CLUSTER SLOT-STATS ORDERBY age"},
	{command: "cluster|slot-stats", since: "8.2", text: "ERR Limit has to lie in between 1 and 16384 (maximum number of slots).", at: "A", request: "CLUSTER SLOT-STATS ORDERBY key-count LIMIT 0"},
	{command: "cluster|slot-stats", since: "8.2", text: "ERR Multiple filters of the same type are disallowed.", at: "A", request: "CLUSTER SLOT-STATS ORDERBY key-count ASC DESC"},
	{command: "cluster|slot-stats", since: "8.2", text: "ERR syntax error", at: "A", request: "CLUSTER SLOT-STATS ORDERBY key-count SIDEWAYS"},
	{command: "cluster|slot-stats", since: "8.2", text: "ERR unknown subcommand or wrong number of arguments for '<subcommand>'. Try CLUSTER HELP.", at: "A", request: "CLUSTER SLOT-STATS SLOTSRANGE 1"},

	{command: "asking", text: "ERR This instance has cluster support disabled", at: "single", request: "ASKING"},
	{command: "readonly", text: "ERR This instance has cluster support disabled", at: "single", request: "READONLY"},
	{command: "readwrite", text: "ERR This instance has cluster support disabled", at: "single", request: "READWRITE"},

	{text: "MOVED <slot> <endpoint>:<port>", at: "B", request: "GET " + key},
	{text: "ASK <slot> <endpoint>:<port>", at: "A", before: "CLUSTER SETSLOT " + keySlot + " MIGRATING {B}", request: "GET {" + key + "}:gone", after: "CLUSTER SETSLOT " + keySlot + " STABLE"},
	{text: "TRYAGAIN Multiple keys request during rehashing of slot", at: "A", before: "CLUSTER SETSLOT " + keySlot + " MIGRATING {B}", request: "MGET " + key + " {" + key + "}:gone", after: "CLUSTER SETSLOT " + keySlot + " STABLE"},
	{text: "CROSSSLOT Keys in request don't hash to the same slot", at: "A", request: "MGET a b"},
	{text: "CLUSTERDOWN Hash slot not served", at: "lone", request: "GET " + key},
	// A redis-server looks at its state after SETSLOT, not after CONFIG SET.
	{text: "CLUSTERDOWN The cluster is down", at: "A", before: "CONFIG SET cluster-require-full-coverage yes; CLUSTER SETSLOT 16383 STABLE; DOWN", request: "GET " + key, after: "CONFIG SET cluster-require-full-coverage no; UP"},
	{text: "CLUSTERDOWN The cluster is down and only accepts read commands", at: "A", before: "CONFIG SET cluster-require-full-coverage yes; CONFIG SET cluster-allow-reads-when-down yes; CLUSTER SETSLOT 16383 STABLE; DOWN",
		request: "SET " + key + " v", after: "CONFIG SET cluster-require-full-coverage no; CONFIG SET cluster-allow-reads-when-down no; UP"},
}

// key is a key of node A, in slot keySlot.
const (
	key     = "bar"
	keySlot = "5061"
)

// TestClusterErrors draws every error of cluster-commands.md from a reference cluster, and from redis-server.
func TestClusterErrors(t *testing.T) {
	for _, spec := range []string{"reference", "redis-server"} {
		t.Run(spec, func(t *testing.T) {
			s := setStage(t, spec)
			drawn := map[string]bool{}
			for _, p := range provocations {
				got := s.provoke(t, p)
				if want := s.expected(p); !pattern(want).MatchString(got) {
					t.Errorf("%s at %s: %q, want %q", p.request, p.at, got, want)
				}
				drawn[p.command+": "+p.text] = true
			}
			for name, list := range documented() {
				for _, f := range list {
					if !drawn[name+": "+f.Text] {
						t.Errorf("the error %q of %s has no provocation", f.Text, name)
					}
				}
			}
		})
	}
}

// documented are the failures by row; the redirections are those of the row without a name.
func documented() map[string][]command.Failure {
	all := map[string][]command.Failure{"": command.Redirections()}
	for _, row := range clusterRows() {
		all[row.Name] = row.Errors
	}
	return all
}

// TestNoOtherClusterErrors sends requests made at random and looks up every error they draw.
func TestNoOtherClusterErrors(t *testing.T) {
	s := setStage(t, "reference")
	random := rand.New(rand.NewPCG(7, 7))
	wordList := []string{
		"0", "1", keySlot, "16383", "16384", "-1", "x", "", "99999999999999999999", "nobody", "127.0.0.1", "::1", "localhost", "0.0.0.0",
		"IMPORTING", "MIGRATING", "STABLE", "NODE", "FORCE", "TAKEOVER", "SOFT", "GENTLY", "SLOTSRANGE", "ORDERBY", "key-count", "LIMIT", "ASC", "DESC", "{A}", "{B}", "{replica}", "{lone}",
	}
	const requests = 5_000
	errors := 0
	for range requests {
		row := clusterRows()[random.IntN(len(clusterRows()))]
		request := strings.Split(strings.ToUpper(row.Name), "|")
		for range random.IntN(5) {
			request = append(request, s.fill(wordList[random.IntN(len(wordList))]))
		}
		at := []string{"A", "B", "replica", "lone"}[random.IntN(4)]
		reply, err := s.conns[at].Do(t.Context(), request...)
		if err != nil {
			t.Fatalf("%q at %s: %v", request, at, err)
		}
		if !reply.IsError() {
			continue
		}
		errors++
		known := append([]command.Failure{{Text: "ERR wrong number of arguments for '<command>' command"}}, container().Errors...)
		if !matchesAny(append(known, row.Errors...), reply.Text) {
			t.Errorf("%q at %s drew %q, which the row of %s does not name", request, at, reply.Text, row.Name)
		}
	}
	if errors < requests/10 {
		t.Errorf("of %d requests only %d drew an error", requests, errors)
	}
}

func matchesAny(list []command.Failure, text string) bool {
	for _, f := range list {
		if pattern(f.Text).MatchString(text) {
			return true
		}
	}
	return false
}

var placeholder = regexp.MustCompile(`<[^>]*>`)

// pattern matches the error of a Failure.
func pattern(text string) *regexp.Regexp {
	return regexp.MustCompile("(?s)^" + placeholder.ReplaceAllString(regexp.QuoteMeta(text), ".*") + "$")
}

// stage is a cluster with a node for every error: A and B are primaries that leave slot 16383 to nobody, replica is A's,
// widow the replica of a primary that was killed, orphan a replica that knows no primary, homeless has lost its folder,
// lone knows nobody. single is not in cluster mode, locked has a password.
type stage struct {
	conns map[string]*wire.Conn
	ids   map[string]string
	own   bool   // the nodes are ours
	level string // otherwise, the version of Redis
}

func setStage(t *testing.T, spec string) *stage {
	t.Helper()
	under, err := catalog.Parse(spec, target.Env{})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{own: spec == "reference", conns: map[string]*wire.Conn{}, ids: map[string]string{}}
	options := map[string]string{"cluster-node-timeout": "1000", "cluster-require-full-coverage": "no", "cluster-allow-replica-migration": "no"}
	names := []string{"A", "B", "husband", "replica", "widow", "orphan", "homeless", "lone", "locked"}
	nodes := s.start(t, under, options, names)
	s.start(t, under, map[string]string{"cluster-enabled": "no"}, []string{"single"})
	s.do(t, "locked", "CONFIG SET requirepass secret")
	s.connect(t, "locked", nodes["locked"].Addr())

	s.do(t, "A", "CLUSTER ADDSLOTSRANGE 0 8191")
	s.do(t, "B", "CLUSTER ADDSLOTSRANGE 8192 16382")
	family := names[:5]
	for _, name := range family[1:] {
		host, port, _ := strings.Cut(nodes[name].Addr(), ":")
		s.do(t, "A", "CLUSTER MEET "+host+" "+port)
	}
	for _, name := range family {
		s.await(t, name, "CLUSTER INFO", "cluster_known_nodes:5")
		s.await(t, name, "CLUSTER INFO", "cluster_slots_assigned:16383")
	}
	s.do(t, "replica", "CLUSTER REPLICATE {A}")
	s.do(t, "widow", "CLUSTER REPLICATE {husband}")
	for _, name := range []string{"A", "B"} {
		s.await(t, name, "CLUSTER INFO", "cluster_state:ok")
	}
	s.do(t, "A", "SET "+key+" v")
	for _, name := range []string{"replica", "widow"} {
		s.await(t, name, "INFO replication", "master_link_status:up")
	}
	s.await(t, "A", "CLUSTER NODES", s.fill("slave {A}"))
	if err := nodes["husband"].(target.Killer).Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.await(t, "widow", "CLUSTER NODES", "disconnected")
	s.makeOrphan(t, nodes["orphan"])
	if err := os.RemoveAll(s.dir(t, "homeless")); err != nil {
		t.Fatal(err)
	}
	s.level = wire.ParseInfo(s.do(t, "lone", "INFO server"))["redis_version"]
	return s
}

// start starts nodes and connects to them.
func (s *stage) start(t *testing.T, under target.Target, options map[string]string, names []string) map[string]target.Node {
	t.Helper()
	cluster, err := under.Start(t.Context(), target.Topology{Nodes: len(names), Options: options})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Close(); err != nil {
			t.Error(err)
		}
	})
	nodes := map[string]target.Node{}
	for i, name := range names {
		nodes[name] = cluster.Nodes()[i]
		s.connect(t, name, nodes[name].Addr())
		if options["cluster-enabled"] == "" {
			s.ids[name] = s.do(t, name, "CLUSTER MYID")
		}
	}
	return nodes
}

func (s *stage) connect(t *testing.T, name, addr string) {
	t.Helper()
	conn, err := wire.Dial(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	s.conns[name] = conn
}

// makeOrphan starts a node again on a nodes.conf in which it is a replica of nobody.
func (s *stage) makeOrphan(t *testing.T, n target.Node) {
	t.Helper()
	conf := filepath.Join(s.dir(t, "orphan"), "nodes.conf")
	s.do(t, "orphan", "CLUSTER SAVECONFIG")
	if err := n.(target.Killer).Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(conf, []byte(strings.Replace(string(text), "myself,master", "myself,slave", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := n.(target.Restarter).Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.connect(t, "orphan", n.Addr())
}

// dir is the folder of a node.
func (s *stage) dir(t *testing.T, at string) string {
	t.Helper()
	reply, err := s.conns[at].Do(t.Context(), "CONFIG", "GET", "dir")
	if err != nil || len(reply.Items) != 2 {
		t.Fatalf("CONFIG GET dir: %v, %v", reply, err)
	}
	return reply.Items[1].Text
}

// fill puts ids in the place of names.
func (s *stage) fill(text string) string {
	for name, id := range s.ids {
		text = strings.ReplaceAll(text, "{"+name+"}", id)
	}
	return text
}

// do sends a request that must not fail.
func (s *stage) do(t *testing.T, at, request string) string {
	t.Helper()
	reply, err := s.conns[at].Do(t.Context(), strings.Fields(s.fill(request))...)
	if err != nil || reply.IsError() {
		t.Fatalf("%s at %s: %v, %v", request, at, reply, err)
	}
	return reply.Text
}

// await repeats a request until its reply has a text in it.
func (s *stage) await(t *testing.T, at, request, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), 30*time.Second, fmt.Errorf("%s at %s never showed %q", request, at, text))
	defer cancel()
	for !strings.Contains(s.do(t, at, request), text) {
		select {
		case <-ctx.Done():
			t.Fatal(context.Cause(ctx))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// provoke draws an error. DOWN and UP are no requests: they wait for the state of the cluster.
func (s *stage) provoke(t *testing.T, p provocation) string {
	t.Helper()
	s.each(t, p.at, p.before)
	defer s.each(t, p.at, p.after)
	reply, err := s.conns[p.at].Do(t.Context(), strings.Fields(s.fill(p.request))...)
	if err != nil {
		t.Fatalf("%s at %s: %v", p.request, p.at, err)
	}
	return reply.Text
}

func (s *stage) each(t *testing.T, at, requests string) {
	t.Helper()
	for request := range strings.SplitSeq(requests, "; ") {
		switch request {
		case "":
		case "DOWN":
			s.await(t, at, "CLUSTER INFO", "cluster_state:fail")
		case "UP":
			s.await(t, at, "CLUSTER INFO", "cluster_state:ok")
		default:
			s.do(t, at, request)
		}
	}
}

// expected is what a server of this version says to a provocation.
func (s *stage) expected(p provocation) string {
	switch {
	case s.own:
		return p.text
	case s.level < p.since:
		return "ERR unknown subcommand '<word>'. Try CLUSTER HELP."
	case s.level < "7.2" && p.before72 != "":
		return p.before72
	}
	return p.text
}
