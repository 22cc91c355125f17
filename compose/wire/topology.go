package wire

import "fmt"

// SlotEntry is one entry of CLUSTER SLOTS: a run of slots and who serves it, the primary first.
type SlotEntry struct {
	From, To int
	Nodes    []SlotNode
}

// SlotNode is a node inside an entry of CLUSTER SLOTS.
type SlotNode struct {
	Endpoint string // what a client should dial
	// Unknown is set when the endpoint is null (cluster-preferred-endpoint-type unknown-endpoint): dial what you asked.
	Unknown  bool
	Port     int
	ID       string
	Metadata map[string]string // "ip", "hostname"; nil if the server sent no metadata at all (before 7.0)
}

// ParseSlots reads the reply of CLUSTER SLOTS in either protocol version. An error names the entry and what is wrong with it.
func ParseSlots(v Value) ([]SlotEntry, error) {
	if v.Kind != Array || v.Null {
		return nil, fmt.Errorf("CLUSTER SLOTS: an array expected, got %s", v)
	}
	entries := make([]SlotEntry, 0, len(v.Items))
	for i, item := range v.Items {
		entry, err := parseSlotEntry(item)
		if err != nil {
			return nil, fmt.Errorf("entry %d of CLUSTER SLOTS, %s: %w", i, item, err)
		}
		entries = append(entries, entry)
	}
	return entries, nil
}

func parseSlotEntry(v Value) (SlotEntry, error) {
	const fixedItems = 3 // first slot, last slot, primary
	if v.Kind != Array || len(v.Items) < fixedItems {
		return SlotEntry{}, fmt.Errorf("an array of first slot, last slot and at least one node expected")
	}
	bounds, err := parseRanges(v.Items[:2])
	if err != nil {
		return SlotEntry{}, err
	}
	entry := SlotEntry{From: bounds[0].From, To: bounds[0].To}
	for _, item := range v.Items[2:] {
		node, err := parseSlotNode(item)
		if err != nil {
			return SlotEntry{}, err
		}
		entry.Nodes = append(entry.Nodes, node)
	}
	return entry, nil
}

func parseSlotNode(v Value) (SlotNode, error) {
	const fixedItems = 3 // endpoint, port, id; since 7.0 metadata follow
	if v.Kind != Array || len(v.Items) < fixedItems {
		return SlotNode{}, fmt.Errorf("node %s: endpoint, port, id and metadata expected", v)
	}
	endpoint, id := v.Items[0], v.Items[2]
	if !endpoint.Null && endpoint.Kind != Bulk {
		return SlotNode{}, fmt.Errorf("endpoint %s is neither a bulk nor null", endpoint)
	}
	port, isInt := v.Items[1].Int()
	if !isInt {
		return SlotNode{}, fmt.Errorf("port %s is not an integer", v.Items[1])
	}
	if id.Kind != Bulk || !isNodeID(id.Text) {
		return SlotNode{}, fmt.Errorf("id %s is not a bulk of 40 hexadecimal digits", id)
	}
	node := SlotNode{Endpoint: endpoint.Text, Unknown: endpoint.Null, Port: int(port), ID: id.Text}
	if len(v.Items) == fixedItems {
		return node, nil
	}
	metadata, err := parseFields(v.Items[fixedItems])
	if err != nil {
		return SlotNode{}, fmt.Errorf("metadata: %w", err)
	}
	node.Metadata = make(map[string]string, len(metadata))
	for name, value := range metadata {
		node.Metadata[name] = value.Text
	}
	return node, nil
}

// Shard is one entry of CLUSTER SHARDS: a primary, its replicas and their slots.
type Shard struct {
	ID    string // Redis 8 and Valkey 8.1 tell it; empty otherwise
	Slots []SlotRange
	Nodes []ShardNode
}

// ShardNode is a node inside a shard.
type ShardNode struct {
	ID                string
	Port, TLSPort     int // 0 if not told
	IP                string
	Endpoint          string
	Hostname          string
	Role              string // "master", "replica"
	ReplicationOffset int64
	Health            string           // "online", "fail", "loading"
	Fields            map[string]Value // everything as it was sent, later servers' own fields included
}

