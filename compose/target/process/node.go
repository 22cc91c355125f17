package process

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
)

// pollInterval is the time between two looks at what the system does not report by itself.
const pollInterval = time.Millisecond

// Node is one process, or the place of one that was killed. It has all abilities.
type Node struct {
	name    string
	cluster *Cluster
	dir     string
	command *command
	program string
	options map[string]string // everything in the words of redis.conf but the port
	late    map[string]string // set by CONFIG SET after each start

	front target.Front // nil: the node is reached at its own ports

	mutex     sync.Mutex // one ability at a time
	port      *target.Port
	announced int    // the client port of its front, or 0
	running   *child // nil before the first start
}

var _ interface {
	target.Node
	target.Killer
	target.Stopper
	target.Restarter
	target.Pauser
	target.Wiper
	target.LogReader
	target.ConfReader
	target.ConfWriter
} = (*Node)(nil)

func newNode(name string, c *Cluster, command *command, program string, options map[string]string) (*Node, error) {
	n := &Node{name: name, cluster: c, dir: filepath.Join(c.dir, name), command: command, program: program}
	n.options = target.Merge(options, map[string]string{target.DirOption: n.dir})
	return n, os.MkdirAll(n.dir, 0o755)
}

// Name implements target.Node.
func (n *Node) Name() string { return n.name }

// Addr implements target.Node.
func (n *Node) Addr() string {
	if n.announced != 0 {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(n.announced))
	}
	return n.port.Addr()
}

// BusPort implements target.Node.
func (n *Node) BusPort() int {
	if n.announced != 0 {
		return n.announced + target.BusPortOffset
	}
	return n.port.Bus()
}

// PID is the process id, or 0 while the node is down.
func (n *Node) PID() int {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if !n.isRunning() {
		return 0
	}
	return n.running.pid()
}

// Kill implements target.Killer. Killing a node that is down does nothing.
func (n *Node) Kill(ctx context.Context) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.kill(ctx)
}

// Stop implements target.Stopper. Stopping a node that is down does nothing.
func (n *Node) Stop(ctx context.Context) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.stop(ctx)
}

// Restart implements target.Restarter.
func (n *Node) Restart(ctx context.Context) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if err := n.stop(ctx); err != nil {
		return err
	}
	return n.start(ctx)
}

// Pause implements target.Pauser by SIGSTOP, and waits until the process stands still.
func (n *Node) Pause(ctx context.Context) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if err := n.signal("pausing", (*child).pause); err != nil {
		return err
	}
	for !n.running.paused() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for node %s to stand still: %w", n.name, context.Cause(ctx))
		case <-time.After(pollInterval):
		}
	}
	return nil
}

// Resume implements target.Pauser by SIGCONT.
func (n *Node) Resume(context.Context) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.signal("resuming", (*child).resume)
}

// Wipe implements target.Wiper.
func (n *Node) Wipe(context.Context) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return os.RemoveAll(n.dir)
}

// Log implements target.LogReader: all that was printed, over all starts.
func (n *Node) Log() (string, error) {
	text, err := os.ReadFile(n.logFile())
	return string(text), err
}

// NodesConf implements target.ConfReader.
func (n *Node) NodesConf() (string, error) {
	text, err := os.ReadFile(filepath.Join(n.dir, n.options["cluster-config-file"]))
	return string(text), err
}

// WriteNodesConf implements target.ConfWriter.
func (n *Node) WriteNodesConf(text string) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if n.isRunning() {
		return fmt.Errorf("node %s is running: it would write over its nodes.conf", n.name)
	}
	return os.WriteFile(filepath.Join(n.dir, n.options["cluster-config-file"]), []byte(text), 0o644)
}

func (n *Node) logFile() string  { return n.dir + ".log" }
func (n *Node) confFile() string { return n.dir + ".conf" }

// startAnywhere reserves a port and starts the node there, on another one if somebody who does not reserve ports was faster.
func (n *Node) startAnywhere(ctx context.Context) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	const tries = 5
	for try := 1; ; try++ {
		port, err := target.ReservePort()
		if err != nil {
			return err
		}
		n.port = port
		if err := n.announce(); err != nil {
			return err
		}
		err = n.start(ctx)
		if err == nil || n.isRunning() || n.port.Free() || try == tries {
			return err
		}
		if err := n.port.Release(); err != nil {
			return err
		}
	}
}

