package steps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/compose/faults"
	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/reports"
)

// aheadScenarios is how many of the coming scenarios at least are looked at to form clusters before they are needed.
const aheadScenarios = 3

// givingUp is how many clusters of one shape may fail to form in a row before no more are tried.
const givingUp = 2

// pool makes the clusters of one target. A cluster that a scenario left as it found it serves the next one; while a scenario runs,
// what the following ones need is formed in the background.
type pool struct {
	target      target.Target
	nodeTimeout time.Duration
	formLimit   time.Duration
	ahead       int  // how many of the coming scenarios are looked at: as many as run at the same time
	exists      bool // the cluster was there before us: there is one, and it is not ours
	destructive bool // but we may do with it what we like
	found       target.Cluster

	mutex    sync.Mutex
	coming   []shape            // the scenarios that have not begun, in order
	shelf    map[shape][]*order // formed or being formed
	failures map[shape]int      // in a row
	closing  sync.WaitGroup
	leftOver func(*scenario, error) // told what a cluster could not clean up, and who had it last
}

// order is a cluster that will be there.
type order struct {
	done    chan struct{}
	cluster *cluster
	last    *scenario // who had it before; nil if it is new
	err     error
}

// newPool is for the scenarios that will run on a target.
func newPool(e *entrant, o *Options, runnable catalogue) *pool {
	p := &pool{
		target: e.target, nodeTimeout: e.nodeTimeout, formLimit: o.formLimit, exists: e.exists, destructive: o.Destructive,
		ahead: max(aheadScenarios, o.parallel(e.report.Kind)), shelf: map[shape][]*order{}, failures: map[shape]int{},
	}
	if p.formLimit == 0 {
		p.formLimit = max(formingFloor, formingTimeouts*p.nodeTimeout)
	}
	for _, s := range runnable {
		p.coming = append(p.coming, s.shape)
	}
	return p
}

// take hands out a healthy cluster of the shape.
func (p *pool) take(ctx context.Context, s shape) (*cluster, error) {
	o, err := p.order(s)
	if err != nil {
		return nil, err
	}
	select {
	case <-o.done:
	case <-ctx.Done():
		p.putBack(s, o)
		return nil, errInterrupted
	}
	p.count(s, o.err)
	return o.cluster, o.err
}

// order takes what is on the shelf or orders anew, and sees to the scenarios after this one.
func (p *pool) order(s shape) (*order, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.failures[s] >= givingUp {
		return nil, &notRun{fmt.Sprintf("%d clusters of this shape did not form in a row; no more were tried", givingUp)}
	}
	if i := slices.Index(p.coming, s); i >= 0 {
		p.coming = slices.Delete(p.coming, i, i+1)
	}
	o := p.unshelve(s)
	for _, next := range p.coming[:min(p.ahead, len(p.coming))] {
		if !p.exists && len(p.shelf[next]) == 0 && next != (shape{}) && p.failures[next] == 0 {
			p.shelf[next] = append(p.shelf[next], p.begin(next))
		}
	}
	p.sweep()
	return o, nil
}

func (p *pool) unshelve(s shape) *order {
	if len(p.shelf[s]) == 0 {
		return p.begin(s)
	}
	o := p.shelf[s][0]
	p.shelf[s] = p.shelf[s][1:]
	return o
}

func (p *pool) putBack(s shape, o *order) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.shelf[s] = append(p.shelf[s], o)
}

func (p *pool) count(s shape, err error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	switch verdictOf(err) {
	case reports.Pass:
		p.failures[s] = 0
	case reports.Fail, reports.HarnessError:
		p.failures[s]++
	}
}

// begin forms a cluster in the background.
func (p *pool) begin(s shape) *order {
	o := &order{done: make(chan struct{})}
	go func() {
		defer close(o.done)
		o.cluster, o.err = p.make(context.Background(), s)
	}()
	return o
}

// giveBack takes a cluster a scenario is done with: it is kept if it is as it was, and closed if not.
func (p *pool) giveBack(c *cluster, restored bool, by *scenario) {
	ctx, cancel := context.WithTimeout(context.Background(), max(time.Second, p.nodeTimeout))
	defer cancel()
	if p.exists || !restored || c.shape.strangers > 0 || !p.wanted(c.shape) || c.restore(ctx) != nil {
		p.closing.Go(func() { p.closeAfter(c, by) })
		return
	}
	o := &order{done: make(chan struct{}), cluster: c, last: by}
	close(o.done)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.shelf[c.shape] = append([]*order{o}, p.shelf[c.shape]...)
}

func (p *pool) wanted(s shape) bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return slices.Contains(p.coming, s)
}

// restore empties the cluster and looks whether it is as it was when it was formed.
func (c *cluster) restore(ctx context.Context) error {
	if c.faults != nil {
		c.faults.Change((*faults.Rules).Heal)
		c.faults.Log.Clear()
	}
	if len(c.running()) != len(c.members) {
		return errors.New("nodes are down")
	}
	if err := c.isHealthy(ctx); err != nil {
		return err
	}
	portrait, err := c.portrait(ctx)
	if err != nil || portrait != c.formed {
		return errors.Join(err, errors.New("the configuration has changed"))
	}
	for _, m := range c.members[:c.shape.primaries] {
		if err := m.demand(ctx, "FLUSHALL"); err != nil {
			return err
		}
	}
	for _, m := range c.members {
		m.wasDown = false
	}
	return c.await(ctx, c.isEmpty)
}

func (c *cluster) isEmpty(ctx context.Context) error {
	for _, m := range c.members {
		reply, err := m.ask(ctx, "DBSIZE")
		if err != nil {
			return err
		}
		if n, ok := reply.Int(); !ok || n != 0 {
			return fmt.Errorf("%s holds keys: %s", m.name, reply)
		}
	}
	return nil
}

// sweep closes what no coming scenario needs.
func (p *pool) sweep() {
	for s, orders := range p.shelf {
		if slices.Contains(p.coming, s) {
			continue
		}
		delete(p.shelf, s)
		for _, o := range orders {
			p.closing.Go(func() { p.closeOrder(o) })
		}
	}
}

// close ends every cluster that is not in use.
func (p *pool) close() {
	p.mutex.Lock()
	p.coming = nil
	p.sweep()
	p.mutex.Unlock()
	p.closing.Wait()
	if p.found != nil {
		p.found.Close()
	}
}

func (p *pool) closeOrder(o *order) {
	<-o.done
	if o.cluster != nil {
		p.closeAfter(o.cluster, o.last)
	}
}

// closeAfter ends a cluster. What is still there then, a process, a file, a container, a port, is told together with who had it last.
func (p *pool) closeAfter(c *cluster, last *scenario) {
	if err := c.close(); err != nil && p.leftOver != nil {
		p.leftOver(last, fmt.Errorf("invariant: something was left behind when the cluster was closed: %w", err))
	}
}
