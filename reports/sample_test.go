package reports

import (
	"fmt"
	"strings"
	"time"
)

// The sample is what a real run looks like: 60 cases against three targets, one of which is a server in the making that departs from the protocol in
// several ways, and a fourth that did not join. The golden files and the screenshots come from it.

// sampleCase is a row of the sample's suite. Its number within the group follows from the order.
type sampleCase struct {
	group string
	level Level
	needs string
	title string
}

var sampleSources = map[string]struct{ area, rule, source string }{
	"slots/key":          {"slots", "Only what is between the first { and the first } after it is hashed, if it is not empty.", "cluster-spec, “Hash tags”"},
	"slots/own":          {"slots", "A slot is served by at most one primary, and ADDSLOTS refuses one that is assigned.", "cluster-spec, “Keys distribution model”"},
	"redirect/moved":     {"redirect", "A query for a slot that another node serves is answered with MOVED, the slot, and the endpoint of its owner.", "cluster-spec, “MOVED redirection”; getNodeByQuery"},
	"redirect/ask":       {"redirect", "While a slot migrates, a query for a key that has already left is answered with ASK, and only for that one query.", "cluster-spec, “ASK redirection”; getNodeByQuery"},
	"redirect/multi":     {"redirect", "A query with keys of several slots is refused with CROSSSLOT, and one with keys on both sides of a migration with TRYAGAIN.", "cluster-spec, “Multiple keys operations”"},
	"topology/nodes":     {"topology", "CLUSTER NODES has one line for each known node, with eight fields and the slots behind them.", "CLUSTER NODES, “Serialization format”"},
	"topology/shards":    {"topology", "CLUSTER SHARDS groups nodes by shard, and lists the slots once for each shard.", "CLUSTER SHARDS"},
	"join/meet":          {"join", "A node accepts another into the cluster only after MEET, or when a node it trusts gossips about it.", "cluster-spec, “Nodes handshake”"},
	"failure/detect":     {"failure", "A node marks another as failed only when a majority of primaries reported it within twice the node timeout.", "cluster-spec, “Failure detection”; markNodeAsFailingIfNeeded"},
	"failover/vote":      {"failover", "A primary votes at most once in an epoch, and never for an epoch it has already voted in.", "cluster-spec, “Replica election and promotion”; clusterSendFailoverAuthIfNeeded"},
	"failover/automatic": {"failover", "A replica of a failed primary takes over its slots once a majority of primaries voted for it in a new epoch.", "cluster-spec, “Replica election and promotion”"},
	"failover/manual":    {"failover", "CLUSTER FAILOVER hands over without losing a write: the primary stops its clients until the replica has caught up.", "CLUSTER FAILOVER, “Implementation details”"},
	"migration/setslot":  {"migration", "SETSLOT opens a slot for migration or import only on the nodes that own it or will own it.", "CLUSTER SETSLOT"},
	"migration/migrate":  {"migration", "MIGRATE moves keys so that each is on exactly one of the two nodes at any moment.", "MIGRATE; migrateCommand"},
	"replicas/read":      {"replicas", "A replica redirects every query, and serves reads of its primary's slots after READONLY.", "cluster-spec, “Scaling reads using replica nodes”"},
	"pubsub/shard":       {"pub/sub", "SPUBLISH reaches the subscribers on the nodes of the channel's shard, and no other shard.", "SPUBLISH"},
	"persistence/nodes":  {"persistence", "A node that restarts has the id, the epochs and the slots that it had.", "cluster-spec, “The node configuration file”"},
}

