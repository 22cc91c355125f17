// Package rig starts what is to be measured and takes it down again: single nodes that serve all slots, and whole clusters.
package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/bench/duet"
	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/catalog"
	"github.com/clusterspec/clusterspec/compose/target/process"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// resolve makes the target of a text form. The reference becomes a process of its own, started from this very program: inside this process it would share
// its scheduler and its garbage collector with the generator, and neither would be measured alone.
func resolve(spec string) (target.Target, error) {
	t, err := catalog.Parse(spec, target.Env{})
	if err != nil || t.Kind() != "reference" {
		return t, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program, to start the reference from it: %w", err)
	}
	return process.New(spec, strconv.Quote(program)+" node {options}")
}

// Server is a running target: one node that serves all slots, or a whole cluster.
type Server struct {
	result.Target
	Cluster target.Cluster
	Addrs   []string
}

// Close stops it, and leaves nothing behind.
func (s *Server) Close() error { return s.Cluster.Close() }

// pidTeller is implemented by nodes that are a process of this machine.
type pidTeller interface{ PID() int }

// StartNode starts a target with one node that serves all slots. A cluster that was there before is used as it is, if destructive allows that.
func StartNode(ctx context.Context, spec string, destructive bool) (_ *Server, err error) {
	s, err := launch(ctx, spec, target.Topology{Nodes: 1})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if target.IsExisting(s.Cluster) && !destructive {
		return nil, fmt.Errorf("%s was there before: the benchmark writes keys named key:000000000000 and so on into it; --destructive allows that", spec)
	}
	if !target.IsExisting(s.Cluster) {
		if err := serveAllSlots(ctx, s.Addrs[0]); err != nil {
			return nil, fmt.Errorf("%s: %w", spec, err)
		}
	}
	return s, nil
}

// StartNodes starts one node of each target, as StartNode does, and gives them names that differ. The function it returns stops them, also
// when there is an error.
func StartNodes(ctx context.Context, specs []string, destructive bool) (servers []*Server, stop func() error, err error) {
	stop = func() (err error) {
		for _, s := range servers {
			err = errors.Join(err, s.Close())
		}
		return err
	}
	names := make(map[string]int)
	for _, spec := range specs {
		s, err := StartNode(ctx, spec, destructive)
		if err != nil {
			return servers, stop, err
		}
		servers = append(servers, s)
		if names[s.Name]++; names[s.Name] > 1 {
			s.Name += fmt.Sprintf(" #%d", names[s.Name])
		}
	}
	return servers, stop, nil
}

// launch starts nodes and finds out what they are.
func launch(ctx context.Context, spec string, t target.Topology) (_ *Server, err error) {
	kind, err := resolve(spec)
	if err != nil {
		return nil, err
	}
	cluster, err := kind.Start(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", spec, err)
	}
	s := &Server{Target: result.Target{Spec: spec, Kind: kind.Kind()}, Cluster: cluster}
	for _, n := range cluster.Nodes() {
		s.Addrs = append(s.Addrs, n.Addr())
	}
	s.Nodes = len(s.Addrs)
	if err := s.describe(ctx); err != nil {
		return nil, errors.Join(err, cluster.Close())
	}
	return s, nil
}

// describe finds out what the server is, and how to call it.
func (s *Server) describe(ctx context.Context) error {
	description, err := target.DescribeNode(ctx, s.Addrs[0])
	if err != nil {
		return fmt.Errorf("asking %s what it is: %w", s.Spec, err)
	}
	s.Server, s.Version = description.Server, description.Version
	s.Name = s.Spec
	if s.Spec != "reference" {
		s.Name = strings.TrimSpace(s.Spec + " " + s.Version)
	}
	return nil
}

// PID is the process of the node at an index; 0 if it is not one of this machine.
func (s *Server) PID(index int) int {
	if teller, can := s.Cluster.Nodes()[index].(pidTeller); can {
		return teller.PID()
	}
	return 0
}

// CPU tells the processor time of a server of one node, or is nil if that is not a process of this machine.
func (s *Server) CPU() func() (time.Duration, error) {
	if s.Cluster == nil || s.Nodes > 1 || s.PID(0) == 0 {
		return nil
	}
	return duet.ProcessCPU(s.PID(0))
}

// serveAllSlots gives a lone node every slot, and waits until it says that the cluster is up.
func serveAllSlots(ctx context.Context, addr string) error {
	const limit = 20 * time.Second // Redis waits 2 s after its start; the rest is for slow machines
	if err := Demand(ctx, addr, addSlots(wire.SlotRange{From: 0, To: wire.Slots - 1})...); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return Poll(ctx, func(ctx context.Context) error {
		info, err := Info(ctx, addr, "CLUSTER", "INFO")
		if err == nil && info["cluster_state"] != "ok" {
			err = fmt.Errorf("%s serves all slots and its cluster is not ok after %v: %v", addr, limit, info)
		}
		return err
	})
}
