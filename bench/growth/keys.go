package growth

import (
	"context"
	"errors"
	"time"

	"github.com/clusterspec/clusterspec/bench/load"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
)

const valueBytes = 64

// byKeys is what a key costs as there are more of them.
func byKeys(sizes []int) sweep {
	return sweep{
		name: "keys", x: "keys", sizes: sizes,
		costs: []result.Growth{
			{ID: "keys/memory", Title: "resident memory of a key", Unit: "bytes", Note: "16-byte keys, 64-byte values; the growth of the process since it was empty, by the number of keys"},
			{ID: "keys/write", Title: "processor time of the server for the SET of a new key, 100 at a time", Unit: "ns"},
		},
		at: fillMore,
	}
}

// fillMore writes keys until there are so many.
func fillMore(ctx context.Context, s *subject, keys int) ([]float64, error) {
	if err := s.start(ctx); err != nil {
		return nil, err
	}
	g, err := load.Open(ctx, load.Config{
		Addrs: s.server.Addrs, Connections: 4, Pipeline: 100,
		Workload: load.Workload{Keys: keys, ValueBytes: valueBytes, Distribution: load.DistributionUniform},
	})
	if err != nil {
		return nil, err
	}
	defer g.Close()
	before, err := s.server.CPU()()
	if err != nil {
		return nil, err
	}
	if err := g.Fill(ctx); err != nil {
		return nil, err
	}
	after, err := s.server.CPU()()
	if err != nil {
		return nil, err
	}
	time.Sleep(settling)
	full, err := rig.Resident(s.server.PID(0))
	return []float64{float64(full-s.bare) / float64(keys), float64(after-before) / float64(keys)}, err
}

// settling is how long a server has to give back what it needs for the writing only.
const settling = time.Second

// start starts one node, once.
func (s *subject) start(ctx context.Context) (err error) {
	if s.server != nil {
		return nil
	}
	if s.server, err = rig.StartNode(ctx, s.spec, false); err != nil {
		return err
	}
	s.name = s.server.Name
	if s.server.CPU() == nil {
		return errors.New("the server is no process of this machine, and its memory and processor time cannot be seen")
	}
	s.bare, err = rig.Resident(s.server.PID(0))
	return err
}
