package replication

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/resp"
)

// Sink is a replica's side of one connection to its primary: the handshake (spec §9.1), then either a snapshot (§9.3)
// and the stream after it, or the stream from where we stopped (§9.4). A broken connection ends the Sink; the next
// connection gets a new one.
type Sink struct {
	// Out collects what is to be sent to the primary. The owner takes it away after each call.
	Out []byte

	cfg      SinkConfig
	step     step
	answers  int    // the +OK still due in stepConfigure
	line     []byte // the incomplete line at the head of the input
	snapshot snapshot
	lastIO   clock.Millis
	nextAck  clock.Millis
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

// State is how far a link got.
type State uint8

// The states of a link to a primary.
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

// ErrTimeout says that the primary was silent for longer than SinkConfig.TimeoutMillis.
var ErrTimeout = errors.New("timeout: no data from the primary")

// ErrTryLater says that the primary cannot serve us now; another attempt is worth it.
var ErrTryLater = errors.New("the primary is not able to serve a replica right now")

// ackPeriod is how often a replica acknowledges unasked.
const ackPeriod clock.Millis = 1000

// maxLineBytes is how long a reply during the handshake may be: Redis reads them into as much.
const maxLineBytes = 1024

// step is what the next input is taken for.
type step uint8

const (
	stepPong step = iota
	stepConfigure
	stepPSYNC
	stepSnapshotHead
	stepSnapshot
	stepStream
)

// NewSink begins the handshake on a connection that was just established.
func NewSink(cfg SinkConfig, now clock.Millis) *Sink {
	s := &Sink{cfg: cfg, lastIO: now}
	s.send("PING")
	return s
}

// State is how far the link got.
func (s *Sink) State() State {
	switch s.step {
	case stepStream:
		return Connected
	case stepSnapshotHead, stepSnapshot:
		return Syncing
	}
	return Connecting
}

// LastIO is when the primary last sent something.
func (s *Sink) LastIO() clock.Millis { return s.lastIO }

// Receive takes bytes from the primary, which are not kept beyond what they leave incomplete. After an error the
// connection is to be closed.
func (s *Sink) Receive(now clock.Millis, data []byte, h Handler) error {
	s.lastIO = now
	for len(data) > 0 {
		switch s.step {
		case stepStream:
			return h.Stream(data)
		case stepSnapshot:
			rest, rdb := s.snapshot.receive(data)
			data = rest
			if rdb == nil {
				continue
			}
			if err := h.Snapshot(rdb); err != nil {
				return fmt.Errorf("loading the snapshot: %w", err)
			}
			s.snapshot = snapshot{}
			s.step, s.nextAck = stepStream, now
		default:
			line, rest, ok := s.nextLine(data)
			data = rest
			if len(s.line) > maxLineBytes {
				return fmt.Errorf("the primary's reply is longer than %d bytes: is it a Redis server?", maxLineBytes)
			}
			if !ok {
				continue
			}
			if err := s.reply(now, line, h); err != nil {
				return err
			}
			s.line = s.line[:0]
		}
	}
	return nil
}

// Tick sends the acknowledgement of offset that is due each second. It fails when the primary was silent for too long.
func (s *Sink) Tick(now clock.Millis, offset int64) error {
	if now-s.lastIO > s.cfg.TimeoutMillis {
		return ErrTimeout
	}
	if s.step == stepStream && now >= s.nextAck {
		s.Acknowledge(offset)
		s.nextAck = now + ackPeriod
	}
	return nil
}

// Acknowledge sends REPLCONF ACK at once: a GETACK came.
func (s *Sink) Acknowledge(offset int64) {
	s.send("REPLCONF", "ACK", strconv.FormatInt(offset, 10))
}

// Deadline is when Tick is to be called next.
func (s *Sink) Deadline() clock.Millis {
	timeout := s.lastIO + s.cfg.TimeoutMillis + 1
	if s.step == stepStream {
		return min(timeout, s.nextAck)
	}
	return timeout
}

// nextLine completes the line that began in s.line with the head of data. The line is without its end, and valid until
// s.line is changed.
func (s *Sink) nextLine(data []byte) (line, rest []byte, ok bool) {
	end := bytes.IndexByte(data, '\n')
	if end < 0 {
		s.line = append(s.line, data...)
		return nil, nil, false
	}
	s.line = append(s.line, data[:end]...)
	return bytes.TrimSuffix(s.line, []byte("\r")), data[end+1:], true
}

// reply takes one line of the handshake. Empty ones only say that the primary is alive, while it prepares a snapshot.
func (s *Sink) reply(now clock.Millis, line []byte, h Handler) error {
	if len(line) == 0 {
		return nil
	}
	switch s.step {
	case stepPong:
		return s.pong(line)
	case stepConfigure:
		return s.configured(line)
	case stepPSYNC:
		return s.synced(now, line, h)
	default:
		if err := s.snapshot.begin(line); err != nil {
			return err
		}
		s.step = stepSnapshot
		return nil
	}
}

// pong sends all we have to say in one go. An error about missing rights is not the end: AUTH comes now.
func (s *Sink) pong(line []byte) error {
	if line[0] == '-' && !hasAnyPrefix(line, "-NOAUTH", "-NOPERM", "-ERR operation not permitted") {
		return fmt.Errorf("the primary answered PING with %q", line)
	}
	if s.cfg.Password != "" {
		if s.cfg.User != "" {
			s.ask("AUTH", s.cfg.User, s.cfg.Password)
		} else {
			s.ask("AUTH", s.cfg.Password)
		}
	}
	s.ask("REPLCONF", "listening-port", strconv.Itoa(int(s.cfg.ListeningPort)))
	if s.cfg.AnnounceIP != "" {
		s.ask("REPLCONF", "ip-address", s.cfg.AnnounceIP)
	}
	s.ask("REPLCONF", "capa", "eof", "capa", "psync2")
	s.step = stepConfigure
	return nil
}

// configured takes the answer to AUTH, which must be positive, or to a REPLCONF, where an older primary's refusal does
// no harm. After the last one it asks for the data.
func (s *Sink) configured(line []byte) error {
	first := s.answers == s.asked()
	if first && s.cfg.Password != "" && line[0] == '-' {
		return fmt.Errorf("the primary refused AUTH with %q: check masteruser and masterauth", line)
	}
	if s.answers--; s.answers > 0 {
		return nil
	}
	if s.cfg.Have.IsZero() {
		s.send("PSYNC", "?", "-1")
	} else {
		s.send("PSYNC", s.cfg.Have.String(), strconv.FormatInt(s.cfg.HaveOffset+1, 10))
	}
	s.step = stepPSYNC
	return nil
}

// synced takes the answer to PSYNC.
func (s *Sink) synced(now clock.Millis, line []byte, h Handler) error {
	words := bytes.Fields(line)
	switch {
	case len(words) == 3 && string(words[0]) == "+FULLRESYNC":
		id, ok := ParseID(words[1])
		offset, isInt := resp.ParseInt(words[2])
		if !ok || !isInt || offset < 0 {
			return fmt.Errorf("the primary answered PSYNC with %q: not an id and an offset", line)
		}
		h.FullSync(id, offset)
		s.step = stepSnapshotHead
	case len(words) >= 1 && string(words[0]) == "+CONTINUE":
		var id ID
		if len(words) > 1 {
			var ok bool
			if id, ok = ParseID(words[1]); !ok {
				return fmt.Errorf("the primary answered PSYNC with %q: not an id", line)
			}
		}
		h.Continue(id)
		s.step, s.nextAck = stepStream, now
	case hasAnyPrefix(line, "-NOMASTERLINK", "-LOADING"):
		return fmt.Errorf("%w: %q", ErrTryLater, line)
	default:
		return fmt.Errorf("the primary answered PSYNC with %q", line)
	}
	return nil
}

// asked is how many commands pong sends.
func (s *Sink) asked() int {
	n := 2
	if s.cfg.Password != "" {
		n++
	}
	if s.cfg.AnnounceIP != "" {
		n++
	}
	return n
}

func (s *Sink) ask(words ...string) {
	s.send(words...)
	s.answers++
}

func (s *Sink) send(words ...string) { s.Out = resp.AppendCommandStrings(s.Out, words...) }

func hasAnyPrefix(line []byte, prefixes ...string) bool {
	for _, p := range prefixes {
		if len(line) >= len(p) && string(line[:len(p)]) == p {
			return true
		}
	}
	return false
}
