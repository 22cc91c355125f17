package reports

import "time"

// Result is one cell: what came of a case on a target.
type Result struct {
	// Case is the ID of a Case and Target the Name of a Target of the same report.
	Case   string `json:"case"`
	Target string `json:"target"`
	// Verdict is the outcome. Reason explains every verdict but pass, in one sentence for people.
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason,omitempty"`
	// Started is a wall-clock time; DurationMillis counts from there, the making of the cluster included.
	Started        time.Time `json:"started,omitzero"`
	DurationMillis int64     `json:"durationMillis"`
	// Runs is how often the case was run if more than once, and Passed how often it passed then.
	Runs   int `json:"runs,omitempty"`
	Passed int `json:"passed,omitempty"`
	// Checks is how many assertions were made. A pass without any would be green on nothing.
	Checks int `json:"checks"`
	// Steps are what the scenario's steps did, in order, those not reached included.
	Steps []Step `json:"steps,omitempty"`
	// Failure is what a check saw when it did not hold; nil when none failed.
	Failure *Failure `json:"failure,omitempty"`
	// Waits are the steps that waited for the cluster to settle, and how much of their time they used.
	Waits []Wait `json:"waits,omitempty"`
	// Writes accounts for what clients of the scenario wrote in the background; nil if there were none.
	Writes *Writes `json:"writes,omitempty"`
	// Nodes are what each node believed at the end, or at the failure.
	Nodes []NodeView `json:"nodes,omitempty"`
	// Declared is the entry of the declaration that speaks of this case on this target; nil if none does.
	Declared *Declared `json:"declared,omitempty"`
	// Before is the verdict of the case in the baseline; empty if there is none, or the case was not in it.
	Before Verdict `json:"before,omitempty"`
	// Timeline is what went over the wire and what was done to the nodes, for a chart of the scenario.
	Timeline Timeline `json:"timeline,omitzero"`
}

// Step is one line of a scenario and what came of it.
type Step struct {
	// Keyword is "Given", "When", "Then", "And" or "But", without a blank behind it.
	Keyword string `json:"keyword"`
	// Text is the rest of the line, with doc strings and tables on lines of their own.
	Text string `json:"text"`
	// Verdict is pass, fail, unsupported, inconclusive or harness-error for a step that was reached, and not-run for one that was not.
	Verdict        Verdict `json:"verdict"`
	DurationMillis int64   `json:"durationMillis"`
	// Error is what the step said when it did not pass.
	Error string `json:"error,omitempty"`
}

// Failure is the evidence of a check that did not hold.
type Failure struct {
	// Step is the line that failed, keyword first.
	Step string `json:"step"`
	// Message says in one sentence what did not hold.
	Message string `json:"message"`
	// Expected lists what would have been accepted, in wire form; Got is what came instead, and Node the name of the node that sent it.
	Expected []string `json:"expected,omitempty"`
	Got      string   `json:"got,omitempty"`
	Node     string   `json:"node,omitempty"`
	// Request is what Got answers, where the step made several requests.
	Request string `json:"request,omitempty"`
	// AtMillis is when it was seen, counted from the scenario's start.
	AtMillis int64 `json:"atMillis"`
	// Exchanges are the last requests and replies before the failure, oldest first.
	Exchanges []Exchange `json:"exchanges,omitempty"`
}

// Exchange is one request and its reply, as readable text of the exact wire form.
type Exchange struct {
	// AtMillis is when the request was sent, counted from the scenario's start.
	AtMillis int64 `json:"atMillis"`
	// Node is the name of the node that was asked.
	Node    string `json:"node"`
	Request string `json:"request"`
	Reply   string `json:"reply"`
}

// Wait is one step that waited, measured against what it was allowed.
type Wait struct {
	// What says what was waited for: "node B marks node A as failed".
	What string `json:"what"`
	// UsedMillis and AllowedMillis are in milliseconds; Used equal to Allowed or more means that it did not happen in time.
	UsedMillis    int64 `json:"usedMillis"`
	AllowedMillis int64 `json:"allowedMillis"`
	// NodeTimeouts and Allowed are the same two in multiples of cluster-node-timeout.
	NodeTimeouts float64 `json:"nodeTimeouts"`
	Allowed      float64 `json:"allowed"`
	// RunsMillis is UsedMillis of every run, in order, if there were several; UsedMillis is then the greatest.
	RunsMillis []int64 `json:"runsMillis,omitempty"`
}

// Writes is what became of acknowledged writes.
type Writes struct {
	// Acknowledged is how many writes were acknowledged, to Keys different keys.
	Acknowledged int `json:"acknowledged"`
	Keys         int `json:"keys"`
	// Lost is how many keys do not hold their last acknowledged write at the end, and Unread how many could not be read.
	Lost   int `json:"lost"`
	Unread int `json:"unread,omitempty"`
}

// NodeView is what one node believed and said about itself when the scenario ended.
type NodeView struct {
	// Name is the node's name in the scenario: "A".
	Name string `json:"name"`
	// Addr is its client address, host:port.
	Addr string `json:"addr"`
	// Alive tells whether it answered; ClusterNodes is its CLUSTER NODES reply if it did.
	Alive        bool   `json:"alive"`
	ClusterNodes string `json:"clusterNodes,omitempty"`
	// Log is the end of its log, when the target can read it.
	Log string `json:"log,omitempty"`
}
