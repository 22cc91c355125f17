package command

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/reference/clock"
	"github.com/clusterspec/clusterspec/reference/slot"
)

// infoCommands is INFO: Redis's fields by Redis's names, as far as we know what they ask. What is not known is left out.
var infoCommands = []Command{
	{
		Name: "info", Arity: -1, Flags: Loading | Stale | Dangerous, Group: "server", Since: "1.0.0", Complexity: "O(1)",
		Tips:    []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
		Summary: "Returns facts and counters of the node", Run: info,
	},
}

// infoSections are in the order INFO has them. Those that are not usual come with INFO ALL or by name.
var infoSections = []struct {
	name  string
	usual bool
	write func(*Engine, *infoText)
}{
	{"Server", true, (*Engine).infoServer},
	{"Clients", true, (*Engine).infoClients},
	{"Memory", true, (*Engine).infoMemory},
	{"Persistence", true, (*Engine).infoPersistence},
	{"Stats", true, (*Engine).infoStats},
	{"Replication", true, (*Engine).infoReplication},
	{"CPU", true, (*Engine).infoCPU},
	{"Modules", true, func(*Engine, *infoText) {}}, // there are none
	{"Commandstats", false, (*Engine).infoCommandstats},
	{"Errorstats", true, (*Engine).infoErrorstats},
	{"Latencystats", false, (*Engine).infoLatencystats},
	{"Cluster", true, (*Engine).infoCluster},
	{"Keyspace", true, (*Engine).infoKeyspace},
}

// infoText is a reply to INFO under construction.
type infoText struct{ buf []byte }

// add appends a field.
func (t *infoText) add(name, format string, value ...any) {
	t.buf = append(append(t.buf, name...), ':')
	t.buf = append(fmt.Appendf(t.buf, format, value...), "\r\n"...)
}

func info(c *Call) {
	wanted := func(name string, usual bool) bool {
		if len(c.Args) == 1 {
			return usual
		}
		return slices.ContainsFunc(c.Args[1:], func(word []byte) bool {
			return is(word, name) || is(word, "all") || is(word, "everything") || usual && is(word, "default")
		})
	}
	var t infoText
	for _, section := range infoSections {
		if !wanted(section.name, section.usual) {
			continue
		}
		if t.buf != nil {
			t.buf = append(t.buf, "\r\n"...)
		}
		t.buf = append(t.buf, "# "+section.name+"\r\n"...)
		section.write(c.Engine, &t)
	}
	c.Reply.Verbatim("txt", t.buf)
}

const secondsPerDay = 24 * 60 * 60

func (e *Engine) infoServer(t *infoText) {
	p := &e.Process
	t.add("redis_version", "%s", RedisVersion)
	t.add("server_name", "clusterspec") // as Valkey tells who is behind the redis_version that clients ask for
	if p.Version != "" {
		t.add("clusterspec_version", "%s", p.Version)
	}
	t.add("redis_mode", "%s", e.mode())
	if p.OS != "" {
		t.add("os", "%s", p.OS)
		t.add("arch_bits", "%d", p.ArchBits)
	}
	if p.ID != 0 {
		t.add("process_id", "%d", p.ID)
	}
	if p.RunID != "" {
		t.add("run_id", "%s", p.RunID)
	}
	uptime := seconds(e.Now.Mono - e.started.Mono)
	t.add("tcp_port", "%d", e.Config.Int("port"))
	t.add("server_time_usec", "%d", e.Now.Wall*1000)
	t.add("uptime_in_seconds", "%d", uptime)
	t.add("uptime_in_days", "%d", uptime/secondsPerDay)
	if p.Executable != "" {
		t.add("executable", "%s", p.Executable)
	}
	t.add("config_file", "%s", p.ConfigFile)
}

