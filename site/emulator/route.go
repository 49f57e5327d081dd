package emulator

import (
	"crypto/subtle"
	"encoding/base64"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Request is what the product is asked: an HTTP request read whole.
type Request struct {
	Method string
	Path   string // as on the wire, still escaped
	Query  string // likewise, without the question mark
	Header http.Header
	Body   []byte
	// TooLarge says that the body was cut off at maxBody.
	TooLarge bool
}

// maxBody is what Confluence takes: over 5 MB is 413 (CONFLUENCE-API.md A6, A8).
const maxBody = 5 << 20

// call is one request on its way through the site.
type call struct {
	*state
	req    Request
	now    time.Time
	route  *route
	vars   map[string]string // the path's variables
	query  url.Values
	caller *person // nil on the surfaces of the organisation's key
}

// route is one operation. Segments in braces are variables.
type route struct {
	surface *surface
	method  string
	pattern string
	serve   func(*call) (answer, error)

	segments []string
}

var routes = buildRoutes(
	route{surface: surfaceV1, method: "GET", pattern: "/group", serve: v1Groups},
	route{surface: surfaceV1, method: "POST", pattern: "/group", serve: v1CreateGroup},
	route{surface: surfaceV1, method: "GET", pattern: "/group/by-id", serve: v1Group},
	route{surface: surfaceV1, method: "DELETE", pattern: "/group/by-id", serve: v1DeleteGroup},
	route{surface: surfaceV1, method: "GET", pattern: "/group/picker", serve: v1PickGroups},
	route{surface: surfaceV1, method: "GET", pattern: "/group/{groupId}/membersByGroupId", serve: v1Members},
	route{surface: surfaceV1, method: "POST", pattern: "/group/userByGroupId", serve: v1AddMember},
	route{surface: surfaceV1, method: "DELETE", pattern: "/group/userByGroupId", serve: v1RemoveMember},
	route{surface: surfaceV1, method: "GET", pattern: "/user", serve: v1User},
	route{surface: surfaceV1, method: "GET", pattern: "/user/current", serve: v1CurrentUser},
	route{surface: surfaceV1, method: "GET", pattern: "/user/bulk", serve: v1Users},
	route{surface: surfaceV1, method: "PUT", pattern: "/space/{spaceKey}", serve: v1UpdateSpace},
	route{surface: surfaceV1, method: "GET", pattern: "/settings/systemInfo", serve: v1SystemInfo},
	route{surface: surfaceV1, method: "GET", pattern: "/longtask/{id}", serve: v1Task},

	route{surface: surfaceV2, method: "GET", pattern: "/spaces", serve: v2Spaces},
	route{surface: surfaceV2, method: "POST", pattern: "/spaces", serve: v2CreateSpace},
	route{surface: surfaceV2, method: "GET", pattern: "/spaces/{id}", serve: v2Space},
	route{surface: surfaceV2, method: "GET", pattern: "/spaces/{id}/role-assignments", serve: v2Assignments},
	route{surface: surfaceV2, method: "POST", pattern: "/spaces/{id}/role-assignments", serve: v2SetAssignments},
	route{surface: surfaceV2, method: "GET", pattern: "/space-role-mode", serve: v2RoleMode},
	route{surface: surfaceV2, method: "GET", pattern: "/space-permissions", serve: v2Permissions},
	route{surface: surfaceV2, method: "GET", pattern: "/space-roles", serve: v2Roles},
	route{surface: surfaceV2, method: "POST", pattern: "/space-roles", serve: v2CreateRole},
	route{surface: surfaceV2, method: "GET", pattern: "/space-roles/{id}", serve: v2Role},
	route{surface: surfaceV2, method: "PUT", pattern: "/space-roles/{id}", serve: v2UpdateRole},
	route{surface: surfaceV2, method: "DELETE", pattern: "/space-roles/{id}", serve: v2DeleteRole},
	route{surface: surfaceV2, method: "POST", pattern: "/users-bulk", serve: v2UsersBulk},

	route{surface: surfaceOrg, method: "GET", pattern: "/v1/orgs", serve: orgList},
	route{surface: surfaceOrg, method: "GET", pattern: "/v1/orgs/{orgId}", serve: orgGet},
	route{surface: surfaceOrg, method: "GET", pattern: "/v2/orgs/{orgId}/directories", serve: orgDirectories},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/workspaces", serve: orgWorkspaces},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/users/invite", serve: orgInvite},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/users/search", serve: orgSearchUsers},
	route{surface: surfaceOrg, method: "GET", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}", serve: orgGetUser},
	route{surface: surfaceOrg, method: "DELETE", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}", serve: orgRemoveUser},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/suspend", serve: orgSuspendUser},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/restore", serve: orgRestoreUser},
	route{surface: surfaceOrg, method: "GET", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/role-assignments", serve: orgUserRoles},
	route{surface: surfaceOrg, method: "POST", pattern: "/v1/orgs/{orgId}/users/{accountId}/roles/assign", serve: orgAssignUserRole},
	route{surface: surfaceOrg, method: "POST", pattern: "/v1/orgs/{orgId}/users/{accountId}/roles/revoke", serve: orgRevokeUserRole},
	route{surface: surfaceOrg, method: "POST", pattern: "/v1/orgs/{orgId}/users/{accountId}/role-assignments/assign", serve: orgAssignPlatformRole},
	route{surface: surfaceOrg, method: "POST", pattern: "/v1/orgs/{orgId}/users/{accountId}/role-assignments/revoke", serve: orgRevokePlatformRole},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups/search", serve: orgSearchGroups},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups", serve: orgCreateGroup},
	route{surface: surfaceOrg, method: "GET", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}", serve: orgGetGroup},
	route{surface: surfaceOrg, method: "DELETE", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}", serve: orgDeleteGroup},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/memberships", serve: orgAddMember},
	route{surface: surfaceOrg, method: "DELETE", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/memberships/{accountId}", serve: orgRemoveMember},
	route{surface: surfaceOrg, method: "GET", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/role-assignments", serve: orgGroupRoles},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/role-assignments/assign", serve: orgAssignGroupRole},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/role-assignments/revoke", serve: orgRevokeGroupRole},

	route{surface: surfaceManage, method: "GET", pattern: "/{accountId}/manage", serve: manageAccount},
	route{surface: surfaceManage, method: "POST", pattern: "/{accountId}/manage/lifecycle/disable", serve: manageDisable},
	route{surface: surfaceManage, method: "POST", pattern: "/{accountId}/manage/lifecycle/enable", serve: manageEnable},
)