// announce tells the front where the node is, and the node what to announce.
func (n *Node) announce() (err error) {
	if n.front == nil {
		return nil
	}
	if n.announced, err = n.front.Announce(n.name, n.port.Addr(), n.port.Bus()); err != nil {
		return err
	}
	announced := target.AnnounceOptions(n.announced)
	n.options, n.late = target.Merge(n.options, announced), target.Merge(n.late, n.command.late(announced))
	return nil
}

// start starts the process and waits for PONG. When that does not come, the process is gone on return.
func (n *Node) start(ctx context.Context) error {
	options := target.Merge(n.options, map[string]string{"port": strconv.Itoa(n.port.Number)})
	if n.command.uses["{conf}"] {
		if err := os.WriteFile(n.confFile(), []byte(target.ConfFile(options)), 0o644); err != nil {
			return fmt.Errorf("node %s: %w", n.name, err)
		}
	}
	if err := os.MkdirAll(n.dir, 0o755); err != nil { // it may have been wiped
		return fmt.Errorf("node %s: %w", n.name, err)
	}
	args := append([]string{n.program}, n.command.expand(n, options)...)
	running, err := n.cluster.spawner.spawn(args, n.logFile())
	if err != nil {
		return fmt.Errorf("node %s: %w", n.name, err)
	}
	n.running = running
	if err = n.awaitReady(ctx); err == nil {
		return nil
	}
	err = errors.Join(err, n.kill(context.WithoutCancel(ctx)))
	if unavailable := (*target.Unavailable)(nil); errors.As(err, &unavailable) {
		return unavailable
	}
	log, _ := n.Log()
	return fmt.Errorf("node %s, %s: %w; its log ends:\n%s", n.name, strings.Join(args, " "), err, target.Tail(log))
}

func (n *Node) awaitReady(ctx context.Context) error {
	alive := func() error {
		if !n.isRunning() {
			return fmt.Errorf("the process has ended: %s", n.running.state())
		}
		return nil
	}
	if err := target.AwaitPong(ctx, n.port.Addr(), alive); err != nil {
		return err
	}
	if err := alive(); err != nil { // then it was somebody else who answered
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(n.late)) {
		reply, err := target.Ask(ctx, n.port.Addr(), "CONFIG", "SET", name, n.late[name])
		if err != nil {
			return err
		}
		if reply.IsError() {
			return &target.Unavailable{Reason: fmt.Sprintf("CONFIG SET %s %s was answered by %s; "+
				"a command line with {options} or {conf} can carry the setting", name, n.late[name], reply)}
		}
	}
	return nil
}

func (n *Node) isRunning() bool { return n.running != nil && !n.running.ended() }

func (n *Node) kill(ctx context.Context) error {
	if !n.isRunning() {
		return nil
	}
	if err := n.running.kill(); err != nil {
		return fmt.Errorf("killing node %s: %w", n.name, err)
	}
	return n.awaitEnd(ctx)
}

func (n *Node) stop(ctx context.Context) error {
	if !n.isRunning() {
		return nil
	}
	if err := n.running.terminate(); err != nil {
		return fmt.Errorf("stopping node %s: %w", n.name, err)
	}
	return n.awaitEnd(ctx)
}

// awaitEnd waits until the process is gone, and with it whatever listened on the port for it.
func (n *Node) awaitEnd(ctx context.Context) error {
	const releaseLimit = 5 * time.Second
	select {
	case <-n.running.done:
	case <-ctx.Done():
		return fmt.Errorf("waiting for the end of node %s: %w", n.name, context.Cause(ctx))
	}
	for deadline := time.Now().Add(releaseLimit); !n.port.Free(); time.Sleep(pollInterval) {
		if time.Now().After(deadline) {
			return fmt.Errorf("node %s has ended and %s is still in use: a server must not leave its process group", n.name, n.port.Addr())
		}
	}
	return nil
}

func (n *Node) signal(doing string, send func(*child) error) error {
	if !n.isRunning() {
		return fmt.Errorf("%s node %s: it is down", doing, n.name)
	}
	if err := send(n.running); err != nil {
		return fmt.Errorf("%s node %s: %w", doing, n.name, err)
	}
	return nil
}

// close ends the process and gives the port back.
func (n *Node) close() error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	err := n.kill(context.Background())
	if n.port != nil {
		err = errors.Join(err, n.port.Release())
	}
	return err
}
