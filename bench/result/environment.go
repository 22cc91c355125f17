package result

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// Environment is what may explain the figures. What a system does not tell is empty.
type Environment struct {
	OS          string `json:"os"` // "linux/amd64"
	Kernel      string `json:"kernel,omitempty"`
	CPU         string `json:"cpu,omitempty"`
	Governor    string `json:"governor,omitempty"` // how the processor chooses its clock
	Cores       int    `json:"cores"`
	MaxProcs    int    `json:"maxProcs"`
	GoVersion   string `json:"goVersion"`
	MemoryBytes uint64 `json:"memoryBytes,omitempty"`
	OpenFiles   string `json:"openFiles,omitempty"` // the limit for this process
	LoadBefore  string `json:"loadBefore,omitempty"`
	LoadAfter   string `json:"loadAfter,omitempty"`
	// StealShare is the share of the processors' time that the machine below took away during the run.
	StealShare float64 `json:"stealShare"`

	begun ticks
}

// NewEnvironment looks around before a run.
func NewEnvironment() Environment {
	return Environment{
		OS: runtime.GOOS + "/" + runtime.GOARCH, Cores: runtime.NumCPU(), MaxProcs: runtime.GOMAXPROCS(0), GoVersion: runtime.Version(),
		Kernel: line("/proc/sys/kernel/osrelease"), CPU: field("/proc/cpuinfo", "model name"),
		Governor:    line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
		MemoryBytes: memory(), OpenFiles: openFiles(), LoadBefore: loadAverage(), begun: readTicks(),
	}
}

// Finish looks around again after it.
func (e *Environment) Finish() {
	e.LoadAfter = loadAverage()
	e.StealShare = readTicks().stealSince(e.begun)
}

// line is the text of a file of one line.
func line(path string) string {
	text, _ := os.ReadFile(path) // where there is none, nothing is known
	return strings.TrimSpace(string(text))
}

// field is the value of the first line "name : value" of a file.
func field(path, name string) string {
	for l := range strings.Lines(line(path)) {
		if key, value, _ := strings.Cut(l, ":"); strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func memory() uint64 {
	words := strings.Fields(field("/proc/meminfo", "MemTotal")) // "24634172 kB"
	if len(words) != 2 {
		return 0
	}
	kilobytes, _ := strconv.ParseUint(words[0], 10, 64)
	return kilobytes << 10
}

func openFiles() string {
	for l := range strings.Lines(line("/proc/self/limits")) {
		if rest, found := strings.CutPrefix(l, "Max open files"); found {
			return strings.Fields(rest)[0] // the soft limit
		}
	}
	return ""
}

func loadAverage() string {
	words := strings.Fields(line("/proc/loadavg"))
	return strings.Join(words[:min(3, len(words))], " ")
}

// ticks are the processors' time so far, in clock ticks.
type ticks struct{ total, steal uint64 }

func readTicks() ticks { return parseTicks(line("/proc/stat")) }

// parseTicks reads the first line of /proc/stat: "cpu user nice system idle iowait irq softirq steal guest guest_nice", the guests being counted in
// user and nice already.
func parseTicks(stat string) (t ticks) {
	const steal, counted = 7, 8
	first, _, _ := strings.Cut(stat, "\n")
	words := strings.Fields(first)
	if len(words) <= counted || words[0] != "cpu" {
		return ticks{}
	}
	for i, word := range words[1 : counted+1] {
		n, _ := strconv.ParseUint(word, 10, 64)
		t.total += n
		if i == steal {
			t.steal = n
		}
	}
	return t
}

func (t ticks) stealSince(begun ticks) float64 {
	if t.total <= begun.total {
		return 0
	}
	return float64(t.steal-begun.steal) / float64(t.total-begun.total)
}
