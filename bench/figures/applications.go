package figures

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/clusterspec/clusterspec/bench/result"
	"github.com/clusterspec/clusterspec/bench/rig"
)

// applications is what a program sees that uses an ordinary client library, go-redis, in a closed loop: each caller asks again when it is answered. The
// library costs more than most servers; the figures of the generator are those of the server.
var applications = group{
	name: "go-redis",
	figures: []result.Figure{
		{ID: "go-redis/get-1", Title: "GET through go-redis, one caller, closed loop", Unit: "ns"},
		{ID: "go-redis/get-32", Title: "GETs through go-redis, 32 callers, closed loop", Unit: "requests/s", MoreIsBetter: true},
	},
	trials: 16, estimate: 6 * time.Second,
	open: openApplication,
}

const (
	applicationKey     = "application"
	applicationCallers = 32
	applicationTime    = 100 * time.Millisecond
)

// application is a node that serves all slots, and the library in front of it.
type application struct {
	server  *rig.Server
	library *redis.ClusterClient
}

func openApplication(ctx context.Context, spec string) (_ subject, err error) {
	s, err := rig.StartNode(ctx, spec, false)
	if err != nil {
		return nil, err
	}
	a := &application{server: s, library: redis.NewClusterClient(&redis.ClusterOptions{Addrs: s.Addrs, PoolSize: applicationCallers})}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	return a, a.library.Set(ctx, applicationKey, strings.Repeat("x", workBytes), 0).Err()
}

func (a *application) name() string { return a.server.Name }

func (a *application) close() error { return errors.Join(a.library.Close(), a.server.Close()) }

func (a *application) trial(ctx context.Context) ([]float64, error) {
	alone, err := a.loop(ctx)
	if err != nil {
		return nil, err
	}
	rate, err := a.crowd(ctx)
	return []float64{float64(applicationTime) / float64(alone), rate}, err
}

func (a *application) get(ctx context.Context) error {
	value, err := a.library.Get(ctx, applicationKey).Result()
	if err == nil && len(value) != workBytes {
		err = fmt.Errorf("go-redis read %d bytes where %d were written", len(value), workBytes)
	}
	return err
}

// loop asks again and again for a while, and returns how often that was.
func (a *application) loop(ctx context.Context) (times int, err error) {
	for begun := time.Now(); time.Since(begun) < applicationTime; times++ {
		if err := a.get(ctx); err != nil {
			return 0, err
		}
	}
	return times, nil
}

// crowd has many callers ask at once, and returns the requests a second of all.
func (a *application) crowd(ctx context.Context) (rate float64, err error) {
	var (
		callers sync.WaitGroup
		mutex   sync.Mutex
		total   int
	)
	begun := time.Now()
	for range applicationCallers {
		callers.Go(func() {
			n, failure := a.loop(ctx)
			mutex.Lock()
			defer mutex.Unlock()
			total += n
			err = errors.Join(err, failure)
		})
	}
	callers.Wait()
	return float64(total) / time.Since(begun).Seconds(), err
}
