// Package nearest finds the name that was probably meant, for messages that ask
// "did you mean".
package nearest

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/agext/levenshtein"
)

// To returns the name that was probably meant, or "" where none comes
// close: at most one slip for every three letters. Of two that come equally
// close it is the first in the alphabet, whatever their order.
func To(given string, names []string) string {
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

// Ask asks whether a name was meant, or says something else where there is none.
func Ask(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return fmt.Sprintf("did you mean %q?", name)
}
