//go:build !unix

package server

import (
	"errors"

	"github.com/clusterspec/clusterspec/reference/config"
)

func isDaemon() bool { return false }

func becomeDaemon(*config.Config) error {
	return errors.New("daemonize yes is not supported on this system")
}
