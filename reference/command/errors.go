package command

import (
	"fmt"
	"strings"
)

// RedisVersion is the level of Redis this node is compatible with, as HELLO and INFO tell clients.
const RedisVersion = "7.2.0"

// Error replies that more than one place gives, or that depend on nothing. A client sees them with a "-" in front.
const (
	errNoAuth        = "NOAUTH Authentication required."
	errWrongPassword = "WRONGPASS invalid username-password pair or user is disabled."
	errNoPasswordSet = "ERR AUTH <password> called without any password configured for the default user. " +
		"Are you sure your configuration is correct?"
	errHelloNoAuth = "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH " +
		"<user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"
	errNotInTransaction = "ERR Command not allowed inside a transaction"
	errReadOnlyReplica  = "READONLY You can't write against a read only replica."
	errReplicaLink      = "ERR Replica can't interact with the keyspace"
	errDebugNotAllowed  = `ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", ` +
		`you can run it from a local connection, otherwise you need to set this option in the configuration file, ` +
		`and then restart the server.`

	errClusterDisabled = "ERR This instance has cluster support disabled"

	errExecAbort     = "EXECABORT Transaction discarded because of previous errors."
	errUnblocked     = "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)"
	errSyntax        = "ERR syntax error"
	errNotInteger    = "ERR value is not an integer or out of range"
	errNotFloat      = "ERR value is not a valid float"
	errWrongType     = "WRONGTYPE Operation against a key holding the wrong kind of value"
	errNoSuchKey     = "ERR no such key"
	errOverflow      = "ERR increment or decrement would overflow"
	errOutOfRange    = "ERR value is out of range"
	errTooLong       = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
	errInvalidCursor = "ERR invalid cursor"
)

// Failures that several rows name.
var (
	notInteger     = Failure{errNotInteger, "a word that has to be a number is none"}
	badWord        = Failure{errSyntax, "the last word is none of these"}
	badForm        = Failure{"ERR unknown subcommand or wrong number of arguments for '<subcommand>'. Try CLUSTER HELP.", "the words are not of this form"}
	invalidSlot    = Failure{errInvalidSlot, "a word that has to be a slot is no number from 0 to 16383"}
	slotTwice      = Failure{"ERR Slot <slot> specified multiple times", "a slot is named twice"}
	rangeBackwards = Failure{"ERR start slot number <start> is greater than end slot number <end>", "a range ends before it begins"}
)

// errWrongArity is for a known command with too few or too many words.
func errWrongArity(name string) string {
	return fmt.Sprintf("ERR wrong number of arguments for '%.128s' command", name)
}

// errExpireTime is for an expiry that is not positive, or too far away to be counted in milliseconds.
func errExpireTime(name string) string {
	return fmt.Sprintf("ERR invalid expire time in '%s' command", name)
}

// errExecAbortedBy is for an EXEC that was itself refused, for the reason that text gives.
func errExecAbortedBy(text string) string {
	return "EXECABORT Transaction discarded because of: " + strings.TrimPrefix(text, "ERR ")
}

// errUnknownSubcommand names the word that is no subcommand of container, which is in capitals.
func errUnknownSubcommand(word []byte, container string) string {
	return fmt.Sprintf("ERR unknown subcommand '%s'. Try %s HELP.", cString(word, errorWordBytes), container)
}

// badSubcommand replies to a subcommand whose number of words is right for some of its forms, but not for this one.
func (c *Call) badSubcommand() {
	c.Error(fmt.Sprintf("ERR unknown subcommand or wrong number of arguments for '%s'. Try %s HELP.",
		cString(c.Args[1], errorWordBytes), strings.ToUpper(string(c.Args[0]))))
}

// errorWordBytes is how much of a client's own words comes back in an error reply.
const errorWordBytes = 128

// errUnknownCommand shows the first words of a request nobody understands (Redis: commandCheckExistence).
func errUnknownCommand(args [][]byte) string {
	var words []byte
	for _, arg := range args[1:] {
		if len(words) >= errorWordBytes {
			break
		}
		words = fmt.Appendf(words, "'%s' ", cString(arg, errorWordBytes-len(words)))
	}
	return fmt.Sprintf("ERR unknown command '%s', with args beginning with: %s", cString(args[0], errorWordBytes), words)
}

// errSubscribed is for a RESP2 client that waits for messages and sends something else.
func errSubscribed(name string) string {
	return fmt.Sprintf("ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context", name)
}

// cString cuts a client's word where C would: at a NUL byte, and after limit bytes.
func cString(word []byte, limit int) []byte {
	for i, b := range word {
		if b == 0 || i == limit {
			return word[:i]
		}
	}
	return word
}
