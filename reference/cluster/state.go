package cluster

import (
	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/defect"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// Is the cluster up, in our eyes? (spec 3.5)

const (
	// rejoinDelayMin and rejoinDelayMax bound how long a primary that was in a minority stays down after it sees the
	// majority again: time to learn that it was replaced. Between them it is the node timeout.
	rejoinDelayMin clock.Millis = 500
	rejoinDelayMax clock.Millis = 5000
)

// Up reports whether the cluster is up in our eyes: cluster_state:ok.
func (m *Machine) Up() bool { return m.up }

// Size is the number of primaries with slots, as of the last state update.
func (m *Machine) Size() int { return m.size }

// majority is how many of the primaries with slots must agree.
func (m *Machine) majority() int { return m.size/2 + 1 }

// updateState computes the state of the cluster (clusterUpdateState).
func (m *Machine) updateState() {
	m.wantState = false
	if m.startedAt == never {
		m.startedAt = m.now.Mono
	}
	if m.self.IsPrimary() && !m.up && m.now.Mono-m.startedAt < m.options.StartupDelay {
		return // the cron asks again
	}
	up := m.survey()
	if up == m.up {
		return
	}
	rejoinDelay := min(max(m.options.NodeTimeout, rejoinDelayMin), rejoinDelayMax)
	if up && m.self.IsPrimary() && m.now.Mono-m.minorityAt < rejoinDelay {
		return
	}
	m.up = up
	m.note(StateChanged, nil, 0, m.state())
}

// survey counts the primaries with slots and reports whether the cluster can work: a majority of them answers, and the
// slots have owners that are not failed.
func (m *Machine) survey() bool {
	m.size = 0
	reachable, covered := 0, 0
	for _, p := range m.peers {
		if !p.Failed() {
			covered += p.slotCount
		}
		if p.IsPrimary() && (p.slotCount > 0 || m.defects.Has(defect.EmptyPrimariesCount)) {
			m.size++
			if !p.down() {
				reachable++
			}
		}
	}
	if reachable < m.majority() && !m.defects.Has(defect.MinorityServes) {
		m.minorityAt = m.now.Mono
		return false
	}
	return covered == slot.Count || !m.options.RequireFullCoverage || m.defects.Has(defect.CoverageIgnored)
}

// state is the cluster's state as CLUSTER INFO names it.
func (m *Machine) state() string {
	if m.up {
		return "ok"
	}
	return "fail"
}