var sampleCases = []sampleCase{
	{"slots/key", Must, "", "A key without braces is hashed whole"},
	{"slots/key", Must, "", "Only the part between the first braces counts"},
	{"slots/key", Must, "", "Empty braces are not a hash tag"},
	{"slots/key", Must, "", "Keys with the same tag are in one slot"},
	{"slots/own", Must, "", "An assigned slot cannot be added again"},
	{"slots/own", Must, "", "A slot named twice is refused before any is added"},
	{"slots/own", Must, "", "A slot without an owner answers CLUSTERDOWN"},
	{"slots/own", Should, "", "Ranges are added all or not at all"},
	{"redirect/moved", Must, "", "A read of another node's slot is answered with MOVED"},
	{"redirect/moved", Must, "", "A write of another node's slot is answered with MOVED"},
	{"redirect/moved", Must, "", "MOVED names the owner after the slot has changed hands"},
	{"redirect/moved", Must, "", "MOVED comes before the command is queued in a transaction"},
	{"redirect/moved", May, "hostnames", "MOVED carries the host name when that is the preferred endpoint"},
	{"redirect/ask", Must, "", "A key that has left is answered with ASK"},
	{"redirect/ask", Must, "", "A key that is still there is served"},
	{"redirect/ask", Must, "", "The importing node serves a key after ASKING"},
	{"redirect/ask", Must, "", "ASKING lasts for one command"},
	{"redirect/multi", Must, "", "Keys of two slots are refused with CROSSSLOT"},
	{"redirect/multi", Must, "", "Keys on both sides of a migration are refused with TRYAGAIN"},
	{"topology/nodes", Must, "", "The node marks itself with myself"},
	{"topology/nodes", Must, "", "Contiguous slots are one range"},
	{"topology/nodes", Must, "", "An open slot is shown on the node's own line only"},
	{"topology/nodes", Should, "", "The epoch shown for a replica is its primary's"},
	{"topology/shards", Must, "", "Each shard lists its slots once"},
	{"topology/shards", Should, "kill", "A failed node stays listed with health fail"},
	{"join/meet", Must, "", "A node that was met is known to every node"},
	{"join/meet", Must, "", "MEET with a bus port that is out of range is refused"},
	{"join/meet", Must, "", "A forgotten node does not come back by gossip for a minute"},
	{"join/meet", Must, "", "After joining, every config epoch is different"},
	{"failure/detect", Must, "kill", "A dead primary is marked as failed within the node timeout"},
	{"failure/detect", Must, "kill", "A dead replica leaves the cluster ok"},
	{"failure/detect", Must, "pause", "A primary in a minority marks nobody as failed"},
	{"failure/detect", Must, "partition", "A primary in a minority refuses writes within the node timeout"},
	{"failure/detect", Must, "kill", "A node that answers again is no longer failed"},
	{"failover/vote", Must, "kill", "Two replicas that ask in one epoch get one vote from each primary"},
	{"failover/vote", Must, "kill,restart", "A primary that restarts remembers its last vote"},
	{"failover/vote", Must, "kill", "A replica with an old view of the slots gets no vote"},
	{"failover/automatic", Must, "kill", "A replica takes over the slots of its dead primary"},
	{"failover/automatic", Must, "kill,restart", "The old primary comes back as a replica of the new one"},
	{"failover/automatic", Must, "kill", "The replica with the most data wins"},
	{"failover/automatic", Must, "kill", "A replica that was cut off for too long does not stand"},
	{"failover/manual", Must, "", "A manual failover loses no acknowledged write"},
	{"failover/manual", Must, "kill", "FORCE takes over without the primary's consent"},
	{"failover/manual", Must, "", "TAKEOVER needs no majority"},
	{"migration/setslot", Must, "", "MIGRATING is refused on a node that does not own the slot"},
	{"migration/setslot", Must, "", "IMPORTING is refused on the node that owns the slot"},
	{"migration/setslot", Must, "", "NODE with keys left behind is refused"},
	{"migration/setslot", Must, "", "The new owner raises its config epoch"},
	{"migration/migrate", Must, "", "A migrated key is on the other node with its time to live"},
	{"migration/migrate", Must, "", "An existing key stops MIGRATE unless REPLACE is given"},
	{"migration/migrate", Must, "", "No key is lost while clients write to a migrating slot"},
	{"replicas/read", Must, "", "A replica answers MOVED before READONLY"},
	{"replicas/read", Must, "", "A replica serves reads after READONLY"},
	{"replicas/read", Must, "", "A replica redirects writes even after READONLY"},
	{"pubsub/shard", Must, "", "A shard message reaches subscribers on a replica"},
	{"pubsub/shard", Must, "", "A subscriber is cut loose when the slot moves away"},
	{"pubsub/shard", May, "", "SPUBLISH to another shard is answered with MOVED"},
	{"persistence/nodes", Must, "restart", "The node id survives a restart"},
	{"persistence/nodes", Must, "restart", "Slots and epochs survive a restart"},
	{"persistence/nodes", Must, "restart,conf", "A nodes.conf that is cut short is refused with its line"},
}

