// Package clock is how time enters the reference: as an argument. Nothing under reference/ reads a clock except the
// I/O shell, which takes one Instant per turn of its loop and passes it down.
package clock

// Millis counts milliseconds: a duration, or a point on one of the two clocks.
type Millis int64

// Micros counts microseconds: how long a command took, or a point on a clock that only such durations are taken from.
type Micros int64

// Instant is one reading of both clocks.
type Instant struct {
	// Mono never goes back and is what timeouts are measured with. Its zero is the start of the process.
	Mono Millis
	// Wall is Unix time; it can jump. Expiry (PEXPIREAT), gossip and nodes.conf use it.
	Wall Millis
}

// Add moves both clocks forward by d.
func (i Instant) Add(d Millis) Instant { return Instant{i.Mono + d, i.Wall + d} }
