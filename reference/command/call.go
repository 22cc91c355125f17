package command

import (
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/resp"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// Command is one row of the table: COMMAND, routing, dispatch and documentation all come from it.
type Command struct {
	Name       string // "get"; "cluster|nodes" is the subcommand NODES of the container "cluster"
	Arity      int    // number of words with the name; negative: at least as many
	Flags      Flags
	Keys       Keys
	Group      string   // as COMMAND DOCS names it
	Since      string   // the version of Redis that introduced it
	Complexity string   // in O notation
	Summary    string   // one line of documentation
	Syntax     string   // the arguments of a subcommand, as HELP shows them
	Tips       []string // for clients that spread a command over nodes (COMMAND's eighth element)
	Reply      string   // what it answers, in words
	Errors     []Failure

	// Run executes the command: its arity is right and its keys are served here. A container has none.
	Run func(*Call)
	// FlagsOf gives the flags of one request when its words change them. It is set for scripts, which have flags of their own.
	FlagsOf func(e *Engine, args [][]byte) Flags

	subcommands []*Command
	index       int  // of its counters in Engine.stats
	quick       bool // it takes no time that is worth to be measured
}

// Failure is an error that a command may answer with. docs/cluster-commands.md is made of those of CLUSTER, and a test
// provokes every one of them, on a node of ours and on a redis-server.
type Failure struct {
	Text string // as clients see it, without the "-"; <word> stands for what differs from time to time
	When string // in words, to follow "when"
}

// takes says whether a request of n words fits the arity.
func (cmd *Command) takes(n int) bool { return n == cmd.Arity || cmd.Arity < 0 && n >= -cmd.Arity }

// Call is one execution of a command.
type Call struct {
	*Engine
	Session *Session
	Cmd     *Command
	Args    [][]byte     // the request, name included; valid during the call
	Reply   *resp.Writer // where the reply goes

	flags         Flags     // of Cmd, or of this request when they differ
	first         []byte    // the key the request was routed by,
	firstSlot     slot.Slot // and its slot
	inTransaction bool      // EXEC or a script runs it: it must not block
	inScript      bool      // a script runs it
	dirty         int       // changes to the keyspace, as Redis counts them
	rewritten     bool      // Rewrite was called
	errorCounted  bool      // its error is that of a command it ran, which was counted
	status        Status
	took          clock.Micros // once it has run, if there is a Stopwatch
}

// Changed says that the command made n changes to the keyspace. A write that made any is propagated to replicas.
func (c *Call) Changed(n int) { c.dirty += n }

// Rewrite propagates args in place of the command as it came; called again, it adds another command.
func (c *Call) Rewrite(args ...[]byte) {
	c.rewritten = true
	c.propagate(args...)
}

// Close ends the connection after the reply.
func (c *Call) Close() { c.status = Closing }

// OK replies OK.
func (c *Call) OK() { c.Reply.Simple("OK") }

// Error replies with an error; text begins with the code.
func (c *Call) Error(text string) { c.Reply.Error(text) }
