package cloud

import (
	"errors"
	"strings"

	"github.com/weirhq/weir/site/driver"
)

// The shapes of the wire, as far as weir reads or writes them. Ids are opaque
// text everywhere, although the published documents type some as numbers and
// uuids (observed: neither holds).

// search is the body of the organisation's searches, and of the list of its
// sites.
type search struct {
	Emails      []string `json:"emails,omitempty"`
	GroupIDs    []string `json:"groupIds,omitempty"`
	GroupNames  []string `json:"groupNames,omitempty"`
	ResourceIDs []string `json:"resourceIds,omitempty"`
	RoleIDs     []string `json:"roleIds,omitempty"`
	Expand      []string `json:"expand,omitempty"`
	Limit       int      `json:"limit,omitempty"`
	Cursor      string   `json:"cursor,omitempty"`
}

// Page is the search for one page.
func (s search) Page(limit int, cursor string) any {
	s.Limit, s.Cursor = limit, cursor
	return s
}

// self is the answer of user/current.
type self struct {
	Type        string `json:"type"`
	AccountID   string `json:"accountId"`
	Email       string `json:"email"`
	DisplayName string `json:"displayName"`
	// What the account may do on the whole site.
	Operations []struct {
		Operation string `json:"operation"`
		Target    string `json:"targetType"`
	} `json:"operations"` // only if expanded
}

// may gives the operations as words.
func (s self) may() []string {
	var out []string
	for _, o := range s.Operations {
		out = append(out, o.Operation+" "+o.Target)
	}
	return out
}

func (s *self) Check() error {
	if s.Type == "" && s.AccountID == "" {
		return errors.New("the answer names nobody")
	}
	return nil
}

type systemFacts struct {
	CloudID string `json:"cloudId"`
	Edition string `json:"edition"`
}

func (s *systemFacts) Check() error {
	if s.CloudID == "" {
		return errors.New("the answer lacks the cloud id")
	}
	return nil
}

type mode struct {
	Mode string `json:"mode"`
}

func (m *mode) Check() error {
	if m.Mode == "" {
		return errors.New("the answer lacks the mode")
	}
	return nil
}

// directoryPerson is a person in the directory of the organisation.
type directoryPerson struct {
	AccountID        string         `json:"accountId"`
	AccountStatus    string         `json:"accountStatus"`    // active | inactive | closed
	MembershipStatus string         `json:"membershipStatus"` // active | suspended | no_membership
	Status           string         `json:"status"`           // active | suspended | not_invited | deactivated | for_deletion
	ClaimStatus      string         `json:"claimStatus"`      // managed | unmanaged
	Email            string         `json:"email"`
	Name             string         `json:"name"`
	Groups           *[]named       `json:"groups"`        // only if expanded
	ProductAccess    *[]productSeat `json:"productAccess"` // only if expanded
	PlatformRoles    []string       `json:"platformRoles"` // likewise
	AddedToOrg       driver.Moment  `json:"addedToOrg"`
}

// holder is a person in a search of which only the ids count.
type holder struct {
	AccountID string `json:"accountId"`
}

type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type productSeat struct {
	ID         string        `json:"id"` // of the site
	Key        string        `json:"key"`
	LastActive driver.Moment `json:"lastActiveTimestamp"` // absent for who never looked
}

// directoryGroup is a group as the organisation knows it.
type directoryGroup struct {
	ID               string `json:"id"`
	Name             string `json:"name"`
	ManagedBy        string `json:"managedBy"`
	ExternalSynced   bool   `json:"externalSynced"`
	ManagementAccess struct {
		Modifiable *bool `json:"modifiable"`
		Deletable  *bool `json:"deletable"`
	} `json:"managementAccess"`
	Counts struct {
		Users     *int `json:"users"`
		Resources *int `json:"resources"`
	} `json:"counts"` // only if expanded
}

