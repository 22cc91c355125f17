package steps

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clusterspec/clusterspec/compose/wire"
	"github.com/clusterspec/clusterspec/steps/clients"
)

// library is how a step names a client library: "redis-py".
const library = `([a-z]+(?:-[a-z]+)?)`

func (w *World) libraryActions() []sentence {
	return []sentence{
		{`an application with ` + library + ` that is told of node ` + one + ` alone`, w.startsApplication},
		{`an application with ` + library + ` under a supervisor that is told of node ` + one + ` alone`, w.startsSupervised},
		{`an application with ` + library + ` that is told of node ` + one + ` alone and reads from replicas`, w.startsReader},
		{`the application writes to and reads from those slots without pause`, w.applicationWorks},
	}
}

func (w *World) libraryStatements() []sentence {
	return []sentence{
		{`the application writes (\d+) keys`, w.applicationWrites},
		{`the application writes (\d+) keys of slots (\d+)-(\d+)`, w.applicationWritesSlots},
		{`the application writes every one of the keys anew`, w.applicationWritesAnew},
		{`the application reads every one of the keys back`, w.applicationReads},
		{`the application writes and reads (\d+) keys tagged "([^"]*)" in one pipeline, and in one MSET and one MGET`, w.applicationBatches},
		{`every replica has answered reads of the application`, w.replicasServed},
		{`the application receives what another one publishes`, w.applicationReceives},
	}
}

// libraries are the applications of a scenario: clients that the judge did not write.
type libraries struct {
	all   []*application
	round int            // how often the keys were written anew
	hits  map[string]int // keyspace_hits of each replica when a reader was started
}

// application is a client of some library.
type application struct {
	w      *World
	seed   *member // the node it was told of
	client clients.Client
	open   func() (clients.Client, error) // another one like it
}

func (l *libraries) close() {
	for _, a := range l.all {
		a.client.Close()
	}
}

// saysLibrary is the step that wants a library to be there.
var saysLibrary = regexp.MustCompile(`^an application with (\S+) `)

// libraryNeed begins the name of the ability to use a library.
const libraryNeed = "client-"

// needLibrary adds what a step says to the needs of the scenario, in the form of a tag.
func (s *scenario) needLibrary(step string) error {
	m := saysLibrary.FindStringSubmatch(step)
	if m == nil {
		return nil
	}
	if _, err := clients.Find(m[1]); err != nil {
		return err
	}
	if need := libraryNeed + m[1]; !slices.Contains(s.Needs, need) {
		s.Needs, s.Tags = append(s.Needs, need), append(s.Tags, "@needs:"+need)
	}
	return nil
}

// missingLibrary says what this machine lacks for a need that is a library, or "".
func missingLibrary(need string) string {
	name, isLibrary := strings.CutPrefix(need, libraryNeed)
	if !isLibrary {
		return ""
	}
	l, err := clients.Find(name)
	if err != nil {
		return err.Error()
	}
	return l.Missing()
}

func (w *World) startsApplication(name, seed string) error {
	return w.openApplication(name, seed, clients.FromPrimaries)
}

func (w *World) startsReader(name, seed string) (err error) {
	if w.libraries.hits, err = w.replicaHits(); err != nil {
		return err
	}
	return w.openApplication(name, seed, clients.FromReplicas)
}

// startsSupervised starts an application that a supervisor starts again when it has crashed.
func (w *World) startsSupervised(name, seed string) error {
	l, err := clients.Find(name)
	if err != nil {
		return err
	}
	return w.openLibrary(l.Supervised(), seed, clients.FromPrimaries)
}

func (w *World) openApplication(name, seed string, reads clients.Reads) error {
	l, err := clients.Find(name)
	if err != nil {
		return err
	}
	return w.openLibrary(l, seed, reads)
}

func (w *World) openLibrary(l clients.Library, seed string, reads clients.Reads) error {
	m, err := w.node(seed)
	if err != nil {
		return err
	}
	a := &application{w: w, seed: m}
	a.open = func() (clients.Client, error) {
		ctx, cancel := w.limited()
		defer cancel()
		return l.Open(ctx, m.host(), m.port(), reads)
	}
	if a.client, err = a.open(); err != nil {
		return w.check(seed, false, err.Error(), l.Name+" connected to the cluster")
	}
	w.libraries.all = append(w.libraries.all, a)
	return nil
}

// application is the one the scenario has.
func (w *World) application() (*application, error) {
	if len(w.libraries.all) == 0 {
		return nil, nonsense("there is no application; begin with a Given that asks for one")
	}
	return w.libraries.all[0], nil
}

// do has the library carry something out; what it reports as an error is a failure of the cluster.
func (a *application) do(verb string, words ...string) ([]string, error) {
	ctx, cancel := context.WithTimeout(a.w.ctx, clientLimit)
	defer cancel()
	values, err := a.client.Do(ctx, verb, words...)
	if err != nil && a.w.ctx.Err() != nil {
		return nil, errInterrupted
	}
	if err != nil {
		about := verb
		if len(words) > 0 {
			about += " " + words[0]
		}
		return nil, &failure{Want: []string{"the library to do " + about}, Got: err.Error(), At: time.Now()}
	}
	return values, nil
}