// BusConnections is how many connections of the cluster bus count against maxclients: two for each other node, whether they stand or not (Redis:
// getClusterConnectionsCount).
func (e *Engine) BusConnections() int {
	if e.Cluster == nil {
		return 0
	}
	return 2 * (len(e.Cluster.Peers()) - 1)
}

func (e *Engine) infoClients(t *infoText) {
	t.add("connected_clients", "%d", len(e.sessions)-len(e.replicas))
	if e.Cluster != nil {
		t.add("cluster_connections", "%d", e.BusConnections())
	}
	t.add("maxclients", "%d", e.Config.Int("maxclients"))
	var waiting, keys int
	for _, s := range e.blocked {
		if s.wait.deadline != Never {
			waiting++
		}
	}
	keys = len(e.waits.sessions)
	t.add("blocked_clients", "%d", len(e.blocked)+len(e.parked))
	t.add("tracking_clients", "%d", e.caches.clients)
	t.add("clients_in_timeout_table", "%d", waiting)
	t.add("total_blocking_keys", "%d", keys)
}

func (e *Engine) infoMemory(t *infoText) {
	m := e.memory()
	used, peak := m.used(), e.stats.peakBytes
	t.add("used_memory", "%d", used)
	t.add("used_memory_human", "%s", humanBytes(used))
	if usage := e.usage(); usage.ResidentBytes > 0 {
		t.add("used_memory_rss", "%d", usage.ResidentBytes)
		t.add("used_memory_rss_human", "%s", humanBytes(usage.ResidentBytes))
	}
	t.add("used_memory_peak", "%d", peak)
	t.add("used_memory_peak_human", "%s", humanBytes(peak))
	t.add("used_memory_peak_perc", "%.2f%%", 100*float64(used)/float64(max(peak, 1)))
	t.add("used_memory_overhead", "%d", used-m.dataset)
	t.add("used_memory_dataset", "%d", m.dataset)
	t.add("used_memory_dataset_perc", "%.2f%%", 100*float64(m.dataset)/float64(max(used, 1)))
	if total := e.Process.SystemBytes; total > 0 {
		t.add("total_system_memory", "%d", total)
		t.add("total_system_memory_human", "%s", humanBytes(total))
	}
	t.add("number_of_cached_scripts", "%d", len(e.scripts.known))
	t.add("number_of_functions", "%d", len(e.libraries.functions))
	t.add("number_of_libraries", "%d", len(e.libraries.byName))
	t.add("maxmemory", "0")
	t.add("maxmemory_human", "0B")
	t.add("maxmemory_policy", "noeviction")
	t.add("mem_not_counted_for_evict", "0")
	t.add("mem_clients_slaves", "%d", m.replicas)
	t.add("mem_clients_normal", "%d", m.clients)
	t.add("mem_cluster_links", "%d", m.links)
	t.add("mem_replication_backlog", "%d", m.backlog)
	t.add("mem_allocator", "go")
	t.add("active_defrag_running", "0")
	t.add("lazyfree_pending_objects", "0")
}

// humanBytes shortens a size as Redis does (bytesToHuman).
func humanBytes(n int) string {
	if n < 1024 {
		return fmt.Sprintf("%dB", n)
	}
	size, units := float64(n)/1024, "KMGTP"
	for size >= 1024 && len(units) > 1 {
		size, units = size/1024, units[1:]
	}
	return fmt.Sprintf("%.2f%c", size, units[0])
}

