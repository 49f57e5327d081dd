package emulator

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// auditMax is the largest page of the audit log, and the usual one
// (evidence A0).
const auditMax = 1000

// listAudit answers with the records of a period that mention a text, the latest
// first. Only Confluence administrators may read them.
func (c *call) listAudit(from, to time.Time) (answer, error) {
	if !c.administers(c.caller) {
		return answer{}, refuse(http.StatusForbidden, "", "only a Confluence administrator may read the audit log")
	}
	text := c.query.Get("searchString")
	var found []*AuditRecord
	for _, r := range slices.Backward(c.audits) {
		if !r.When.Before(from) && !r.When.After(to) && (text == "" || r.mentions(text)) {
			found = append(found, r)
		}
	}
	return listV1Sized(c, slices.Values(found), auditMax, auditMax, c.auditRow)
}

func (c *call) auditRow(r *AuditRecord) any {
	author := object{"type": "user", "displayName": "Atlassian Administration", "accountId": nil, "isExternalCollaborator": false}
	if p := c.people.get(r.Author); p != nil {
		author["displayName"], author["accountId"], author["accountType"] = p.Name, p.ID, "atlassian"
	}
	changes, with := []any{}, []any{}
	for _, ch := range r.Changes {
		changes = append(changes, object{"name": ch.Name, "oldValue": ch.Old, "newValue": ch.New})
	}
	for _, o := range r.With {
		with = append(with, object{"name": o.Name, "objectType": o.Type})
	}
	return object{
		"author": author, "remoteAddress": "", "creationDate": r.When.UnixMilli(), "summary": r.Summary, "description": "",
		"category": r.Category, "sysAdmin": false, "superAdmin": false,
		"affectedObject": object{"name": r.Object.Name, "objectType": r.Object.Type}, "changedValues": changes, "associatedObjects": with,
	}
}

// v1Audit lists the records between two moments in milliseconds.
func v1Audit(c *call) (answer, error) {
	from, to := time.Time{}, c.now
	for name, into := range map[string]*time.Time{"startDate": &from, "endDate": &to} {
		text := c.query.Get(name)
		if text == "" {
			continue
		}
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return answer{}, refuse(http.StatusBadRequest, "", "%s is a number of milliseconds, not %q", name, text)
		}
		*into = time.UnixMilli(ms)
	}
	return c.listAudit(from, to)
}

// auditUnits are how long the units of v1AuditSince last; a month, a year and
// more are steps of the calendar.
var auditUnits = map[string]time.Duration{
	"NANOS": time.Nanosecond, "MICROS": time.Microsecond, "MILLIS": time.Millisecond, "SECONDS": time.Second,
	"MINUTES": time.Minute, "HOURS": time.Hour, "HALF_DAYS": 12 * time.Hour, "DAYS": 24 * time.Hour, "WEEKS": 7 * 24 * time.Hour,
}

var auditMonths = map[string]int{"MONTHS": 1, "YEARS": 12, "DECADES": 120, "CENTURIES": 1200}

// v1AuditSince lists the records of a period up to now: three months, unless the
// caller says otherwise.
func v1AuditSince(c *call) (answer, error) {
	n, err := c.number("number", 3)
	if err != nil {
		return answer{}, err
	}
	n = min(n, 10_000) // further back than there is anything
	unit := c.query.Get("units")
	if unit == "" {
		unit = "MONTHS"
	}
	if months, calendar := auditMonths[unit]; calendar {
		return c.listAudit(c.now.AddDate(0, -months*n, 0), c.now)
	}
	d, known := auditUnits[unit]
	if !known {
		return answer{}, refuse(http.StatusBadRequest, "", "there is no unit %q", unit)
	}
	return c.listAudit(c.now.Add(-time.Duration(n)*d), c.now)
}

// v1AuditRetention says for how long records are kept. The period is
// chosen, and nothing is deleted after it.
func v1AuditRetention(c *call) (answer, error) {
	if !c.administers(c.caller) {
		return answer{}, refuse(http.StatusForbidden, "", "only a Confluence administrator may read the audit log")
	}
	return ok(object{"number": 1, "units": "YEARS"})
}
