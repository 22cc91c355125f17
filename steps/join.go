package steps

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/reports"
)

// entrant is a target on its way into the run.
type entrant struct {
	target      target.Target
	report      reports.Target
	profile     *profile          // what holds for it; nil: all
	level       string            // the Redis version it claims to be like, for @since: tags; "" if it claims none
	missing     map[string]string // abilities it lacks, with the reason
	exists      bool              // it was there before us
	nodeTimeout time.Duration
	broken      error // why it could not be examined: every case is a harness error
}

// joinLimit bounds the examination of a target; an image may have to be fetched first.
const joinLimit = 5 * time.Minute

// join examines a target: what it is, what it can do, and whether it can fail at all.
func join(ctx context.Context, t target.Target, o *Options, known profiles) *entrant {
	e := &entrant{target: t, report: reports.Target{Name: t.Spec(), Spec: t.Spec(), Kind: t.Kind(), Required: o.Require}}
	ctx, cancel := context.WithTimeout(ctx, joinLimit)
	defer cancel()
	err := e.examine(ctx, o, known)
	var unavailable *target.Unavailable
	switch {
	case errors.As(err, &unavailable):
		e.report.Reason = unavailable.Reason
		return e
	case err != nil:
		e.broken = err
		e.report.Reason = err.Error()
	}
	e.report.Joined = true
	e.report.Name = nameOf(t, e.report)
	return e
}

func (e *entrant) examine(ctx context.Context, o *Options, known profiles) (err error) {
	cluster, err := startNodes(ctx, e.target, target.Topology{Nodes: 1, Options: nodeOptions(o.nodeTimeout(e.report.Kind))})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cluster.Close()) }()
	e.exists = target.IsExisting(cluster)
	node := cluster.Nodes()[0]
	if reply, err := target.Ask(ctx, node.Addr(), "CLUSTER", "MYID"); err != nil {
		return err
	} else if err := target.ClusterModeIsOff(node.Addr(), reply); err != nil {
		return err
	}
	if err := provesItCanFail(ctx, node); err != nil {
		return err
	}
	e.missing = missingOf(ctx, node)
	e.report.Lacks = lacks(e.missing, e.report.Kind)
	if e.nodeTimeout = o.nodeTimeout(e.report.Kind); e.exists && !o.Destructive {
		e.nodeTimeout = nodeTimeoutOf(ctx, node, e.nodeTimeout)
	}
	return e.describe(ctx, node, o.Profile, known)
}

// describe fills in what the target says it is, and what it is judged by: a profile that the user names goes before what it says.
func (e *entrant) describe(ctx context.Context, node target.Node, forced string, known profiles) (err error) {
	var d target.Description
	if describer, able := e.target.(target.Describer); able {
		d, err = describer.Describe(ctx)
	} else {
		d, err = target.DescribeNode(ctx, node.Addr())
	}
	if err != nil {
		return err
	}
	e.report.Server, e.report.Version, e.report.Digest, e.level = d.Server, d.Version, d.Digest, d.Level
	if e.profile, err = known.named(forced); err != nil {
		return err
	}
	if e.profile != nil {
		e.level = e.profile.Like
	} else if e.profile = known.nearest(d); e.profile == nil {
		return nil
	}
	e.report.Profile = e.profile.Name
	return nil
}

// provesItCanFail shows that this target, through this judge, is able to fail: an unknown command draws an error, and a check of something
// wrong does not hold. A target that says yes to everything would pass too many scenarios.
func provesItCanFail(ctx context.Context, n target.Node) error {
	unknown := "CLUSTERSPEC-" + rand.Text() // drawn anew, so that nobody can know it
	reply, err := target.Ask(ctx, n.Addr(), unknown)
	if err != nil {
		return err
	}
	if !reply.IsError() {
		return fmt.Errorf("the target cannot be judged: an unknown command was answered by %s and not by an error", reply)
	}
	wrong, err := parseExpectation(`simple "PONG"`)
	if err != nil {
		return err
	}
	w := &World{}
	if w.check(n.Name(), wrong.matches(reply), reply.String(), wrong.text) == nil {
		return fmt.Errorf("the judge is broken: it took %s for %s", reply, wrong.text)
	}
	return nil
}

// nameOf makes a short label: "redis-server 7.0.15", "docker:redis:7.4", "reference".
func nameOf(t target.Target, d reports.Target) string {
	if t.Kind() != "exec" {
		return t.Spec()
	}
	program := strings.TrimPrefix(t.Spec(), "exec:")
	program, _, _ = strings.Cut(program, " ")
	program = program[strings.LastIndexByte(program, '/')+1:]
	return strings.TrimSpace(program + " " + d.Version)
}

// uniqueNames numbers the targets that have the same name.
func uniqueNames(entrants []*entrant) {
	seen := map[string]int{}
	for _, e := range entrants {
		seen[e.report.Name]++
		if n := seen[e.report.Name]; n > 1 {
			e.report.Name += " #" + strconv.Itoa(n)
		}
	}
}

// cannotRun says why a scenario is not for this target: a verdict and the reason, or "" if it is.
func (e *entrant) cannotRun(s *scenario, o *Options) (reports.Verdict, string) {
	if s.since != "" && e.level != "" && compareVersions(e.level, s.since) < 0 {
		return reports.Unsupported, fmt.Sprintf("it is like Redis %s, and this is asked for since %s", e.level, s.since)
	}
	if absent, _ := e.profile.of(s.ID); absent != "" {
		return reports.Unsupported, absent
	}
	for _, need := range s.Needs {
		if reason := e.rulesOut(need); reason != "" {
			return reports.Unsupported, reason
		}
	}
	for _, need := range s.Needs {
		if reason := cmp.Or(e.missing[need], missingLibrary(need)); reason != "" {
			return o.lacking(), reason
		}
	}
	if e.exists && !o.Destructive && !s.isHarmless() {
		return o.lacking(), "the cluster was there before us, and the scenario would change it; --destructive allows that"
	}
	return "", ""
}

// rulesOut says why the target, as it was chosen, rules something out, however well the machine is equipped: no --require changes that.
func (e *entrant) rulesOut(need string) string {
	switch need {
	case "puppet", "outsider", "proxy":
		return unreachable(e.report.Kind)
	case "config-file":
		return e.missing[need]
	}
	return ""
}

// lacking is the verdict on a scenario the target has not the means for.
func (o *Options) lacking() reports.Verdict {
	if o.Require {
		return reports.Fail
	}
	return reports.Unsupported
}
