package rdb

import (
	"errors"
	"math"
	"strconv"

	"github.com/clusterspec/clusterspec/reference/keyspace"
)

// sink makes a value of elements that come one by one. What it is given it copies.
type sink interface {
	add(element []byte) error
	finish() (keyspace.Object, error)
}

var (
	errTwice = errors.New("an element comes twice")
	errHalf  = errors.New("an odd number of elements where there should be pairs")
	errScore = errors.New("a score that is no number")
)

type listSink struct{ *keyspace.List }

func (s listSink) add(element []byte) error {
	s.PushBack(element)
	return nil
}

func (s listSink) finish() (keyspace.Object, error) { return s.List, nil }

type setSink struct{ *keyspace.Set }

func (s setSink) add(element []byte) error {
	if !s.Add(element) {
		return errTwice
	}
	return nil
}

func (s setSink) finish() (keyspace.Object, error) { return s.Set, nil }

// half is the first element of a pair until the second comes.
type half struct {
	first   []byte
	present bool
}

// pair returns the two elements of a pair when it is complete.
func (h *half) pair(element []byte) (first, second []byte, complete bool) {
	if h.present = !h.present; h.present {
		h.first = element
		return nil, nil, false
	}
	return h.first, element, true
}

type hashSink struct {
	hash *keyspace.Hash
	half half
}

func (s *hashSink) add(element []byte) error {
	field, value, complete := s.half.pair(element)
	if complete && !s.hash.Set(field, value) {
		return errTwice
	}
	return nil
}

func (s *hashSink) finish() (keyspace.Object, error) {
	if s.half.present {
		return nil, errHalf
	}
	return s.hash, nil
}

type zsetSink struct {
	zset *keyspace.ZSet
	half half
}

func (s *zsetSink) add(element []byte) error {
	member, score, complete := s.half.pair(element)
	if !complete {
		return nil
	}
	return s.set(member, parseScore(score))
}

func (s *zsetSink) set(member []byte, score float64) error {
	if math.IsNaN(score) {
		return errScore
	}
	if added, _ := s.zset.Set(member, score); !added {
		return errTwice
	}
	return nil
}

func (s *zsetSink) finish() (keyspace.Object, error) {
	if s.half.present {
		return nil, errHalf
	}
	return s.zset, nil
}

// parseScore reads a score; what is none is NaN.
func parseScore(text []byte) float64 {
	score, err := strconv.ParseFloat(string(text), 64)
	if errors.Is(err, strconv.ErrSyntax) {
		return math.NaN()
	}
	return score
}
