package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/clusterspec/clusterspec/compose/target"
)

// Node is one container of a cluster. It has all abilities.
type Node struct {
	name    string
	cluster *Cluster
	port    *target.Port
	options map[string]string

	mutex     sync.Mutex // one ability at a time
	container testcontainers.Container
	ended     chan struct{} // closed when the container has stopped; nil before the first start
	how       string        // how it ended
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

func newNode(c *Cluster, name string, port *target.Port, options map[string]string) *Node {
	own := map[string]string{"port": strconv.Itoa(port.Number)}
	return &Node{name: name, cluster: c, port: port, options: target.Merge(options, own)}
}

// Name implements target.Node.
func (n *Node) Name() string { return n.name }

// Addr implements target.Node.
func (n *Node) Addr() string { return n.port.Addr() }

// BusPort implements target.Node.
func (n *Node) BusPort() int { return n.port.Bus() }

// Kill implements target.Killer. Killing a node that is down does nothing.
func (n *Node) Kill(ctx context.Context) error { return n.end(ctx, "killing", "SIGKILL") }

// Stop implements target.Stopper. Stopping a node that is down does nothing.
func (n *Node) Stop(ctx context.Context) error { return n.end(ctx, "stopping", "SIGTERM") }

// Restart implements target.Restarter. The container stays the same, and so do its files.
func (n *Node) Restart(ctx context.Context) error {
	if err := n.Stop(ctx); err != nil {
		return err
	}
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.start(ctx)
}

// Pause implements target.Pauser.
func (n *Node) Pause(ctx context.Context) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if _, err := n.client().ContainerPause(ctx, n.id(), client.ContainerPauseOptions{}); err != nil {
		return fmt.Errorf("pausing node %s: %w", n.name, err)
	}
	return nil
}

// Resume implements target.Pauser.
func (n *Node) Resume(ctx context.Context) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if _, err := n.client().ContainerUnpause(ctx, n.id(), client.ContainerUnpauseOptions{}); err != nil {
		return fmt.Errorf("resuming node %s: %w", n.name, err)
	}
	return nil
}

// Wipe implements target.Wiper by a new container in place of the old one, for a node that is down. The files of one that runs stay.
func (n *Node) Wipe(ctx context.Context) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	select {
	case <-n.ended:
	default:
		return fmt.Errorf("taking away the files of node %s: they are in its container for as long as it runs: kill it first", n.name)
	}
	if err := n.container.Terminate(ctx); err != nil {
		return fmt.Errorf("removing the container of node %s: %w", n.name, err)
	}
	return n.pack(ctx)
}

// Log implements target.LogReader: all that was printed, over all starts of this container.
func (n *Node) Log() (string, error) {
	log, err := n.container.Logs(context.Background())
	if err != nil {
		return "", fmt.Errorf("log of node %s: %w", n.name, err)
	}
	defer log.Close()
	text, err := io.ReadAll(log)
	return string(text), err
}

// NodesConf implements target.ConfReader.
func (n *Node) NodesConf() (string, error) {
	file, err := n.container.CopyFileFromContainer(context.Background(), n.nodesConf())
	if err != nil {
		return "", fmt.Errorf("%s of node %s: %w", n.nodesConf(), n.name, err)
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	return string(text), err
}

// WriteNodesConf implements target.ConfWriter.
func (n *Node) WriteNodesConf(text string) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	select {
	case <-n.ended:
	default:
		return fmt.Errorf("node %s is running: it would write over its nodes.conf", n.name)
	}
	const everybody = 0o666 // whoever the image runs its server as
	if err := n.container.CopyToContainer(context.Background(), []byte(text), n.nodesConf(), everybody); err != nil {
		return fmt.Errorf("writing %s of node %s: %w", n.nodesConf(), n.name, err)
	}
	return nil
}

func (n *Node) nodesConf() string {
	return path.Join(n.cluster.image.workdir, n.options["cluster-config-file"])
}

// create makes the container, starts it and waits for PONG.
func (n *Node) create(ctx context.Context) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if err := n.pack(ctx); err != nil {
		return err
	}
	return n.start(ctx)
}

