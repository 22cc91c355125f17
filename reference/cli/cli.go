// Package cli is the reference's part of the command line: `clusterspec node` and `clusterspec cluster start`.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/clusterspec/clusterspec/reference"
	"github.com/clusterspec/clusterspec/reference/config"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/server"
)

// Node is `clusterspec node`: one node with redis-server's command line.
func Node() *cobra.Command {
	var options *config.Config // read once: it may come from standard input
	return &cobra.Command{
		Use:   "node [redis.conf] [--option value]... [-]",
		Short: "Run one reference node",
		Long: "Run one reference node, with redis-server's command line and configuration file; - reads one from standard input.\n" +
			"A program of this kind under the name redis-server (a link will do) takes this command line as well.\n" +
			"An option that asks for what the node does not have is refused.\n\nOptions:\n" + optionHelp(),
		Example:            "  clusterspec node --port 7000 --cluster-enabled yes --dir /tmp/7000\n  redis-cli -p 7000 cluster info",
		DisableFlagParsing: true, // the options are redis-server's, not ours
		Args: func(_ *cobra.Command, args []string) error { // what is wrong here is a wrong command line, not a broken node
			if wantsHelp(args) || wantsVersion(args) {
				return nil
			}
			var err error
			options, err = server.ParseArgs(args)
			return err
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if wantsHelp(args) {
				return cmd.Help()
			}
			if wantsVersion(args) {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), server.Version())
				return err
			}
			return server.Main(options, cmd.OutOrStdout())
		},
	}
}

func wantsHelp(args []string) bool {
	return len(args) > 0 && (args[0] == "--help" || args[0] == "-h")
}

func wantsVersion(args []string) bool {
	return len(args) == 1 && (args[0] == "--version" || args[0] == "-v")
}

// optionHelp lists the option table.
func optionHelp() string {
	var b strings.Builder
	for _, p := range config.Params() {
		fallback := p.Default
		if fallback == "" {
			fallback = `""`
		}
		fmt.Fprintf(&b, "  --%-36s %s (default %s)\n", p.Name, p.Doc, fallback)
	}
	fmt.Fprintf(&b, "\nDefects: %s\n", strings.Join(defect.Names(), ", "))
	return b.String()
}

// Defects are the deliberate errors that --defect knows.
func Defects() []defect.Info { return defect.All() }

// Cluster is `clusterspec cluster`, the parent of what is done with a whole cluster.
func Cluster() *cobra.Command {
	cmd := &cobra.Command{
		Use: "cluster", Short: "Run whole reference clusters",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(start(), check())
	return cmd
}

// Root is a program that has these commands alone.
func Root() *cobra.Command {
	root := &cobra.Command{Use: "clusterspec-reference", Short: "The reference cluster of clusterspec", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(Node(), Cluster())
	return root
}

// portVariable is the environment variable that stands for --port, so that the health check of a container finds its cluster.
const portVariable = "CLUSTERSPEC_PORT"

// portFromEnvironment sets --port to what portVariable says, unless the command line has it.
func portFromEnvironment(cmd *cobra.Command) error {
	text, flag := os.Getenv(portVariable), cmd.Flags().Lookup("port")
	if text == "" || flag.Changed {
		return nil
	}
	if err := flag.Value.Set(text); err != nil {
		return fmt.Errorf("%s=%s: it must be the number of a port", portVariable, text)
	}
	return nil
}

// check is `clusterspec cluster check`.
func check() *cobra.Command {
	var port int
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Ask the node at a port of this machine whether the cluster is up; the exit code tells",
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cmp.Or(cobra.NoArgs(cmd, args), portFromEnvironment(cmd)); err != nil || port != 0 {
				return err
			}
			return fmt.Errorf("which node? say its port with --port or in %s", portVariable)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			const patience = 2 * time.Second
			ctx, cancel := context.WithTimeout(cmd.Context(), patience)
			defer cancel()
			return reference.Ready(ctx, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		},
	}
	cmd.Flags().IntVar(&port, "port", 0, "client port of the node; its default is $"+portVariable)
	return cmd
}

// startFlags are the flags of `clusterspec cluster start`.
type startFlags struct {
	primaries, replicas, port int
	bind, announceIP, dir     string
	options                   []string
}

func start() *cobra.Command {
	var f startFlags
	cmd := &cobra.Command{
		Use:     "start",
		Short:   "Start a reference cluster in this process and keep it until Ctrl-C",
		Example: "  clusterspec cluster start\n  clusterspec cluster start --primaries 5 --replicas 2 --port 7000 --option cluster-node-timeout=1000",
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cmp.Or(cobra.NoArgs(cmd, args), portFromEnvironment(cmd)); err != nil {
				return err
			}
			_, err := f.clusterOptions()
			return err
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return runCluster(cmd, f) },
	}
	flags := cmd.Flags()
	flags.IntVar(&f.primaries, "primaries", 3, "primaries, each with an equal share of the slots")
	flags.IntVar(&f.replicas, "replicas", 1, "replicas of each primary")
	flags.IntVar(&f.port, "port", 0, "client port of the first node, the others follow; 0: free ports; its default is $"+portVariable)
	flags.StringVar(&f.bind, "bind", "127.0.0.1", "addresses to listen on")
	flags.StringVar(&f.announceIP, "announce-ip", "", "address that clients and nodes are told (default 127.0.0.1)")
	flags.StringVar(&f.dir, "dir", "", "folder that keeps the nodes' files (default: a temporary one, removed at the end)")
	flags.StringArrayVar(&f.options, "option", nil, "name=value of an option of redis-server, for every node; may be repeated")
	return cmd
}

