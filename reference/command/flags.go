package command

// Flags are properties of a command. Those that COMMAND shows have Redis's names and order.
type Flags uint32

// The flags of a command (Redis: CMD_*).
const (
	Write           Flags = 1 << iota // may change the keyspace
	ReadOnly                          // reads the keyspace
	DenyOOM                           // may make the keyspace grow
	Admin                             // administers the server
	PubSub                            // concerns messages
	NoScript                          // not for scripts
	Blocking                          // may keep the client waiting
	Loading                           // allowed while the data set loads
	Stale                             // allowed on a replica without its primary
	SkipMonitor                       // it shows itself to MONITOR
	SkipSlowlog                       // its arguments are not for logs
	AsksItself                        // needs no ASKING before it (RESTORE-ASKING)
	Fast                              // constant or logarithmic time
	NoAuth                            // allowed before authentication
	NoMandatoryKeys                   // has keys or none
	NoAsyncLoading                    // not while a replica loads a data set beside the old one
	NoMulti                           // not in a transaction
	MovableKeys                       // Keys.Find must be asked where the keys are
	AllowBusy                         // allowed while a script runs too long
	MayReplicate                      // writes to the replication stream without being a write; not shown
	Protected                         // needs enable-debug-command; not shown
	ShardChannel                      // its keys are channels of sharded pub/sub; not shown
	NotQueued                         // runs at once in a transaction; not shown
	RunsScript                        // runs a script that may write; not shown
	InSubscription                    // allowed to a RESP2 client that waits for messages; not shown

	// Categories of access control that follow neither from other flags nor from the group (COMMAND, seventh element).
	Keyspace
	Connection
	AdminCategory
	Dangerous
	OfElements // of lists, sets and sorted sets alike
)

// flagNames are in the order of the reply to COMMAND, which is that of the constants.
var flagNames = [...]string{
	"write", "readonly", "denyoom", "admin", "pubsub", "noscript", "blocking", "loading", "stale", "skip_monitor", "skip_slowlog",
	"asking", "fast", "no_auth", "no_mandatory_keys", "no_async_loading", "no_multi", "movablekeys", "allow_busy",
}

// Has says whether any of the flags is set.
func (f Flags) Has(x Flags) bool { return f&x != 0 }

// Names lists the flags that COMMAND shows.
func (f Flags) Names() []string {
	var names []string
	for i, name := range flagNames {
		if f.Has(1 << i) {
			names = append(names, name)
		}
	}
	return names
}

// Categories lists the command's categories of access control, in Redis's order. Most follow from flags and group
// (Redis: setImplicitACLCategories and commands/*.json).
func (cmd *Command) Categories() []string {
	f, explicit := cmd.Flags, cmd.Flags.Has(Keyspace|Connection|AdminCategory|OfElements)
	byGroup := func(group string) bool { return cmd.Group == group && !explicit && cmd.Run != nil }
	var names []string
	for _, category := range []struct {
		name string
		has  bool
	}{
		{"@keyspace", f.Has(Keyspace) || byGroup("generic")},
		{"@read", f.Has(ReadOnly) && cmd.Group != "scripting"},
		{"@write", f.Has(Write)},
		{"@set", f.Has(OfElements) || byGroup("set")},
		{"@sortedset", f.Has(OfElements) || byGroup("sorted-set")},
		{"@list", f.Has(OfElements) || byGroup("list")},
		{"@hash", byGroup("hash")},
		{"@string", byGroup("string")},
		{"@bitmap", byGroup("bitmap")},
		{"@hyperloglog", byGroup("hyperloglog")},
		{"@geo", byGroup("geo")},
		{"@pubsub", f.Has(PubSub)},
		{"@admin", f.Has(Admin | AdminCategory)},
		{"@fast", f.Has(Fast)},
		{"@slow", !f.Has(Fast)},
		{"@blocking", f.Has(Blocking)},
		{"@dangerous", f.Has(Admin | Dangerous)},
		{"@connection", f.Has(Connection) || byGroup("connection")},
		{"@transaction", byGroup("transactions")},
		{"@scripting", byGroup("scripting")},
	} {
		if category.has {
			names = append(names, category.name)
		}
	}
	return names
}
