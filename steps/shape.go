package steps

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/clusterspec/clusterspec/compose/wire"
)

// shape is the cluster a scenario begins with.
type shape struct {
	primaries int
	replicas  int  // of each primary
	spares    int  // nodes of the cluster without slots
	strangers int  // nodes that know only themselves; then there is nothing else
	proxied   bool // a proxy is in the path of every link
}

// The sentences that ask for a shape. What follows "where" is set later and is no part of it.
var (
	clusterSentence   = regexp.MustCompile(`^a cluster of (\d+) primar(?:y|ies)(?: with (\d+) replicas? each)?(?: and (\d+) nodes? without slots)?(?: where "([^"]*)" is "([^"]*)")?$`)
	strangersSentence = regexp.MustCompile(`^(\d+) nodes? that (?:do|does) not know (?:each other|any other)$`)
)

// parseShape reads a Given that asks for a cluster.
func parseShape(text string) (shape, bool) {
	if m := strangersSentence.FindStringSubmatch(text); m != nil {
		return shape{strangers: number(m[1])}, true
	}
	if m := clusterSentence.FindStringSubmatch(text); m != nil {
		return shape{primaries: number(m[1]), replicas: number(m[2]), spares: number(m[3])}, true
	}
	return shape{}, false
}

// nodes is how many there are.
func (s shape) nodes() int { return s.primaries*(1+s.replicas) + s.spares + s.strangers }

// names of the nodes in the order they are started: primaries A B C, their first replicas A1 B1 C1, the second A2..., then those without slots D E.
func (s shape) names() []string {
	var names []string
	letters := s.primaries + s.strangers
	for i := range letters {
		names = append(names, letter(i))
	}
	for r := range s.replicas {
		for i := range s.primaries {
			names = append(names, fmt.Sprintf("%s%d", letter(i), r+1))
		}
	}
	for i := range s.spares {
		names = append(names, letter(letters+i))
	}
	return names
}

// slots of the primary at an index: even shares, rounded as redis-cli rounds them.
func (s shape) slots(primary int) wire.SlotRange {
	edge := func(i int) int { return (2*i*wire.Slots + s.primaries) / (2 * s.primaries) }
	return wire.SlotRange{From: edge(primary), To: edge(primary+1) - 1}
}

// primaryOf names the primary of a replica's name, or "" for any other.
func (s shape) primaryOf(name string) string {
	if len(name) > 1 {
		return name[:1]
	}
	return ""
}

func letter(i int) string { return string(rune('A' + i)) }

// number reads digits a regular expression has matched; nothing is 0.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
