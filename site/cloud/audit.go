package cloud

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/rest"
)

// auditMargin is how much further back than asked the audit log is read: clocks
// differ, and records may come late.
const auditMargin = 15 * time.Minute

// auditUnits are the units of the time for which the audit log is kept, taken
// short. Of the published ones those are left out that nobody means.
var auditUnits = map[string]time.Duration{
	"HOURS": time.Hour, "HALF_DAYS": 12 * time.Hour, "DAYS": 24 * time.Hour, "WEEKS": 7 * 24 * time.Hour,
	"MONTHS": 28 * 24 * time.Hour, "YEARS": 365 * 24 * time.Hour,
}

// auditSince reads what the audit log tells since a moment. Where it cannot be
// relied on to tell everything, it gives the reason instead. It is an error only
// if the context ends.
func (s *Site) auditSince(ctx context.Context, since time.Time) (log []auditRecord, reason string, err error) {
	from := since.Add(-auditMargin)
	failed := func(err error) ([]auditRecord, string, error) {
		if ctx.Err() != nil {
			return nil, "", context.Cause(ctx)
		}
		return nil, "the audit log cannot be read: " + err.Error(), nil
	}
	var kept retention
	if err := s.client.Read(ctx, rest.Call{To: auditRetention}, &kept); err != nil {
		return failed(err)
	}
	unit := auditUnits[strings.ToUpper(kept.Units)]
	longEnough := strings.EqualFold(kept.Units, "FOREVER") || unit > 0 && float64(kept.Number)*float64(unit) >= float64(s.clock().Sub(from))
	if !longEnough {
		return nil, fmt.Sprintf("the audit log is kept for %d %s only", kept.Number, strings.ToLower(kept.Units)), nil
	}
	// No end is given: the site's clock may be ahead. A record that comes while
	// the log is read moves all others, which the overlap shows.
	what := rest.Call{To: listAudit, Query: rest.With(nil, "startDate", strconv.FormatInt(from.UnixMilli(), 10))}
	log, err = rest.ByOffset(ctx, s.client, what, rest.Offset{Limit: 1000, Overlap: true}, func(r auditRecord) string { return fmt.Sprintf("%+v", r) })
	if err != nil {
		return failed(err)
	}
	return log, "", nil
}

// What weir takes from an audit record. Summaries and categories on live sites are
// not known (docs/evidence.md "Unknown" 12), so it believes nothing but the
// objects: a record that names spaces is about those, one of the directory that
// names people and groups only is about no space, and anything else may concern
// every space.

// directoryRecords is the category of changes to people and groups. Who goes with
// them is seen in the lists.
const directoryRecords = "users and groups"

// besideSpaces are the types of objects that stand beside a space in a record
// about this space.
var besideSpaces = []string{"space", "user", "group", "access class", "page", "blog", "blogpost", "blog post", "content", "comment", "attachment"}

// concerns gives the spaces that a record is about. names are all names and keys
// by which spaces are or were known; several may share one. It is false for a
// record that may concern any space.
func (r auditRecord) concerns(names map[string][]access.Ref) (spaces []access.Ref, ok bool) {
	var types []string
	for _, o := range append([]auditObject{r.Affected}, r.Associated...) {
		if o == (auditObject{}) {
			continue
		}
		typ := word(o.Type)
		types = append(types, typ)
		if typ != "space" {
			continue
		}
		found := names[o.Name]
		if len(found) == 0 {
			return nil, false
		}
		spaces = append(spaces, found...)
	}
	switch {
	case len(types) == 0:
		return nil, false
	case len(spaces) == 0:
		// A change to a space itself may name it as something else.
		only := func(typ string) bool { return typ != "user" && typ != "group" }
		return nil, word(r.Category) == directoryRecords && !slices.ContainsFunc(types, only)
	case slices.ContainsFunc(types, func(typ string) bool { return !slices.Contains(besideSpaces, typ) }):
		return nil, false
	}
	// A renamed space may be told by either name.
	for _, c := range r.Changed {
		spaces = append(spaces, names[c.Old]...)
		spaces = append(spaces, names[c.New]...)
	}
	return spaces, true
}
