package emulator

import (
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The dialects in which a site speaks. The site itself is the same: what one
// writes the other shows, as far as it has a word for it.
const (
	DialectCloud      = "cloud"
	DialectDataCenter = "datacenter"
)

var surfaceDC = &surface{prefix: "/rest/api", shape: shapeDC}

var dcRoutes = buildRoutes(
	route{surface: surfaceDC, method: "GET", pattern: "/accessmode", public: true, serve: dcAccessMode},
	route{surface: surfaceDC, method: "GET", pattern: "/server-information", serve: dcServerInformation},
	route{surface: surfaceDC, method: "GET", pattern: "/longtask", serve: dcTasks},
	route{surface: surfaceDC, method: "GET", pattern: "/longtask/{id}", serve: dcTask},

	route{surface: surfaceDC, method: "GET", pattern: "/group", serve: dcGroups},
	route{surface: surfaceDC, method: "GET", pattern: "/group/{groupName}", serve: dcGroup},
	route{surface: surfaceDC, method: "GET", pattern: "/group/{groupName}/member", serve: dcMembers},
	route{surface: surfaceDC, method: "GET", pattern: "/group/{groupName}/groupmember", serve: dcChildren},
	route{surface: surfaceDC, method: "GET", pattern: "/group/{groupName}/groupparent", serve: dcParents},
	route{surface: surfaceDC, method: "GET", pattern: "/group/{groupName}/groupancestor", serve: dcAncestors},
	route{surface: surfaceDC, method: "POST", pattern: "/admin/group", serve: dcCreateGroup},
	route{surface: surfaceDC, method: "DELETE", pattern: "/admin/group/{groupName}", serve: dcDeleteGroup},

	route{surface: surfaceDC, method: "GET", pattern: "/user", serve: dcUser},
	route{surface: surfaceDC, method: "GET", pattern: "/user/list", serve: dcUsers},
	route{surface: surfaceDC, method: "GET", pattern: "/user/current", serve: dcCurrentUser},
	route{surface: surfaceDC, method: "GET", pattern: "/user/anonymous", public: true, serve: dcAnonymousUser},
	route{surface: surfaceDC, method: "GET", pattern: "/user/memberof", serve: dcMemberOf},
	route{surface: surfaceDC, method: "PUT", pattern: "/user/{username}/group/{groupName}", serve: dcAddMember},
	route{surface: surfaceDC, method: "DELETE", pattern: "/user/{username}/group/{groupName}", serve: dcRemoveMember},
	route{surface: surfaceDC, method: "GET", pattern: "/admin/users/list/active", serve: dcActiveUsers},
	route{surface: surfaceDC, method: "POST", pattern: "/admin/user", serve: dcCreateUser},
	route{surface: surfaceDC, method: "PUT", pattern: "/admin/user/{username}", serve: dcUpdateUser},
	route{surface: surfaceDC, method: "DELETE", pattern: "/admin/user/{username}", serve: dcDeleteUser},
	route{surface: surfaceDC, method: "PUT", pattern: "/admin/user/{username}/disable", serve: dcDisableUser},
	route{surface: surfaceDC, method: "PUT", pattern: "/admin/user/{username}/enable", serve: dcEnableUser},
	route{surface: surfaceDC, method: "POST", pattern: "/admin/user/{username}/password", serve: dcSetPassword},

	route{surface: surfaceDC, method: "GET", pattern: "/permissions", serve: dcGlobals},
	route{surface: surfaceDC, method: "PUT", pattern: "/permissions", serve: dcSetGlobals},
	route{surface: surfaceDC, method: "GET", pattern: "/permissions/anonymous", serve: dcSubjectGlobals},
	route{surface: surfaceDC, method: "GET", pattern: "/permissions/unlicensed", serve: dcSubjectGlobals},
	route{surface: surfaceDC, method: "GET", pattern: "/permissions/group/{groupName}", serve: dcSubjectGlobals},
	route{surface: surfaceDC, method: "GET", pattern: "/permissions/user/{user}", serve: dcSubjectGlobals},
	route{surface: surfaceDC, method: "PUT", pattern: "/permissions/anonymous/grant", serve: dcGrantGlobals},
	route{surface: surfaceDC, method: "PUT", pattern: "/permissions/unlicensed/grant", serve: dcGrantGlobals},
	route{surface: surfaceDC, method: "PUT", pattern: "/permissions/group/{groupName}/grant", serve: dcGrantGlobals},
	route{surface: surfaceDC, method: "PUT", pattern: "/permissions/user/{user}/grant", serve: dcGrantGlobals},
	route{surface: surfaceDC, method: "PUT", pattern: "/permissions/anonymous/revoke", serve: dcRevokeGlobals},
	route{surface: surfaceDC, method: "PUT", pattern: "/permissions/unlicensed/revoke", serve: dcRevokeGlobals},
	route{surface: surfaceDC, method: "PUT", pattern: "/permissions/group/{groupName}/revoke", serve: dcRevokeGlobals},
	route{surface: surfaceDC, method: "PUT", pattern: "/permissions/user/{user}/revoke", serve: dcRevokeGlobals},

	route{surface: surfaceDC, method: "GET", pattern: "/space", public: true, serve: dcSpaces},
	route{surface: surfaceDC, method: "POST", pattern: "/space", serve: dcCreateSpace},
	route{surface: surfaceDC, method: "POST", pattern: "/space/_private", serve: dcCreatePrivateSpace},
	route{surface: surfaceDC, method: "POST", pattern: "/space/personal", serve: dcCreateOwnSpace},
	route{surface: surfaceDC, method: "POST", pattern: "/admin/space/personal/{username}", serve: dcCreatePersonalSpace},
	route{surface: surfaceDC, method: "GET", pattern: "/space/{spaceKey}", public: true, serve: dcSpace},
	route{surface: surfaceDC, method: "PUT", pattern: "/space/{spaceKey}", serve: dcUpdateSpace},
	route{surface: surfaceDC, method: "DELETE", pattern: "/space/{spaceKey}", serve: dcDeleteSpace},
	route{surface: surfaceDC, method: "PUT", pattern: "/space/{spaceKey}/archive", serve: dcArchiveSpace},
	route{surface: surfaceDC, method: "PUT", pattern: "/space/{spaceKey}/restore", serve: dcRestoreSpace},
	route{surface: surfaceDC, method: "GET", pattern: "/space/{spaceKey}/permissions", serve: dcPermissions},
	route{surface: surfaceDC, method: "POST", pattern: "/space/{spaceKey}/permissions", serve: dcSetPermissions},
	route{surface: surfaceDC, method: "GET", pattern: "/space/{spaceKey}/permissions/anonymous", serve: dcSubjectPermissions},
	route{surface: surfaceDC, method: "GET", pattern: "/space/{spaceKey}/permissions/group/{groupName}", serve: dcSubjectPermissions},
	route{surface: surfaceDC, method: "GET", pattern: "/space/{spaceKey}/permissions/user/{userKey}", serve: dcSubjectPermissions},
	route{surface: surfaceDC, method: "PUT", pattern: "/space/{spaceKey}/permissions/anonymous/grant", serve: dcGrantPermissions},
	route{surface: surfaceDC, method: "PUT", pattern: "/space/{spaceKey}/permissions/group/{groupName}/grant", serve: dcGrantPermissions},
	route{surface: surfaceDC, method: "PUT", pattern: "/space/{spaceKey}/permissions/user/{userKey}/grant", serve: dcGrantPermissions},
	route{surface: surfaceDC, method: "PUT", pattern: "/space/{spaceKey}/permissions/anonymous/revoke", serve: dcRevokePermissions},
	route{surface: surfaceDC, method: "PUT", pattern: "/space/{spaceKey}/permissions/group/{groupName}/revoke", serve: dcRevokePermissions},
	route{surface: surfaceDC, method: "PUT", pattern: "/space/{spaceKey}/permissions/user/{userKey}/revoke", serve: dcRevokePermissions},

	route{surface: surfaceDC, method: "GET", pattern: "/content", public: true, serve: dcFindContent},
	route{surface: surfaceDC, method: "GET", pattern: "/search", public: true, serve: dcSearch},
	route{surface: surfaceDC, method: "GET", pattern: "/content/{id}", public: true, serve: dcOneContent},
	route{surface: surfaceDC, method: "GET", pattern: "/space/{spaceKey}/content/{type}", public: true, serve: dcSpaceContent},
	route{surface: surfaceDC, method: "GET", pattern: "/content/{id}/restriction/byOperation", serve: dcRestrictions},
	route{surface: surfaceDC, method: "GET", pattern: "/content/{id}/restriction/byOperation/{operationKey}", serve: dcRestriction},
	route{surface: surfaceDC, method: "GET", pattern: "/content/{id}/restriction/relevantViewRestrictions", serve: dcRelevantRestrictions},
	route{surface: surfaceDC, method: "PUT", pattern: "/content/{id}/restriction", serve: dcSetRestrictions},
)

// codeReadOnly marks refusals by the access mode.
const codeReadOnly = "READ_ONLY"

// shapeDC is the published RestError; that errors is a list and reason the name
// of the status is what live sites send (evidence B0).
func shapeDC(r *Refusal) any {
	return object{
		"statusCode": r.Status,
		"data": object{
			"authorized": r.Status != http.StatusUnauthorized && r.Status != http.StatusForbidden,
			"valid":      r.Status != http.StatusBadRequest, "errors": []any{}, "successful": false,
			"allowedInReadOnlyMode": r.Code != codeReadOnly,
		},
		"message": r.Detail, "reason": http.StatusText(r.Status),
	}
}

// surface returns the surface of the request, if this site's dialect has it, and
// the path below it.
func (c *call) surface() (*surface, string) {
	path, under := strings.CutPrefix(c.req.Path, c.limits.context)
	if !under {
		return nil, ""
	}
	if !c.limits.dataCenter() {
		if path, under = behindGateway(path, c.site.CloudID); !under {
			return nil, ""
		}
	}
	surf, rest := surfaceOf(path)
	if surf == nil || (surf == surfaceDC) != c.limits.dataCenter() {
		return nil, ""
	}
	return surf, rest
}

// authenticateDC finds out who calls: user name and password, or a personal
// access token. A token is taken for a password as well, so that people whom
// Cloud knows, and who have none, can call (B0). Somebody without credentials is
// anonymous, where the site has anonymous access.
func (c *call) authenticateDC() error {
	denied := refuse(http.StatusUnauthorized, "", "the credentials are missing or wrong")
	if c.req.Anonymous || c.req.Header.Get("Authorization") == "" && c.enters(nil) {
		return nil
	}
	scheme, value, _ := strings.Cut(c.req.Header.Get("Authorization"), " ")
	var p *person
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		p = c.tokenOwner(value)
	case strings.EqualFold(scheme, "Basic"):
		plain, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return denied
		}
		name, password, _ := strings.Cut(string(plain), ":")
		p = c.personByUser(name)
		if p == nil || c.tokenOwner(password) != p && !c.knows(p, password) {
			return denied
		}
	}
	if p == nil || !p.works() {
		return denied
	}
	c.caller, c.by = p, p.ID
	return nil
}

