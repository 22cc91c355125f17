// Command clusterspec-reference is the reference cluster without the harness: a small program for containers, with the
// commands `node` and `cluster` of clusterspec.
package main

import (
	"fmt"
	"os"

	"github.com/clusterspec/clusterspec/reference/cli"
)

func main() {
	if err := cli.Root().Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "clusterspec-reference:", err)
		os.Exit(1)
	}
}
