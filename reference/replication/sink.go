package replication

import "github.com/clusterspec/clusterspec/reference/clock"

// Sink is a replica's side of one connection to its primary (spec §9.1, §9.3, §9.4): the handshake, then either a
// snapshot and the stream after it, or the stream from where we stopped. A broken connection ends the Sink; the next
// connection gets a new one.
type Sink struct {
	// Out collects what is to be sent to the primary. The owner takes it away after each call.
	Out []byte
}

// SinkConfig is what the replica says of itself, and what it has.
type SinkConfig struct {
	// Have and HaveOffset are the history we hold and the offset of its last byte; a zero Have asks for everything.
	Have       ID
	HaveOffset int64
	// ListeningPort is our client port.
	ListeningPort uint16
	// AnnounceIP is replica-announce-ip, empty when the primary shall use the address of the connection.
	AnnounceIP string
	// User and Password are for AUTH; without a Password none is sent.
	User, Password string
	// TimeoutMillis is how long the primary may be silent (repl-timeout).
	TimeoutMillis clock.Millis
}

// Handler takes what comes from the primary, in order.
type Handler interface {
	// FullSync: a snapshot of history id follows; offset is that of its last byte.
	FullSync(id ID, offset int64)
	// Snapshot: the whole snapshot, an RDB file. An error ends the Sink.
	Snapshot(rdb []byte) error
	// Continue: the stream goes on after HaveOffset, in history id (zero: unchanged).
	Continue(id ID)
	// Stream: bytes of the stream, split anywhere. An error ends the Sink.
	Stream(b []byte) error
}

// State is how far a link got. The names are those of ROLE.
type State uint8

const (
	// Connecting: the handshake is under way.
	Connecting State = iota
	// Syncing: the snapshot is on its way.
	Syncing
	// Connected: the stream is.
	Connected
)

// String is the word ROLE uses.
func (s State) String() string { return [...]string{"connecting", "sync", "connected"}[s] }

// NewSink begins the handshake on a connection that was just established.
func NewSink(cfg SinkConfig, now clock.Millis) *Sink { return &Sink{} }

// State is how far the link got.
func (s *Sink) State() State { return Connecting }

// LastIO is when the primary last sent something.
func (s *Sink) LastIO() clock.Millis { return 0 }

// Receive takes bytes from the primary, which are not kept beyond what they leave incomplete. After an error the
// connection is to be closed.
func (s *Sink) Receive(now clock.Millis, data []byte, h Handler) error { return nil }

// Tick sends the acknowledgement of offset that is due each second. It fails when the primary was silent for too long.
func (s *Sink) Tick(now clock.Millis, offset int64) error { return nil }

// Acknowledge sends REPLCONF ACK at once: a GETACK came.
func (s *Sink) Acknowledge(offset int64) {}

// Deadline is when Tick is to be called next.
func (s *Sink) Deadline() clock.Millis { return 0 }