// ParseShards reads the reply of CLUSTER SHARDS in either protocol version.
func ParseShards(v Value) ([]Shard, error) {
	if v.Kind != Array || v.Null {
		return nil, fmt.Errorf("CLUSTER SHARDS: an array expected, got %s", v)
	}
	shards := make([]Shard, 0, len(v.Items))
	for i, item := range v.Items {
		shard, err := parseShard(item)
		if err != nil {
			return nil, fmt.Errorf("shard %d of CLUSTER SHARDS, %s: %w", i, item, err)
		}
		shards = append(shards, shard)
	}
	return shards, nil
}

func parseShard(v Value) (Shard, error) {
	fields, err := parseFields(v)
	if err != nil {
		return Shard{}, err
	}
	slots, nodes := fields["slots"], fields["nodes"]
	if slots.Kind != Array || nodes.Kind != Array {
		return Shard{}, fmt.Errorf("the arrays slots and nodes expected")
	}
	shard := Shard{ID: fields["id"].Text}
	if shard.Slots, err = parseRanges(slots.Items); err != nil {
		return Shard{}, err
	}
	for _, item := range nodes.Items {
		node, err := parseShardNode(item)
		if err != nil {
			return Shard{}, fmt.Errorf("node %s: %w", item, err)
		}
		shard.Nodes = append(shard.Nodes, node)
	}
	return shard, nil
}

func parseShardNode(v Value) (ShardNode, error) {
	fields, err := parseFields(v)
	if err != nil {
		return ShardNode{}, err
	}
	for _, name := range []string{"id", "ip", "endpoint", "role", "health"} {
		if field := fields[name]; field.Kind != Bulk || field.Null {
			return ShardNode{}, fmt.Errorf("a bulk %q expected", name)
		}
	}
	offset, isInt := fields["replication-offset"].Int()
	if !isInt {
		return ShardNode{}, fmt.Errorf("an integer \"replication-offset\" expected")
	}
	port, hasPort := fields["port"].Int()
	tlsPort, hasTLSPort := fields["tls-port"].Int()
	if !hasPort && !hasTLSPort {
		return ShardNode{}, fmt.Errorf("an integer \"port\" or \"tls-port\" expected")
	}
	return ShardNode{
		ID: fields["id"].Text, Port: int(port), TLSPort: int(tlsPort), IP: fields["ip"].Text, Endpoint: fields["endpoint"].Text,
		Hostname: fields["hostname"].Text, Role: fields["role"].Text, ReplicationOffset: offset, Health: fields["health"].Text,
		Fields: fields,
	}, nil
}

// parseRanges reads first slot, last slot, first slot, last slot...
func parseRanges(items []Value) ([]SlotRange, error) {
	if len(items)%2 != 0 {
		return nil, fmt.Errorf("a slot range has no end")
	}
	var ranges []SlotRange
	for i := 0; i < len(items); i += 2 {
		from, okFrom := items[i].Int()
		to, okTo := items[i+1].Int()
		if !okFrom || !okTo || from < 0 || from > to || to >= Slots {
			return nil, fmt.Errorf("%s to %s is not a range of slots", items[i], items[i+1])
		}
		ranges = append(ranges, SlotRange{int(from), int(to)})
	}
	return ranges, nil
}

// parseFields reads a map, or the flat array RESP2 sends in its place. A key that comes twice is an error.
func parseFields(v Value) (map[string]Value, error) {
	if v.Kind != Map && v.Kind != Array || v.Null || len(v.Items)%2 != 0 {
		return nil, fmt.Errorf("a map, or an array of names and values, expected")
	}
	fields := make(map[string]Value, len(v.Items)/2)
	for i := 0; i < len(v.Items); i += 2 {
		name := v.Items[i]
		if name.Kind != Bulk && name.Kind != Simple {
			return nil, fmt.Errorf("name %s is not a string", name)
		}
		if _, twice := fields[name.Text]; twice {
			return nil, fmt.Errorf("%q comes twice", name.Text)
		}
		fields[name.Text] = v.Items[i+1]
	}
	return fields, nil
}