func runCluster(cmd *cobra.Command, f startFlags) error {
	options, err := f.clusterOptions()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cluster, err := reference.Start(ctx, options)
	if errors.Is(err, syscall.EADDRINUSE) && f.port != 0 {
		return fmt.Errorf("%w\nchoose another --port, or leave it out to have free ones", err)
	}
	if err != nil {
		return err
	}
	if err := describe(cmd.OutOrStdout(), cluster, f); err != nil {
		return errors.Join(err, cluster.Close())
	}
	<-ctx.Done()
	return cluster.Close()
}

// clusterOptions checks the flags.
func (f startFlags) clusterOptions() (reference.Options, error) {
	o := reference.Options{Primaries: f.primaries, Replicas: f.replicas, AnnounceIP: f.announceIP, Dir: f.dir, Config: map[string]string{"bind": f.bind}}
	if f.primaries < 1 || f.replicas < 0 {
		return o, errors.New("a cluster needs at least one primary, and no less than 0 replicas")
	}
	nodes := f.primaries * (1 + f.replicas)
	if portMax := 65535 - reference.BusPortOffset; f.port < 0 || f.port+nodes-1 > portMax {
		return o, fmt.Errorf("--port %d: %d nodes from there on do not fit below %d, and each needs the port %d above its own for the bus", f.port, nodes, portMax, reference.BusPortOffset)
	}
	if f.bind != "127.0.0.1" {
		o.Config["protected-mode"] = "no" // whoever asks for other addresses wants to be reached there
	}
	for _, option := range f.options {
		name, value, ok := strings.Cut(option, "=")
		if !ok {
			return o, fmt.Errorf("--option %s: write name=value", option)
		}
		if err := config.New().SetAtStart(name, value); err != nil {
			return o, fmt.Errorf("--option %s: %w", option, err)
		}
		o.Config[name] = value
	}
	for i := range nodes {
		if f.port != 0 {
			o.Ports = append(o.Ports, f.port+i)
		}
	}
	return o, nil
}

// describe says where the nodes are and what to try.
func describe(out io.Writer, c *reference.Cluster, f startFlags) error {
	for i, n := range c.Nodes() {
		role := "primary"
		if i >= f.primaries {
			role = "replica of " + c.Nodes()[i%f.primaries].Addr()
		}
		if _, err := fmt.Fprintf(out, "%s  %s\n", n.Addr(), role); err != nil {
			return err
		}
	}
	host, port, err := net.SplitHostPort(c.Nodes()[0].Addr())
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\nTry:  redis-cli -c -h %s -p %s set hello world\nCtrl-C ends the cluster.\n", host, port)
	return err
}
