package command

import "github.com/clusterspec/clusterspec/reference/clock"

func (e *Engine) expireDeadline() clock.Millis { return Never }

func (e *Engine) expireCycle() {}
