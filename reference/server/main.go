package server

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/clusterspec/clusterspec/reference/config"
)

// Main runs one node in the foreground until it is told to end: by SHUTDOWN, SIGINT or SIGTERM. args are
// redis-server's: a configuration file, then options. The error says why the node did not start or had to end.
func Main(args []string, stdout io.Writer) error {
	options, err := ParseArgs(args)
	if err != nil {
		return err
	}
	log, closeLog, err := openLog(options, stdout)
	if err != nil {
		return err
	}
	defer closeLog()
	signal.Ignore(syscall.SIGHUP) // as redis-server: a node outlives the terminal it was started from
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	s, err := Start(Options{Config: options, Log: log})
	if err != nil {
		return err
	}
	go func() {
		<-signals
		const patience = 10 * time.Second
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if s.Stop(ctx) != nil {
			s.Kill()
		}
	}()
	return s.Wait()
}

// ParseArgs reads the command line of Main, and the configuration file it may name.
func ParseArgs(args []string) (*config.Config, error) { return config.Parse(args, os.ReadFile) }

// openLog opens the option logfile, relative to the option dir; without it the log goes to standard output.
func openLog(options *config.Config, stdout io.Writer) (log io.Writer, closeLog func() error, err error) {
	path := options.String("logfile")
	if path == "" {
		return stdout, func() error { return nil }, nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(options.String("dir"), path)
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, nil, fmt.Errorf("opening the log file: %w", err)
	}
	return file, file.Close, nil
}
