package slot

import (
	"os"
	"syscall"
	"testing"
)

// TestKeysAtTheEdge puts keys at both ends of a page between two that must not be touched.
func TestKeysAtTheEdge(t *testing.T) {
	size := os.Getpagesize()
	memory, err := syscall.Mmap(-1, 0, 3*size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(memory)
	page := memory[size : 2*size]
	for i := range page {
		page[i] = byte(i*31 + 7)
	}
	for _, forbidden := range [][]byte{memory[:size], memory[2*size:]} {
		if err := syscall.Mprotect(forbidden, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	for length := range 70 {
		for shift := range 40 {
			for _, key := range [][]byte{page[shift : shift+length], page[size-shift-length : size-shift]} {
				if got, want := Of(key), slotBitByBit(key); got != want {
					t.Fatalf("Of(%q), %d bytes from an edge, is %d, want %d", key, shift, got, want)
				}
			}
		}
	}
}