// sampleSteps are the lines of scenarios that the sample tells in full; the others share a plain form.
var sampleSteps = map[string][]string{
	"redirect/moved/3": {
		"Given a cluster of 3 primaries",
		"And slot 866 is served by node B",
		"When slot 866 is moved from node B to node C",
		"And a client asks node A for `GET {user1000}.name`",
		"Then the reply is error \"MOVED 866 <node C>\"",
		"And within 2 node timeouts every node names node C as the owner of slot 866",
	},
	"redirect/ask/3": {
		"Given a cluster of 3 primaries",
		"And slot 866 is migrating from node A to node B",
		"When a client sends to node B in one go:\nASKING\nGET {user1000}.name",
		"Then the replies are:\nsimple \"OK\"\nnull",
	},
	"failover/automatic/1": {
		"Given a cluster of 3 primaries with 1 replica each",
		"And node D replicates node A",
		"When node A is killed",
		"Then within 3 node timeouts node D is the primary of the slots of node A",
		"And every promotion has a majority of votes in its epoch",
		"And within 2 node timeouts all nodes agree on the owner of every slot",
	},
}

const (
	sampleReference = "reference"
	sampleRedis     = "redis-server 7.0.15"
	sampleAcme      = "acme-kv 0.9.2"
)

// sampleReport returns the sample, the same at every call.
func sampleReport() *Report {
	started := time.Date(2026, time.March, 9, 14, 5, 7, 0, time.UTC)
	r := &Report{
		Schema: Schema, Suite: "0.4.0", Ladder: sampleLadder, Seed: 41, Started: started, Finished: started.Add(4*time.Minute + 12*time.Second),
		Command: []string{"clusterspec", "run", "--target", "reference", "--target", "redis-server", "--target", "exec:./acme-kv --cluster --port {port}", "--seed", "41"},
		Host:    Host{OS: "linux/amd64", Kernel: "6.8.0-45-generic", CPU: "AMD EPYC 7B13", Cores: 8, GoVersion: "go1.26.0"},
		Targets: []Target{
			{Name: sampleReference, Spec: "reference", Kind: "reference", Server: "clusterspec", Version: "0.4.0", Joined: true},
			{Name: sampleRedis, Spec: "redis-server", Kind: "exec", Server: "redis", Version: "7.0.15", Digest: "sha256:9f0e5b1d7a3c48f2b6d1e0c95a7784f3d2c1b0a99e8d7c6b5a4f3e2d1c0b9a88", Joined: true},
			{Name: sampleAcme, Spec: "exec:./acme-kv --cluster --port {port}", Kind: "exec", Server: "acme-kv", Version: "0.9.2", Digest: "sha256:1c7be05f6a2d4d0f9b8a7c6e5d4c3b2a19087f6e5d4c3b2a190f8e7d6c5b4a39", Joined: true},
			{Name: "docker:valkey/valkey:8", Spec: "docker:valkey/valkey:8", Kind: "docker", Reason: "no container engine answers at unix:///var/run/docker.sock; start one, or leave this target out"},
		},
	}
	number := map[string]int{}
	for i, s := range sampleCases {
		number[s.group]++
		c := s.build(number[s.group], i)
		r.Cases = append(r.Cases, c)
		for _, t := range r.Targets {
			if t.Joined {
				r.Results = append(r.Results, sampleResult(c, t.Name, i, started))
			}
		}
	}
	return r
}

