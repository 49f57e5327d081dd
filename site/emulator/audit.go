package emulator

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// AuditRecord is one line of the audit log: somebody changed something that
// decides about access. The words of the summaries are the product's where they
// are known; those of changes to roles, restrictions and the site are chosen
// (evidence A11 and "Unknown" 12).
type AuditRecord struct {
	When     time.Time
	Author   string // account id; empty for the admin pages and the organisation
	Category string
	Summary  string
	Object   AuditObject
	Changes  []AuditChange `json:",omitempty"`
	With     []AuditObject `json:",omitempty"`
}

// AuditObject is what a record speaks of.
type AuditObject struct {
	Name string
	Type string // Space, User, Group, Page, …
}

// AuditChange is a value before and after.
type AuditChange struct {
	Name string
	Old  string `json:",omitempty"`
	New  string `json:",omitempty"`
}

// Audit returns the audit log, oldest first. A site that was generated has
// none: it was not made by people.
func (e *Emulator) Audit() []AuditRecord {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]AuditRecord, len(e.state.audits))
	for i, r := range e.state.audits {
		out[i] = *r
	}
	return out
}

// audit adds a record, by who calls and at the time of the call.
func (s *state) audit(category, summary string, object AuditObject, changes []AuditChange, with ...AuditObject) {
	if s.unaudited {
		return
	}
	r := &AuditRecord{When: s.at, Author: s.by, Category: category, Summary: summary, Object: object, Changes: changes, With: with}
	s.audits = append(s.audits, r)
	s.save(tableAudit, auditKey(len(s.audits)), r)
}

// usersAndGroups is the category of what happens in the directory.
const usersAndGroups = "Users and groups"

// auditKey makes records sort in the order in which they were made.
func auditKey(n int) string { return fmt.Sprintf("%012d", n) }

func (s *state) restoreAudit(r Record) error {
	row := new(AuditRecord)
	if err := decodeStrict(r.Value, row); err != nil {
		return err
	}
	s.audits = append(s.audits, row)
	if r.Key != auditKey(len(s.audits)) {
		return fmt.Errorf("it stands in the place of another")
	}
	return nil
}

func spaceObject(sp *space) AuditObject { return AuditObject{sp.Name, "Space"} }

func (s *state) principalObject(who principal) AuditObject {
	kind := map[string]string{typeUser: "User", typeGroup: "Group", typeClass: "Access class"}[who.Type]
	return AuditObject{s.nameOf(who), kind}
}

func (s *state) auditPermission(summary string, sp *space, who principal, changed AuditChange) {
	s.audit("Permissions", summary, spaceObject(sp), []AuditChange{changed}, s.principalObject(who))
}

func (s *state) auditRole(summary string, r *role, changed AuditChange) {
	s.audit("Permissions", summary, AuditObject{r.Name, "Space role"}, []AuditChange{changed})
}

// differences keeps the changes that change something.
func differences(changes ...AuditChange) []AuditChange {
	return slices.DeleteFunc(changes, func(c AuditChange) bool { return c.Old == c.New })
}

// mentions reports whether a text stands in the record, whatever its case.
func (r *AuditRecord) mentions(text string) bool {
	all := []string{r.Summary, r.Category, r.Object.Name}
	for _, o := range r.With {
		all = append(all, o.Name)
	}
	for _, c := range r.Changes {
		all = append(all, c.Old, c.New)
	}
	return strings.Contains(fold(strings.Join(all, "\x00")), fold(text))
}
