package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/schema"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/recorded"
	"github.com/weirhq/weir/site/redacted"
)

// varRedactKey is the key of pseudonyms.
const varRedactKey = "WEIR_REDACT_KEY"

// leastKey is how many bytes a key of pseudonyms has at least: of a shorter one all
// could be tried.
const leastKey = 16

// redactor gives what takes out of an observation whatever a description does not
// name. Without a key of the operator's pseudonyms are of this run alone.
func (a *app) redactor(d *description) (*redacted.Redactor, error) {
	key := []byte(a.Getenv(varRedactKey))
	switch {
	case len(key) > 0 && len(key) < leastKey:
		return nil, fmt.Errorf("%s has %d characters, which can be guessed (write at least %d)", varRedactKey, len(key), leastKey)
	case len(key) == 0:
		if a.Random == nil {
			return nil, fmt.Errorf("there is no source of chance to make a key of (set %s)", varRedactKey)
		}
		key = make([]byte, 32)
		if _, err := io.ReadFull(a.Random, key); err != nil {
			return nil, err
		}
		fmt.Fprintf(a.Stderr, "pseudonyms are of this run alone (%s makes them last)\n", varRedactKey)
	}
	return redacted.New(key, d.known()), nil
}

// known is what whoever may read the description knows: what stands in it, and in
// its weir.lock.
func (d *description) known() redacted.Known {
	n := d.Names()
	ids := make(map[access.Ref]string)
	maps.Copy(ids, d.lock)
	if d.base != nil {
		// What it named before is in its history.
		if before, ok := d.base.Description.(interface{ Names() schema.Names }); ok {
			was := before.Names()
			maps.Copy(n.Refs, was.Refs)
			maps.Copy(n.Texts, was.Texts)
			n.Patterns, n.Domains = append(n.Patterns, was.Patterns...), append(n.Domains, was.Domains...)
			for r, id := range d.base.Pins {
				if _, now := ids[r]; !now {
					ids[r] = id
				}
			}
		}
	}
	for r := range ids {
		n.Refs[r] = true
	}
	return redacted.Known{Refs: n.Refs, Patterns: n.Patterns, Domains: n.Domains, Texts: n.Texts, IDs: ids}
}

// addressed notes who may see what is written.
func (a *app) addressed(audience string) error {
	switch {
	case audience == "":
		return nil
	case audience != reconcile.Public:
		return fmt.Errorf("unknown audience %q (public, or leave it out)", audience)
	case a.trace:
		return errors.New("--trace shows what is asked of the site, which is not for the public (leave out --trace or --audience)")
	}
	a.public = true
	return nil
}

// draftFor makes a plan for those who may see it.
func (a *app) draftFor(ctx context.Context, d *description, s site.Reader, accept []reconcile.Acceptance) (*reconcile.Draft, error) {
	if !a.public {
		return a.draftOnly(ctx, d, s, accept)
	}
	if r, ok := s.(*recorded.Site); ok && r.Redacted() {
		draft, err := a.draftOnly(ctx, d, s, accept)
		if err == nil {
			draft.Plan.Audience = reconcile.Public
		}
		return draft, err
	}
	r, err := a.redactor(d)
	if err != nil {
		return nil, err
	}
	return a.draftPublic(ctx, d, s, accept, r)
}

// draftPublic plans twice: of the site with pseudonyms, which is shown, and of the
// site as it is, for the digest and to see that both say the same. All that goes
// wrong is told with pseudonyms, too.
func (a *app) draftPublic(ctx context.Context, d *description, s site.Reader, accept []reconcile.Acceptance, r *redacted.Redactor) (*reconcile.Draft, error) {
	once := &readOnce{Reader: s}
	behind := *d
	if d.recall != nil {
		behind.recall = func(string) (access.Memory, error) {
			m, err := d.recall(once.obs.Site) // which is not what the site is called for the public
			return r.Memory(m), err
		}
	}
	shown, err := a.draftOnly(ctx, &behind, veiled{once, r}, nil)
	if err != nil {
		return nil, forPublic(err)
	}
	full, err := a.draftOnly(ctx, d, once, accept)
	if err != nil {
		return nil, forPublic(err)
	}
	var trouble error
	shown.Plan.Audience, shown.Plan.Digest = reconcile.Public, full.Plan.Digest
	shown.Plan.Accept(accept, a.usedBefore(&trouble))
	if trouble != nil {
		return nil, forPublic(trouble)
	}
	if err := alike(full.Plan, shown.Plan); err != nil {
		return nil, err
	}
	return shown, nil
}

