package sim

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

// BenchmarkBus is a minute in the life of idle clusters with redis-server's node timeout.
//
//	go test ./reference/sim -run '^$' -bench Bus -benchtime 1x
func BenchmarkBus(b *testing.B) {
	for _, nodes := range []int{10, 100, 300, 1000} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			for b.Loop() {
				begun := processCPU()
				cost, err := MeasureBus(nodes, 15*time.Second, time.Minute, processCPU)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(cost.Bytes, "bytes/node/s")
				b.ReportMetric(cost.Frames, "frames/node/s")
				b.ReportMetric(float64(cost.CPU.Nanoseconds()), "ns/node/s")
				b.ReportMetric((processCPU() - begun).Seconds(), "CPU-s/op")
			}
		})
	}
}

// processCPU is the processor time of this process.
func processCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