// pack makes the container. A request that has been sent is waited for: the engine makes a container whether anybody waits or not, and one
// that came after Close has looked for them would stay.
func (n *Node) pack(ctx context.Context) (err error) {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("creating the container of node %s: %w", n.name, context.Cause(ctx))
	}
	creating, cancel := context.WithTimeout(context.WithoutCancel(ctx), createLimit)
	defer cancel()
	request := testcontainers.ContainerRequest{
		Image:  n.cluster.image.id,
		Cmd:    slices.Concat(n.cluster.image.command, target.CommandLine(n.options)),
		Labels: map[string]string{ownerLabel: n.cluster.owner(), "org.clusterspec.node": n.name},
	}
	request.HostConfigModifier = n.joinHolder
	if n.isHolder() {
		request.ExposedPorts, request.HostConfigModifier = n.cluster.publish()
	}
	if n.container, err = n.cluster.engine.provider.CreateContainer(creating, request); err != nil {
		return fmt.Errorf("creating the container of node %s: %w", n.name, err)
	}
	return nil
}

func (n *Node) isHolder() bool { return n == n.cluster.holder }

func (n *Node) joinHolder(host *container.HostConfig) {
	host.NetworkMode = container.NetworkMode("container:" + n.cluster.holder.id())
	host.LogConfig = readableLog
}

// readableLog is set because the engine's default may be a driver whose logs cannot be read back.
var readableLog = container.LogConfig{Type: "json-file"}

// publish returns all client and bus ports of the cluster and a modifier that gives each its own number on 127.0.0.1.
func (c *Cluster) publish() (exposed []string, modify func(*container.HostConfig)) {
	bindings := make(network.PortMap)
	for _, port := range c.ports {
		for _, number := range []int{port.Number, port.Bus()} {
			text := strconv.Itoa(number)
			exposed = append(exposed, text+"/tcp")
			bindings[network.MustParsePort(text+"/tcp")] = []network.PortBinding{
				{HostIP: netip.AddrFrom4([4]byte{127, 0, 0, 1}), HostPort: text},
			}
		}
	}
	return exposed, func(host *container.HostConfig) {
		host.PortBindings = bindings
		host.LogConfig = readableLog
	}
}

// start starts the container and waits for PONG. When that does not come, the container is stopped on return.
func (n *Node) start(ctx context.Context) error {
	if err := n.container.Start(ctx); err != nil {
		return fmt.Errorf("starting node %s: %w", n.name, err)
	}
	n.watch()
	alive := func() error {
		select {
		case <-n.ended:
			return fmt.Errorf("the container has ended: %s", n.how)
		default:
			return nil
		}
	}
	err := target.AwaitPong(ctx, n.Addr(), alive)
	if err == nil {
		return nil
	}
	err = errors.Join(err, n.signal(context.WithoutCancel(ctx), "SIGKILL"))
	log, _ := n.Log()
	return fmt.Errorf("node %s, %s: %w; its log ends:\n%s", n.name, strings.Join(target.CommandLine(n.options), " "), err, target.Tail(log))
}

// watch notices the end of a container that was just started.
func (n *Node) watch() {
	ended := make(chan struct{})
	n.ended = ended
	wait := n.client().ContainerWait(context.Background(), n.id(), client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	go func() {
		select {
		case result := <-wait.Result:
			n.how = fmt.Sprintf("exit code %d", result.StatusCode)
		case err := <-wait.Error:
			n.how = fmt.Sprintf("lost sight of it: %v", err)
		}
		close(ended)
	}()
}

// end sends the signal and waits until the container has stopped.
func (n *Node) end(ctx context.Context, doing, signal string) error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	if err := n.signal(ctx, signal); err != nil {
		return fmt.Errorf("%s node %s: %w", doing, n.name, err)
	}
	return nil
}

func (n *Node) signal(ctx context.Context, signal string) error {
	select {
	case <-n.ended:
		return nil
	default:
	}
	if _, err := n.client().ContainerKill(ctx, n.id(), client.ContainerKillOptions{Signal: signal}); err != nil {
		return err
	}
	select {
	case <-n.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for its end: %w", context.Cause(ctx))
	}
}

func (n *Node) client() client.APIClient { return n.cluster.engine.client }
func (n *Node) id() string               { return n.container.GetContainerID() }
