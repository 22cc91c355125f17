package reports

// Timeline is the course of a scenario: what went over the wire and what was done to its nodes. All times count from the scenario's start.
// Frames of pings and pongs that say what their sender said before are left out. A chart draws one line for each node, and between them what they sent.
type Timeline struct {
	// Exchanges are requests of the suite and their replies, oldest first, those of polling left out.
	Exchanges []Exchange `json:"exchanges,omitempty"`
	// Frames are bus frames between nodes as a proxy saw them pass, or as a puppet sent and received them, oldest first.
	Frames []Frame `json:"frames,omitempty"`
	// Faults are what was done to nodes and links.
	Faults []Fault `json:"faults,omitempty"`
	// Dropped is how many exchanges and frames were left out, because there were too many to keep.
	Dropped int `json:"dropped,omitempty"`
}

// Frame is one decoded frame of the cluster bus.
type Frame struct {
	AtMillis int64 `json:"atMillis"`
	// From and To are names of nodes, as the scenario calls them.
	From string `json:"from"`
	To   string `json:"to"`
	// Type is the name of the frame's type, as in CLUSTER INFO: "ping", "auth-req".
	Type string `json:"type"`
	// Text says what matters of its content: "epoch 7, config epoch 3, 5461 slots".
	Text string `json:"text,omitempty"`
	// Lost tells that a fault kept it from arriving.
	Lost bool `json:"lost,omitempty"`
}

// Fault is something done to a node or a link: "kill", "pause", "cut".
type Fault struct {
	AtMillis int64 `json:"atMillis"`
	// Kind is kill, stop, restart, pause, resume or wipe of nodes, and cut, break, lose, delay or heal of links.
	Kind string `json:"kind"`
	// Nodes are those it was done to; for links, their ends.
	Nodes []string `json:"nodes"`
	// Text says it in the scenario's words.
	Text string `json:"text,omitempty"`
}
