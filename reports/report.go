// Package reports holds the results of a run and what renders them.
//
// The result types are the product: they are what report.json holds, field by field, and everything a person looks at (the console, index.html,
// junit.xml, summary.md) is a rendering of them and of nothing else. A Report is complete in itself: it can be written on one machine, read on
// another, and rendered or compared there without the suite that made it.
//
// A runner fills a Report, sends an Event for each thing that happened to a Console, and hands the Report to WriteAll. The functions over a Report
// (Exit, Unexpected, Counts) are pure: the verdicts in Results are their only source, and no counter is kept beside them.
package reports

import "time"

// Schema names the form of report.json. The number rises when a field changes its meaning or goes away; new fields may appear without it.
const Schema = "clusterspec.report/1"

// Report is one run of the suite: what was asked, of whom, and what came of it.
type Report struct {
	// Schema is the constant Schema of the program that wrote the report.
	Schema string `json:"schema"`
	// Suite is the version of the suite, as `clusterspec version` prints it.
	Suite string `json:"suite"`
	// Command is the command line of the run, program name first.
	Command []string `json:"command"`
	// Started and Finished are wall-clock times.
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	// Seed is where all chance in the run came from. It is a string in JSON, because many readers keep numbers as 53-bit floats.
	Seed uint64 `json:"seed,string"`
	// Host is the machine the suite ran on.
	Host Host `json:"host"`
	// Targets are all that were asked for or found, those that did not join included, in the order of the columns.
	Targets []Target `json:"targets"`
	// Declaration is what was known beforehand, and Baseline the earlier run that counts as known; nil if the run had none.
	Declaration *Declaration `json:"declaration,omitempty"`
	Baseline    *Baseline    `json:"baseline,omitempty"`
	// Cases are the selected scenarios, in the order of the features.
	Cases []Case `json:"cases"`
	// Ladder are the rungs that the cases' phases stand for, lowest first.
	Ladder []Rung `json:"ladder,omitempty"`
	// Results hold at most one entry for a case on a target. A joined target without one for a case did not run it.
	Results []Result `json:"results"`
}

// Host describes the machine the suite ran on, as far as it may explain timings.
type Host struct {
	// OS is the operating system and architecture: "linux/amd64".
	OS string `json:"os"`
	// Kernel is the kernel's release: "6.8.0-45-generic".
	Kernel string `json:"kernel,omitempty"`
	// CPU is the processor's model name.
	CPU string `json:"cpu,omitempty"`
	// Cores is how many logical processors the suite could use.
	Cores int `json:"cores"`
	// GoVersion is the toolchain the suite was built with: "go1.26.0".
	GoVersion string `json:"goVersion"`
}

// Target is one column: something under test.
type Target struct {
	// Name is a short label, unique in the report: "reference", "redis-server 7.0.15", "docker:redis:7.4".
	Name string `json:"name"`
	// Spec is the text that selects the target on a command line.
	Spec string `json:"spec"`
	// Kind is how its nodes live: reference, exec, docker, mix or addr.
	Kind string `json:"kind"`
	// Server and Version are what the target says about itself: "redis", "7.0.15".
	Server  string `json:"server,omitempty"`
	Version string `json:"version,omitempty"`
	// Digest pins what ran: an image digest or the hash of a binary.
	Digest string `json:"digest,omitempty"`
	// Profile names the profile the target was judged by: "redis-7.0".
	Profile string `json:"profile,omitempty"`
	// Lacks are the abilities it was found not to have, by the names of the @needs: tags, with what was seen.
	Lacks map[string]string `json:"lacks,omitempty"`
	// Joined tells whether the target took part. If not, Reason says why.
	Joined bool   `json:"joined"`
	Reason string `json:"reason,omitempty"`
	// Required targets must join: one that does not makes the run unexpected.
	Required bool `json:"required,omitempty"`
}

// Case is one row: a scenario of the suite, whoever it ran against.
type Case struct {
	// ID is stable over releases and unique: "redirect/moved/3".
	ID string `json:"id"`
	// Title is the scenario's name.
	Title string `json:"title"`
	// Area groups the rows: "redirect", "failover".
	Area string `json:"area"`
	// Feature is the file the scenario stands in, relative to the features folder, and Line where it begins.
	Feature string `json:"feature"`
	Line    int    `json:"line"`
	// Rule is the normative sentence the scenario checks.
	Rule string `json:"rule,omitempty"`
	// Source says where the sentence stands: a section of the specification, a server's source file.
	Source string `json:"source,omitempty"`
	// Level is how binding the sentence is.
	Level Level `json:"level"`
	// Phase is the rung of the ladder the case stands on, 36 (key slots) and up; 0 if it stands on none.
	Phase int `json:"phase,omitempty"`
	// Tags are the scenario's tags with their '@'; Needs are the abilities a target must have: "kill", "partition".
	Tags  []string `json:"tags,omitempty"`
	Needs []string `json:"needs,omitempty"`
	// Steps are the scenario's steps, keyword first, those of its background included.
	Steps []string `json:"steps,omitempty"`
}

// Level is how binding a scenario's sentence is.
type Level string

// The levels, in the words of RFC 2119.
const (
	Must   Level = "must"
	Should Level = "should"
	May    Level = "may"
)
