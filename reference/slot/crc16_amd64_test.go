package slot

import "testing"

// TestWithoutFolding runs what a processor without PCLMULQDQ would.
func TestWithoutFolding(t *testing.T) {
	if !folds {
		t.Skip("this processor is one without it")
	}
	defer func() { folds = true }()
	folds = false
	TestOf(t)
	TestOfBraceAnywhere(t)
}
