package emulator

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// The tables of records, in the order in which they are read back: each refers
// to earlier ones only.
const (
	tableSite       = "site"
	tableRole       = "role"
	tablePerson     = "person"
	tableGroup      = "group"
	tableMember     = "member"
	tableNesting    = "nesting"
	tableSpace      = "space"
	tableAssignment = "assignment"
	tablePermission = "permission"
	tableContent    = "content"
	tableAudit      = "audit"
	tableTask       = "task"
	tableToken      = "token"
	tableEvent      = "event"
	tableSync       = "sync"
)

var tables = []string{
	tableSite, tableRole, tablePerson, tableGroup, tableMember, tableNesting,
	tableSpace, tableAssignment, tablePermission, tableContent, tableAudit, tableTask, tableToken, tableEvent, tableSync,
}

// siteRecord is what there is one of.
type siteRecord struct {
	Name        string
	CloudID     string
	OrgID       string
	DirectoryID string
	OrgKey      string
	Account     string // weir's own account id
	Token       string // and its API token
	Seed        []byte // ids and tokens are derived from it and from Serial
	Serial      uint64
	Created     time.Time
	RoleMode    string `json:",omitempty"` // empty: ModeRoles
	ReadOnly    bool   `json:",omitempty"` // Data Center's access mode
	Anonymous   set    `json:",omitempty"` // global permissions of people without credentials
	Unlicensed  set    `json:",omitempty"` // and of accounts without a licence

	CreateLimited bool   `json:",omitempty"` // only holders of Create Space create spaces, not everybody licensed
	ManualSpaces  bool   `json:",omitempty"` // personal spaces are not made automatically
	SyncID        string `json:",omitempty"` // the identity provider's directory; empty: none is connected
	SyncKey       string `json:",omitempty"` // and its key
}

// task is a long-running task. The effect is there when the task is: the
// emulator has no background.
type task struct {
	ID      string
	Name    string
	Account string // who started it
	Started time.Time
}

// state is the whole site in memory, with the indexes that make it fast.
// Everything that is stored is in the records; the rest follows from them.
type state struct {
	site   siteRecord
	limits limits

	people   table[person]
	groups   table[group]
	spaces   table[space]
	roles    table[role]
	tasks    table[task]
	contents table[content]
	audits   []*AuditRecord
	tokens   map[string]*apiToken // by secret
	syncs    table[syncedUser]    // people as an identity provider knows them, by its ids
	events   []*event             // of the organisation, oldest first

	byEmail    map[string]*person     // by folded address
	byUser     map[string]*person     // by user name
	byName     map[string]*group      // by folded name
	byKey      map[string]*space      // by folded key
	personal   map[string]*space      // by the account id of the owner
	held       map[principal]set      // ids of the spaces in which a principal has a role
	customized map[principal]set      // and of those in which it has permissions beside roles
	bySync     map[string]*syncedUser // by account id
	closing    set                    // ids of the accounts whose deletion is under way

	at        time.Time // of the call or the edit under way
	by        string    // the account that calls; empty for the admin pages and the organisation's key
	unaudited bool      // the edits under way leave no audit records

	nestings int // groups in groups

	changed []Record // since the last drain
}

func emptyState(l limits) *state {
	return &state{
		limits: l,
		people: newTable[person](), groups: newTable[group](), spaces: newTable[space](),
		roles: newTable[role](), tasks: newTable[task](), contents: newTable[content](), tokens: map[string]*apiToken{}, syncs: newTable[syncedUser](),
		byEmail: map[string]*person{}, byUser: map[string]*person{}, byName: map[string]*group{}, byKey: map[string]*space{}, personal: map[string]*space{},
		held: map[principal]set{}, customized: map[principal]set{}, bySync: map[string]*syncedUser{},
	}
}

// freshState is a site as Atlassian hands it over: four fixed roles, nobody but
// the account that ordered it, which here is weir's own.
func freshState(name string, seed []byte, l limits, now time.Time) *state {
	s := emptyState(l)
	s.site = siteRecord{Name: name, Seed: seed, Created: now}
	s.site.CloudID = s.newUUID()
	s.site.OrgID = s.newUUID()
	s.site.DirectoryID = s.newUUID()
	s.site.OrgKey = "ATCTT3" + s.newSecret()
	if l.dataCenter() {
		s.site.RoleMode = ModePreRoles // Data Center knows no roles
	}
	for _, r := range systemRoles() {
		r.ID = s.newUUID()
		s.addRole(&r)
	}
	own := &person{
		ID: s.newAccountID(), Email: OwnEmail, Name: "weir", Account: accountActive, Directory: directoryActive,
		Product: set{roleAdmin}, Platform: set{roleOrgAdmin, roleSiteAdmin}, Added: now,
	}
	s.site.Account = own.ID
	s.addPerson(own)
	s.site.Token = s.newToken(own)
	s.save(tableSite, "", s.site)
	return s
}

