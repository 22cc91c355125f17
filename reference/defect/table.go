package defect

// The defects, by area. The table below says what each of them does.
const (
	// distribution
	WrongPolynomial Defect = iota
	SecondHashTag
	NoHashTag
	LastBrace
	ExpiryStaysHere
	ReplicaShowsExpired

	// redirection
	AskForMoved
	MovedWithoutPort
	MovedToMyself
	RedirectsNothing
	ReadOnlyIgnored
	ReadOnlySticks
	ReadsUnasked
	ReadOnlyWrites
	NoOwnerNoError
	DownServes
	CoverageIgnored
	DownReadsRefused

	// multikey
	NoCrossSlot
	ExecCrossesSlots
	MovedKeepsMulti
	MovedKeyUnwatched
	ScriptAnywhere

	// migration
	AskingSticks
	AskingIgnored
	AskingLostInMulti
	ImportWithoutAsking
	AskForPresent
	NoAsk
	NoTryAgain
	SetSlotLeavesKeys
	StableIgnored
	ImportWithoutEpoch
	ImportStaysOpen
	OpenSlotsForgotten
	MigrateDropsTTL
	MigrateKeepsSource
	MigrateLosesKeys
	MigrateCopyDeletes
	MigrateNeverReplaces
	MigrateReplaces
	MigrateNoKeyOK
	RestoreTakesDamaged
	DumpDamaged
	CountsAllKeys
	ListsTooMany
	WaitsForever

	// setup
	SlotsWithoutReplicas
	SlotsMergeGaps
	SlotsListFailed
	ShardsAllOnline
	NodesWithoutMyself
	SuspectsAsFailed
	InfoCountsFailed
	EmptyPrimariesCount
	ForgetsForget
	ForgetsAnybody
	SoftResetIsHard
	HardResetKeepsID
	ResetKeepsEpochs
	ResetKeepsData
	ReplicaOfReplica
	ReplicateWithSlots
	AddSlotsHalf
	ForgetsSlotsOnRestart
	ForgetsEpochs
	NoVars
	SavesOnce

	// bus
	StaleClaimWins
	ClaimsIgnored
	ReplicaClaims
	QuietOwnerLoses
	StrayKeysStay
	UpdateIgnored
	UpdateNotSent
	EpochNotLearned
	CollisionWrongNode
	CollisionIgnored
	StrangersJoin
	NoGossip
	FailWithoutMajority
	FailNotTold
	FailIgnored
	FailAboutMyself
	ReplicasAccuse
	AccusationsStay
	AccusationsNeverExpire
	VoteTwice
	VoteAgain
	VoteNotSaved
	VoteInOldEpoch
	VoteAgainstLiving
	VoteForOutdated
	EmptyVotes
	NeverVotes
	ForeignVotesCount

	// failure
	FailNeverCleared
	NeverSuspects
	NoElection
	MinorityElects
	NoFailoverIgnored
	WinnerKeepsEpoch
	OldDataFirst
	DataAgeIgnored
	LoserStaysPrimary
	SiblingStays
	MFStartIgnored
	ManualWithoutPause
	ForceNeedsPrimary
	TakeoverWithoutEpoch
	TakeoverAsks
	WaitLies

	// partition
	MinorityServes
	ElectionOnce

	// pubsub
	PublishStaysHere
	PublishCountsAll
	ShardPublishStays
	ShardSubscribeAnywhere
	ShardSubscribersStay

	// endpoints
	AnnouncePortIgnored
	HostnameNotTold
	EndpointIgnored

	// limits
	EndlessLines
	ProtocolErrorUnsaid
	BrowsersAnswered

	// monitoring
	RedirectionsUncounted

	count
)

