package server

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/clusterspec/clusterspec/reference/command"
	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/node"
)

// Main runs one node until it is told to end: by SHUTDOWN, SIGINT or SIGTERM. With daemonize yes another process does so,
// and Main returns at once. The error says why the node did not start or had to end.
func Main(options *config.Config, stdout io.Writer) error {
	if err := enterDir(options); err != nil {
		return err
	}
	out, err := openLog(options, stdout)
	if err != nil {
		return err
	}
	if options.Bool("daemonize") && !isDaemon() {
		return becomeDaemon(options)
	}
	log := newLogger(out, options)
	greet(log, options)
	signal.Ignore(syscall.SIGHUP, syscall.SIGPIPE) // as redis-server: a node outlives the terminal it was started from
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	s, err := Start(Options{Config: options, Log: out})
	if err != nil {
		log.print(node.Warning, err.Error())
		return err
	}
	if path := pidFile(options); path != "" {
		if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
			log.print(node.Warning, fmt.Sprintf("Failed to write PID file: %v", err))
		} else {
			defer os.Remove(path)
		}
	}
	go s.obey(signals)
	go s.notifySystemd()
	return s.Wait()
}

// ParseArgs reads redis-server's command line, and the configuration file it may name.
func ParseArgs(args []string) (*config.Config, error) {
	options, err := config.Parse(args, func(path string) ([]byte, error) {
		if path == "-" {
			return io.ReadAll(os.Stdin)
		}
		return os.ReadFile(path)
	})
	if err == nil && options.File != "" {
		options.File, err = filepath.Abs(options.File)
	}
	return options, err
}

// enterDir makes the option dir an absolute path of a folder that is there.
func enterDir(options *config.Config) error {
	dir, err := filepath.Abs(options.String("dir"))
	if err != nil {
		return fmt.Errorf("the option dir: %w", err)
	}
	if info, err := os.Stat(dir); err != nil {
		return fmt.Errorf("the option dir: %w", err)
	} else if !info.IsDir() {
		return fmt.Errorf("the option dir: %s is not a folder", dir)
	}
	return options.SetAtStart("dir", dir)
}

// inDir is a path that is relative to the option dir.
func inDir(options *config.Config, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(options.String("dir"), path)
}

// logFile opens the log for every line, so that it can be moved away and another one begins.
type logFile struct{ path string }

func (f logFile) open() (*os.File, error) {
	return os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
}

func (f logFile) Write(line []byte) (int, error) {
	file, err := f.open()
	if err != nil {
		return 0, err
	}
	defer file.Close()
	return file.Write(line)
}

// openLog is where the option logfile says; without it the log goes to standard output.
func openLog(options *config.Config, stdout io.Writer) (io.Writer, error) {
	path := options.String("logfile")
	if path == "" {
		return stdout, nil
	}
	log := logFile{inDir(options, path)}
	file, err := log.open()
	if err != nil {
		return nil, fmt.Errorf("opening the log file: %w", err)
	}
	return log, file.Close()
}

// greet says what is starting, in the lines that readers of redis-server's log know.
func greet(log *logger, options *config.Config) {
	log.printAs('C', node.Notice, fmt.Sprintf("clusterspec %s is starting, as Redis version=%s, bits=%d, pid=%d, just started",
		buildVersion(), command.RedisVersion, strconv.IntSize, os.Getpid()))
	if options.File == "" {
		log.printAs('C', node.Notice, "No configuration file: the options are those of the command line and defaults")
		return
	}
	log.printAs('C', node.Notice, "Configuration loaded")
}

// Version is what redis-server --version says, of this server.
func Version() string {
	return fmt.Sprintf("Redis server v=%s sha=00000000:0 malloc=go bits=%d build=clusterspec-%s", command.RedisVersion, strconv.IntSize, buildVersion())
}

// pidFile is where the number of the process is to be kept; empty: nowhere.
func pidFile(options *config.Config) string {
	path := options.String("pidfile")
	if path == "" && options.Bool("daemonize") {
		path = "/var/run/redis.pid"
	}
	return inDir(options, path)
}

// obey ends the node on a signal, in the way the options say. A second SIGINT does not wait.
func (s *Server) obey(signals <-chan os.Signal) {
	asked := false
	for sig := range signals {
		if asked && sig == os.Interrupt {
			s.log.print(node.Warning, "You insist... exiting now.")
			s.kill(fmt.Errorf("ended by a second SIGINT"))
			return
		}
		asked = true
		name, option := "SIGTERM", "shutdown-on-sigterm"
		if sig == os.Interrupt {
			name, option = "SIGINT", "shutdown-on-sigint"
		}
		s.log.print(node.Notice, "Received "+name+" scheduling shutdown...")
		s.loop.do(func() { s.duties.node.StopAs(s.duties.now(), shutdownHow(s.config.String(option))) })
	}
}

// shutdownHow reads the options shutdown-on-sigint and shutdown-on-sigterm.
func shutdownHow(text string) (how command.ShutdownHow) {
	for word := range strings.FieldsSeq(strings.ToLower(text)) {
		switch word {
		case "save":
			how.Save = true
		case "nosave":
			how.NoSave = true
		case "now":
			how.Now = true
		case "force":
			how.Force = true
		}
	}
	return how
}

// notifySystemd tells systemd when the node is ready, if it wants to know (sd_notify).
func (s *Server) notifySystemd() {
	path, mode := os.Getenv("NOTIFY_SOCKET"), s.config.String("supervised")
	switch {
	case mode == "no", mode == "auto" && path == "":
		return
	case path == "":
		s.log.print(node.Warning, "supervised systemd: NOTIFY_SOCKET is not set, so nobody is told")
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	if s.Ready(ctx) != nil {
		return
	}
	if err := tellSystemd(path); err != nil {
		s.log.print(node.Warning, fmt.Sprintf("telling systemd that the node is ready: %v", err))
	}
}

func tellSystemd(path string) error {
	if abstract, ok := strings.CutPrefix(path, "@"); ok && runtime.GOOS == "linux" {
		path = "\x00" + abstract
	}
	conn, err := net.Dial("unixgram", path)
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = io.WriteString(conn, "STATUS=Ready to accept connections\nREADY=1\n")
	return err
}
