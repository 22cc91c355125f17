package server

import (
	"strings"
	"testing"

	"github.com/clusterspec/clusterspec/reference/config"
)

func TestMaxClientsFitTheSystem(t *testing.T) {
	for _, tt := range []struct {
		wanted      string
		descriptors int64
		fits        int64
	}{{"10000", 0, 10000}, {"10000", 10032, 10000}, {"10000", 1024, 992}, {"100", 1024, 100}, {"100", 8, 1}} {
		var log strings.Builder
		c := config.New()
		if err := c.SetAtStart("maxclients", tt.wanted); err != nil {
			t.Fatal(err)
		}
		s := &Server{config: c, log: newLogger(&log, c)}
		s.fitMaxClients(tt.descriptors)
		if got := c.Int("maxclients"); got != tt.fits || strings.Contains(log.String(), "maxclients is lowered") != (tt.wanted != c.String("maxclients")) {
			t.Errorf("maxclients %s with %d descriptors becomes %d, want %d; the log says %q", tt.wanted, tt.descriptors, got, tt.fits, log.String())
		}
	}
}