// set and get make a storer of an application: one that writes and reads without pause.
func (a *application) set(key, value string) error {
	_, err := a.do("set", key, value)
	return err
}

func (a *application) get(key string) (string, error) {
	values, err := a.do("get", key)
	if err != nil {
		return "", err
	}
	return values[0], nil
}

func (a *application) close() {} // with the scenario

func (w *World) applicationWrites(count int) error {
	w.data.fill(count, func(i int) string { return fmt.Sprintf("key:%d", i) })
	return w.applicationWritesAll()
}

func (w *World) applicationWritesSlots(count, from, to int) error {
	keys := keysOfSlots(count, wire.SlotRange{From: from, To: to})
	w.data.fill(count, func(i int) string { return keys[i] })
	return w.applicationWritesAll()
}

// applicationWritesAnew gives each key a value it never had, so that a lost write shows.
func (w *World) applicationWritesAnew() error {
	w.libraries.round++
	for i, key := range w.data.keys() {
		w.data.values[key] = fmt.Sprintf("value %d of round %d", i, w.libraries.round)
	}
	return w.applicationWritesAll()
}

func (w *World) applicationWritesAll() error {
	a, err := w.application()
	if err != nil {
		return err
	}
	for _, key := range w.data.keys() {
		if err := a.set(key, w.data.values[key]); err != nil {
			return err
		}
	}
	return w.check("", len(w.data.values) > 0, "no keys", "keys")
}

func (w *World) applicationReads() error {
	a, err := w.application()
	if err != nil {
		return err
	}
	for _, key := range w.data.keys() {
		got, err := a.get(key)
		if err != nil {
			return err
		}
		if err := w.checkEqual("", key+" is "+got, key+" is "+w.data.values[key]); err != nil {
			return err
		}
	}
	return w.check("", len(w.data.values) > 0, "no keys", "keys")
}

func (w *World) applicationBatches(count int, tag string) error {
	a, err := w.application()
	if err != nil {
		return err
	}
	var keys, values, pairs []string
	for i := range count {
		keys, values = append(keys, fmt.Sprintf("{%s}:%d", tag, i)), append(values, fmt.Sprintf("value %d", i))
		pairs = append(pairs, keys[i], values[i])
	}
	got, err := a.do("pipeline", pairs...)
	if err != nil {
		return err
	}
	if err := w.checkEqual("", fmt.Sprintf("%q", got), fmt.Sprintf("%q", values)); err != nil {
		return err
	}
	slices.Reverse(values)
	for i := range pairs {
		if i%2 == 1 {
			pairs[i] = values[i/2]
		}
	}
	if _, err := a.do("mset", pairs...); err != nil {
		return err
	}
	got, err = a.do("mget", append(keys, "{"+tag+"}:nobody")...)
	if err != nil {
		return err
	}
	return w.checkEqual("", fmt.Sprintf("%q", got), fmt.Sprintf("%q", append(values, "")))
}

// applicationReceives lets one client wait for a message while another publishes until it has come: when the first has subscribed
// cannot be seen from outside.
func (w *World) applicationReceives() error {
	publisher, err := w.application()
	if err != nil {
		return err
	}
	subscriber := &application{w: w, seed: publisher.seed}
	if subscriber.client, err = publisher.open(); err != nil {
		return w.check(publisher.seed.name, false, err.Error(), "a second client connected to the cluster")
	}
	defer subscriber.client.Close()
	type message struct {
		words []string
		err   error
	}
	received := make(chan message, 1)
	go func() {
		words, err := subscriber.do("receive", "news")
		received <- message{words, err}
	}()
	for {
		if _, err := publisher.do("publish", "news", "hello"); err != nil {
			return err
		}
		select {
		case m := <-received:
			if m.err != nil {
				return m.err
			}
			return w.checkEqual("", fmt.Sprintf("%q", m.words), `["hello"]`)
		case <-time.After(pollInterval):
		}
	}
}

func (w *World) applicationWorks() error {
	a, err := w.application()
	if err != nil {
		return err
	}
	w.traffic = startTraffic(func() {}, w.data.keys(), []storer{a}, false)
	return nil
}

// replicaHits is what INFO says of the reads each replica has answered.
func (w *World) replicaHits() (map[string]int, error) {
	hits := map[string]int{}
	err := w.eachReplica(func(replica, _ *member) error {
		fields, err := replica.info(w.ctx, "INFO", "stats")
		if err != nil {
			return w.silence(replica, err)
		}
		text := fields["keyspace_hits"]
		hits[replica.name], err = strconv.Atoi(text)
		return w.check(replica.name, err == nil, strconv.Quote(text), "a number as keyspace_hits in INFO stats")
	})
	return hits, err
}

func (w *World) replicasServed() error {
	hits, err := w.replicaHits()
	if err != nil {
		return err
	}
	for name, n := range hits {
		if err := w.check(name, n > w.libraries.hits[name], itoa(n)+" keyspace_hits, as before", "more keyspace_hits than "+itoa(w.libraries.hits[name])); err != nil {
			return err
		}
	}
	return w.check("", len(hits) > 0, "no replicas", "replicas")
}
