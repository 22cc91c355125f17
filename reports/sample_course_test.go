package reports

import "time"

// What the sample's results tell beyond verdicts: their course, what was declared, the rungs they stand on; and what stands beside the run.

var sampleLadder = []Rung{{36, "key slots"}, {37, "nodes, ids and flags"}, {38, "CLUSTER commands"}, {39, "redirection"}, {40, "slot migration"}, {41, "nodes.conf and epochs"}, {43, "failover"}, {45, "pub/sub"}}

var samplePhases = map[string]int{"slots": 36, "join": 37, "topology": 38, "redirect": 39, "replicas": 39, "migration": 40, "persistence": 41, "failure": 43, "failover": 43, "pub/sub": 45}

// sampleTimeline is the course of the cases that the sample tells in full, as it is where they pass.
func sampleTimeline(id string) Timeline {
	switch id {
	case "redirect/moved/3":
		return Timeline{Exchanges: []Exchange{
			{2911, "C", "CLUSTER SETSLOT 866 IMPORTING " + sampleIDs[1], `simple "OK"`},
			{2913, "B", "CLUSTER SETSLOT 866 MIGRATING " + sampleIDs[2], `simple "OK"`},
			{2920, "B", "MIGRATE 127.0.0.1 31003 \"\" 0 5000 KEYS {user1000}.name {user1000}.mail", `simple "OK"`},
			{2934, "C", "CLUSTER SETSLOT 866 NODE " + sampleIDs[2], `simple "OK"`},
			{4180, "A", "GET {user1000}.name", `error "MOVED 866 127.0.0.1:31003"`},
		}, Frames: []Frame{
			{2936, "C", "A", "pong", "epoch 7, config epoch 7, slots 866 10923-16383", false},
			{2936, "C", "B", "pong", "epoch 7, config epoch 7, slots 866 10923-16383", false},
		}}
	case "failover/automatic/1":
		line := Timeline{
			Faults: []Fault{{1200, "kill", []string{"A"}, "node A is killed"}},
			Frames: []Frame{
				{3204, "B", "C", "ping", "A may be failing", false},
				{3260, "C", "B", "pong", "A may be failing", false},
				{3261, "B", "C", "fail", "A has failed", false}, {3261, "B", "D", "fail", "A has failed", false}, {3261, "B", "E", "fail", "A has failed", false},
			},
		}
		for i, to := range []string{"B", "C", "E", "F"} {
			line.Frames = append(line.Frames, Frame{3822 + int64(i), "D", to, "auth-req", "asks for a vote in epoch 7", to == "F"})
		}
		line.Frames = append(line.Frames, Frame{3829, "B", "D", "auth-ack", "votes in epoch 7", false}, Frame{3831, "C", "D", "auth-ack", "votes in epoch 7", false})
		return line
	}
	return Timeline{Exchanges: []Exchange{{60, "A", "CLUSTER MYID", `bulk "` + sampleIDs[0] + `"`}, {72, "A", "GET {user1000}.name", `null bulk`}}}
}

// sampleCourse gives a result its course. Where the sample's own server fails, its course ends otherwise.
func sampleCourse(x *Result) {
	if !x.Verdict.reached() {
		return
	}
	x.Timeline = sampleTimeline(x.Case)
	if f := x.Failure; f != nil && f.Exchanges != nil {
		x.Timeline.Exchanges = f.Exchanges
	}
	if x.Case == "failover/automatic/1" && x.Verdict == Fail {
		x.Timeline.Frames = x.Timeline.Frames[:len(x.Timeline.Frames)-1] // one vote is missing
	}
	if x.Verdict == Deviation {
		x.Declared = &Declared{Reason: "failed nodes are left out of CLUSTER SHARDS", Link: "https://acme.example/kv/issues/212", Expires: "2026-12-31"}
	}
}

// sampleBaseline is the run of the week before.
func sampleBaseline() *Report {
	base := sampleReport()
	base.Suite, base.Started = "0.3.9", base.Started.Add(-7*24*time.Hour)
	dropCase(base, "pubsub/shard/2")
	change(base, "redirect/moved/4", func(x *Result) { x.Verdict, x.Failure = Pass, nil })
	change(base, "slots/own/4", func(x *Result) { x.failAt(3, Fail, "the range was added in part") })
	change(base, "failover/automatic/2", func(x *Result) { x.DurationMillis = 900 })
	return base
}

// sampleCatches tells who catches what.
func sampleCatches() *DefectTable {
	return &DefectTable{
		Schema: DefectsSchema, Suite: "0.4.0", Target: "reference", Oracle: sampleRedis, All: true,
		Defects: []DefectRow{
			{Name: "ask-for-moved", Area: "redirect", Does: "Answers ASK where MOVED is due.", CaughtBy: []string{"redirect/moved/1", "redirect/moved/2", "redirect/moved/3"}, Symptom: `got error "ASK 866 127.0.0.1:21002"`},
			{Name: "vote-twice-in-epoch", Area: "failover", Does: "Grants more than one vote in an epoch.", CaughtBy: []string{"failover/vote/1", "gone/with/it"}, Symptom: "votes for Y: 1"},
			{Name: "fail-never-cleared", Area: "failure", Does: "Keeps FAIL on a node that is back."},
		},
		Silent: []string{"slots/key/1", "slots/key/2"},
	}
}
