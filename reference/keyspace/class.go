package keyspace

import "math/bits"

// Allocations come in size classes, counted in units of 8 bytes: every size up to 32 units, from there sixteen classes
// between a size and its double. Rounding up to a class thus costs less than 8 bytes, or a sixteenth.
const (
	unitBytes = 8
	stepBits  = 5 // classes 0..31 are one unit apart
	steps     = 1 << stepBits
)

// class numbers the sizes from small to large.
type class int

// classOf is the smallest class that holds units, at least 1.
func classOf(units int) class {
	shift := max(bits.Len(uint(units-1))-stepBits, 0)
	return class(shift*(steps/2) + (units-1)>>shift)
}

// units is the size of the class.
func (c class) units() int {
	shift := max(int(c)/(steps/2)-1, 0)
	return (int(c) - shift*(steps/2) + 1) << shift
}
