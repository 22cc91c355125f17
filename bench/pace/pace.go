// Package pace says when the requests of an open-loop measurement are due. A schedule is fixed before the first request leaves and does not
// know how the server is doing: that is what keeps a slow server from slowing down the questions it is asked (coordinated omission).
//
// Pacers are pure: the gap before an arrival follows from its number (and a seed) alone, so the same run can be had again, and several workers
// can share a plan without talking.
package pace

import (
	"fmt"
	"math"
)

const nanosPerSecond = 1e9

// Pacer spaces arrivals.
type Pacer interface {
	// Gap is the time in nanoseconds between arrival n-1 and arrival n; for n = 0, between the start and the first arrival.
	Gap(n uint64) float64
}

// Uniform spaces arrivals evenly.
type Uniform struct {
	PerSecond float64
}

// Gap implements Pacer. The first arrival is due at once.
func (u Uniform) Gap(n uint64) float64 {
	if n == 0 {
		return 0
	}
	return nanosPerSecond / u.PerSecond
}

// Poisson draws exponentially distributed gaps: the arrivals of many independent clients, bursts included.
type Poisson struct {
	PerSecond float64
	Seed      uint64
}

// Gap implements Pacer.
func (p Poisson) Gap(n uint64) float64 {
	const bits = 53 // of a float64
	uniform := (float64(mix(p.Seed, n)>>(64-bits)) + 0.5) / (1 << bits)
	return -math.Log(uniform) * nanosPerSecond / p.PerSecond
}

// mix is one step of SplitMix64 from a place in its sequence: 64 well-spread bits for every seed and number.
func mix(seed, n uint64) uint64 {
	z := seed + (n+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// New makes the pacer a user names: "uniform" or "poisson".
func New(name string, perSecond float64, seed uint64) (Pacer, error) {
	if !(perSecond > 0) || math.IsInf(perSecond, 0) {
		return nil, fmt.Errorf("a rate of %v requests a second cannot be kept: it has to be positive", perSecond)
	}
	switch name {
	case "uniform":
		return Uniform{perSecond}, nil
	case "poisson":
		return Poisson{perSecond, seed}, nil
	}
	return nil, fmt.Errorf("unknown arrivals %q (known: poisson, uniform)", name)
}

// Schedule adds up the gaps of a pacer. Its state is the arrival that comes next.
type Schedule struct {
	pacer Pacer
	n     uint64
	at    float64 // nanoseconds; exact to less than one of them for months
}

// NewSchedule starts at arrival 0.
func NewSchedule(p Pacer) *Schedule { return &Schedule{pacer: p, at: p.Gap(0)} }

// Due is when the next arrival is due, in nanoseconds since the start.
func (s *Schedule) Due() int64 { return int64(s.at) }

// Advance moves on to the arrival after it.
func (s *Schedule) Advance() {
	s.n++
	s.at += s.pacer.Gap(s.n)
}
