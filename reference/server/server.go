package server

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/node"
)

// busPortOffset is added to the client port for the cluster bus unless cluster-port says otherwise.
const busPortOffset = 10000

// Options say what to run.
type Options struct {
	// Config is the node's configuration. The server keeps it.
	Config *config.Config
	// Log receives the log, a line a write; nil drops it.
	Log io.Writer
	// Portable asks for the loop on package net even where a faster one exists.
	Portable bool
	// Links says which links with other nodes are cut; nil: none ever is.
	Links Links
}

// Server is one running node. All methods may be called from any goroutine.
type Server struct {
	config    *config.Config
	log       *logger
	start     time.Time // of the node's clock
	loop      loop
	duties    *duties
	nodesFile *nodesFile // nil without cluster mode
	pause     sync.Mutex
	paused    bool // the loop stands still until resume, or Kill
	killOnce  sync.Once
	killed    chan struct{} // closed by Kill, so that a paused node can be killed
	done      chan struct{}
	err       error // why it ended; set before done is closed

	killReason error // set before killed is closed
}

// loop moves bytes and time between the world and one node.
type loop interface {
	streams
	// run serves until duties.over, closes every socket and returns.
	run()
	// do has f called by the loop's goroutine, before a turn. It reports false when the loop has ended.
	do(f func()) bool
}

// Start opens the ports, reads nodes.conf and begins to serve. When it returns, clients can connect.
func Start(o Options) (*Server, error) {
	s := &Server{start: time.Now(), config: o.Config, log: newLogger(o.Log, o.Config), killed: make(chan struct{}), done: make(chan struct{})}
	if err := enterDir(s.config); err != nil {
		return nil, err
	}
	s.fitMaxClients(descriptorsMax())
	clientListeners, busListeners, err := s.listen()
	if err != nil {
		return nil, err
	}
	listeners := append(clientListeners, busListeners...)
	n, err := s.open()
	if err != nil {
		closeAll(listeners)
		return nil, err
	}
	s.log.replica.Store(n.IsReplica())
	s.introduce()
	s.duties = &duties{ready: make(chan struct{}), node: n, config: s.config, nodesFile: s.nodesFile, log: s.log, start: s.start, links: o.Links}
	if s.duties.links == nil {
		s.duties.links = wholeNetwork{}
	}
	s.duties.dumper = newDumper(s.config, func(run uint64, err error) {
		s.loop.do(func() { n.Dumped(s.duties.now(), run, err) })
	})
	if o.Portable {
		s.loop = newPortable(s.duties, clientListeners, busListeners)
	} else if s.loop, err = newLoop(s.duties, clientListeners, busListeners); err != nil {
		closeAll(listeners)
		s.duties.dumper.close()
		s.nodesFile.close()
		return nil, err
	}
	s.duties.turn(s.loop) // a fresh node's nodes.conf is on disk before anybody hears of the node
	if s.duties.over() {
		s.serve()
		return nil, s.err
	}
	go s.serve()
	return s, nil
}

// reservedDescriptors are kept for other things than clients: listeners, files, links of the bus (Redis:
// CONFIG_MIN_RESERVED_FDS).
const reservedDescriptors = 32

// fitMaxClients lowers maxclients to what the system allows (Redis: adjustOpenFilesLimit), so that one client too many is
// told so, and not left waiting. 0: it is not known what that is.
func (s *Server) fitMaxClients(descriptors int64) {
	wanted := s.config.Int("maxclients")
	if descriptors == 0 || wanted+reservedDescriptors <= descriptors {
		return
	}
	fits := max(descriptors-reservedDescriptors, 1)
	s.log.print(node.Warning, fmt.Sprintf("maxclients is lowered from %d to %d: this process may have %d files open (ulimit -n)", wanted, fits, descriptors))
	if err := s.config.SetAtStart("maxclients", strconv.FormatInt(fits, 10)); err != nil {
		s.log.print(node.Warning, fmt.Sprintf("lowering maxclients: %v", err))
	}
}

// listen opens the client port and, in cluster mode, the bus port.
func (s *Server) listen() (client, bus []net.Listener, err error) {
	backlog := int(s.config.Int("tcp-backlog"))
	port := int(s.config.Int("port"))
	path := inDir(s.config, s.config.String("unixsocket"))
	switch {
	case port == 0 && s.config.Bool("cluster-enabled"):
		return nil, nil, errors.New("port is 0: a node of a cluster needs a port for clients")
	case port == 0 && path == "":
		return nil, nil, errors.New("port is 0 and there is no unixsocket: the node would not listen anywhere")
	case port != 0:
		if client, err = listen(s.config.String("bind"), port, backlog); err != nil {
			return nil, nil, fmt.Errorf("opening the client port: %w", err)
		}
	}
	if path != "" {
		l, err := listenUnix(path, os.FileMode(s.config.Int("unixsocketperm")), backlog)
		if err != nil {
			closeAll(client)
			return nil, nil, fmt.Errorf("opening the unix socket: %w", err)
		}
		client = append(client, l)
	}
	if !s.config.Bool("cluster-enabled") {
		return client, nil, nil
	}
	if bus, err = listen(s.config.String("bind"), s.busPort(), backlog); err != nil {
		closeAll(client)
		return nil, nil, fmt.Errorf("opening the cluster bus port: %w", err)
	}
	return client, bus, nil
}

// introduce says what has been set up.
func (s *Server) introduce() {
	mode := "standalone"
	if s.config.Bool("cluster-enabled") {
		mode = "cluster"
	}
	s.log.print(node.Notice, fmt.Sprintf("Running mode=%s, port=%d.", mode, s.config.Int("port")))
	s.log.print(node.Notice, "Server initialized")
	for _, name := range s.config.Moot() {
		s.log.print(node.Notice, fmt.Sprintf("The option %s has no effect in this server", name))
	}
}