func (s sampleCase) build(number, index int) Case {
	about := sampleSources[s.group]
	c := Case{
		ID: fmt.Sprintf("%s/%d", s.group, number), Title: s.title, Area: about.area, Feature: s.group + ".feature",
		Rule: about.rule, Source: about.source, Level: s.level, Line: 8 + 11*number, Phase: samplePhases[about.area],
		Tags: []string{"@" + string(s.level), "@area:" + about.area, "@since:7.0"},
	}
	if s.needs != "" {
		c.Needs = strings.Split(s.needs, ",")
		for _, n := range c.Needs {
			c.Tags = append(c.Tags, "@needs:"+n)
		}
	}
	c.Steps = sampleSteps[c.ID]
	if c.Steps == nil {
		c.Steps = []string{
			"Given a cluster of 3 primaries",
			"And a client of node A",
			"When the client does what the title says",
			"Then the reply is what the rule says",
			"And within 2 node timeouts all nodes agree on the owner of every slot",
		}
	}
	return c
}

// sampleResult is a pass, unless a failure of the sample stands in its place.
func sampleResult(c Case, target string, index int, started time.Time) Result {
	x := Result{
		Case: c.ID, Target: target, Verdict: Pass, Started: started.Add(time.Duration(index) * 4 * time.Second),
		DurationMillis: int64(140 + (index*377)%900), Checks: 2 + index%5,
	}
	if len(c.Needs) > 0 {
		x.DurationMillis += 4300
	}
	for i, line := range c.Steps {
		keyword, text, _ := strings.Cut(line, " ")
		x.Steps = append(x.Steps, Step{Keyword: keyword, Text: text, Verdict: Pass, DurationMillis: x.DurationMillis / int64(2+i)})
		if strings.HasPrefix(text, "within ") {
			used := int64(310 + (index*211)%1100)
			x.Waits = append(x.Waits, Wait{What: text, UsedMillis: used, AllowedMillis: 2000, NodeTimeouts: float64(used) / 1000, Allowed: 2})
		}
	}
	x.Nodes = sampleNodes(nil)
	if change := sampleChanges[c.ID+" on "+target]; change != nil {
		change(&x)
	}
	sampleCourse(&x)
	return x
}

// failAt makes the step at this index the last one that was reached, with this verdict.
func (x *Result) failAt(step int, v Verdict, message string) {
	x.Verdict = v
	for i := range x.Steps {
		if i == step {
			x.Steps[i].Verdict, x.Steps[i].Error = v, message
		} else if i > step {
			x.Steps[i].Verdict, x.Steps[i].DurationMillis = NotRun, 0
		}
	}
	x.Waits = x.Waits[:0]
}

// skip makes the result one that never began.
func (x *Result) skip(v Verdict, reason string) {
	x.Verdict, x.Reason, x.Checks, x.DurationMillis = v, reason, 0, 0
	for i := range x.Steps {
		x.Steps[i].Verdict, x.Steps[i].DurationMillis = NotRun, 0
	}
	x.Waits, x.Nodes = nil, nil
}