func (e *Engine) infoStats(t *infoText) {
	t.add("total_connections_received", "%d", e.stats.connections)
	t.add("total_commands_processed", "%d", e.stats.commands)
	rate := e.stats.rates.now()
	t.add("instantaneous_ops_per_sec", "%.0f", rate.commands)
	t.add("total_net_input_bytes", "%d", e.Traffic.In)
	t.add("total_net_output_bytes", "%d", e.Traffic.Out)
	t.add("total_net_repl_input_bytes", "%d", e.Traffic.ReplicaIn)
	t.add("total_net_repl_output_bytes", "%d", e.Traffic.ReplicaOut)
	t.add("instantaneous_input_kbps", "%.2f", rate.in/1024)
	t.add("instantaneous_output_kbps", "%.2f", rate.out/1024)
	t.add("instantaneous_input_repl_kbps", "%.2f", rate.replicaIn/1024)
	t.add("instantaneous_output_repl_kbps", "%.2f", rate.replicaOut/1024)
	t.add("rejected_connections", "%d", e.stats.refused)
	t.add("sync_full", "%d", e.stats.fullSyncs)
	t.add("sync_partial_ok", "%d", e.stats.partialSyncs)
	t.add("sync_partial_err", "%d", e.stats.refusedPartialSyncs)
	t.add("expired_keys", "%d", e.stats.expired)
	t.add("evicted_keys", "0")
	t.add("evicted_clients", "0")
	t.add("keyspace_hits", "%d", e.stats.hits)
	t.add("keyspace_misses", "%d", e.stats.misses)
	t.add("pubsub_channels", "%d", len(e.messages.channels))
	t.add("pubsub_patterns", "%d", len(e.messages.patterns))
	t.add("pubsubshard_channels", "%d", len(e.messages.shard))
	t.add("latest_fork_usec", "0")
	t.add("total_forks", "0")
	for _, idle := range []string{"hits", "misses", "key_hits", "key_misses"} {
		t.add("active_defrag_"+idle, "0")
	}
	t.add("tracking_total_keys", "%d", len(e.caches.readers))
	t.add("tracking_total_items", "%d", e.caches.items)
	t.add("tracking_total_prefixes", "%d", len(e.caches.prefixes))
	t.add("unexpected_error_replies", "%d", e.stats.unapplied)
	t.add("total_error_replies", "%d", e.stats.errorsTotal)
	t.add("total_reads_processed", "%d", e.Traffic.Reads)
	t.add("total_writes_processed", "%d", e.Traffic.Writes)
	t.add("io_threaded_reads_processed", "0") // there is one thread
	t.add("io_threaded_writes_processed", "0")
	t.add("acl_access_denied_auth", "%d", e.stats.wrongPasswords)
}

func (e *Engine) infoReplication(t *infoText) {
	if e.replica {
		t.add("role", "slave")
		e.infoPrimaryLink(t)
	} else {
		t.add("role", "master")
	}
	t.add("connected_slaves", "%d", len(e.replicas))
	for i, s := range e.replicas {
		state, lag := "send_bulk", int64(0)
		if s.Replica.Online {
			state, lag = "online", seconds(e.Now.Mono-s.Replica.AckAt)
		}
		t.add(fmt.Sprintf("slave%d", i), "ip=%s,port=%s,state=%s,offset=%d,lag=%d",
			s.replicaIP(), s.Replica.ListeningPort, state, s.Replica.AckOffset, lag)
	}
	t.add("master_failover_state", "no-failover")
	if source := e.Source; source != nil {
		t.add("master_replid", "%s", source.ID())
		t.add("master_replid2", "%s", source.ID2())
		t.add("master_repl_offset", "%d", source.Offset())
		t.add("second_repl_offset", "%d", source.SecondOffset())
		active := 0
		if source.Active() {
			active = 1
		}
		t.add("repl_backlog_active", "%d", active)
		t.add("repl_backlog_size", "%d", source.BacklogSize())
		t.add("repl_backlog_first_byte_offset", "%d", source.BacklogFirst())
		t.add("repl_backlog_histlen", "%d", source.BacklogLen())
	}
}

