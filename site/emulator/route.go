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
	// Anonymous says that the credentials count for nothing and the caller for
	// anybody, also where the site has no anonymous access.
	Anonymous bool
}

// maxBody is what Confluence takes: over 5 MB is 413 (evidence A6, A8).
const maxBody = 5 << 20

// call is one request on its way through the site.
type call struct {
	*state
	req    Request
	now    time.Time
	route  *route
	vars   map[string]string // the path's variables
	query  url.Values
	caller *person       // nil on the surfaces of the organisation's key
	token  *apiToken     // that the caller showed, if any
	about  []eventObject // whom and what the call is about
}

// route is one operation. Segments in braces are variables.
type route struct {
	surface *surface
	method  string
	pattern string
	serve   func(*call) (answer, error)
	public  bool   // also for people without credentials, on a site that lets them in
	view    bool   // whoever gets it has looked at a page or a space
	event   string // what the organisation's audit log says of it, if it changes something

	segments []string
}

var routes = buildRoutes(slices.Concat(contentRoutes, lifecycleRoutes, scimRoutes, []route{
	route{surface: surfaceV1, method: "GET", pattern: "/group", serve: v1Groups},
	route{surface: surfaceV1, method: "POST", pattern: "/group", serve: v1CreateGroup, event: "group_created"},
	route{surface: surfaceV1, method: "GET", pattern: "/group/by-id", serve: v1Group},
	route{surface: surfaceV1, method: "DELETE", pattern: "/group/by-id", serve: v1DeleteGroup, event: "group_deleted"},
	route{surface: surfaceV1, method: "GET", pattern: "/group/picker", serve: v1PickGroups},
	route{surface: surfaceV1, method: "GET", pattern: "/group/{groupId}/membersByGroupId", serve: v1Members},
	route{surface: surfaceV1, method: "POST", pattern: "/group/userByGroupId", serve: v1AddMember, event: "user_added_to_group"},
	route{surface: surfaceV1, method: "DELETE", pattern: "/group/userByGroupId", serve: v1RemoveMember, event: "user_removed_from_group"},
	route{surface: surfaceV1, method: "GET", pattern: "/user", serve: v1User},
	route{surface: surfaceV1, method: "GET", pattern: "/user/current", serve: v1CurrentUser, public: true},
	route{surface: surfaceV1, method: "GET", pattern: "/user/bulk", serve: v1Users},
	route{surface: surfaceV1, method: "GET", pattern: "/user/memberof", serve: v1MemberOf},
	route{surface: surfaceV1, method: "PUT", pattern: "/space/{spaceKey}", serve: v1UpdateSpace},
	route{surface: surfaceV1, method: "GET", pattern: "/settings/systemInfo", serve: v1SystemInfo},
	route{surface: surfaceV1, method: "GET", pattern: "/longtask/{id}", serve: v1Task},

	route{surface: surfaceV2, method: "GET", pattern: "/spaces", serve: v2Spaces, public: true},
	route{surface: surfaceV2, method: "POST", pattern: "/spaces", serve: v2CreateSpace},
	route{surface: surfaceV2, method: "GET", pattern: "/spaces/{id}", serve: v2Space, public: true, view: true},
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
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/users/invite", serve: orgInvite, event: "user_invited"},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/users/search", serve: orgSearchUsers},
	route{surface: surfaceOrg, method: "GET", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}", serve: orgGetUser},
	route{surface: surfaceOrg, method: "DELETE", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}", serve: orgRemoveUser, event: "user_removed"},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/suspend", serve: orgSuspendUser, event: "user_suspended"},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/restore", serve: orgRestoreUser, event: "user_restored"},
	route{surface: surfaceOrg, method: "GET", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/role-assignments", serve: orgUserRoles},
	route{surface: surfaceOrg, method: "POST", pattern: "/v1/orgs/{orgId}/users/{accountId}/roles/assign", serve: orgAssignUserRole, event: "user_granted_role"},
	route{surface: surfaceOrg, method: "POST", pattern: "/v1/orgs/{orgId}/users/{accountId}/roles/revoke", serve: orgRevokeUserRole, event: "user_revoked_role"},
	route{surface: surfaceOrg, method: "POST", pattern: "/v1/orgs/{orgId}/users/{accountId}/role-assignments/assign", serve: orgAssignPlatformRole, event: "user_granted_role"},
	route{surface: surfaceOrg, method: "POST", pattern: "/v1/orgs/{orgId}/users/{accountId}/role-assignments/revoke", serve: orgRevokePlatformRole, event: "user_revoked_role"},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups/search", serve: orgSearchGroups},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups", serve: orgCreateGroup, event: "group_created"},
	route{surface: surfaceOrg, method: "GET", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}", serve: orgGetGroup},
	route{surface: surfaceOrg, method: "DELETE", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}", serve: orgDeleteGroup, event: "group_deleted"},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/memberships", serve: orgAddMember, event: "user_added_to_group"},
	route{surface: surfaceOrg, method: "DELETE", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/memberships/{accountId}", serve: orgRemoveMember, event: "user_removed_from_group"},
	route{surface: surfaceOrg, method: "GET", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/role-assignments", serve: orgGroupRoles},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/role-assignments/assign", serve: orgAssignGroupRole, event: "group_granted_role"},
	route{surface: surfaceOrg, method: "POST", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups/{groupId}/role-assignments/revoke", serve: orgRevokeGroupRole, event: "group_revoked_role"},

	route{surface: surfaceManage, method: "GET", pattern: "/{accountId}/manage", serve: manageAccount},
	route{surface: surfaceManage, method: "POST", pattern: "/{accountId}/manage/lifecycle/disable", serve: manageDisable, event: "user_deactivated"},
	route{surface: surfaceManage, method: "POST", pattern: "/{accountId}/manage/lifecycle/enable", serve: manageEnable, event: "user_activated"},
})...)

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
	s.at, s.by, s.unaudited = now, "", false
	surf, a, err := c.serve()
	shape := shapePlain
	if surf != nil {
		shape = surf.shape
	}
	return write(a, err, shape), s.drain()
}