func (s *state) knows(p *person, password string) bool {
	return p.Password != "" && subtle.ConstantTimeCompare([]byte(s.digest(p, password)), []byte(p.Password)) == 1
}

// tokenOwner returns whose token it is.
func (c *call) tokenOwner(token string) *person {
	t, p := c.tokenHolder(token, c.now)
	c.token = t
	return p
}

// writable refuses writes while the site is read-only. That administration goes
// on in that mode is documented; that it stops is the worse for a client, which
// has to ask for the mode first. The status is chosen.
func (c *call) writable() error {
	if c.limits.dataCenter() && c.site.ReadOnly && c.req.Method != http.MethodGet {
		return refuse(http.StatusMethodNotAllowed, codeReadOnly, "the site is in read-only mode")
	}
	return nil
}

// superGroup is the group whose members see and may do everything, restricted
// pages included, which a Confluence administrator does not (evidence, Domain).
const superGroup = "confluence-administrators"

// super reports whether the person is in the super-group. A system administrator
// by role, as weir's own account is one, counts as a member. Cloud has no such
// group.
func (s *state) super(p *person) bool {
	if p == nil || !s.limits.dataCenter() {
		return false
	}
	g := s.byName[superGroup]
	return s.siteAdmin(p) || g != nil && s.groupsOf(p).has(g.ID)
}