var sampleChanges = map[string]func(*Result){
	"redirect/moved/3 on " + sampleAcme:     sampleStaleMoved,
	"redirect/moved/4 on " + sampleAcme:     sampleQueued,
	"redirect/ask/3 on " + sampleAcme:       sampleHostileReply,
	"failover/automatic/1 on " + sampleAcme: sampleSplit,
	"topology/nodes/2 on " + sampleAcme:     sampleLongReply,
	"failover/vote/2 on " + sampleAcme: func(x *Result) {
		x.failAt(3, HarnessError, "node C did not open its port within 10 s of its restart")
		x.Reason = "node C did not open its port within 10 s of its restart; the end of its log is below"
		x.Nodes[2] = NodeView{Name: "C", Addr: "127.0.0.1:21003", Log: "14:06:31.004 I loading nodes.conf\n14:06:31.005 E nodes.conf: line 4: unknown field \"shard-id\"\npanic: runtime error: index out of range [9] with length 9\n\ngoroutine 1 [running]:\nacme.io/kv/cluster.load(...)"}
	},
	"migration/migrate/2 on " + sampleAcme: func(x *Result) {
		x.failAt(3, Fail, "the reply is of another kind")
		x.Reason = "expected error \"IOERR error or timeout reading to target instance\" or error \"ERR Target instance replied with error: BUSYKEY Target key name already exists.\""
		x.Failure = &Failure{
			Step: "Then the reply is what the rule says", Message: "MIGRATE answered success although the target refused the key",
			Expected: []string{`error "ERR Target instance replied with error: BUSYKEY Target key name already exists."`, `error "IOERR error or timeout reading to target instance"`},
			Got:      `simple "OK"`, Node: "A", AtMillis: 412,
			Exchanges: []Exchange{
				{388, "B", "SET {user1000}.name other", `simple "OK"`},
				{391, "A", "SET {user1000}.name mine", `simple "OK"`},
				{397, "A", "MIGRATE 127.0.0.1 21002 {user1000}.name 0 1000", `simple "OK"`},
			},
		}
	},
	"failure/detect/4 on " + sampleAcme: func(x *Result) {
		x.Verdict, x.Reason = Flaky, "2 of 3 repeats on this seed failed: node B still listed node A as fail after 2.0 node timeouts"
		x.Waits = []Wait{{What: "node B no longer marks node A as failed", UsedMillis: 2000, AllowedMillis: 2000, NodeTimeouts: 2, Allowed: 2}}
	},
	"topology/shards/2 on " + sampleAcme: func(x *Result) {
		x.failAt(3, Deviation, "")
		x.Reason = "failed nodes are left out of CLUSTER SHARDS; declared in declaration.yaml, acme-kv issue 212"
	},
	"failure/detect/3 on " + sampleAcme: func(x *Result) {
		x.failAt(4, Inconclusive, "the machine was too busy")
		x.Reason = "the harness itself was not scheduled for 1.4 s, longer than the node timeout; nothing can be said"
	},
	"redirect/moved/5 on " + sampleRedis: func(x *Result) {
		x.skip(Unsupported, "needs hostnames: redis-server reads them since 7.0, but the start line gives none")
	},
	"redirect/moved/5 on " + sampleAcme: func(x *Result) {
		x.skip(Unsupported, "needs hostnames: the target answers CONFIG GET cluster-announce-hostname with an empty array")
	},
	"persistence/nodes/3 on " + sampleAcme: func(x *Result) {
		x.skip(Unsupported, "needs conf: the target keeps no nodes.conf that the harness can read")
	},
	"pubsub/shard/3 on " + sampleRedis: func(x *Result) {
		x.skip(NotRun, "the run was interrupted before it")
	},
}

func sampleStaleMoved(x *Result) {
	x.failAt(4, Fail, "the reply names another owner")
	x.Reason = "node A still redirects to the former owner"
	x.Failure = &Failure{
		Step: `Then the reply is error "MOVED 866 <node C>"`, Message: "node A still redirects to the former owner, 1.2 s after the slot moved",
		Expected: []string{`error "MOVED 866 127.0.0.1:21003"`}, Got: `error "MOVED 866 127.0.0.1:21002"`, Node: "A", AtMillis: 4310,
		Exchanges: []Exchange{
			{3011, "C", "CLUSTER SETSLOT 866 IMPORTING " + sampleIDs[1], `simple "OK"`},
			{3013, "B", "CLUSTER SETSLOT 866 MIGRATING " + sampleIDs[2], `simple "OK"`},
			{3015, "B", "CLUSTER GETKEYSINSLOT 866 100", `array [bulk "{user1000}.name", bulk "{user1000}.mail"]`},
			{3020, "B", "MIGRATE 127.0.0.1 21003 \"\" 0 5000 KEYS {user1000}.name {user1000}.mail", `simple "OK"`},
			{3034, "C", "CLUSTER SETSLOT 866 NODE " + sampleIDs[2], `simple "OK"`},
			{3036, "B", "CLUSTER SETSLOT 866 NODE " + sampleIDs[2], `simple "OK"`},
			{4310, "A", "GET {user1000}.name", `error "MOVED 866 127.0.0.1:21002"`},
		},
	}
	x.Nodes = sampleNodes(func(asker, subject int) (string, string) {
		switch {
		case subject == 1 && asker != 0:
			return "2", "5461-10922"
		case subject == 2 && asker != 0:
			return "7", "866 10923-16383"
		case subject == 0 && asker != 0:
			return "1", "0-865 867-5460"
		}
		return "", ""
	})
}

