package steps

import (
	"fmt"
	"net"
	"strconv"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// What nodes say of each other beyond ids and slots: addresses, host names, flags, health.

func (w *World) endpointActions() []sentence {
	return []sentence{
		{`"([^"]*)" is set to "([^"]*)" on ` + who, w.setOptionOn},
	}
}

func (w *World) endpointStatements() []sentence {
	return []sentence{
		{`(CLUSTER NODES|CLUSTER SLOTS|CLUSTER SHARDS|nodes\.conf) (?:on|of) ` + who + ` gives node ` + one + ` the ([a-z-]+) (.+)`, w.givesField},
		{`(CLUSTER NODES|CLUSTER SLOTS|CLUSTER SHARDS|nodes\.conf) (?:on|of) ` + who + ` gives node ` + one + ` no ([a-z-]+)`, w.givesNoField},
		{who + ` flags? node ` + one + ` as "([a-z]+)"`, w.flagsAs},
		{`nodes ` + list + ` (are|are not) of one shard`, w.areOfOneShard},
		{`CLUSTER LINKS on node ` + one + ` shows a link to and a link from nodes ` + list, w.linksAreShown},
	}
}

// setOptionOn changes a setting on some nodes; it is put back when the scenario ends.
func (w *World) setOptionOn(name, value, subject string) error {
	return w.each(subject, func(m *member) error { return w.setOptionOf(m, name, value) })
}

// told are the places where a node tells something of another, by field. A field that is not told is not in the map.
var told = map[string]func(w *World, on, about *member) (map[string]wireValue, error){
	"CLUSTER NODES":  (*World).toldByNodes,
	"CLUSTER SLOTS":  (*World).toldBySlots,
	"CLUSTER SHARDS": (*World).toldByShards,
	"nodes.conf":     (*World).toldByConf,
}

func (w *World) givesField(where, subject, name, field, want string) error {
	return w.eachTold(where, subject, name, func(m *member, fields map[string]wireValue) error {
		value, is := fields[field]
		if !is {
			return w.check(m.name, false, "no "+field, field+" "+want)
		}
		return w.judge(m, value, want)
	})
}

func (w *World) givesNoField(where, subject, name, field string) error {
	return w.eachTold(where, subject, name, func(m *member, fields map[string]wireValue) error {
		value, is := fields[field]
		return w.check(m.name, !is, field+" "+value.String(), "no "+field)
	})
}

// eachTold looks at what every node of a subject tells of a node. One that is not mentioned at all is a failed check.
func (w *World) eachTold(where, subject, name string, judge func(*member, map[string]wireValue) error) error {
	about, err := w.node(name)
	if err != nil {
		return err
	}
	return w.each(subject, func(m *member) error {
		fields, err := told[where](w, m, about)
		if err != nil {
			return err
		}
		if fields == nil {
			return w.check(m.name, false, "nothing about node "+name, "node "+name+" in "+where)
		}
		return judge(m, fields)
	})
}

func bulk(text string) wireValue { return wireValue{Kind: wire.Bulk, Text: text} }

func (w *World) toldByNodes(on, about *member) (map[string]wireValue, error) {
	v, err := w.cluster.view(w.ctx, on)
	if err != nil {
		return nil, w.silence(on, err)
	}
	l, listed := v.line(about.name)
	if !listed {
		return nil, nil
	}
	return fieldsOf(l), nil
}

// fieldsOf is what a line of CLUSTER NODES or nodes.conf tells of a node's place.
func fieldsOf(l wire.NodeLine) map[string]wireValue {
	fields := map[string]wireValue{"address": bulk(net.JoinHostPort(l.Host, strconv.Itoa(l.Port)) + "@" + strconv.Itoa(l.BusPort))}
	if l.Hostname != "" {
		fields["hostname"] = bulk(l.Hostname)
	}
	for name, value := range l.Aux {
		fields[name] = bulk(value)
	}
	return fields
}

func (w *World) toldByConf(on, about *member) (map[string]wireValue, error) {
	reader, able := on.Node.(target.ConfReader)
	if !able {
		return nil, &unsupported{"the target cannot read a node's nodes.conf"}
	}
	conf, err := reader.NodesConf()
	if err != nil {
		return nil, fmt.Errorf("reading nodes.conf of node %s: %w", on.name, err)
	}
	lines, _, err := wire.ParseNodesConf(conf)
	if err != nil {
		return nil, w.check(on.name, false, err.Error(), "lines of the form nodes.conf has")
	}
	for _, l := range lines {
		if l.ID == about.id {
			return fieldsOf(l), nil
		}
	}
	return nil, nil
}

func (w *World) toldBySlots(on, about *member) (map[string]wireValue, error) {
	entries, err := w.clusterSlots(on)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		for _, n := range e.Nodes {
			if n.ID != about.id {
				continue
			}
			fields := map[string]wireValue{"endpoint": {Kind: wire.Bulk, Text: n.Endpoint, Null: n.Unknown}, "port": {Kind: wire.Integer, Text: strconv.Itoa(n.Port)}}
			for name, value := range n.Metadata {
				fields[name] = bulk(value)
			}
			return fields, nil
		}
	}
	return nil, nil
}

func (w *World) toldByShards(on, about *member) (map[string]wireValue, error) {
	value, err := w.ask(on, "CLUSTER", "SHARDS")
	if err != nil {
		return nil, err
	}
	shards, err := wire.ParseShards(value)
	if err != nil {
		return nil, w.check(on.name, false, fmt.Sprintf("%s: %v", value, err), "entries of the form CLUSTER SHARDS has")
	}
	for _, s := range shards {
		for _, n := range s.Nodes {
			if n.ID == about.id {
				return n.Fields, nil
			}
		}
	}
	return nil, nil
}

func (w *World) flagsAs(subject, name, flag string) error {
	return w.eachView(subject, func(v *view) error {
		l, _ := v.line(name)
		return w.check(v.of.name, l.HasFlag(flag), fmt.Sprintf("%s has the flags %v", name, l.Flags), name+" has the flag "+flag)
	})
}

func (w *World) areOfOneShard(names, are string) error {
	first := ""
	return w.each("nodes "+names, func(m *member) error {
		id, err := m.askText(w.ctx, "CLUSTER", "MYSHARDID")
		if err != nil {
			return w.silence(m, err)
		}
		if first == "" {
			first = id
			return w.check(m.name, idForm.MatchString(id), id, "40 lower-case hexadecimal digits")
		}
		return w.check(m.name, (id == first) == (are == "are"), id, "shard ids that "+are+" the same; the first is "+first)
	})
}

// linksAreShown compares the peers of CLUSTER LINKS by direction.
func (w *World) linksAreShown(name, names string) error {
	m, err := w.node(name)
	if err != nil {
		return err
	}
	peers, err := w.nodes(names)
	if err != nil {
		return err
	}
	value, err := w.ask(m, "CLUSTER", "LINKS")
	if err != nil {
		return err
	}
	shown := map[string]int{}
	for _, link := range value.Items {
		direction, _ := link.Get("direction")
		node, _ := link.Get("node")
		shown[direction.Text+" "+node.Text]++
	}
	for _, p := range peers {
		for _, direction := range []string{"to", "from"} {
			if n := shown[direction+" "+p.id]; n != 1 {
				return w.check(name, false, fmt.Sprintf("%d links %s node %s", n, direction, p.name), "one link "+direction+" node "+p.name)
			}
		}
	}
	return w.check(name, len(shown) == 2*len(peers), fmt.Sprintf("%d links", len(shown)), fmt.Sprintf("%d links", 2*len(peers)))
}
