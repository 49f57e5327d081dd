package schema

import (
	"fmt"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
)

// GraceDays is how long the deletion of an account can be stopped. Source: evidence
// A3 (documented).
const GraceDays = 14

// deleting tells of described people whose account is on its way to deletion, with
// the days that are left.
func (d *Description) deleting(people map[access.Ref]access.PersonRecord) diag.List {
	var out diag.List
	for _, ref := range sorted(people) {
		record := people[ref]
		if !record.Deleting || !d.described[ref] {
			continue
		}
		when, day := d.graceEnds(record.Ended)
		out = append(out, diag.Diagnostic{
			Code: "WR428", Severity: diag.Warning,
			Summary: fmt.Sprintf("the account of %s is on its way to deletion: it is gone for good %s", quote(ref.ID()), when),
			Hint:    "an organisation admin can cancel that until then; weir neither starts nor stops it",
			Range:   d.origins[access.Fact{Kind: access.Exists, Object: ref}],
			Due:     day,
		})
	}
	return out
}

// graceEnds says when the grace ends of an account that was deactivated at a time.
// The site tells that day, and not the one on which the deletion was asked for,
// which cannot be earlier. Where the day cannot be told it may be any from today on.
func (d *Description) graceEnds(ended time.Time) (when, day string) {
	today := d.today.Format(time.DateOnly)
	if ended.IsZero() {
		return fmt.Sprintf("%d days after that was asked for", GraceDays), today
	}
	last := ended.In(d.Settings.Site.Timezone.Or(time.UTC)).AddDate(0, 0, GraceDays)
	left := daysBetween(today, last.Format(time.DateOnly))
	if left < 0 {
		return fmt.Sprintf("%d days after that was asked for, on a day that cannot be told", GraceDays), today
	}
	return fmt.Sprintf("on %s at the earliest (%s left of %d)", last.Format(time.DateOnly), dayCount(left), GraceDays), last.Format(time.DateOnly)
}

// daysBetween counts the days from one to another.
func daysBetween(from, to string) int {
	a, _ := time.Parse(time.DateOnly, from) // both were written by time itself
	b, _ := time.Parse(time.DateOnly, to)
	return int(b.Sub(a).Hours() / 24)
}