// save notes that a record changed. A nil value deletes it.
func (s *state) save(tbl, key string, value any) {
	r := Record{Table: tbl, Key: key}
	if value != nil {
		b, err := json.Marshal(value)
		if err != nil {
			panic(fmt.Sprintf("emulator: a record of table %s does not marshal: %v", tbl, err)) // our own structs do
		}
		r.Value = b
	}
	s.changed = append(s.changed, r)
}

// drain returns what changed and forgets it.
func (s *state) drain() []Record {
	out := s.changed
	s.changed = nil
	return out
}

// next gives 32 bytes that differ from all earlier ones of this site.
func (s *state) next() []byte {
	s.site.Serial++
	s.save(tableSite, "", s.site)
	mac := hmac.New(sha256.New, s.site.Seed)
	mac.Write(binary.BigEndian.AppendUint64(nil, s.site.Serial))
	return mac.Sum(nil)
}

func (s *state) newUUID() string {
	b := s.next()
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// newAccountID: today's account ids have this form; older ones differ, so
// clients must take them for opaque (evidence A0).
func (s *state) newAccountID() string { return "712020:" + s.newUUID() }

// newSpaceID: numbers in v1, the same as strings in v2.
func (s *state) newSpaceID() string { return s.newNumber() }

// newNumber is the id of a space, of content or of a row of permissions.
func (s *state) newNumber() string {
	s.next()
	return strconv.FormatUint(65536+s.site.Serial, 10)
}

func (s *state) newSecret() string { return base64.RawURLEncoding.EncodeToString(s.next()) }

func (s *state) newTask(name, account string, now time.Time) *task {
	t := &task{ID: s.newUUID(), Name: name, Account: account, Started: now}
	s.tasks.put(t.ID, t)
	s.save(tableTask, t.ID, t)
	return t
}

// loadState reads a site back. It returns nil for an empty store, and an error
// that wraps [ErrCorrupt] for records that do not fit together.
func loadState(store Store, l limits) (*state, error) {
	byTable := map[string][]Record{}
	err := store.Load(func(r Record) error {
		r.Value = bytes.Clone(r.Value)
		byTable[r.Table] = append(byTable[r.Table], r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(byTable) == 0 {
		return nil, nil
	}
	s := emptyState(l)
	for _, tbl := range tables {
		for _, r := range byTable[tbl] {
			if err := s.restore(r); err != nil {
				return nil, fmt.Errorf("%w: record %q of table %s: %w", ErrCorrupt, r.Key, tbl, err)
			}
		}
		delete(byTable, tbl)
	}
	for tbl := range byTable {
		return nil, fmt.Errorf("%w: unknown table %q", ErrCorrupt, tbl)
	}
	if err := s.placeContents(); err != nil {
		return nil, err
	}
	for p := range s.people.all() {
		p.Paid = p.Paid || s.paid(p) // older sites did not keep it
	}
	if s.people.get(s.site.Account) == nil {
		return nil, fmt.Errorf("%w: weir's own account is missing", ErrCorrupt)
	}
	s.changed = nil
	return s, nil
}

// restore puts one record back in its place.
func (s *state) restore(r Record) error {
	switch r.Table {
	case tableSite:
		return decodeStrict(r.Value, &s.site)
	case tableRole:
		return restoreRow(r, func(row *role) string { return row.ID }, s.indexRole)
	case tablePerson:
		return restoreRow(r, func(row *person) string { return row.ID }, s.indexPerson)
	case tableGroup:
		return restoreRow(r, func(row *group) string { return row.ID }, s.indexGroup)
	case tableSpace:
		return restoreRow(r, func(row *space) string { return row.ID }, s.indexSpace)
	case tableTask:
		return restoreRow(r, func(row *task) string { return row.ID }, func(row *task) { s.tasks.put(row.ID, row) })
	case tableMember:
		return s.restoreMember(r)
	case tableNesting:
		return s.restoreNesting(r)
	case tableAssignment:
		return s.restoreAssignment(r)
	case tablePermission:
		return s.restorePermission(r)
	case tableContent:
		return restoreRow(r, func(row *content) string { return row.ID }, s.indexContent)
	case tableAudit:
		return s.restoreAudit(r)
	case tableToken:
		return s.restoreToken(r)
	case tableEvent:
		return s.restoreEvent(r)
	default: // tableSync: the only one left of tables
		return s.restoreSync(r)
	}
}

func restoreRow[T any](r Record, id func(*T) string, index func(*T)) error {
	row := new(T)
	if err := decodeStrict(r.Value, row); err != nil {
		return err
	}
	if id(row) != r.Key {
		return fmt.Errorf("it says that it is %q", id(row))
	}
	index(row)
	return nil
}

// decodeStrict reads exactly one JSON value with known keys only.
func decodeStrict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("text after the value")
	}
	return nil
}