func sampleQueued(x *Result) {
	x.failAt(3, Fail, "")
	x.Reason = "the command was queued and the redirect came with EXEC"
	x.Failure = &Failure{
		Step: "Then the reply is what the rule says", Message: "the command was queued; the redirect came only with EXEC",
		Expected: []string{`error "MOVED 866 127.0.0.1:21002"`}, Got: `simple "QUEUED"`, Node: "A", AtMillis: 287,
		Exchanges: []Exchange{
			{285, "A", "MULTI", `simple "OK"`},
			{287, "A", "GET {user1000}.name", `simple "QUEUED"`},
			{288, "A", "EXEC", `array [error "MOVED 866 127.0.0.1:21002"]`},
		},
	}
}

// sampleHostileReply is a server that answers with markup, control characters and an end of script.
func sampleHostileReply(x *Result) {
	const hostile = "bulk \"</script><script>document.title='owned'</script><img src=x onerror=alert(1)>\x1b[31m\x00\""
	x.failAt(3, Fail, hostile)
	x.Reason = "the second reply is not null: " + hostile
	x.Failure = &Failure{
		Step: "Then the replies are:", Message: "the second reply is not null", Expected: []string{`null`}, Got: hostile, Node: "B", AtMillis: 512,
		Exchanges: []Exchange{{509, "B", "ASKING", `simple "OK"`}, {512, "B", "GET {user1000}.name", hostile}},
	}
}

func sampleLongReply(x *Result) {
	var got, want []string
	for s := 0; s < 40; s++ {
		got = append(got, fmt.Sprint(s*3))
	}
	want = append(want, "0-5460")
	x.failAt(3, Fail, "")
	x.Reason = "the slots of node A are listed one by one"
	line := sampleIDs[0] + " 127.0.0.1:21001@31001 myself,master - 0 0 1 connected "
	x.Failure = &Failure{
		Step: "Then the reply is what the rule says", Message: "the slots of node A are listed one by one instead of as a range",
		Expected: []string{`bulk "` + line + strings.Join(want, " ") + `"`}, Got: `bulk "` + line + strings.Join(got, " ") + ` …"`, Node: "A", AtMillis: 198,
		Exchanges: []Exchange{{150, "A", "CLUSTER ADDSLOTSRANGE 0 5460", `simple "OK"`}, {198, "A", "CLUSTER NODES", `bulk "` + line + strings.Join(got, " ") + ` …"`}},
	}
}