// alike makes sure that a plan with pseudonyms says of how much what the plan with
// the names says, and stops where that does.
func alike(full, shown *reconcile.Plan) error {
	differ := ""
	switch {
	case full.Stops() != shown.Stops():
		differ = "the verdict"
	case len(full.Changes) != len(shown.Changes) || fmt.Sprint(full.Summary) != fmt.Sprint(shown.Summary):
		differ = "the number of changes"
	case full.People != shown.People:
		differ = "the number of people"
	case fmt.Sprint(counted(full)) != fmt.Sprint(counted(shown)):
		differ = "the number of findings"
	case len(full.Budgets) != len(shown.Budgets):
		differ = "the budgets"
	default:
		for i, b := range full.Budgets {
			if b != shown.Budgets[i] {
				differ = "the budget " + b.Rule
			}
		}
	}
	if differ == "" {
		return nil
	}
	return fmt.Errorf("with pseudonyms the plan says something else (%s differs): it is not shown (plan without --audience, where only you read it)", differ)
}

// counted counts findings by code and level.
func counted(p *reconcile.Plan) map[string]int {
	out := make(map[string]int)
	for _, f := range p.Findings {
		out[f.Code+" "+f.Rule+" "+string(f.Level)]++
	}
	return out
}

// forPublic is an error without what only the site knows. What is wrong with the
// description was found with pseudonyms.
func forPublic(err error) error {
	var diags diag.List
	var trouble *site.Error
	switch {
	case errors.As(err, &diags), errors.Is(err, context.Canceled), errors.Is(err, reconcile.ErrJournalLocked):
		return err
	case errors.As(err, &trouble):
		return &site.Error{Kind: trouble.Kind, Op: "read the site", Err: errors.New("why is not for the public (plan without --audience, where only you read it)")}
	}
	return errors.New("no plan could be made, and why is not for the public (plan without --audience, where only you read it)")
}

// readOnce reads a site once, however often it is asked.
type readOnce struct {
	site.Reader
	obs  *site.Observation
	seen map[access.Fact]site.Presence
}

// Observe gives what was read first.
func (o *readOnce) Observe(ctx context.Context, extent access.Extent) (site.Observation, error) {
	if o.obs != nil {
		return *o.obs, nil
	}
	obs, err := o.Reader.Observe(ctx, extent)
	if err == nil {
		o.obs, o.seen = &obs, make(map[access.Fact]site.Presence)
	}
	return obs, err
}

// Present asks of each fact once.
func (o *readOnce) Present(ctx context.Context, facts []access.Fact) ([]site.Presence, error) {
	var ask []access.Fact
	for _, f := range facts {
		if _, known := o.seen[f]; !known {
			ask = append(ask, f)
		}
	}
	if len(ask) > 0 {
		got, err := o.Reader.Present(ctx, ask)
		if err != nil {
			return nil, err
		}
		for i, f := range ask {
			o.seen[f] = got[i]
		}
	}
	out := make([]site.Presence, len(facts))
	for i, f := range facts {
		out[i] = o.seen[f]
	}
	return out, nil
}

// veiled is a site whose names, but for those of the description, are pseudonyms.
type veiled struct {
	*readOnce
	redactor *redacted.Redactor
}

// Observe gives what was read, with pseudonyms.
func (v veiled) Observe(ctx context.Context, extent access.Extent) (site.Observation, error) {
	obs, err := v.readOnce.Observe(ctx, extent)
	if err != nil {
		return obs, err
	}
	return v.redactor.Observation(obs), nil
}

// Present asks the site of what has no pseudonym. Of the rest it cannot tell:
// nothing of it is ever made.
func (v veiled) Present(ctx context.Context, facts []access.Fact) ([]site.Presence, error) {
	out := make([]site.Presence, len(facts))
	var ask []access.Fact
	var at []int
	for i, f := range facts {
		if v.redactor.Fact(f) == f {
			ask, at = append(ask, f), append(at, i)
		}
	}
	got, err := v.readOnce.Present(ctx, ask)
	for i, p := range got {
		out[at[i]] = p
	}
	return out, err
}
