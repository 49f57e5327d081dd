package datacenter

import (
	"fmt"
	"iter"
	"strings"
)

// near gives the candidate that is most like a word, if one is like it at all: a
// quarter of its letters may be wrong, one at the least.
func near(word string, candidates iter.Seq[string]) string {
	best, least := "", max(1, len([]rune(word))/4)+1
	for c := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < least {
			best, least = c, d
		}
	}
	return best
}

// didYouMean is a hint, or the other one where nothing is near.
func didYouMean(near, otherwise string) string {
	if near == "" {
		return otherwise
	}
	return fmt.Sprintf("did you mean %q?", near)
}

// distance counts the letters to insert, delete or exchange between two words.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	line := make([]int, len(y)+1)
	for j := range line {
		line[j] = j
	}
	for i := range x {
		diagonal := line[0]
		line[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = line[j+1]
			line[j+1] = min(cost, line[j]+1, line[j+1]+1)
		}
	}
	return line[len(y)]
}
