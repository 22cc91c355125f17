//go:build !amd64

package slot

import "unsafe"

func of(key unsafe.Pointer, length int) Slot { return ofSlow(key, length) }
