package edits

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// maxPairs bounds how many pairs of a file that is gone and a new one are
// compared. A description is split anew in one request now and then; thousands
// of files at once are not worth the wait.
const maxPairs = 1024

// renames gives, by the path of a new file, the former path of the file that it
// was: the one that is gone with which it shares the most lines, if that is more
// than half of the longer of the two.
func renames(before, after map[string]string) map[string]string {
	gone, fresh := only(before, after), only(after, before)
	if len(gone)*len(fresh) > maxPairs {
		return nil
	}
	type pair struct {
		was, is string
		alike   float64
	}
	var pairs []pair
	lines := make(map[string]map[string]int)
	for _, path := range fresh {
		lines[path] = counted(after[path])
	}
	for _, was := range gone {
		had := counted(before[was])
		for _, is := range fresh {
			if alike := similarity(had, lines[is]); alike > 0.5 {
				pairs = append(pairs, pair{was, is, alike})
			}
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(b.alike, a.alike), cmp.Compare(a.was, b.was), cmp.Compare(a.is, b.is))
	})
	out, taken := make(map[string]string), make(map[string]bool)
	for _, p := range pairs {
		if out[p.is] == "" && !taken[p.was] {
			out[p.is], taken[p.was] = p.was, true
		}
	}
	return out
}

// only gives the sorted paths of a that are not in b.
func only(a, b map[string]string) []string {
	var out []string
	for _, path := range slices.Sorted(maps.Keys(a)) {
		if _, both := b[path]; !both {
			out = append(out, path)
		}
	}
	return out
}

// counted says how often each line that is not blank stands in a text.
func counted(text string) map[string]int {
	out := make(map[string]int)
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out[line]++
		}
	}
	return out
}

// similarity is the share of the longer text's lines that are in both.
func similarity(a, b map[string]int) float64 {
	both, all, other := 0, 0, 0
	for line, n := range a {
		both += min(n, b[line])
		all += n
	}
	for _, n := range b {
		other += n
	}
	if longer := max(all, other); longer > 0 {
		return float64(both) / float64(longer)
	}
	return 0
}
