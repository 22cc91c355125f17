package load

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Workload is what is asked.
type Workload struct {
	// ReadShare is the share of GETs, the rest being SETs: 1 only reads, 0 only writes, 0.9 is the usual mixture.
	ReadShare float64
	// Keys is how many there are; they are named key:000000000000 and so on.
	Keys int
	// Distribution of the keys asked for: DistributionUniform or DistributionZipfian.
	Distribution string
	// ValueBytes is the size of every value.
	ValueBytes int
	// KeysPerRequest above 1 makes GET an MGET and SET an MSET of that many keys, which a hash tag keeps in one slot: {key:000000000000}:0 and so on.
	// 0 means 1.
	KeysPerRequest int
}

// The key distributions.
const (
	DistributionUniform = "uniform" // every key is as likely as every other
	DistributionZipfian = "zipfian" // the n-th most popular key is asked for in proportion to 1/n^0.99, as in YCSB
)

// The limits of a Workload.
const (
	MaxKeys       = 100_000_000 // what eight digits can name
	MaxValueBytes = 16 << 20
	// MaxKeysPerRequest is what single digits can number.
	MaxKeysPerRequest = 10
)

func (w Workload) validate() error {
	switch {
	case !(w.ReadShare >= 0 && w.ReadShare <= 1):
		return fmt.Errorf("a share of reads of %v: choose 0 to 1", w.ReadShare)
	case w.Keys < 1 || w.Keys > MaxKeys:
		return fmt.Errorf("%d keys: choose 1 to %d", w.Keys, MaxKeys)
	case w.ValueBytes < 0 || w.ValueBytes > MaxValueBytes:
		return fmt.Errorf("values of %d bytes: choose 0 to %d", w.ValueBytes, MaxValueBytes)
	case w.KeysPerRequest < 0 || w.KeysPerRequest > MaxKeysPerRequest:
		return fmt.Errorf("%d keys a request: choose 1 to %d", w.KeysPerRequest, MaxKeysPerRequest)
	case w.Distribution != DistributionUniform && w.Distribution != DistributionZipfian:
		return fmt.Errorf("unknown key distribution %q (known: %s, %s)", w.Distribution, DistributionUniform, DistributionZipfian)
	}
	return nil
}

// String is the operation, for people: "GET", "90 % GET, 10 % SET", "MGET of 10".
func (w Workload) String() string {
	read, write := "GET", "SET"
	if w.isMulti() {
		read, write = fmt.Sprintf("MGET of %d", w.KeysPerRequest), fmt.Sprintf("MSET of %d", w.KeysPerRequest)
	}
	switch w.ReadShare {
	case 1:
		return read
	case 0:
		return write
	}
	return fmt.Sprintf("%.4g %% %s, %.4g %% %s", 100*w.ReadShare, read, 100*(1-w.ReadShare), write)
}

// isMulti reports whether requests have several keys.
func (w Workload) isMulti() bool { return w.KeysPerRequest > 1 }

// isPure reports whether all requests are of one kind.
func (w Workload) isPure() bool { return w.ReadShare == 0 || w.ReadShare == 1 }

// entry is one request on a tape: its operation and the number of its key.
type entry uint32

type operation uint8

const (
	get operation = iota
	set
	asking // not on tapes: what goes before a request that an ASK has sent elsewhere
	operations
)

const keyBits = 27 // enough for MaxKeys

func newEntry(op operation, key int) entry { return entry(op)<<keyBits | entry(key) }

func (e entry) operation() operation { return operation(e >> keyBits) }
func (e entry) key() uint32          { return uint32(e) & (1<<keyBits - 1) }

// Drawing keys while load runs would cost as much as rendering them, so they are drawn beforehand onto a tape that is then read in a circle:
// long enough that most keys are on it, short enough to be drawn in a moment.
const (
	minTape = 1 << 16
	maxTape = 1 << 22
)

// draw makes the tape of a workload.
func (w Workload) draw(seed uint64) []entry {
	r := rand.New(rand.NewPCG(seed, 0))
	next := func() int { return r.IntN(w.Keys) }
	if w.Distribution == DistributionZipfian {
		z := newZipfian(w.Keys)
		next = func() int { return scatter(z.rank(r.Float64()), w.Keys) }
	}
	tape := make([]entry, min(max(2*w.Keys, minTape), maxTape))
	for i := range tape {
		op := set
		if r.Float64() < w.ReadShare {
			op = get
		}
		tape[i] = newEntry(op, next())
	}
	return tape
}

// drawFill makes the tape that writes each key once.
func (w Workload) drawFill() []entry {
	tape := make([]entry, w.Keys)
	for i := range tape {
		tape[i] = newEntry(set, i)
	}
	return tape
}

// scatter gives popular keys numbers that are far apart. It is a bijection on 0..n-1, because the factor is a prime above MaxKeys.
func scatter(rank, n int) int {
	const prime = 2654435761
	return int(uint64(rank) * prime % uint64(n))
}

// zipfian draws ranks by the method of Gray et al., "Quickly generating billion-record synthetic databases" (1994).
type zipfian struct {
	n                         float64
	alpha, zetaN, eta, second float64
}

const zipfianSkew = 0.99

func newZipfian(n int) zipfian {
	zeta := func(n int) (sum float64) {
		for i := 1; i <= n; i++ {
			sum += math.Pow(float64(i), -zipfianSkew)
		}
		return sum
	}
	z := zipfian{n: float64(n), alpha: 1 / (1 - zipfianSkew), zetaN: zeta(n), second: 1 + math.Pow(2, -zipfianSkew)}
	z.eta = (1 - math.Pow(2/z.n, 1-zipfianSkew)) / (1 - zeta(2)/z.zetaN)
	return z
}

// rank maps a number from [0, 1) to a rank, 0 being the most popular.
func (z zipfian) rank(u float64) int {
	switch scaled := u * z.zetaN; {
	case scaled < 1:
		return 0
	case scaled < z.second:
		return min(1, int(z.n)-1)
	}
	return min(int(z.n*math.Pow(z.eta*u-z.eta+1, z.alpha)), int(z.n)-1)
}
