package schema

import (
	"cmp"
	"slices"

	"github.com/agext/levenshtein"
)

// Nearest returns the name that was probably meant, or "" where none comes
// close: at most one slip for every three letters. Of two that come equally
// close it is the first in the alphabet, whatever their order.
func Nearest(given string, names []string) string {
	type candidate struct {
		name     string
		distance int
	}
	var near []candidate
	for _, name := range names {
		most := max(1, min(len(given), len(name))/3)
		if abs(len(given)-len(name)) > 4*most {
			continue // one code point is at most four bytes
		}
		if d := levenshtein.Distance(given, name, nil); d <= most {
			near = append(near, candidate{name, d})
		}
	}
	if len(near) == 0 {
		return ""
	}
	return slices.MinFunc(near, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	}).name
}

func abs(n int) int { return max(n, -n) }
