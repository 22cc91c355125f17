package steps

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/clusterspec/clusterspec/compose/target"
	"github.com/clusterspec/clusterspec/compose/wire"
)

// abilities are what a scenario may need beyond a cluster, by the names of the @needs: tags. Each tells from a started node what is
// missing, or "".
func abilities() map[string]func(context.Context, target.Node) string {
	return map[string]func(context.Context, target.Node) string{
		"kill":            able[target.Killer]("kill a node"),
		"stop":            able[target.Stopper]("stop a node"),
		"restart":         able[target.Restarter]("restart a node"),
		"pause":           able[target.Pauser]("pause a node"),
		"wipe":            able[target.Wiper]("take away a node's files"),
		"log":             able[target.LogReader]("read a node's log"),
		"nodes-conf":      able[target.ConfReader]("read a node's nodes.conf"),
		"nodes-conf-edit": able[target.ConfWriter]("write a node's nodes.conf"),
		"config":          ableToConfigure,
		"config-file":     startedWithFile,
		"redis-cli":       redisCLIMissing,
		"exporter":        exporterMissing,
		"puppet":          kindTells,
		"outsider":        kindTells,
		"proxy":           kindTells,
	}
}

// kindTells is the answer for what is no matter of a node but of its target: see unreachable.
func kindTells(context.Context, target.Node) string { return "" }

func abilityNames() []string { return slices.Sorted(maps.Keys(abilities())) }

// able looks for an interface.
func able[A any](what string) func(context.Context, target.Node) string {
	return func(_ context.Context, n target.Node) string {
		if _, ok := n.(A); !ok {
			return "the target cannot " + what
		}
		return ""
	}
}

// ableToConfigure asks for an option every cluster has.
func ableToConfigure(ctx context.Context, n target.Node) string {
	reply, err := target.Ask(ctx, n.Addr(), "CONFIG", "GET", target.NodeTimeoutOption)
	if err != nil {
		return "CONFIG GET was not answered: " + err.Error()
	}
	if _, known := reply.Get(target.NodeTimeoutOption); !known || reply.Kind != wire.Array && reply.Kind != wire.Map {
		return fmt.Sprintf("CONFIG GET %s was answered by %s", target.NodeTimeoutOption, reply)
	}
	return ""
}

// startedWithFile looks for the file that CONFIG REWRITE writes to.
func startedWithFile(ctx context.Context, n target.Node) string {
	reply, err := target.Ask(ctx, n.Addr(), "INFO", "server")
	if err != nil {
		return "INFO server was not answered: " + err.Error()
	}
	if wire.ParseInfo(reply.Text)["config_file"] == "" {
		return "the node was not started with a configuration file; exec: does that with {conf}"
	}
	return ""
}

// unreachable says why nodes of a kind of target cannot reach what the suite starts beside the cluster, or "".
func unreachable(kind string) string {
	if kind == "docker" || kind == "addr" {
		return "its nodes may be on another network and cannot reach what the suite plays or starts beside the cluster, nor announce a proxy of the suite's"
	}
	return ""
}

// lacks are the abilities that are the target's own lack, and not that of the machine the suite runs on.
func lacks(missing map[string]string, kind string) map[string]string {
	own := map[string]string{}
	for name, reason := range missing {
		if name != "redis-cli" && name != "exporter" {
			own[name] = reason
		}
	}
	if reason := unreachable(kind); reason != "" {
		own["puppet"], own["outsider"], own["proxy"] = reason, reason, reason
	}
	return own
}

// missingOf returns what of all abilities a node lacks, by name.
func missingOf(ctx context.Context, n target.Node) map[string]string {
	missing := map[string]string{}
	for name, lacks := range abilities() {
		if reason := lacks(ctx, n); reason != "" {
			missing[name] = reason
		}
	}
	return missing
}