func (c *call) serve() (*surface, answer, error) {
	surf, rest := c.surface()
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
	table := routes
	if surf == surfaceDC {
		table = dcRoutes
	}
	var other bool
	for _, r := range table {
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
		if err == nil {
			c.settle()
		}
		return surf, a, err
	}
	if other {
		return surf, answer{}, refuse(http.StatusMethodNotAllowed, "", "this path does not take %s", c.req.Method)
	}
	return surf, answer{}, notFound("path")
}

// surfaceOf returns the surface that a path is on, and the path below it; nil
// for a path of none.
func surfaceOf(path string) (*surface, string) {
	for _, candidate := range []*surface{surfaceV1, surfaceV2, surfaceOrg, surfaceManage, surfaceScim, surfaceDC} {
		if rest, found := strings.CutPrefix(path, candidate.prefix+"/"); found {
			return candidate, rest
		}
	}
	return nil, ""
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
// and API token, the organisation's surfaces its key, an identity provider that
// of its directory (evidence A0). Somebody without any is anonymous, where the site has anonymous access.
func (c *call) authenticate(surf *surface) error {
	if surf == surfaceDC {
		return c.authenticateDC()
	}
	denied := refuse(http.StatusUnauthorized, "", "the credentials are missing or wrong")
	scheme, value, _ := strings.Cut(c.req.Header.Get("Authorization"), " ")
	if surf.orgKey || surf.syncKey {
		key := c.site.OrgKey
		if surf.syncKey {
			key = c.site.SyncKey // none without a directory: nothing fits
		}
		if key == "" || !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare([]byte(value), []byte(key)) != 1 {
			return denied
		}
		return nil
	}
	if c.req.Anonymous || c.req.Header.Get("Authorization") == "" && c.enters(nil) {
		return nil
	}
	plain, err := base64.StdEncoding.DecodeString(value)
	if !strings.EqualFold(scheme, "Basic") || err != nil {
		return denied
	}
	email, token, _ := strings.Cut(string(plain), ":")
	t, p := c.tokenHolder(token, c.now)
	// A deactivated person's tokens do not work (evidence, Domain); nor do those of
	// somebody who is suspended or gone.
	if p == nil || fold(p.Email) != fold(email) || !p.works() {
		return denied
	}
	c.caller, c.by, c.token = p, p.ID, t
	return nil
}

// admit refuses, before an operation looks at anything, callers without access
// to Confluence and bodies that are too large or not JSON.
func (c *call) admit() error {
	if c.caller == nil && (c.route.surface == surfaceV1 || c.route.surface == surfaceV2 || c.route.surface == surfaceDC) && !c.route.public {
		return refuse(http.StatusUnauthorized, "", "this needs credentials")
	}
	if c.caller != nil && !c.mayEnter(c.caller) {
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
	if err := c.writable(); err != nil {
		return err
	}
	if c.req.TooLarge {
		return refuse(http.StatusRequestEntityTooLarge, "", "the request is over 5 MB")
	}
	if len(c.req.Body) > 0 {
		if t, _, err := mime.ParseMediaType(c.req.Header.Get("Content-Type")); err != nil || t != "application/json" && !(t == "application/scim+json" && c.route.surface == surfaceScim) {
			return refuse(http.StatusUnsupportedMediaType, "", "the body must be application/json")
		}
	}
	return nil
}

// directory refuses unknown directories. "-" means all of them, on reads only
// (evidence A2).
func (c *call) directory() error {
	if id, found := c.vars["syncId"]; found && id != c.site.SyncID {
		return notFound("directory")
	}
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