// busPort is cluster-port, or the client port and 10000.
func (s *Server) busPort() int {
	if port := int(s.config.Int("cluster-port")); port != 0 {
		return port
	}
	return int(s.config.Int("port")) + busPortOffset
}

// open reads nodes.conf and makes the node.
func (s *Server) open() (*node.Node, error) {
	cfg := node.Config{
		Options:       s.config,
		Port:          uint16(s.config.Int("port")),
		BusPort:       uint16(s.busPort()),
		Seed:          randomSeed(),
		Process:       describeProcess(s.config),
		RewriteConfig: func() error { return rewriteConfig(s.config) },
		Memory:        pages,
		Stopwatch:     stopwatch(),
		Now:           clock.Instant{Wall: clock.Millis(s.start.UnixMilli())},
	}
	if s.config.Bool("cluster-enabled") {
		path := filepath.Join(s.config.String("dir"), s.config.String("cluster-config-file"))
		file, err := openNodesFile(path)
		if err != nil {
			return nil, err
		}
		if cfg.NodesConf, err = file.read(); err != nil {
			file.close()
			return nil, err
		}
		s.nodesFile = file
	}
	n, err := s.wake(cfg)
	if err != nil {
		s.nodesFile.close()
		return nil, err
	}
	return n, nil
}

// wake makes the node, which goes on with the snapshot of its earlier life.
func (s *Server) wake(cfg node.Config) (n *node.Node, err error) {
	if cfg.Dump, err = readDump(s.config); err != nil {
		return nil, err
	}
	if n, err = node.New(cfg); err != nil && cfg.Dump != nil {
		err = fmt.Errorf("%w (%s)", err, dumpPath(s.config))
	}
	return n, err
}

func (s *Server) serve() {
	s.loop.run()
	s.duties.dumper.close()
	s.duties.node.Close()
	s.nodesFile.close()
	if path := s.config.String("unixsocket"); path != "" && s.duties.exit != nil {
		os.Remove(inDir(s.config, path))
	}
	if exit := s.duties.exit; exit != nil {
		s.log.print(node.Warning, exit.Message)
		if exit.Code != 0 {
			s.err = errors.New(exit.Message)
		}
	}
	if s.duties.killed {
		<-s.killed
		s.err = s.killReason
	}
	close(s.done)
}

// Addr is where clients reach the node from this machine.
func (s *Server) Addr() string {
	return net.JoinHostPort(localHost(s.config.String("bind")), strconv.Itoa(int(s.config.Int("port"))))
}

// Ready waits until the node has loaded its keys. The error says why it will not.
func (s *Server) Ready(ctx context.Context) error {
	select {
	case <-s.duties.ready:
		return nil
	case <-s.done:
		return errors.New("the node has ended")
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// BusPort is the port of the cluster bus.
func (s *Server) BusPort() int { return s.busPort() }

// Wait blocks until the node has ended. The error says why, unless somebody wanted it to end.
func (s *Server) Wait() error {
	<-s.done
	return s.err
}

// Stop ends the node as SIGTERM does: a primary waits for its replicas, a snapshot is saved if there are save points,
// clients are told nothing. It returns when the ports are closed.
func (s *Server) Stop(ctx context.Context) error {
	s.loop.do(func() { s.duties.node.Stop(s.duties.now()) })
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stopping node %s: %w", s.Addr(), context.Cause(ctx))
	}
}

// Kill ends the node as SIGKILL does: nothing is written, nobody is told. It returns when the ports are closed.
func (s *Server) Kill() { s.kill(nil) }

// kill ends the node at once; reason is what Wait returns.
func (s *Server) kill(reason error) {
	s.pause.Lock()
	s.killOnce.Do(func() {
		s.killReason = reason
		close(s.killed)
	})
	s.paused = false
	s.pause.Unlock()
	s.loop.do(func() { s.duties.killed = true })
	<-s.done
}

// Pause stops the node as SIGSTOP does: connections stay open and nothing is answered until resume is called.
func (s *Server) Pause() (resume func()) {
	s.pause.Lock()
	defer s.pause.Unlock()
	standing, resumed := make(chan struct{}), make(chan struct{})
	running := s.loop.do(func() {
		close(standing)
		select {
		case <-resumed:
		case <-s.killed:
		}
	})
	if running {
		select {
		case <-standing:
			s.paused = true
		case <-s.done:
		}
	}
	return func() {
		s.pause.Lock()
		defer s.pause.Unlock()
		s.paused = false
		close(resumed)
	}
}

// Relink has the node look again at what Options.Links says. When it returns, the node has.
func (s *Server) Relink() { s.between(s.loop.relink) }

// Do has f look at the node, or change it, between two of its turns, and reports false when the node has ended. f must not
// call the Server.
func (s *Server) Do(f func(*node.Node)) bool { return s.between(func() { f(s.duties.node) }) }

// between calls f when the loop does nothing else; not at all when the node has ended.
func (s *Server) between(f func()) bool {
	s.pause.Lock()
	defer s.pause.Unlock() // a paused loop does not go on before f has returned
	if s.paused {
		f()
		return true
	}
	called := make(chan struct{})
	if !s.loop.do(func() { f(); close(called) }) {
		return false
	}
	select {
	case <-called:
		return true
	case <-s.done:
		return false
	}
}

// Ended reports whether the node has ended, by itself or because it was told to.
func (s *Server) Ended() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

func randomSeed() uint64 {
	var b [8]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return binary.LittleEndian.Uint64(b[:])
}

func closeAll(listeners []net.Listener) {
	for _, l := range listeners {
		l.Close()
	}
}
