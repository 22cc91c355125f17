// Package process puts programs of this machine under test: `redis-server`, or `exec:` and a command line.
//
//	exec:/opt/valkey/bin/valkey-server
//	exec:./my-server --port {port} --data {dir} --node-timeout {timeout}
//	exec:python3 server.py --config {conf}
//
// The command line is split into words (single and double quotes group) and started once for each node, without a shell, in the folder the
// harness runs in. These placeholders are replaced:
//
//	{port}     the client port, on 127.0.0.1; free, and below 55536
//	{busport}  the port of the cluster bus, {port}+10000; free as well
//	{dir}      an empty folder of the node's own; it survives kill and restart
//	{timeout}  cluster-node-timeout in milliseconds
//	{name}     the name of the node: A, B, ...
//	{conf}     the path of a redis.conf that says all of the above and the options of the scenario
//	{options}  the same as redis-server arguments: --port 11000 --dir ... ; a word of its own
//
// What a server under test has to do:
//   - Without any placeholder it is given {options}, so it has to take redis-server's command line.
//   - It answers PING with PONG on its port once it is ready, in cluster mode, empty, knowing no other node.
//   - What it prints is its log. It does not leave its process group, so that signals reach all of it.
//   - With {dir}/nodes.conf in Redis's format, scenarios about that file apply to it.
//   - Without {options} and {conf}, what a scenario sets beyond {timeout} is sent by CONFIG SET. Refusing that makes the scenario unsupported.
package process

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/clusterspec/clusterspec/compose/target"
)

// Target starts a program once for each node.
type Target struct {
	spec    string
	command *command
}

// New makes the target of a command line, which stands in spec after "exec:".
func New(spec, line string) (*Target, error) {
	command, err := parseCommand(line)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", spec, err)
	}
	return &Target{spec, command}, nil
}

// Spec implements target.Target.
func (t *Target) Spec() string { return t.spec }

// Kind implements target.Target.
func (t *Target) Kind() string { return "exec" }

// Probe implements target.Prober: the program has to be there.
func (t *Target) Probe(context.Context) error {
	_, err := t.program()
	return err
}

// Describe implements target.Describer.
func (t *Target) Describe(ctx context.Context) (target.Description, error) {
	d, err := target.DescribeByStarting(ctx, t)
	if err != nil {
		return d, err
	}
	d.Digest, err = t.digest()
	return d, err
}

// digest is the hash of the program's file. Of a script's interpreter that is what the interpreter is, and no more.
func (t *Target) digest() (string, error) {
	program, err := t.program()
	if err != nil {
		return "", err
	}
	file, err := os.Open(program)
	if err != nil {
		return "", fmt.Errorf("hashing the program: %w", err)
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", fmt.Errorf("hashing the program: %w", err)
	}
	return fmt.Sprintf("sha256:%x", hash.Sum(nil)), nil
}

// Start implements target.Target.
func (t *Target) Start(ctx context.Context, topology target.Topology) (_ target.Cluster, err error) {
	program, err := t.program()
	if err != nil {
		return nil, err
	}
	dir, err := target.ScratchDir(topology.Dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, spawner: newSpawner()}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	standard := standardOptions(ctx, program)
	for i := range topology.Nodes {
		node, err := newNode(topology.Name(i), c, t.command, program, target.Merge(standard, topology.Options))
		if err != nil {
			return nil, err
		}
		node.late, node.front = t.command.late(topology.Options), topology.Front
		c.nodes = append(c.nodes, node)
	}
	if err := target.AtOnce(c.nodes, func(n *Node) error { return n.startAnywhere(ctx) }); err != nil {
		return nil, err
	}
	return c, nil
}

// program is the absolute path of the program, so that it stays the same wherever the node runs.
func (t *Target) program() (string, error) {
	path, err := exec.LookPath(t.command.words[0])
	if err != nil {
		return "", &target.Unavailable{Reason: fmt.Sprintf("%s: %v", t.spec, err)}
	}
	return filepath.Abs(path)
}

// Cluster is a set of processes on this machine.
type Cluster struct {
	dir     string
	spawner *spawner
	nodes   []*Node
	once    sync.Once
}

// Nodes implements target.Cluster.
func (c *Cluster) Nodes() []target.Node { return target.NodesOf(c.nodes) }

// Close implements target.Cluster.
func (c *Cluster) Close() (err error) {
	c.once.Do(func() {
		for _, n := range c.nodes {
			err = errors.Join(err, n.close())
		}
		c.spawner.close()
		err = errors.Join(err, os.RemoveAll(c.dir))
	})
	return err
}
