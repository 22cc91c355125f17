package command

import "bytes"

// stats counts what INFO tells.
type stats struct {
	connections int
	commands    int
	changes     int // since the last snapshot; there is none
	hits        int
	misses      int
	expired     int
	errors      map[string]*int // by code
	errorsTotal int
	counters    []counters // by Command.index
}

// counters are of one command.
type counters struct{ calls, rejected, failed int }

// start makes room.
func (s *stats) start() {
	s.errors = make(map[string]*int)
	s.counters = make([]counters, table.rows)
}

// of are the counters of one command.
func (s *stats) of(cmd *Command) *counters { return &s.counters[cmd.index] }

// errorCodeBytes bounds the code of an error; without a code the error counts as ERR.
const errorCodeBytes = 32

// countError counts an error reply by its code.
func (s *stats) countError(reply []byte) {
	s.errorsTotal++
	code := []byte("ERR")
	if end := bytes.IndexByte(reply[:min(len(reply), errorCodeBytes)], ' '); end > 0 {
		code = reply[1:end]
	}
	if n := s.errors[string(code)]; n != nil {
		*n++
		return
	}
	n := 1
	s.errors[string(code)] = &n
}

// reset is CONFIG RESETSTAT.
func (s *stats) reset() {
	changes := s.changes
	*s = stats{changes: changes}
	s.start()
}
