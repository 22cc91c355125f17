package growth

import (
	"context"
	"fmt"
	"time"

	"github.com/clusterspec/clusterspec/bench/result"
)

// Simulator says what each node of an idle cluster of primaries spends on the cluster bus in a second: bytes that it sends, and processor time for its
// decisions, without the system calls that a real node makes besides. The cluster exists in virtual time, in this process, whose processor time cpu tells.
type Simulator func(nodes int, nodeTimeout, watched time.Duration, cpu func() time.Duration) (bytes float64, spent time.Duration, err error)

// simulatedName is what the line of the simulator is called: the reference's decisions, and nobody's processes.
const simulatedName = "reference, simulated"

// simulate adds the simulator's line to the costs of nodes, at sizes that no machine carries as processes.
func simulate(ctx context.Context, o Options, starting func(name string), costs []result.Growth) error {
	bytes, cpu := result.Line{Name: simulatedName}, result.Line{Name: simulatedName}
	for _, nodes := range o.SimulatedNodes {
		if ctx.Err() != nil {
			break
		}
		starting(fmt.Sprintf("growth by nodes, %d in the simulator", nodes))
		sent, spent, err := o.Simulate(nodes, nodesTimeout, nodesWatched, ownCPU)
		if err != nil {
			return fmt.Errorf("simulating a cluster of %d nodes: %w", nodes, err)
		}
		bytes.Points = append(bytes.Points, result.Point{X: float64(nodes), Y: sent})
		if spent > 0 {
			cpu.Points = append(cpu.Points, result.Point{X: float64(nodes), Y: float64(spent)})
		}
	}
	costs[0].Lines, costs[1].Lines = append(costs[0].Lines, bytes), append(costs[1].Lines, cpu)
	return nil
}