// infoPrimaryLink tells of a replica's link to its primary.
func (e *Engine) infoPrimaryLink(t *infoText) {
	link := e.Host.PrimaryLink()
	host, port, ok := cutPort(link.Addr)
	if !ok {
		host, port = "", "0"
	}
	up, idle, syncing := "down", int64(-1), 0
	switch link.State {
	case "connected":
		up, idle = "up", seconds(e.Now.Mono-link.IdleSince)
	case "sync":
		syncing = 1
	}
	t.add("master_host", "%s", host)
	t.add("master_port", "%s", port)
	t.add("master_link_status", "%s", up)
	t.add("master_last_io_seconds_ago", "%d", idle)
	t.add("master_sync_in_progress", "%d", syncing)
	t.add("slave_read_repl_offset", "%d", e.Source.Offset())
	t.add("slave_repl_offset", "%d", e.Source.Offset())
	if up == "down" {
		down := int64(-1) // it never was up
		if link.DownSince >= 0 {
			down = seconds(e.Now.Mono - link.DownSince)
		}
		t.add("master_link_down_since_seconds", "%d", down)
	}
	t.add("slave_priority", "100")
	t.add("slave_read_only", "1")
	t.add("replica_announced", "1")
}

// cutPort parts host and port at the last colon: an IPv6 address has no brackets here.
func cutPort(addr string) (host, port string, ok bool) {
	at := strings.LastIndexByte(addr, ':')
	if at < 0 {
		return "", "", false
	}
	return addr[:at], addr[at+1:], true
}

func (e *Engine) infoCommandstats(t *infoText) {
	for _, name := range slices.Sorted(maps.Keys(table.byName)) {
		n := e.stats.of(table.byName[name])
		switch {
		case *n == (counters{}):
		case e.Stopwatch == nil:
			t.add("cmdstat_"+name, "calls=%d,rejected_calls=%d,failed_calls=%d", n.calls, n.rejected, n.failed)
		default:
			t.add("cmdstat_"+name, "calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
				n.calls, n.took, float64(n.took)/float64(max(n.calls, 1)), n.rejected, n.failed)
		}
	}
}

func (e *Engine) infoLatencystats(t *infoText) {
	for _, name := range slices.Sorted(maps.Keys(table.byName)) {
		if h := e.stats.of(table.byName[name]).histogram; h != nil {
			t.add("latency_percentiles_usec_"+name, "p50=%.3f,p99=%.3f,p99.9=%.3f", h.percentile(50), h.percentile(99), h.percentile(99.9))
		}
	}
}

func (e *Engine) infoCPU(t *infoText) {
	if e.Process.Usage == nil {
		return
	}
	usage := e.usage()
	for _, one := range []struct {
		name string
		took clock.Micros
	}{
		{"used_cpu_sys", usage.System}, {"used_cpu_user", usage.User},
		{"used_cpu_sys_children", usage.ChildrenSystem}, {"used_cpu_user_children", usage.ChildrenUser},
	} {
		t.add(one.name, "%d.%06d", one.took/1e6, one.took%1e6)
	}
}

// usage asks what the process has used.
func (e *Engine) usage() Usage {
	if e.Process.Usage == nil {
		return Usage{}
	}
	return e.Process.Usage()
}

func (e *Engine) infoErrorstats(t *infoText) {
	for _, code := range slices.Sorted(maps.Keys(e.stats.errors)) {
		t.add("errorstat_"+code, "count=%d", *e.stats.errors[code])
	}
}

func (e *Engine) infoCluster(t *infoText) {
	enabled := 0
	if e.Cluster != nil {
		enabled = 1
	}
	t.add("cluster_enabled", "%d", enabled)
}

// ttlSample is how many keys the average time to live is taken from.
const ttlSample = 100

func (e *Engine) infoKeyspace(t *infoText) {
	keys, expiring := e.DB.Len(), e.DB.LenExpiring()
	if keys == 0 {
		return
	}
	var sum clock.Millis
	e.DB.SampleExpiring(e.Rand, ttlSample, func(_ slot.Slot, _ []byte, at clock.Millis) { sum += max(at-e.Now.Wall, 0) })
	t.add("db0", "keys=%d,expires=%d,avg_ttl=%d", keys, expiring, int(sum)/max(min(expiring, ttlSample), 1))
}
