package steps

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/compose/faults"
	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// Limits of one question of the judge. A node that does not answer when it is looked at counts as silent, and is asked again while there is
// time. What a cluster needs to come to life is asked once, so that a busy machine gets more time for it.
const (
	lookLimit   = 2 * time.Second
	demandLimit = 15 * time.Second
)

// cluster is a running cluster with the names scenarios use.
type cluster struct {
	target.Cluster
	shape   shape
	members []*member
	faults  *faults.Proxy     // in the path of every link, or nil
	formed  string            // what it looked like when it was handed over, to compare with
	guests  map[string]string // puppets of the scenario: id to name
}

// member is a node of a cluster under its name in the scenarios.
type member struct {
	target.Node
	name string
	id   string
	down bool // killed, stopped or paused by the scenario

	wasDown    bool // at any time in the scenario
	unwritable bool // it cannot write nodes.conf, by the scenario's doing
	epochs     epochs

	mutex    sync.Mutex // one question at a time
	heard    func(wire.Exchange)
	observer *wire.Conn // the judge's own connection, apart from the clients of the scenario
}

// newCluster names the nodes of a cluster and asks for their ids.
func newCluster(ctx context.Context, started target.Cluster, s shape) (*cluster, error) {
	c := &cluster{Cluster: started, shape: s}
	if p, is := started.(*proxied); is {
		c.faults = p.proxy
	}
	nodes := started.Nodes()
	if len(nodes) < s.nodes() {
		return nil, &unsupported{fmt.Sprintf("the cluster has %d nodes, the scenario needs %d", len(nodes), s.nodes())}
	}
	for i, name := range s.names() {
		m := &member{Node: nodes[i], name: name}
		id, err := m.askWithin(ctx, demandLimit, "CLUSTER", "MYID")
		if err != nil {
			return nil, err
		}
		if m.id = id.Text; !idForm.MatchString(m.id) {
			return nil, &failure{Node: name, Want: []string{"40 lower-case hexadecimal digits in answer to CLUSTER MYID"}, Got: id.String()}
		}
		c.members = append(c.members, m)
	}
	return c, nil
}

// member finds a node by its name in the scenarios.
func (c *cluster) member(name string) *member {
	for _, m := range c.members {
		if m.name == name {
			return m
		}
	}
	return nil
}

// nameOf is the name of the node or puppet with an id, or the id itself if it is none of ours.
func (c *cluster) nameOf(id string) string {
	for _, m := range c.members {
		if m.id == id {
			return m.name
		}
	}
	if guest := c.guests[id]; guest != "" {
		return guest
	}
	return id
}

// running are the nodes the scenario has not taken down.
func (c *cluster) running() []*member {
	var up []*member
	for _, m := range c.members {
		if !m.down {
			up = append(up, m)
		}
	}
	return up
}

// close ends the cluster.
func (c *cluster) close() error {
	for _, m := range c.members {
		m.hangUp()
	}
	return c.Cluster.Close()
}

func (m *member) host() string { host, _, _ := net.SplitHostPort(m.Addr()); return host }

func (m *member) port() string { _, port, _ := net.SplitHostPort(m.Addr()); return port }

// meetArgs are the arguments by which another node is told to meet this one. The bus port is said only where it cannot be guessed,
// since servers before 4.0 do not take it.
func (m *member) meetArgs() []string {
	args := []string{"CLUSTER", "MEET", m.host(), m.port()}
	if port, _ := strconv.Atoi(m.port()); m.BusPort() != port+target.BusPortOffset {
		args = append(args, strconv.Itoa(m.BusPort()))
	}
	return args
}

// ask puts a question of the judge's own.
func (m *member) ask(ctx context.Context, args ...string) (wire.Value, error) {
	return m.askWithin(ctx, lookLimit, args...)
}

func (m *member) askWithin(ctx context.Context, limit time.Duration, args ...string) (wire.Value, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.observer == nil {
		conn, err := wire.Dial(ctx, m.Addr())
		if err != nil {
			return wire.Value{}, fmt.Errorf("node %s: %w", m.name, err)
		}
		m.observer = conn
	}
	at := time.Now()
	reply, err := m.observer.Do(ctx, args...)
	if m.heard != nil {
		m.heard(wire.Exchange{At: at, Request: args, Reply: reply, Err: err})
	}
	if err != nil {
		m.observer.Close()
		m.observer = nil
		return wire.Value{}, fmt.Errorf("node %s: %w", m.name, err)
	}
	return reply, nil
}

// askText puts a question whose answer is a string.
func (m *member) askText(ctx context.Context, args ...string) (string, error) {
	reply, err := m.ask(ctx, args...)
	if err != nil {
		return "", err
	}
	switch reply.Kind {
	case wire.Simple, wire.Bulk, wire.Verbatim:
		return reply.Text, nil
	}
	return "", &failure{Node: m.name, Want: []string{"a string in answer to " + commandText(args)}, Got: reply.String()}
}

// demand has the node do something that must succeed.
func (m *member) demand(ctx context.Context, args ...string) error {
	reply, err := m.askWithin(ctx, demandLimit, args...)
	if err == nil && (reply.Kind != wire.Simple || reply.Text != "OK") {
		err = &failure{Node: m.name, Want: []string{`simple "OK" in answer to ` + commandText(args)}, Got: reply.String()}
	}
	return err
}

// hangUp closes the judge's connection.
func (m *member) hangUp() {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.observer != nil {
		m.observer.Close()
		m.observer = nil
	}
}

// info are the fields of INFO or CLUSTER INFO.
func (m *member) info(ctx context.Context, args ...string) (map[string]string, error) {
	text, err := m.askText(ctx, args...)
	fields := wire.ParseInfo(text)
	m.epochs.sawInfo(fields)
	return fields, err
}