// sampleSplit is a failover in which two nodes hold on to the dead primary.
func sampleSplit(x *Result) {
	x.failAt(3, Fail, "")
	x.Reason = "node D did not become primary within 3 node timeouts"
	x.DurationMillis = 7312
	x.Failure = &Failure{
		Step:    "Then within 3 node timeouts node D is the primary of the slots of node A",
		Message: "node D asked for votes in epoch 7 and got 1 of the 2 it needed; node C never marked node A as failed", AtMillis: 7290,
		Exchanges: []Exchange{
			{7012, "D", "CLUSTER INFO", "bulk \"cluster_state:fail\\r\\ncluster_slots_assigned:16384\\r\\ncluster_slots_ok:10923\\r\\ncluster_slots_pfail:0\\r\\ncluster_slots_fail:5461\\r\\ncluster_known_nodes:6\\r\\ncluster_size:3\\r\\ncluster_current_epoch:7\\r\\ncluster_my_epoch:1\\r\\n\""},
			{7151, "B", "CLUSTER COUNT-FAILURE-REPORTS " + sampleIDs[0], "integer 1"},
			{7204, "C", "CLUSTER COUNT-FAILURE-REPORTS " + sampleIDs[0], "integer 0"},
			{7290, "D", "ROLE", `array [bulk "slave", bulk "127.0.0.1", integer 21001, bulk "connect", integer -1]`},
		},
	}
	x.Waits = []Wait{
		{What: "node B marks node A as failed", UsedMillis: 1840, AllowedMillis: 2000, NodeTimeouts: 1.84, Allowed: 2},
		{What: "node D is the primary of the slots of node A", UsedMillis: 3000, AllowedMillis: 3000, NodeTimeouts: 3, Allowed: 3},
	}
	ids := sampleIDs
	line := func(id int, flags, primary string, epoch int, link, slots string) string {
		return strings.TrimRight(fmt.Sprintf("%s 127.0.0.1:%d@%d %s %s 0 1773065107000 %d %s %s", ids[id], 21001+id, 31001+id, flags, primary, epoch, link, slots), " ") + "\n"
	}
	view := func(self int, deadFlags, deadLink string) string {
		text := line(0, deadFlags, "-", 1, deadLink, "0-5460")
		for id, form := range []struct{ flags, primary, slots string }{1: {"master", "-", "5461-10922"}, 2: {"master", "-", "10923-16383"}, 3: {"slave", ids[0], ""}, 4: {"slave", ids[1], ""}, 5: {"slave", ids[2], ""}} {
			if form.flags == "" {
				continue
			}
			if id == self {
				form.flags = "myself," + form.flags
			}
			epoch := map[int]int{1: 2, 2: 3, 3: 1, 4: 2, 5: 3}[id]
			text += line(id, form.flags, form.primary, epoch, "connected", form.slots)
		}
		return text
	}
	x.Nodes = []NodeView{{Name: "A", Addr: "127.0.0.1:21001"}}
	for self, dead := range []struct{ flags, link string }{1: {"master,fail", "disconnected"}, 2: {"master", "connected"}, 3: {"master,fail", "disconnected"}, 4: {"master,fail", "disconnected"}, 5: {"master,fail?", "disconnected"}} {
		if dead.flags != "" {
			x.Nodes = append(x.Nodes, NodeView{Name: string(rune('A' + self)), Addr: fmt.Sprintf("127.0.0.1:%d", 21001+self), Alive: true, ClusterNodes: view(self, dead.flags, dead.link)})
		}
	}
	x.Nodes[3].Log = "14:08:02.118 I primary 07c37dfe is failing: starting an election in epoch 7\n14:08:02.121 I vote of 67ed2db8 for epoch 7\n14:08:04.118 W election in epoch 7 expired with 1 of 2 votes\n"
}

var sampleIDs = []string{
	"07c37dfeb235213a872192d90877d0cd55635b91", "67ed2db8d677e59ec4a4cefb06858cf2a1a89fa1", "292f8b365bb7edb5e285caf0b7e6ddc7265d2f4f",
	"6ec23923021cf3ffec47632106199cb7f496ce01", "824fe116063bc5fcf9f4ffd895bc17aee7731ac3", "e7d1eecce10fd6bb5eb35b9f99a514335d9ba9ca",
}

// sampleNodes is a cluster of three primaries in agreement, but for what differ says about a subject in the eyes of an asker.
func sampleNodes(differ func(asker, subject int) (epoch, slots string)) []NodeView {
	slots := []string{"0-5460", "5461-10922", "10923-16383"}
	var nodes []NodeView
	for asker := range 3 {
		var text strings.Builder
		for subject := range 3 {
			flags, epoch, owned := "master", fmt.Sprint(subject+1), slots[subject]
			if asker == subject {
				flags = "myself,master"
			}
			if differ != nil {
				if e, s := differ(asker, subject); e != "" {
					epoch, owned = e, s
				}
			}
			fmt.Fprintf(&text, "%s 127.0.0.1:%d@%d %s - 0 1773065107000 %s connected %s\n", sampleIDs[subject], 21001+subject, 31001+subject, flags, epoch, owned)
		}
		nodes = append(nodes, NodeView{Name: string(rune('A' + asker)), Addr: fmt.Sprintf("127.0.0.1:%d", 21001+asker), Alive: true, ClusterNodes: text.String()})
	}
	return nodes
}
