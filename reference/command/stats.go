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
	errors      map[string]int // by code
	errorsTotal int
	counters    []counters // by Command.index
}

// counters are of one command.
type counters struct{ calls, rejected, failed int }

// start makes room.
func (s *stats) start() {
	s.errors = make(map[string]int)
	s.counters = make([]counters, table.rows)
}

// of are the counters of one command.
func (s *stats) of(cmd *Command) *counters { return &s.counters[cmd.index] }

// errorCodeBytes bounds the code of an error; without a code the error counts as ERR.
const errorCodeBytes = 32

// countError counts an error reply by its code.
func (s *stats) countError(reply []byte) {
	s.errorsTotal++
	end := bytes.IndexByte(reply[:min(len(reply), errorCodeBytes)], ' ')
	if end < 0 {
		s.errors["ERR"]++
		return
	}
	s.errors[string(reply[1:end])]++
}

// reset is CONFIG RESETSTAT.
func (s *stats) reset() {
	changes := s.changes
	*s = stats{changes: changes}
	s.start()
}