// siteGroup is a group as the site knows it.
type siteGroup struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	UsageType string `json:"usageType"` // USERBASE_GROUP | TEAM_COLLABORATION
	ManagedBy string `json:"managedBy"` // ADMINS | EXTERNAL | TEAM_MEMBERS | OPEN
}

func (g *siteGroup) Check() error {
	if g.ID == "" {
		return errors.New("the answer lacks the id")
	}
	return nil
}

// groupID is the bare id: the organisation also writes it as an ARI.
func groupID(id string) string { return strings.TrimPrefix(id, "ari:cloud:identity::group/") }

// groupProduct is what a group holds on one site or product.
type groupProduct struct {
	ResourceID    string   `json:"resourceId"`
	ResourceOwner string   `json:"resourceOwner"`
	Roles         []string `json:"roles"`
}

// personProduct is what a person holds on one site or product.
type personProduct struct {
	ResourceID      string `json:"resourceId"`
	RoleAssignments []struct {
		Role    string   `json:"role"`
		Methods []string `json:"roleAssignmentMethods"` // inferred | direct | group_direct
	} `json:"roleAssignments"`
}

// whole is the id of a row that has everything, and nothing of one that lacks the
// roles: a row without them must not read as one who holds none.
func (p groupProduct) whole() string {
	if p.Roles == nil {
		return ""
	}
	return p.ResourceID
}

// whole is likewise.
func (p personProduct) whole() string {
	if p.RoleAssignments == nil {
		return ""
	}
	return p.ResourceID
}

type productGrant struct {
	ResourceID string `json:"resourceId"`
	RoleID     string `json:"roleId"`
}

type personGrant struct {
	Resource string `json:"resource"`
	Role     string `json:"role"`
}

type invitation struct {
	Emails           []string      `json:"emails"`
	PermissionRules  []personGrant `json:"permissionRules"`
	AdditionalGroups []string      `json:"additionalGroups"`
	SendNotification bool          `json:"sendNotification"`
}

// invited is the answer to an invitation: 200, or 206 when parts of it failed.
type invited struct {
	Data *[]struct {
		ID      string `json:"id"`
		Email   string `json:"email"`
		Results []struct {
			Roles  []invitedPart `json:"roleAssignmentResult"`
			Groups []invitedPart `json:"groupAssignmentResult"`
		} `json:"results"`
	} `json:"data"`
}

type invitedPart struct {
	Status       string `json:"status"` // INVITED | ERROR
	StatusReason string `json:"statusReason"`
}

func (i *invited) Check() error {
	if i.Data == nil {
		return errors.New("the answer lacks its data")
	}
	return nil
}

// space is a space, in lists and as the answer to its creation.
type space struct {
	ID     string `json:"id"`
	Key    string `json:"key"`
	Name   string `json:"name"`
	Status string `json:"status"` // current | archived | trashed
	Type   string `json:"type"`   // global | personal | …

	AuthorID  string        `json:"authorId"`
	OwnerID   string        `json:"spaceOwnerId"`
	CreatedAt driver.Moment `json:"createdAt"`
}

func (sp *space) Check() error {
	if sp.ID == "" {
		return errors.New("the answer lacks the id")
	}
	return nil
}

type newSpace struct {
	Name string `json:"name"`
	Key  string `json:"key"`
	// RoleAssignments is never empty: given, they are exactly what the space
	// has; not given, the site's defaults apply.
	RoleAssignments []assignment `json:"roleAssignments"`
}

type spaceUpdate struct {
	Name   string `json:"name,omitempty"`
	Status string `json:"status,omitempty"`
}

type spaceRole struct {
	ID          string    `json:"id"`
	Type        string    `json:"type"` // SYSTEM | CUSTOM
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Permissions *[]string `json:"spacePermissions"`
}

func (r *spaceRole) Check() error {
	if r.ID == "" {
		return errors.New("the answer lacks the id")
	}
	return nil
}

// spacePermission is an entry of the site's catalogue of permissions.
type spacePermission struct {
	ID    string `json:"id"`
	Label string `json:"displayName"`
}

