// Package mixed puts one cluster of several kinds of node under test: `mix:reference+redis-server`.
//
// The kinds take turns: node A is of the first, B of the second, and so on, from the beginning again after the last. With two kinds and the six
// nodes A, B, C, A1, B1, C1 every primary has a replica of the other kind, and primaries that vote are of both; the reverse order of the kinds
// swaps all roles. With three kinds a primary and its first replica are of the same kind.
//
// The kinds are written as they are on their own and separated by +. A + that belongs to one of them is doubled:
//
//	mix:reference+exec:./my-server --port {port} --features a++b
//
// Nodes of a kind are that kind's own, with the abilities they have. What Docker runs and what already runs cannot take part: other nodes
// cannot reach the former, and the latter is complete.
package mixed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/clusterspec/clusterspec/compose/target"
)

// Target starts clusters of several kinds of node.
type Target struct {
	spec  string
	kinds []target.Target
}

// New makes the target of the kinds that take turns.
func New(spec string, kinds []target.Target) *Target { return &Target{spec, kinds} }

// Spec implements target.Target.
func (t *Target) Spec() string { return t.spec }

// Kind implements target.Target.
func (t *Target) Kind() string { return "mix" }

// Probe implements target.Prober: every kind has to be there.
func (t *Target) Probe(ctx context.Context) error {
	for _, kind := range t.kinds {
		if prober, can := kind.(target.Prober); can {
			if err := prober.Probe(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// Describe implements target.Describer.
func (t *Target) Describe(ctx context.Context) (target.Description, error) {
	var all []target.Description
	for _, kind := range t.kinds {
		describer, can := kind.(target.Describer)
		if !can {
			return target.Description{}, fmt.Errorf("%s cannot describe itself", kind.Spec())
		}
		d, err := describer.Describe(ctx)
		if err != nil {
			return target.Description{}, err
		}
		all = append(all, d)
	}
	return together(all), nil
}

// together is one description of several: servers and versions in turn, and the level that all have.
func together(all []target.Description) target.Description {
	var servers, versions []string
	for _, d := range all {
		servers, versions = append(servers, d.Server), append(versions, d.Version)
	}
	lowest := slices.MinFunc(all, func(a, b target.Description) int { return compareVersions(a.Level, b.Level) })
	return target.Description{Server: strings.Join(servers, "+"), Version: strings.Join(versions, "+"), Level: lowest.Level}
}

// compareVersions compares dotted numbers part by part. What is no number counts as 0.
func compareVersions(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	part := func(parts []string, i int) int {
		if i >= len(parts) {
			return 0
		}
		n, _ := strconv.Atoi(parts[i])
		return n
	}
	for i := range max(len(as), len(bs)) {
		if c := cmp.Compare(part(as, i), part(bs, i)); c != 0 {
			return c
		}
	}
	return 0
}

// Start implements target.Target.
func (t *Target) Start(ctx context.Context, topology target.Topology) (_ target.Cluster, err error) {
	dir, err := target.ScratchDir(topology.Dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, nodes: make([]target.Node, topology.Nodes)}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	for i, kind := range t.kinds[:min(len(t.kinds), topology.Nodes)] {
		part, err := kind.Start(ctx, t.share(topology, i, dir))
		if err != nil {
			return nil, err
		}
		c.parts = append(c.parts, part)
		for turn, n := range part.Nodes() {
			c.nodes[i+turn*len(t.kinds)] = n
		}
	}
	return c, nil
}

// share is what of a topology the kind at an index starts.
func (t *Target) share(topology target.Topology, kind int, dir string) target.Topology {
	share := target.Topology{Options: topology.Options, Front: topology.Front, Dir: filepath.Join(dir, strconv.Itoa(kind+1))}
	for i := kind; i < topology.Nodes; i += len(t.kinds) {
		share.Names = append(share.Names, topology.Name(i))
	}
	share.Nodes = len(share.Names)
	return share
}

// Cluster is the nodes of all kinds.
type Cluster struct {
	dir   string
	parts []target.Cluster // one for each kind
	nodes []target.Node    // in turns
	once  sync.Once
}

// Nodes implements target.Cluster.
func (c *Cluster) Nodes() []target.Node { return slices.Clone(c.nodes) }

// Close implements target.Cluster.
func (c *Cluster) Close() (err error) {
	c.once.Do(func() {
		for _, part := range c.parts {
			err = errors.Join(err, part.Close())
		}
		err = errors.Join(err, os.RemoveAll(c.dir))
	})
	return err
}
