// Package redacted takes out of an observation what a description does not name:
// people, groups, spaces, pages, roles and everything else that only the site
// knows are given pseudonyms, so that a plan of what is left can be shown to
// whoever may read the description, with every count as it is.
//
//	obs = redacted.New(key, known).Observation(obs)
//
// It works on an observation and not on a plan, because a plan speaks in free
// text: what is not in the observation no rule, hint or reason can repeat.
//
// A pseudonym is a keyed hash (HMAC-SHA-256) of what it stands for. With the same
// key it is the same in every plan; without the key nobody can try out names. It
// is a name of the same kind: a person's address has an address at its domain, if
// the description names that, and every pattern of the description covers the
// pseudonym if and only if it covers the name. Who is from outside and what a rule
// is about stays so.
package redacted

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site"
)

// Known is what may stay: what the description and its weir.lock name.
type Known struct {
	Refs     map[access.Ref]bool
	Patterns []access.Pattern
	Domains  []string              // of e-mail addresses, in lower case; those of Refs and Patterns may stay as well
	Texts    map[string]bool       // names and labels of spaces
	IDs      map[access.Ref]string // the vendor's ids, as weir.lock has them
}

// Redactor gives pseudonyms.
type Redactor struct {
	key      []byte
	known    Known
	patterns []access.Pattern // with a star, the longest first
	domains  map[string]bool
	ids      map[string]bool
	given    map[access.Ref]access.Ref
	loose    int
}

// New makes a redactor. The key should be 32 random bytes, or what is as hard to
// guess.
func New(key []byte, known Known) *Redactor {
	r := &Redactor{key: key, known: known, domains: make(map[string]bool), ids: make(map[string]bool), given: make(map[access.Ref]access.Ref)}
	r.known.Refs = make(map[access.Ref]bool, len(known.Refs)+1)
	maps.Copy(r.known.Refs, known.Refs)
	for _, d := range known.Domains {
		r.domains[d] = true
	}
	for ref := range known.Refs {
		if _, domain, ok := strings.Cut(ref.ID(), "@"); ok && ref.Type() == "user" {
			r.domains[domain] = true
		}
	}
	for _, p := range known.Patterns {
		if _, domain, ok := strings.Cut(string(p), "@"); ok && strings.HasPrefix(string(p), "user:") && !strings.Contains(domain, "*") {
			r.domains[domain] = true
		}
	}
	for _, id := range known.IDs {
		r.ids[id] = true
	}
	for _, p := range known.Patterns {
		if strings.Contains(string(p), "*") {
			r.patterns = append(r.patterns, p)
		}
	}
	slices.SortFunc(r.patterns, func(a, b access.Pattern) int {
		if n := len(b) - len(a); n != 0 {
			return n
		}
		return strings.Compare(string(a), string(b))
	})
	r.patterns = slices.Compact(r.patterns)
	return r
}

// Loose counts the names for which no pseudonym was found that exactly the same
// patterns cover: a plan may judge them otherwise.
func (r *Redactor) Loose() int { return r.loose }

// hash is the pseudonym of a text: 60 bits, in letters and digits.
func (r *Redactor) hash(kind, text string) string {
	h := hmac.New(sha256.New, r.key)
	fmt.Fprintf(h, "%s\x00%s", kind, text)
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)))[:12]
}

// Ref gives the reference that stands for another: itself where the description
// names it, and where it is the product's own.
func (r *Redactor) Ref(ref access.Ref) access.Ref {
	if out, ok := r.given[ref]; ok {
		return out
	}
	out := r.ref(ref)
	r.given[ref] = out
	return out
}

func (r *Redactor) ref(ref access.Ref) access.Ref {
	switch typ := ref.Type(); {
	case ref == "", ref == access.Site, typ == "class", r.known.Refs[ref]:
		return ref
	case typ == "space_role" && slices.Contains(access.SystemRoles, ref.ID()):
		return ref
	case (typ == "account" || typ == "team") && r.ids[ref.ID()]:
		return ref // weir.lock holds the id
	}
	return r.fitting(ref)
}

// marks begin pseudonyms, by type. The others are for when a pattern of the
// description happens to cover the first.
var marks = map[string][]string{
	"user": {"person-", "somebody-", "x-"}, "account": {"account-", "somebody-", "x-"}, "group": {"group-", "some-", "x-"}, "space": {"space-", "some-", "x-"},
	"space_role": {"role-", "some-", "x-"}, "team": {"team-", "some-", "x-"}, "app": {"app-", "some-", "x-"},
}

// fitting finds a pseudonym that the same patterns cover.
func (r *Redactor) fitting(ref access.Ref) access.Ref {
	typ, id := ref.Type(), ref.ID()
	hash := r.hash(typ, id)
	var covering []access.Pattern
	for _, p := range r.patterns {
		if p.Match(ref) {
			covering = append(covering, p)
		}
	}
	fits := func(c access.Ref) bool {
		if r.known.Refs[c] || c.IsPage() && c.PageSpace() != r.Ref(ref.PageSpace()) {
			return false
		}
		for _, p := range r.patterns {
			if p.Match(c) != slices.Contains(covering, p) {
				return false
			}
		}
		return true
	}
	var tries []access.Ref
	try := func(name string) {
		if typ == "user" && !strings.Contains(name, "@") {
			name += "@" + r.domain(id)
		}
		tries = append(tries, access.NewRef(typ, name))
	}
	own := ""
	switch {
	case typ == "space" && strings.HasPrefix(id, "~"):
		own = "~" // a personal space stays one
	case ref.IsPage():
		own = r.Ref(ref.PageSpace()).ID() + "/"
	}
	known := marks[typ]
	if known == nil {
		known = []string{typ + "-"}
	}
	for _, mark := range known {
		try(own + mark + hash)
	}
	for _, p := range covering {
		for _, q := range covering {
			begin, _, _ := strings.Cut(strings.TrimPrefix(string(p), typ+":"), "*")
			end := string(q)[strings.LastIndex(string(q), "*")+1:]
			try(begin + hash + end)
		}
		try(strings.ReplaceAll(strings.TrimPrefix(string(p), typ+":"), "*", hash))
	}
	for _, c := range tries {
		if fits(c) {
			return c
		}
	}
	r.loose++
	return tries[0]
}

