package reports

import (
	"strconv"
	"strings"
)

// RerunCommand returns the command line that runs the cases with these ids again on the target with this spec, ready for a POSIX shell.
func (r *Report) RerunCommand(spec string, ids ...string) string {
	words := []string{"clusterspec", "run", "--target", shellQuote(spec)}
	for _, id := range ids {
		words = append(words, "--id", shellQuote(id))
	}
	words = append(words, "--seed", strconv.FormatUint(r.Seed, 10))
	return strings.Join(words, " ")
}

// shellQuote returns the word as a POSIX shell reads it back, bare where it can be.
func shellQuote(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,=@%+"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