// buildRoutes sorts fixed segments before variables, so that the first match is
// the most specific one.
func buildRoutes(rs ...route) []*route {
	var out []*route
	for _, r := range rs {
		r.segments = strings.Split(strings.TrimPrefix(r.pattern, "/"), "/")
		out = append(out, &r)
	}
	slices.SortStableFunc(out, func(a, b *route) int {
		return strings.Count(a.pattern, "{") - strings.Count(b.pattern, "{")
	})
	return out
}

func (r *route) match(segments []string) bool {
	if len(segments) != len(r.segments) {
		return false
	}
	for i, want := range r.segments {
		if want[0] != '{' && want != segments[i] || segments[i] == "" {
			return false
		}
	}
	return true
}

// apply is the whole machine: a request and the time give a response and the
// records that changed. It reads and writes nothing but the state.
func (s *state) apply(req Request, now time.Time) (Response, []Record) {
	c := &call{state: s, req: req, now: now}
	surf, a, err := c.serve()
	shape := shapePlain
	if surf != nil {
		shape = surf.shape
	}
	return write(a, err, shape), s.drain()
}

func (c *call) serve() (*surface, answer, error) {
	var surf *surface
	var rest string
	for _, candidate := range []*surface{surfaceV1, surfaceV2, surfaceOrg, surfaceManage} {
		if r, found := strings.CutPrefix(c.req.Path, candidate.prefix+"/"); found {
			surf, rest = candidate, r
			break
		}
	}
	if surf == nil {
		return nil, answer{}, notFound("path")
	}
	if err := c.authenticate(surf); err != nil {
		return surf, answer{}, err
	}
	segments, err := unescape(rest)
	if err != nil {
		return surf, answer{}, err
	}
	if c.query, err = url.ParseQuery(c.req.Query); err != nil {
		return surf, answer{}, refuse(http.StatusBadRequest, "", "the query is malformed")
	}
	var other bool
	for _, r := range routes {
		if r.surface != surf || !r.match(segments) {
			continue
		}
		if r.method != c.req.Method {
			other = true
			continue
		}
		c.bind(r, segments)
		if err := c.admit(); err != nil {
			return surf, answer{}, err
		}
		a, err := r.serve(c)
		return surf, a, err
	}
	if other {
		return surf, answer{}, refuse(http.StatusMethodNotAllowed, "", "this path does not take %s", c.req.Method)
	}
	return surf, answer{}, notFound("path")
}

