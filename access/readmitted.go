package access

// Readmitted gives the facts of a site as if some people might enter it: no state
// shuts them out. What they hold then is what they would come back to.
func Readmitted(facts Set, people ...Ref) Set {
	let := make(map[Ref]bool, len(people))
	back := make([]Fact, 0, len(people))
	for _, p := range people {
		let[p] = true
		back = append(back, Fact{Kind: Exists, Object: p})
	}
	return facts.Filter(func(f Fact) bool { return f.Kind != State || !let[f.Object] }).Union(NewSet(back...))
}
