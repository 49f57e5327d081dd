package cloud

// door is one of the surfaces of Atlassian, each with its own base address
// and credential.
type door uint8

const (
	confluence door = iota // v1 and v2 of the site
	admin                  // the organisation
	users                  // managed accounts
)

func (d door) String() string {
	return [...]string{"Confluence", "the organisation", "user management"}[d]
}

// endpoint is one operation of the product. Every request of this package is
// to one of the endpoints below.
type endpoint struct {
	door   door
	method string
	path   string // below the door's base; each {} is one segment
	op     string // what it does, for messages
}

// The reads. Some are POST because their filters travel in a body.
var (
	currentUser       = endpoint{confluence, "GET", "/rest/api/user/current", "ask who weir is"}
	systemInfo        = endpoint{confluence, "GET", "/rest/api/settings/systemInfo", "read the site's id"}
	listGroups        = endpoint{confluence, "GET", "/rest/api/group", "read the groups"}
	longTask          = endpoint{confluence, "GET", "/rest/api/longtask/{}", "ask for a long task"}
	roleMode          = endpoint{confluence, "GET", "/api/v2/space-role-mode", "read the role mode"}
	listSpaces        = endpoint{confluence, "GET", "/api/v2/spaces", "read the spaces"}
	listSpaceRoles    = endpoint{confluence, "GET", "/api/v2/space-roles", "read the space roles"}
	listPermissions   = endpoint{confluence, "GET", "/api/v2/space-permissions", "read the space permissions"}
	listAssignments   = endpoint{confluence, "GET", "/api/v2/spaces/{}/role-assignments", "read the role assignments of a space"}
	listOrgs          = endpoint{admin, "GET", "/v1/orgs", "read the organisations"}
	listDirectories   = endpoint{admin, "GET", "/v2/orgs/{}/directories", "read the directories"}
	searchWorkspaces  = endpoint{admin, "POST", "/v2/orgs/{}/workspaces", "read the organisation's sites"}
	searchPeople      = endpoint{admin, "POST", "/v2/orgs/{}/directories/{}/users/search", "read the people"}
	searchGroups      = endpoint{admin, "POST", "/v2/orgs/{}/directories/{}/groups/search", "read the organisation's groups"}
	listGroupProduct  = endpoint{admin, "GET", "/v2/orgs/{}/directories/{}/groups/{}/role-assignments", "read the product roles of a group"}
	listPersonProduct = endpoint{admin, "GET", "/v2/orgs/{}/directories/{}/users/{}/role-assignments", "read the product roles of a person"}
)

// The writes: a closed list, which a test repeats. Deleting a space or a page
// is not in it.
var (
	createGroup       = endpoint{confluence, "POST", "/rest/api/group", "create a group"}
	deleteGroup       = endpoint{confluence, "DELETE", "/rest/api/group/by-id", "delete a group"}
	addMember         = endpoint{confluence, "POST", "/rest/api/group/userByGroupId", "add somebody to a group"}
	removeMember      = endpoint{confluence, "DELETE", "/rest/api/group/userByGroupId", "remove somebody from a group"}
	updateSpace       = endpoint{confluence, "PUT", "/rest/api/space/{}", "change a space"}
	createSpace       = endpoint{confluence, "POST", "/api/v2/spaces", "create a space"}
	setAssignments    = endpoint{confluence, "POST", "/api/v2/spaces/{}/role-assignments", "change the role assignments of a space"}
	createSpaceRole   = endpoint{confluence, "POST", "/api/v2/space-roles", "create a space role"}
	updateSpaceRole   = endpoint{confluence, "PUT", "/api/v2/space-roles/{}", "change a space role"}
	deleteSpaceRole   = endpoint{confluence, "DELETE", "/api/v2/space-roles/{}", "delete a space role"}
	invitePeople      = endpoint{admin, "POST", "/v2/orgs/{}/users/invite", "invite somebody"}
	suspendPerson     = endpoint{admin, "POST", "/v2/orgs/{}/directories/{}/users/{}/suspend", "suspend somebody"}
	restorePerson     = endpoint{admin, "POST", "/v2/orgs/{}/directories/{}/users/{}/restore", "restore somebody"}
	removePerson      = endpoint{admin, "DELETE", "/v2/orgs/{}/directories/{}/users/{}", "remove somebody from the directory"}
	giveGroupProduct  = endpoint{admin, "POST", "/v2/orgs/{}/directories/{}/groups/{}/role-assignments/assign", "give a group a product role"}
	takeGroupProduct  = endpoint{admin, "POST", "/v2/orgs/{}/directories/{}/groups/{}/role-assignments/revoke", "take a product role from a group"}
	givePersonProduct = endpoint{admin, "POST", "/v1/orgs/{}/users/{}/roles/assign", "give somebody a product role"}
	takePersonProduct = endpoint{admin, "POST", "/v1/orgs/{}/users/{}/roles/revoke", "take a product role from somebody"}
	disableAccount    = endpoint{users, "POST", "/{}/manage/lifecycle/disable", "deactivate an account"}
	enableAccount     = endpoint{users, "POST", "/{}/manage/lifecycle/enable", "reactivate an account"}
)

// writes are the endpoints that [client.write] sends to; [client.read] sends
// to no other than reads.
var (
	reads = []endpoint{
		currentUser, systemInfo, listGroups, longTask, roleMode, listSpaces, listSpaceRoles, listPermissions, listAssignments,
		listOrgs, listDirectories, searchWorkspaces, searchPeople, searchGroups, listGroupProduct, listPersonProduct,
	}
	writes = []endpoint{
		createGroup, deleteGroup, addMember, removeMember, updateSpace, createSpace, setAssignments,
		createSpaceRole, updateSpaceRole, deleteSpaceRole,
		invitePeople, suspendPerson, restorePerson, removePerson,
		giveGroupProduct, takeGroupProduct, givePersonProduct, takePersonProduct,
		disableAccount, enableAccount,
	}
)

// Write is one kind of write that the driver can send.
type Write struct {
	Surface string // whose address it goes to
	Method  string
	Path    string // below the surface's base; each {} is one segment
	Effect  string
}

// Writes lists everything that the driver can ever send to change a site.
func Writes() []Write {
	out := make([]Write, len(writes))
	for i, e := range writes {
		out[i] = Write{e.door.String(), e.method, e.path, e.op}
	}
	return out
}
