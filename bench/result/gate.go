package result

import "fmt"

// Gate is a bound that a figure had to keep, and what came of it for one target.
type Gate struct {
	Name        string      `json:"name"`
	Measurement string      `json:"measurement"`      // "throughput of get-p16"
	Target      string      `json:"target,omitempty"` // its name; empty where nothing was found that the gate is about
	Verdict     GateVerdict `json:"verdict"`
	Words       string      `json:"words"` // the verdict, what was found, and what was asked for
}

// GateVerdict is what came of a gate.
type GateVerdict string

// The verdicts of gates.
const (
	GatePassed       GateVerdict = "passed"
	GateFailed       GateVerdict = "failed"
	GateInconclusive GateVerdict = "inconclusive"
)

// GatesInWords counts verdicts: "12 passed, 0 failed, 1 inconclusive".
func GatesInWords(gates []Gate) string {
	counts := make(map[GateVerdict]int)
	for _, g := range gates {
		counts[g.Verdict]++
	}
	return fmt.Sprintf("%d passed, %d failed, %d inconclusive", counts[GatePassed], counts[GateFailed], counts[GateInconclusive])
}