// domain gives the domain of a person's pseudonym: their own where the description
// names it.
func (r *Redactor) domain(email string) string {
	_, domain, _ := strings.Cut(email, "@")
	if r.domains[domain] {
		return domain
	}
	return r.hash("domain", domain) + ".invalid"
}

// Memory gives what is remembered, of what stands for others.
func (r *Redactor) Memory(m access.Memory) access.Memory {
	veil := func(was map[access.Ref]time.Time) map[access.Ref]time.Time {
		if was == nil {
			return nil
		}
		out := make(map[access.Ref]time.Time, len(was))
		for ref, first := range was {
			out[r.Ref(ref)] = first
		}
		return out
	}
	return access.Memory{Left: veil(m.Left), Archived: veil(m.Archived)}
}

// Fact gives the fact that stands for another.
func (r *Redactor) Fact(f access.Fact) access.Fact {
	f.Object, f.Subject = r.Ref(f.Object), r.Ref(f.Subject)
	switch f.Kind {
	case access.Role:
		f.Value = r.Ref(access.NewRef("space_role", f.Value)).ID()
	case access.Name:
		f.Value = r.text(f.Value)
	}
	return f
}

// text gives the name or the label of a space that stands for another.
func (r *Redactor) text(name string) string {
	if r.known.Texts[name] {
		return name
	}
	return "name-" + r.hash("name", name)
}

// labels gives the labels of spaces that stand for others, in order.
func (r *Redactor) labels(labels []string) []string {
	var out []string
	for _, l := range labels {
		out = append(out, r.text(l))
	}
	slices.Sort(out)
	return out
}

// id gives the id that stands for the vendor's.
func (r *Redactor) id(ref access.Ref, id string) string {
	if r.ids[id] {
		return id
	}
	kind := ref.Type()
	if ref.IsPerson() {
		kind = "person"
	}
	return r.hash("id of "+kind, id)
}

// Observation takes out of an observation what the description does not name.
// Display names go, and so do reasons and what groups open elsewhere, which the
// site has worded.
func (r *Redactor) Observation(obs site.Observation) site.Observation {
	if obs.Traits.Super != "" {
		r.known.Refs[obs.Traits.Super] = true // the product's own, which means what it does by its name
	}
	out := obs
	out.Site, out.Account = "site-"+r.hash("site", obs.Site), r.Ref(obs.Account)
	facts := make([]access.Fact, 0, obs.Facts.Len())
	for f := range obs.Facts.All() {
		facts = append(facts, r.Fact(f))
	}
	out.Facts = access.NewSet(facts...)
	out.IDs = make(map[access.Ref]string, len(obs.IDs))
	for ref, id := range obs.IDs {
		out.IDs[r.Ref(ref)] = r.id(ref, id)
	}
	out.Labels = nil
	out.People = make(map[access.Ref]access.PersonRecord, len(obs.People))
	for ref, record := range obs.People {
		out.People[r.Ref(ref)] = record
	}
	out.Spaces = make(map[access.Ref]access.SpaceRecord, len(obs.Spaces))
	for ref, record := range obs.Spaces {
		record.Labels = r.labels(record.Labels)
		out.Spaces[r.Ref(ref)] = record
	}
	out.Tokens = nil
	for _, t := range obs.Tokens {
		t.ID, t.Label, t.Owner = r.hash("id of token", t.ID), "token-"+r.hash("token", t.Label), r.Ref(t.Owner)
		out.Tokens = append(out.Tokens, t)
	}
	out.Extent.Labels = r.labels(obs.Extent.Labels)
	out.Unclaimed = make(map[access.Ref]bool, len(obs.Unclaimed))
	for ref, is := range obs.Unclaimed {
		out.Unclaimed[r.Ref(ref)] = is
	}
	out.Unknown = nil
	for _, u := range obs.Unknown {
		out.Unknown = append(out.Unknown, access.Unknown{Kind: u.Kind, Object: r.Ref(u.Object), Reason: "it could not be seen (why is left out)"})
	}
	out.Parents = make(map[access.Ref]access.Ref, len(obs.Parents))
	for page, up := range obs.Parents {
		out.Parents[r.Ref(page)] = r.Ref(up)
	}
	out.Elsewhere = make(map[access.Ref][]string, len(obs.Elsewhere))
	for ref, roles := range obs.Elsewhere {
		var words []string
		for _, role := range roles {
			words = append(words, "something elsewhere ("+r.hash("elsewhere", role)+")")
		}
		slices.Sort(words)
		out.Elsewhere[r.Ref(ref)] = words
	}
	out.Reread = ""
	return out
}
