package steps

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/clusterspec/clusterspec/compose/target"
)

// profile is what holds for the servers of one line of versions (features/profiles.yaml). It never forks a scenario: it says which of them do
// not apply, and which replies are worded differently.
type profile struct {
	Name     string       `yaml:"profile"`
	Server   string       `yaml:"server"`  // as INFO server names it
	Version  string       `yaml:"version"` // the first of the line
	Like     string       `yaml:"like"`    // the version of Redis for @since: tags
	Verified bool         `yaml:"verified"`
	Checked  string       `yaml:"checked"` // the server it was run against
	Differs  []difference `yaml:"differs"`
}

// difference is where the servers of a profile part from the scenarios.
type difference struct {
	IDs     []string          `yaml:"ids"`
	Because string            `yaml:"because"`
	Absent  bool              `yaml:"absent"`
	Instead map[string]string `yaml:"instead"`
}

type profiles []*profile

// readProfiles reads the profiles that lie beside the features; a suite without any has none.
func readProfiles(files fs.FS) (profiles, error) {
	var all profiles
	err := readData(files, "profiles.yaml", &all)
	return all, err
}

// named finds a profile; the empty name is no profile.
func (all profiles) named(name string) (*profile, error) {
	var known []string
	for _, p := range all {
		if p.Name == name {
			return p, nil
		}
		known = append(known, p.Name)
	}
	if name == "" {
		return nil, nil
	}
	return nil, &UsageError{fmt.Sprintf("there is no profile %q; profiles are %s", name, strings.Join(known, ", "))}
}

// nearest is the profile for a server: of its own line, or of Redis by the version it claims to be like. Of a line it is the last that is not
// later than the server, or the first. It is nil if there are no profiles, or the server says nothing of itself.
func (all profiles) nearest(d target.Description) *profile {
	server, version := d.Server, d.Version
	if !slices.ContainsFunc(all, func(p *profile) bool { return p.Server == server }) {
		server, version = "redis", d.Level
	}
	var found *profile
	for _, p := range all {
		if p.Server == server && version != "" && (found == nil || compareVersions(p.Version, version) <= 0) {
			found = p
		}
	}
	return found
}

// of finds what the profile says of a scenario: the reason it does not apply, or "", and the replies that are different.
func (p *profile) of(id string) (absent string, instead map[string]string) {
	if p == nil {
		return "", nil
	}
	instead = map[string]string{}
	for _, d := range p.Differs {
		if !(selection{ids: d.IDs}).hasID(id) {
			continue
		}
		if d.Absent {
			absent = d.Because + " (profile " + p.Name + ")"
		}
		for usual, own := range d.Instead {
			instead[usual] = own
		}
	}
	return absent, instead
}
