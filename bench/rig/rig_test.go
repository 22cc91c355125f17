package rig

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/target/process"
)

// A cluster that was there before is not written into unless that is allowed, and never changed.
func TestExistingClusters(t *testing.T) {
	redis, err := process.New("redis-server", "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := redis.Start(t.Context(), target.Topology{Nodes: 1})
	if err != nil {
		t.Fatalf("redis-server has to be installed: %v", err)
	}
	defer cluster.Close()
	addr := cluster.Nodes()[0].Addr()
	if err := serveAllSlots(t.Context(), addr); err != nil {
		t.Fatal(err)
	}
	if err := serveAllSlots(t.Context(), addr); err == nil || !strings.Contains(err.Error(), "already busy") {
		t.Errorf("giving slots twice: %v", err)
	}
	if _, err := StartNode(t.Context(), "addr:"+addr, false); err == nil || !strings.Contains(err.Error(), "--destructive") {
		t.Errorf("without leave: %v", err)
	}
	s, err := StartNode(t.Context(), "addr:"+addr, true)
	if err != nil {
		t.Fatal(err)
	}
	if s.Nodes != 1 || s.Server != "redis" || s.CPU() != nil || !strings.HasPrefix(s.Name, "addr:") {
		t.Errorf("%+v", s.Target)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if reply, err := target.Ask(t.Context(), addr, "DBSIZE"); err != nil || reply.Text != "0" {
		t.Errorf("the cluster has %v keys, %v", reply, err)
	}
}

// The reference is measured as a process of its own, started from this program.
func TestTheReferenceIsAProcess(t *testing.T) {
	r, err := resolve("reference")
	if err != nil {
		t.Fatal(err)
	}
	if _, isProcess := r.(*process.Target); !isProcess || r.Spec() != "reference" {
		t.Errorf("%T of %q", r, r.Spec())
	}
}

// A cluster is formed in the shape that was asked for.
func TestCluster(t *testing.T) {
	s, err := StartCluster(t.Context(), "redis-server", Shape{Primaries: 2, Replicas: 1, NodeTimeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if len(s.Addrs) != 4 || s.Nodes != 4 || s.CPU() != nil || s.PID(3) == 0 {
		t.Errorf("%+v", s.Target)
	}
	info, err := Info(t.Context(), s.Addrs[3], "INFO", "replication")
	if err != nil || info["role"] != "slave" || !strings.HasSuffix(s.Addrs[1], ":"+info["master_port"]) {
		t.Errorf("%v, %v", info, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Until(ctx, func(ctx context.Context, addr string) error { return Demand(ctx, addr, "NOSUCHCOMMAND", "x") }); err == nil || !strings.Contains(err.Error(), "NOSUCHCOMMAND") {
		t.Errorf("%v", err)
	}
}
