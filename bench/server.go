package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/bench/duet"
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

// server is a running target.
type server struct {
	Target
	cluster target.Cluster
	addrs   []string
}

// pidTeller is implemented by nodes that are a process of this machine.
type pidTeller interface{ PID() int }

// start starts a target with one node that serves all slots. A cluster that was there before is used as it is.
func start(ctx context.Context, spec string, destructive bool) (_ *server, err error) {
	t, err := resolve(spec)
	if err != nil {
		return nil, err
	}
	cluster, err := t.Start(ctx, target.Topology{Nodes: 1})
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", spec, err)
	}
	s := &server{Target: Target{Spec: spec, Kind: t.Kind()}, cluster: cluster}
	defer func() {
		if err != nil {
			err = errors.Join(err, cluster.Close())
		}
	}()
	for _, n := range cluster.Nodes() {
		s.addrs = append(s.addrs, n.Addr())
	}
	s.Nodes = len(s.addrs)
	if target.IsExisting(cluster) && !destructive {
		return nil, fmt.Errorf("%s was there before: the benchmark writes keys named key:000000000000 and so on into it; --destructive allows that", spec)
	}
	if !target.IsExisting(cluster) {
		if err := serveAllSlots(ctx, s.addrs[0]); err != nil {
			return nil, fmt.Errorf("%s: %w", spec, err)
		}
	}
	return s, s.describe(ctx, t)
}

// describe finds out what the server is, and how to call it.
func (s *server) describe(ctx context.Context, t target.Target) error {
	description, err := target.DescribeNode(ctx, s.addrs[0])
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

// cpu tells the processor time of the server, or is nil if it is not one process of this machine.
func (s *server) cpu() func() (time.Duration, error) {
	nodes := s.cluster.Nodes()
	teller, can := nodes[0].(pidTeller)
	if !can || len(nodes) > 1 || teller.PID() == 0 {
		return nil
	}
	return duet.ProcessCPU(teller.PID())
}

// serveAllSlots gives a lone node every slot, and waits until it says that the cluster is up.
func serveAllSlots(ctx context.Context, addr string) error {
	const (
		limit    = 20 * time.Second // Redis waits 2 s after its start; the rest is for slow machines
		interval = 20 * time.Millisecond
	)
	args := []string{"CLUSTER", "ADDSLOTS"} // ADDSLOTSRANGE is younger than some servers
	for slot := range wire.Slots {
		args = append(args, strconv.Itoa(slot))
	}
	reply, err := target.Ask(ctx, addr, args...)
	if err != nil {
		return err
	}
	if reply.IsError() {
		return fmt.Errorf("CLUSTER ADDSLOTS with all slots was answered by %s", reply)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		info, err := target.Ask(ctx, addr, "CLUSTER", "INFO")
		if err == nil && wire.ParseInfo(info.Text)["cluster_state"] == "ok" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s serves all slots and its cluster is not ok after %v: %v (%w)", addr, limit, info, context.Cause(ctx))
		case <-time.After(interval):
		}
	}
}
