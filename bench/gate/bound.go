package gate

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/stats"
)

// Kind is what a bound asks for.
type Kind string

// The kinds, in the words of the file.
const (
	AtLeast Kind = "at least"
	AtMost  Kind = "at most"
	Exactly Kind = "exactly"
)

// Bound is what a number has to keep.
type Bound struct {
	Kind  Kind
	Limit float64
}

func (b Bound) String() string { return fmt.Sprintf("%s %v", b.Kind, b.Limit) }

// parseBound reads "at least 1.2".
func parseBound(text string) (Bound, error) {
	for _, kind := range []Kind{AtLeast, AtMost, Exactly} {
		rest, found := strings.CutPrefix(text, string(kind)+" ")
		if !found {
			continue
		}
		limit, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
		if err != nil || math.IsNaN(limit) || math.IsInf(limit, 0) || limit <= 0 && kind != Exactly || limit < 0 {
			return Bound{}, fmt.Errorf("%q is no number to keep", rest)
		}
		return Bound{kind, limit}, nil
	}
	return Bound{}, fmt.Errorf("%q is no bound: at least, at most or exactly, and a number", text)
}

// judge says whether all of a range keeps the bound, none of it, or some. The slack is a fraction by which the bound is widened.
func (b Bound) judge(low, high, slack float64) result.GateVerdict {
	keeps := func(v float64) bool {
		switch b.Kind {
		case AtLeast:
			return v >= b.Limit*(1-slack)
		case AtMost:
			return v <= b.Limit*(1+slack)
		}
		return v == b.Limit
	}
	switch first, last := keeps(low), keeps(high); {
	case first && last:
		return result.GatePassed
	case !first && !last && !(b.Kind == Exactly && low < b.Limit && b.Limit < high):
		return result.GateFailed
	}
	return result.GateInconclusive
}

// slack of ratios: what is below it is never called a difference.
const slack = stats.Tolerance
