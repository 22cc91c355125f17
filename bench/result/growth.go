package result

// Growth is a cost as something grows: bus bytes a node as nodes are added, memory a key as keys are added.
type Growth struct {
	ID    string `json:"id"`    // "nodes/bus-bytes"
	Title string `json:"title"` // "bytes a second that a node sends on the bus"
	X     string `json:"x"`     // what grows: "nodes"
	Unit  string `json:"unit"`  // of the cost
	Lines []Line `json:"lines"` // one for each target
	Note  string `json:"note,omitempty"`
}

// Line is one target's.
type Line struct {
	Name   string  `json:"name"`
	Points []Point `json:"points"`
	// Stopped says why there are no points further on.
	Stopped string `json:"stopped,omitempty"`
}

// Point is a cost at a size.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}
