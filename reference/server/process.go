package server

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/command"
	"github.com/clusterspec/clusterspec/reference/config"
)

// describeProcess is what INFO tells of the process a node runs in. Nodes of one process share all but the run id.
func describeProcess(options *config.Config) command.Process {
	var runID [20]byte
	rand.Read(runID[:]) // never fails (crypto/rand)
	executable, _ := os.Executable()
	return command.Process{
		ID:         os.Getpid(),
		RunID:      hex.EncodeToString(runID[:]),
		OS:         runtime.GOOS + " " + runtime.GOARCH,
		ArchBits:   strconv.IntSize,
		Executable: executable,
		ConfigFile: options.File,
		Version:    buildVersion(),

		SystemBytes: systemBytes(),
		Usage:       usage,
	}
}

// stopwatch counts from now. It reads the monotonic clock alone, which is half the work of time.Now.
func stopwatch() func() clock.Micros {
	start := time.Now()
	return func() clock.Micros { return clock.Micros(time.Since(start) / time.Microsecond) }
}

// buildVersion is the version of the module the program was built from, or the commit of a checkout.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	const shortHash = 12
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" && len(setting.Value) >= shortHash {
			return setting.Value[:shortHash]
		}
	}
	return "devel"
}