// systemAdmin and confluenceAdmin are Data Center's two kinds of administrator;
// each is the next one's superior.
func (s *state) systemAdmin(p *person) bool { return s.super(p) || s.hasGlobal(p, GlobalSystem) }

func (s *state) confluenceAdmin(p *person) bool {
	return s.systemAdmin(p) || s.hasGlobal(p, GlobalAdminister)
}

func (c *call) needAdmin() error {
	if !c.confluenceAdmin(c.caller) {
		return refuse(http.StatusForbidden, "", "only a Confluence administrator may do this")
	}
	return nil
}

// needSystemAdmin: a Confluence administrator may not touch system
// administrators (documented: "Global Permissions Overview").
func (c *call) needSystemAdmin() error {
	if !c.systemAdmin(c.caller) {
		return refuse(http.StatusForbidden, "", "only a system administrator may do this")
	}
	return nil
}

// listDC answers with one page: start and limit, and a next link exactly when
// more follows. The largest page is that of the published default where no
// other is known.
func listDC[T any](c *call, items []T, fallback, most int, row func(T) any) (answer, error) {
	start, err := c.number("start", 0)
	if err != nil {
		return answer{}, err
	}
	limit, err := c.number("limit", fallback)
	if err != nil {
		return answer{}, err
	}
	limit = min(limit, most)
	start = min(start, len(items))
	end := min(start+limit, len(items))
	rows := make([]any, 0, end-start)
	for _, item := range items[start:end] {
		rows = append(rows, row(item))
	}
	links := object{"base": c.base(), "context": c.limits.context, "self": baseURL + c.req.Path}
	if limit > 0 && end < len(items) {
		q := cloneQuery(c.query)
		q.Set("start", strconv.Itoa(end))
		q.Set("limit", strconv.Itoa(limit))
		links["next"] = strings.TrimPrefix(c.req.Path, c.limits.context) + "?" + q.Encode()
	}
	return ok(object{"results": rows, "start": start, "limit": limit, "size": len(rows), "_links": links})
}