func (p *spacePermission) Check() error {
	if p.ID == "" {
		return errors.New("the answer lacks the id")
	}
	return nil
}

type spaceRoleBody struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Permissions []string `json:"spacePermissions"`
}

type assignment struct {
	Principal principal `json:"principal"`
	RoleID    string    `json:"roleId,omitempty"` // absent in a write: take the principal's role away
}

type principal struct {
	Type string `json:"principalType"` // USER | GROUP | ACCESS_CLASS
	ID   string `json:"principalId"`
}

// permissionRow is one permission of one principal in a space.
type permissionRow struct {
	ID        string `json:"id"`
	Principal struct {
		Type string `json:"type"` // user | group | access-class
		ID   string `json:"id"`
	} `json:"principal"`
	Operation struct {
		Key    string `json:"key"`
		Target string `json:"targetType"`
	} `json:"operation"`
}

// permission is the id of the permission as the catalogue writes it.
func (p permissionRow) permission() string { return p.Operation.Key + "/" + p.Operation.Target }

// started is the answer of an operation that goes on as a long task. Without
// an id there is nothing to wait for (observed, where a role keeps its
// permissions).
type started struct {
	TaskID string `json:"taskId"`
}

func (*started) Check() error { return nil }

// submitted is likewise, in v1. Its links lack what they need (observed) and are
// never followed: the task is asked for by its id.
type submitted struct {
	ID string `json:"id"`
}

// Check refuses an answer without the id: what became of the deletion nobody could
// tell.
func (s *submitted) Check() error {
	if s.ID == "" {
		return errors.New("the answer lacks the task")
	}
	return nil
}

type taskState struct {
	Finished   *bool `json:"finished"`
	Successful bool  `json:"successful"`
	Messages   []struct {
		Translation string `json:"translation"`
	} `json:"messages"`
}

func (t *taskState) Check() error {
	if t.Finished == nil {
		return errors.New("the answer does not say whether the task is finished")
	}
	return nil
}

type org struct {
	ID string `json:"id"`
}

type directory struct {
	ID   string `json:"directoryId"`
	Name string `json:"name"`
}

type workspace struct {
	ID         string `json:"id"`
	Attributes struct {
		Name    string `json:"name"`
		TypeKey string `json:"typeKey"`
		Type    string `json:"type"`
		HostURL string `json:"hostUrl"`
	} `json:"attributes"`
}

// single is the answer for one thing of the organisation, which is only asked
// whether it is there.
type single struct {
	Data *struct{} `json:"data"`
}

// Check refuses an answer about nothing.
func (e *single) Check() error {
	if e.Data == nil {
		return errors.New("the answer lacks its data")
	}
	return nil
}

// lifecycle is what the entry of a single person tells beside the list.
type lifecycle struct {
	Data *struct {
		DeactivatedOn driver.Moment `json:"deactivatedOn"`
	} `json:"data"`
}

func (l *lifecycle) Check() error {
	if l.Data == nil {
		return errors.New("the answer lacks its data")
	}
	return nil
}

// auditRecord is a line of the audit log, as far as it says what changed.
type auditRecord struct {
	Created  int64  `json:"creationDate"` // milliseconds
	Category string `json:"category"`
	Summary  string `json:"summary"`
	Author   struct {
		AccountID string `json:"accountId"`
	} `json:"author"`
	Affected   auditObject   `json:"affectedObject"`
	Associated []auditObject `json:"associatedObjects"`
	Changed    []struct {
		Name string `json:"name"`
		Old  string `json:"oldValue"`
		New  string `json:"newValue"`
	} `json:"changedValues"`
}

type auditObject struct {
	Name string `json:"name"`
	Type string `json:"objectType"`
}

// retention is for how long the audit log is kept.
type retention struct {
	Number int    `json:"number"`
	Units  string `json:"units"`
}

// Check refuses an answer that tells no period.
func (r *retention) Check() error {
	if r.Units == "" {
		return errors.New("the answer lacks the unit of time")
	}
	return nil
}
