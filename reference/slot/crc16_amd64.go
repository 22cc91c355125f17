package slot

import "unsafe"

// folds says that the processor multiplies without carries (PCLMULQDQ, of 2010) and shuffles bytes (SSSE3).
var folds = canFold()

func canFold() bool

// of is ofSlow, faster for keys without a brace.
//
//go:noescape
func of(key unsafe.Pointer, length int) Slot