var table = [count]Info{
	WrongPolynomial:        {"wrong-crc-polynomial", "distribution", "computes slots with the polynomial of another CRC16 (0x8005, not 0x1021)"},
	SecondHashTag:          {"second-hash-tag", "distribution", "hashes the second pair of braces when the first one is empty; then the whole key counts"},
	NoHashTag:              {"hash-tag-ignored", "distribution", "hashes the whole key, braces or not"},
	LastBrace:              {"hash-tag-to-last-brace", "distribution", "takes the last } of a key for the end of its hash tag, not the first one after the {"},
	ExpiryStaysHere:        {"expiry-not-replicated", "distribution", "deletes a key whose time is over and does not tell its replicas"},
	ReplicaShowsExpired:    {"replica-shows-expired", "distribution", "answers reads of expired keys on a replica until the primary has deleted them"},
	AskForMoved:            {"ask-for-moved", "redirection", "answers ASK where MOVED is due"},
	MovedWithoutPort:       {"moved-without-port", "redirection", "leaves the port out of MOVED"},
	MovedToMyself:          {"moved-to-myself", "redirection", "names itself, not the owner, in MOVED: a client that follows never arrives"},
	RedirectsNothing:       {"serves-any-slot", "redirection", "serves keys of slots that other nodes own"},
	ReadOnlyIgnored:        {"readonly-ignored", "redirection", "sends clients of a replica to its primary although they said READONLY"},
	ReadOnlySticks:         {"readonly-sticks", "redirection", "goes on serving reads on a replica after READWRITE"},
	ReadsUnasked:           {"replica-serves-unasked", "redirection", "serves reads on a replica to clients that did not say READONLY"},
	ReadOnlyWrites:         {"readonly-keeps-writes", "redirection", "refuses writes on a replica once the client said READONLY; MOVED is due"},
	NoOwnerNoError:         {"unassigned-slot-served", "redirection", "serves a slot that nobody owns; CLUSTERDOWN is due"},
	DownServes:             {"serves-while-down", "redirection", "reports cluster_state fail and goes on serving"},
	CoverageIgnored:        {"coverage-not-required", "redirection", "stays up while slots have no owner, whatever cluster-require-full-coverage says"},
	DownReadsRefused:       {"reads-when-down-refused", "redirection", "refuses reads while the cluster is down although cluster-allow-reads-when-down says yes"},
	NoCrossSlot:            {"no-crossslot", "multikey", "runs multi-key commands although their keys are in different slots"},
	ExecCrossesSlots:       {"exec-crosses-slots", "multikey", "runs transactions although their keys are in different slots"},
	MovedKeepsMulti:        {"moved-keeps-transaction", "multikey", "runs a transaction although one of its commands was redirected; EXECABORT is due"},
	MovedKeyUnwatched:      {"moved-key-unwatched", "multikey", "does not break the transaction of a client that watches a key when MIGRATE takes the key away"},
	ScriptAnywhere:         {"script-anywhere", "multikey", "runs scripts wherever they are sent, not where the slot of their keys is"},
	AskingSticks:           {"asking-sticks", "migration", "keeps the ASKING flag after the next command"},
	AskingIgnored:          {"asking-ignored", "migration", "sends clients that said ASKING back to the owner of an importing slot"},
	AskingLostInMulti:      {"asking-lost-in-multi", "migration", "forgets ASKING at MULTI; it holds until EXEC"},
	ImportWithoutAsking:    {"import-without-asking", "migration", "serves keys of an importing slot to clients that did not say ASKING"},
	AskForPresent:          {"ask-for-present-key", "migration", "answers ASK for keys of a migrating slot that are still there"},
	NoAsk:                  {"no-ask", "migration", "answers for keys of a migrating slot as if those that have moved did not exist"},
	NoTryAgain:             {"no-tryagain", "migration", "does not answer TRYAGAIN when only some keys of a command are there: the source says ASK, the target serves"},
	SetSlotLeavesKeys:      {"setslot-leaves-keys", "migration", "gives a slot away by SETSLOT NODE while it holds keys of it"},
	StableIgnored:          {"setslot-stable-ignored", "migration", "leaves an open slot open at SETSLOT STABLE"},
	ImportWithoutEpoch:     {"import-without-epoch", "migration", "takes a slot by SETSLOT NODE without a new config epoch: others need not believe it"},
	ImportStaysOpen:        {"import-stays-open", "migration", "still shows a slot as importing when it has become the owner"},
	OpenSlotsForgotten:     {"open-slots-forgotten", "migration", "leaves migrating and importing slots out of nodes.conf"},
	MigrateDropsTTL:        {"migrate-drops-ttl", "migration", "restores migrated keys without their expiry"},
	MigrateKeepsSource:     {"migrate-keeps-source", "migration", "leaves migrated keys behind at the source"},
	MigrateLosesKeys:       {"migrate-loses-keys", "migration", "deletes the keys of a MIGRATE at the source although the target did not acknowledge them"},
	MigrateCopyDeletes:     {"migrate-copy-deletes", "migration", "deletes the keys at the source although MIGRATE said COPY"},
	MigrateNeverReplaces:   {"migrate-ignores-replace", "migration", "does not overwrite keys at the target although MIGRATE said REPLACE"},
	MigrateReplaces:        {"migrate-overwrites", "migration", "overwrites keys at the target although MIGRATE did not say REPLACE"},
	MigrateNoKeyOK:         {"migrate-nokey-ok", "migration", "answers OK to a MIGRATE of keys that are not there; NOKEY is due"},
	RestoreTakesDamaged:    {"restore-takes-damaged", "migration", "answers OK to RESTORE of a payload whose checksum is wrong"},
	DumpDamaged:            {"dump-wrong-checksum", "migration", "answers DUMP with a checksum that is not that of the payload"},
	CountsAllKeys:          {"countkeysinslot-counts-all", "migration", "counts the keys of all slots at COUNTKEYSINSLOT"},
	ListsTooMany:           {"getkeysinslot-unlimited", "migration", "lists all keys of the slot at GETKEYSINSLOT, however few were asked for"},
	WaitsForever:           {"blocked-not-redirected", "migration", "leaves clients blocked on keys whose slot has gone to another node; MOVED is due"},
	SlotsWithoutReplicas:   {"slots-without-replicas", "setup", "lists no replicas in CLUSTER SLOTS"},
	SlotsMergeGaps:         {"slots-merge-gaps", "setup", "joins ranges of one owner in CLUSTER SLOTS although slots between them are not its own"},
	SlotsListFailed:        {"slots-list-failed", "setup", "names failed replicas in CLUSTER SLOTS"},
	ShardsAllOnline:        {"shards-all-online", "setup", "calls every node online in CLUSTER SHARDS"},
	NodesWithoutMyself:     {"nodes-without-myself", "setup", "leaves the flag myself out of CLUSTER NODES"},
	SuspectsAsFailed:       {"pfail-shown-as-fail", "setup", "shows suspected nodes (fail?) as failed in CLUSTER NODES"},
	InfoCountsFailed:       {"slots-ok-counts-failed", "setup", "counts the slots of failed nodes as ok in CLUSTER INFO"},
	EmptyPrimariesCount:    {"size-counts-empty-primaries", "setup", "counts primaries without slots in the size of the cluster, and so in its majority"},
	ForgetsForget:          {"forget-not-remembered", "setup", "lets gossip bring back a node at once that CLUSTER FORGET removed"},
	ForgetsAnybody:         {"forget-takes-primary", "setup", "lets a replica forget its primary"},
	SoftResetIsHard:        {"reset-soft-is-hard", "setup", "takes a new id and epoch 0 at CLUSTER RESET SOFT too"},
	HardResetKeepsID:       {"reset-hard-keeps-id", "setup", "keeps its id at CLUSTER RESET HARD"},
	ResetKeepsEpochs:       {"reset-hard-keeps-epochs", "setup", "keeps its epochs at CLUSTER RESET HARD"},
	ResetKeepsData:         {"reset-keeps-data", "setup", "keeps the keys of a replica at CLUSTER RESET"},
	ReplicaOfReplica:       {"replica-of-replica", "setup", "becomes the replica of a replica at CLUSTER REPLICATE"},
	ReplicateWithSlots:     {"replicate-with-slots", "setup", "becomes a replica although it owns slots"},
	AddSlotsHalf:           {"addslots-takes-half", "setup", "assigns the slots before the first bad one at CLUSTER ADDSLOTS; all or none is due"},
	ForgetsSlotsOnRestart:  {"nodes-conf-without-slots", "setup", "writes nodes.conf without the slots"},
	ForgetsEpochs:          {"nodes-conf-without-epochs", "setup", "writes nodes.conf with the config epochs 0"},
	NoVars:                 {"nodes-conf-without-vars", "setup", "writes nodes.conf without the line of currentEpoch and lastVoteEpoch"},
	SavesOnce:              {"nodes-conf-not-updated", "setup", "does not write nodes.conf any more once it knows another node"},
	StaleClaimWins:         {"stale-claim-accepted", "bus", "gives a slot to whoever claims it, with an old config epoch too"},
	ClaimsIgnored:          {"newer-claim-ignored", "bus", "keeps its slots although another claims them with a greater config epoch"},
	ReplicaClaims:          {"replica-claims-slots", "bus", "takes the slots in a replica's header for a claim of the replica"},
	QuietOwnerLoses:        {"quiet-owner-loses-slots", "bus", "unbinds a slot when its owner does not claim it any more"},
	StrayKeysStay:          {"stray-keys-stay", "bus", "keeps the keys of a slot that another node has claimed"},
	UpdateIgnored:          {"update-ignored", "bus", "takes no notice of UPDATE"},
	UpdateNotSent:          {"update-not-sent", "bus", "does not tell who claims slots with an old epoch that they belong to another"},
	EpochNotLearned:        {"current-epoch-not-learned", "bus", "keeps its currentEpoch although others are ahead"},
	CollisionWrongNode:     {"collision-bumps-greater-id", "bus", "takes a new config epoch in a collision when it has the greater id, not the lesser"},
	CollisionIgnored:       {"collision-ignored", "bus", "keeps a config epoch that another primary has as well"},
	StrangersJoin:          {"strangers-join", "bus", "takes in whoever sends it a PING, without MEET"},
	NoGossip:               {"no-gossip", "bus", "speaks of no other node in its pings and pongs"},
	FailWithoutMajority:    {"fail-without-majority", "bus", "declares a node failed as soon as it suspects it itself"},
	FailNotTold:            {"fail-not-told", "bus", "tells nobody when it finds that a majority agrees"},
	FailIgnored:            {"fail-ignored", "bus", "takes no notice of FAIL"},
	FailAboutMyself:        {"fail-about-myself", "bus", "believes a FAIL about itself"},
	ReplicasAccuse:         {"replicas-accuse", "bus", "counts a replica's word when it decides whether a node has failed"},
	AccusationsStay:        {"accusations-stay", "bus", "counts accusations that were withdrawn"},
	AccusationsNeverExpire: {"accusations-never-expire", "bus", "counts accusations that nobody repeats any more"},
	VoteTwice:              {"vote-twice-in-epoch", "bus", "grants more than one vote in an epoch"},
	VoteAgain:              {"vote-twice-about-primary", "bus", "votes for two replicas of one primary within two node timeouts"},
	VoteNotSaved:           {"vote-not-saved", "bus", "does not write to nodes.conf that it voted"},
	VoteInOldEpoch:         {"vote-in-old-epoch", "bus", "votes for a replica that asks in an epoch that is over"},
	VoteAgainstLiving:      {"vote-against-living", "bus", "votes for the replica of a primary that is up"},
	VoteForOutdated:        {"vote-for-outdated", "bus", "votes for a replica whose claim to its slots is older than that of their owner"},
	EmptyVotes:             {"vote-without-slots", "bus", "votes although it owns no slots, or is a replica"},
	NeverVotes:             {"never-votes", "bus", "takes no notice of requests for votes"},
	ForeignVotesCount:      {"votes-of-anybody", "bus", "counts votes of nodes that have none to give"},
	FailNeverCleared:       {"fail-never-cleared", "failure", "keeps FAIL on a node that is back"},
	NeverSuspects:          {"never-suspects", "failure", "does not suspect nodes that do not answer"},
	NoElection:             {"no-election", "failure", "does not ask for votes when its primary has failed"},
	MinorityElects:         {"minority-elects", "failure", "lets a replica win with a single vote"},
	NoFailoverIgnored:      {"no-failover-ignored", "failure", "runs for primary although cluster-replica-no-failover says yes"},
	WinnerKeepsEpoch:       {"winner-keeps-epoch", "failure", "does not take the epoch of its election as its config epoch"},
	OldDataFirst:           {"old-data-first", "failure", "ranks replicas the wrong way round: the one with the oldest data asks first"},
	DataAgeIgnored:         {"data-age-ignored", "failure", "runs for primary however old its data is (cluster-replica-validity-factor)"},
	LoserStaysPrimary:      {"loser-stays-primary", "failure", "stays a primary without slots when another has taken its last slot"},
	SiblingStays:           {"sibling-stays", "failure", "does not follow the new primary when its own was replaced by a sibling"},
	MFStartIgnored:         {"mfstart-ignored", "failure", "takes no notice of its replica's MFSTART"},
	ManualWithoutPause:     {"manual-without-pause", "failure", "goes on taking writes while its replica takes over"},
	ForceNeedsPrimary:      {"force-needs-primary", "failure", "refuses CLUSTER FAILOVER FORCE while the primary is down"},
	TakeoverWithoutEpoch:   {"takeover-without-epoch", "failure", "takes its primary's slots at TAKEOVER without a new config epoch"},
	TakeoverAsks:           {"takeover-asks", "failure", "asks for votes at TAKEOVER"},
	WaitLies:               {"wait-counts-replicas", "failure", "answers WAIT with the number of its replicas, whether they have the writes or not"},
	MinorityServes:         {"minority-serves", "partition", "stays up although it reaches no majority of the primaries"},
	ElectionOnce:           {"election-never-retried", "partition", "does not ask again when an election was not won in time"},
	PublishStaysHere:       {"publish-stays-here", "pubsub", "delivers PUBLISH to its own subscribers alone"},
	PublishCountsAll:       {"publish-counts-nodes", "pubsub", "counts the nodes of the cluster in the reply to PUBLISH"},
	ShardPublishStays:      {"spublish-stays-here", "pubsub", "does not send SPUBLISH to the other nodes of its shard"},
	ShardSubscribeAnywhere: {"ssubscribe-anywhere", "pubsub", "takes SSUBSCRIBE for channels whose slots other nodes own"},
	ShardSubscribersStay:   {"ssubscribers-stay", "pubsub", "sends no SUNSUBSCRIBE when the slot of a shard channel goes to another node"},
	AnnouncePortIgnored:    {"announced-port-ignored", "endpoints", "announces the port it listens on, whatever cluster-announce-port says"},
	HostnameNotTold:        {"hostname-not-told", "endpoints", "does not tell other nodes its host name"},
	EndpointIgnored:        {"preferred-endpoint-ignored", "endpoints", "names addresses in redirections and CLUSTER SLOTS, whatever cluster-preferred-endpoint-type says"},
	EndlessLines:           {"lines-without-limit", "limits", "collects a line without an end for as long as it comes"},
	ProtocolErrorUnsaid:    {"protocol-error-unsaid", "limits", "closes the connection on bytes that are no request without saying why"},
	BrowsersAnswered:       {"browsers-answered", "limits", "answers the POST and Host: of a browser as it does any unknown command"},
	RedirectionsUncounted:  {"redirections-not-counted", "monitoring", "does not count redirections among the errors of INFO"},
}
