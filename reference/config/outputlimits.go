package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// OutputLimit bounds what one client may leave unread.
type OutputLimit struct {
	HardBytes   int64 // at which it is closed at once; 0: none
	SoftBytes   int64 // at which it is closed after SoftSeconds; 0: none
	SoftSeconds int64
}

// OutputLimits is client-output-buffer-limit: the bounds of each class of clients.
type OutputLimits struct{ Normal, Replica, PubSub OutputLimit }

const outputLimitsDefault = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"

// OutputLimits are the limits as they are now.
func (c *Config) OutputLimits() (l OutputLimits) {
	if err := l.add(c.String("client-output-buffer-limit")); err != nil {
		panic(err) // it was checked when it was set
	}
	return l
}

// mergeOutputLimits changes the classes that an update names, and keeps the others.
func mergeOutputLimits(old, update string) (string, error) {
	var l OutputLimits
	if err := l.add(old); err != nil {
		return "", err
	}
	if err := l.add(update); err != nil {
		return "", err
	}
	text := func(class string, o OutputLimit) string {
		return fmt.Sprintf("%s %d %d %d", class, o.HardBytes, o.SoftBytes, o.SoftSeconds)
	}
	return text("normal", l.Normal) + " " + text("slave", l.Replica) + " " + text("pubsub", l.PubSub), nil
}

// add reads classes, each with its three numbers (Redis: updateClientOutputBufferLimit, whose texts the errors are).
func (l *OutputLimits) add(text string) error {
	words := strings.Fields(text)
	if len(words)%4 != 0 {
		return errors.New("Wrong number of arguments in buffer limit configuration.") //lint:ignore ST1005 Redis's text
	}
	for ; len(words) > 0; words = words[4:] {
		var class *OutputLimit
		switch strings.ToLower(words[0]) {
		case "normal":
			class = &l.Normal
		case "replica", "slave":
			class = &l.Replica
		case "pubsub":
			class = &l.PubSub
		default:
			//lint:ignore ST1005 Redis's text
			return errors.New("Invalid client class specified in buffer limit configuration.")
		}
		hard, ok1 := parseMemory(words[1])
		soft, ok2 := parseMemory(words[2])
		seconds, err := strconv.ParseInt(words[3], 10, 64)
		if !ok1 || !ok2 || err != nil || seconds < 0 {
			return errors.New("Error in hard, soft or soft_seconds setting in buffer limit configuration.") //lint:ignore ST1005 Redis's text
		}
		*class = OutputLimit{hard, soft, seconds}
	}
	return nil
}
