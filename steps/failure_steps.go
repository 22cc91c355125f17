package steps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/clusterspec/clusterspec/compose/target"
)

func (w *World) failureActions() []sentence {
	return []sentence{
		{`node ` + one + ` is killed`, func(name string) error { return w.kill(name) }},
		{`nodes ` + list + ` are killed together`, w.kill},
		{`node ` + one + ` is restarted`, w.restart},
		{`every node is restarted`, w.restartAll},
		{`node ` + one + ` is paused`, w.pause},
		{`node ` + one + ` is resumed`, w.resume},
		{`the folder of node ` + one + ` is taken away`, w.wipe},
		{`nodes\.conf of node ` + one + ` is (damaged|emptied)`, w.editConf},
		{`node ` + one + ` stands still for half a node timeout`, w.standStill},
	}
}

func (w *World) failureStatements() []sentence {
	return []sentence{
		{`node ` + one + ` does not answer`, w.doesNotAnswer},
		{`node ` + one + ` refuses to start`, w.refusesToStart},
		{`exactly one of ` + list + ` is a primary on ` + who, w.exactlyOneIsPrimary},
		{`the other of ` + list + ` is its replica on ` + who, w.otherIsItsReplica},
	}
}

// kill ends nodes at the same moment, without a chance to say goodbye.
func (w *World) kill(names string) error {
	members, err := w.nodes(names)
	if err != nil {
		return err
	}
	errs := make([]error, len(members))
	var killing sync.WaitGroup
	w.did("kill", strings.Split(names, ", ")...)
	for i, m := range members {
		killer, able := m.Node.(target.Killer)
		if !able {
			return &unsupported{"the target cannot kill a node"}
		}
		killing.Go(func() { errs[i] = killer.Kill(w.ctx) })
	}
	killing.Wait()
	w.takenDown(members)
	return firstError(errs)
}

// takenDown remembers that nodes are not to be asked any more, and drops all connections to them.
func (w *World) takenDown(members []*member) {
	for _, m := range members {
		m.down, m.wasDown = true, true
		w.disconnect(m)
	}
}

func (w *World) disconnect(m *member) {
	m.hangUp()
	for _, c := range w.clients {
		c.drop(m)
	}
}

func (w *World) restart(name string) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	w.did("restart", name)
	return w.restartMember(m)
}

func (w *World) restartMember(m *member) error {
	restarter, able := m.Node.(target.Restarter)
	if !able {
		return &unsupported{"the target cannot restart a node"}
	}
	w.disconnect(m)
	if err := restarter.Restart(w.ctx); err != nil {
		return err
	}
	m.down, m.wasDown, m.unwritable = false, true, false
	m.epochs.restarted()
	return nil
}

func (w *World) restartAll() error {
	errs := make([]error, len(w.cluster.members))
	var starting sync.WaitGroup
	var names []string
	for _, m := range w.cluster.members {
		names = append(names, m.name)
		w.disconnect(m)
	}
	w.did("restart", names...)
	for i, m := range w.cluster.members {
		starting.Go(func() { errs[i] = w.restartMember(m) })
	}
	starting.Wait()
	return firstError(errs)
}

func (w *World) pause(name string) error {
	return w.pausing("pause", name, true, func(p target.Pauser, ctx context.Context) error { return p.Pause(ctx) })
}

func (w *World) resume(name string) error {
	return w.pausing("resume", name, false, func(p target.Pauser, ctx context.Context) error { return p.Resume(ctx) })
}

// wipe takes away all files of a node, whether it runs or not.
func (w *World) wipe(name string) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	wiper, able := m.Node.(target.Wiper)
	if !able {
		return &unsupported{"the target cannot take away a node's files"}
	}
	m.wasDown, m.unwritable = true, true
	w.did("wipe", name)
	return wiper.Wipe(w.ctx)
}

func (w *World) doesNotAnswer(name string) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	reply, err := m.ask(w.ctx, "PING")
	return w.check(name, err != nil, "PING was answered by "+reply.String(), "no answer")
}

// editConf spoils nodes.conf of a node that is down: two words of its own line are missing, or nothing is left.
func (w *World) editConf(name, how string) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	reader, readable := m.Node.(target.ConfReader)
	writer, writable := m.Node.(target.ConfWriter)
	if !readable || !writable {
		return &unsupported{"the target cannot write a node's nodes.conf"}
	}
	if how == "emptied" {
		return writer.WriteNodesConf("")
	}
	conf, err := reader.NodesConf()
	if err != nil {
		return fmt.Errorf("reading nodes.conf of node %s: %w", name, err)
	}
	return writer.WriteNodesConf(strings.Replace(conf, " myself,master - ", " ", 1))
}

// refusesToStart tries to start a node that is down. One that comes up is taken down again, so that the sentence can be said twice.
func (w *World) refusesToStart(name string) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	if err := w.restartMember(m); err != nil {
		m.down = true
		return w.check(name, true, "", "")
	}
	return errors.Join(w.kill(name), w.check(name, false, "it started", "a refusal"))
}

// standStill pauses a node and resumes it before anybody may suspect it. It loses nothing by that.
func (w *World) standStill(name string) error {
	if err := w.pause(name); err != nil {
		return err
	}
	select {
	case <-w.ctx.Done():
		return errInterrupted
	case <-time.After(w.nodeTimeout / 2):
	}
	return w.resume(name)
}

func (w *World) pausing(kind, name string, down bool, do func(target.Pauser, context.Context) error) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	pauser, able := m.Node.(target.Pauser)
	if !able {
		return &unsupported{"the target cannot pause a node"}
	}
	w.disconnect(m)
	w.did(kind, name)
	if err := do(pauser, w.ctx); err != nil {
		return err
	}
	m.down = down // it keeps its memory
	return nil
}

func (w *World) exactlyOneIsPrimary(names, subject string) error {
	return w.eachView(subject, func(v *view) error {
		primaries := v.primariesAmong(names)
		return w.check(v.of.name, len(primaries) == 1, "primaries: "+strings.Join(primaries, ", "), "one primary among "+names)
	})
}

func (w *World) otherIsItsReplica(names, subject string) error {
	return w.eachView(subject, func(v *view) error {
		primaries := v.primariesAmong(names)
		if len(primaries) != 1 {
			return w.check(v.of.name, false, "primaries: "+strings.Join(primaries, ", "), "one primary among "+names)
		}
		for _, name := range strings.Split(names, ", ") {
			if name != primaries[0] {
				return w.checkEqual(v.of.name, fmt.Sprintf("%s is %s", name, v.role(name)), fmt.Sprintf("%s is replica of %s", name, primaries[0]))
			}
		}
		return nonsense("%s is only one node", names)
	})
}

// primariesAmong are the nodes of a list that are primaries in this view.
func (v *view) primariesAmong(names string) []string {
	var primaries []string
	for _, name := range strings.Split(names, ", ") {
		if v.role(name) == "primary" {
			primaries = append(primaries, name)
		}
	}
	return primaries
}

func firstError(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