func unescape(rest string) ([]string, error) {
	segments := strings.Split(rest, "/")
	for i, seg := range segments {
		plain, err := url.PathUnescape(seg)
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "", "the path is malformed")
		}
		segments[i] = plain
	}
	return segments, nil
}

func (c *call) bind(r *route, segments []string) {
	c.route, c.vars = r, map[string]string{}
	for i, seg := range r.segments {
		if name, found := strings.CutPrefix(seg, "{"); found {
			c.vars[strings.TrimSuffix(name, "}")] = segments[i]
		}
	}
}

// authenticate finds out who calls. Confluence takes a person's e-mail address
// and API token, the organisation's surfaces its key (CONFLUENCE-API.md A0).
// There are no anonymous callers.
func (c *call) authenticate(surf *surface) error {
	denied := refuse(http.StatusUnauthorized, "", "the credentials are missing or wrong")
	scheme, value, _ := strings.Cut(c.req.Header.Get("Authorization"), " ")
	if surf.orgKey {
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare([]byte(value), []byte(c.site.OrgKey)) != 1 {
			return denied
		}
		return nil
	}
	plain, err := base64.StdEncoding.DecodeString(value)
	if !strings.EqualFold(scheme, "Basic") || err != nil {
		return denied
	}
	email, token, _ := strings.Cut(string(plain), ":")
	p := c.people.get(c.tokens[token])
	// A deactivated person's tokens do not work (DOMAIN.md); nor do those of
	// somebody who is suspended or gone.
	if p == nil || fold(p.Email) != fold(email) || !p.works() {
		return denied
	}
	c.caller = p
	return nil
}

// admit refuses, before an operation looks at anything, callers without access
// to Confluence and bodies that are too large or not JSON.
func (c *call) admit() error {
	if c.caller != nil && !c.enters(c.caller) {
		// v1 documents 403 for callers who may not use Confluence, v2 404.
		if c.route.surface == surfaceV2 {
			return refuse(http.StatusNotFound, "", "the caller may not use Confluence")
		}
		return refuse(http.StatusForbidden, "", "the caller may not use Confluence")
	}
	if id, found := c.vars["orgId"]; found && id != c.site.OrgID {
		return refuse(http.StatusNotFound, "ADMIN-404-2", "there is no such organisation")
	}
	if err := c.directory(); err != nil {
		return err
	}
	if c.req.TooLarge {
		return refuse(http.StatusRequestEntityTooLarge, "", "the request is over 5 MB")
	}
	if len(c.req.Body) > 0 {
		if t, _, err := mime.ParseMediaType(c.req.Header.Get("Content-Type")); err != nil || t != "application/json" {
			return refuse(http.StatusUnsupportedMediaType, "", "the body must be application/json")
		}
	}
	return nil
}

// directory refuses unknown directories. "-" means all of them, on reads only
// (CONFLUENCE-API.md A2).
func (c *call) directory() error {
	id, found := c.vars["directoryId"]
	if !found || id == c.site.DirectoryID {
		return nil
	}
	reads := c.req.Method == http.MethodGet || strings.HasSuffix(c.route.pattern, "/search")
	if id == "-" && reads {
		return nil
	}
	return refuse(http.StatusNotFound, "ADMIN-404-1", "there is no such directory")
}

// body reads the request's JSON. Unknown keys are refused: a misspelt filter
// must not read as no filter.
func (c *call) body(into any) error {
	if len(c.req.Body) == 0 {
		return refuse(http.StatusBadRequest, "", "the request has no body")
	}
	if err := decodeStrict(c.req.Body, into); err != nil {
		return refuse(http.StatusBadRequest, "", "the body is not what is expected: %v", err)
	}
	return nil
}