// base is where the site says that it is.
func (c *call) base() string { return baseURL + c.limits.context }

// dcAccessMode answers with a JSON string: no schema is published, and the
// published example is the bare word.
func dcAccessMode(c *call) (answer, error) {
	if c.site.ReadOnly {
		return ok("READ_ONLY")
	}
	return ok("READ_WRITE")
}

func dcServerInformation(c *call) (answer, error) {
	return ok(object{
		"baseUrl": c.base(), "version": "10.0.3", "buildNumber": 10003, "marketplaceBuildNumber": 10003,
		"buildDate": "2026-01-01T00:00:00.000Z",
	})
}

// dcTaskRow: a long-running task is finished by the time that it can be asked for.
func (c *call) dcTaskRow(t *task) any {
	return object{
		"id": t.ID, "name": object{"key": t.Name, "args": []any{}},
		"elapsedTime":        c.now.Sub(t.Started).Round(time.Millisecond).Milliseconds(),
		"percentageComplete": 100, "successful": true, "messages": []any{},
		"_links": object{"base": c.base(), "context": c.limits.context, "self": c.base() + "/rest/api/longtask/" + t.ID},
	}
}

func (c *call) seesTask(t *task) bool {
	return t.Account == c.caller.ID || c.confluenceAdmin(c.caller)
}

func dcTasks(c *call) (answer, error) {
	tasks := slices.DeleteFunc(slices.Collect(c.tasks.all()), func(t *task) bool { return !c.seesTask(t) })
	return listDC(c, tasks, 100, 100, c.dcTaskRow)
}

func dcTask(c *call) (answer, error) {
	t := c.tasks.get(c.vars["id"])
	if t == nil || !c.seesTask(t) {
		return answer{}, notFound("task")
	}
	return ok(c.dcTaskRow(t))
}

// dcSubmitted is the answer to what becomes a long-running task.
func (c *call) dcSubmitted(t *task) (answer, error) {
	path := "/rest/api/longtask/" + t.ID
	return accepted(object{"id": t.ID, "links": object{"status": c.base() + path}, "statusPath": path})
}
