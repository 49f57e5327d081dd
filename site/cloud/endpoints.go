package cloud

import "github.com/weirhq/weir/site/rest"

// door is one of the surfaces of Atlassian, each with its own base address
// and credential.
type door int

const (
	confluence door = iota // v1 and v2 of the site
	admin                  // the organisation
	users                  // managed accounts
)

// doors are their names, for messages.
var doors = []string{confluence: "Confluence", admin: "the organisation", users: "user management"}

func (d door) endpoint(method, path, op string) rest.Endpoint {
	return rest.Endpoint{Surface: int(d), Method: method, Path: path, Op: op}
}

// The reads. Some are POST because their filters travel in a body.
var (
	currentUser       = confluence.endpoint("GET", "/rest/api/user/current", "ask who weir is")
	systemInfo        = confluence.endpoint("GET", "/rest/api/settings/systemInfo", "read the site's id")
	listGroups        = confluence.endpoint("GET", "/rest/api/group", "read the groups")
	longTask          = confluence.endpoint("GET", "/rest/api/longtask/{}", "ask for a long task")
	roleMode          = confluence.endpoint("GET", "/api/v2/space-role-mode", "read the role mode")
	listSpaces        = confluence.endpoint("GET", "/api/v2/spaces", "read the spaces")
	listSpaceRoles    = confluence.endpoint("GET", "/api/v2/space-roles", "read the space roles")
	listPermissions   = confluence.endpoint("GET", "/api/v2/space-permissions", "read the space permissions")
	listSpaceRows     = confluence.endpoint("GET", "/api/v2/spaces/{}/permissions", "read the permissions of a space")
	getSpaceRole      = confluence.endpoint("GET", "/api/v2/space-roles/{}", "look for a space role")
	auditRetention    = confluence.endpoint("GET", "/rest/api/audit/retention", "read how long the audit log is kept")
	listAudit         = confluence.endpoint("GET", "/rest/api/audit", "read the audit log")
	listAssignments   = confluence.endpoint("GET", "/api/v2/spaces/{}/role-assignments", "read the role assignments of a space")
	getPerson         = admin.endpoint("GET", "/v2/orgs/{}/directories/{}/users/{}", "look for a person")
	getGroup          = admin.endpoint("GET", "/v2/orgs/{}/directories/{}/groups/{}", "look for a group")
	listOrgs          = admin.endpoint("GET", "/v1/orgs", "read the organisations")
	listDirectories   = admin.endpoint("GET", "/v2/orgs/{}/directories", "read the directories")
	searchWorkspaces  = admin.endpoint("POST", "/v2/orgs/{}/workspaces", "read the organisation's sites")
	searchPeople      = admin.endpoint("POST", "/v2/orgs/{}/directories/{}/users/search", "read the people")
	searchGroups      = admin.endpoint("POST", "/v2/orgs/{}/directories/{}/groups/search", "read the organisation's groups")
	listGroupProduct  = admin.endpoint("GET", "/v2/orgs/{}/directories/{}/groups/{}/role-assignments", "read the product roles of a group")
	listTokens        = admin.endpoint("GET", "/api-access/v1/orgs/{}/api-tokens", "read when tokens end")
	listPersonProduct = admin.endpoint("GET", "/v2/orgs/{}/directories/{}/users/{}/role-assignments", "read the product roles of a person")
)

// The reads of content.
var (
	listPages          = confluence.endpoint("GET", "/api/v2/pages", "read pages")
	listBlogPosts      = confluence.endpoint("GET", "/api/v2/blogposts", "read blog posts")
	listSpacePages     = confluence.endpoint("GET", "/api/v2/spaces/{}/pages", "read the pages of a space")
	listSpaceBlogPosts = confluence.endpoint("GET", "/api/v2/spaces/{}/blogposts", "read the blog posts of a space")
	searchAll          = confluence.endpoint("GET", "/rest/api/search", "count the pages of spaces")
	searchContent      = confluence.endpoint("GET", "/rest/api/content/search", "read the restricted pages of a space")
	readRestrictions   = confluence.endpoint("GET", "/rest/api/content/{}/restriction", "read the restrictions of a page")
)

// The writes: a closed list, which a test repeats. Deleting a page is not in it;
// deleting a space is, for archived personal ones alone (decision 0027).
var (
	createGroup       = confluence.endpoint("POST", "/rest/api/group", "create a group")
	deleteGroup       = confluence.endpoint("DELETE", "/rest/api/group/by-id", "delete a group")
	addMember         = confluence.endpoint("POST", "/rest/api/group/userByGroupId", "add somebody to a group")
	removeMember      = confluence.endpoint("DELETE", "/rest/api/group/userByGroupId", "remove somebody from a group")
	updateSpace       = confluence.endpoint("PUT", "/rest/api/space/{}", "change a space")
	deleteSpace       = confluence.endpoint("DELETE", "/rest/api/space/{}", "delete an archived personal space")
	createSpace       = confluence.endpoint("POST", "/api/v2/spaces", "create a space")
	setAssignments    = confluence.endpoint("POST", "/api/v2/spaces/{}/role-assignments", "change the role assignments of a space")
	createSpaceRole   = confluence.endpoint("POST", "/api/v2/space-roles", "create a space role")
	updateSpaceRole   = confluence.endpoint("PUT", "/api/v2/space-roles/{}", "change a space role")
	deleteSpaceRole   = confluence.endpoint("DELETE", "/api/v2/space-roles/{}", "delete a space role")
	invitePeople      = admin.endpoint("POST", "/v2/orgs/{}/users/invite", "invite somebody")
	suspendPerson     = admin.endpoint("POST", "/v2/orgs/{}/directories/{}/users/{}/suspend", "suspend somebody")
	restorePerson     = admin.endpoint("POST", "/v2/orgs/{}/directories/{}/users/{}/restore", "restore somebody")
	removePerson      = admin.endpoint("DELETE", "/v2/orgs/{}/directories/{}/users/{}", "remove somebody from the directory")
	giveGroupProduct  = admin.endpoint("POST", "/v2/orgs/{}/directories/{}/groups/{}/role-assignments/assign", "give a group a product role")
	takeGroupProduct  = admin.endpoint("POST", "/v2/orgs/{}/directories/{}/groups/{}/role-assignments/revoke", "take a product role from a group")
	givePersonProduct = admin.endpoint("POST", "/v1/orgs/{}/users/{}/roles/assign", "give somebody a product role")
	takePersonProduct = admin.endpoint("POST", "/v1/orgs/{}/users/{}/roles/revoke", "take a product role from somebody")
	disableAccount    = users.endpoint("POST", "/{}/manage/lifecycle/disable", "deactivate an account")
	enableAccount     = users.endpoint("POST", "/{}/manage/lifecycle/enable", "reactivate an account")

	createPrivateSpace = confluence.endpoint("POST", "/rest/api/space/_private", "create a space for weir's account alone")
	addPermission      = confluence.endpoint("POST", "/rest/api/space/{}/permission", "give somebody a permission in a space")
	removePermission   = confluence.endpoint("DELETE", "/rest/api/space/{}/permission/{}", "take a permission in a space")
	setRestrictions    = confluence.endpoint("PUT", "/rest/api/content/{}/restriction", "replace the restrictions of a page")
	clearRestrictions  = confluence.endpoint("DELETE", "/rest/api/content/{}/restriction", "remove the restrictions of a page")
	openAdminKey       = confluence.endpoint("POST", "/api/v2/admin-key", "open an admin key")
	closeAdminKey      = confluence.endpoint("DELETE", "/api/v2/admin-key", "close the admin key")
)

// Every request of this package is to one of these.
var (
	reads = []rest.Endpoint{
		currentUser, systemInfo, listGroups, longTask, roleMode, listSpaces, listSpaceRoles, listPermissions, listAssignments,
		listSpaceRows, getSpaceRole, listAudit, auditRetention, getPerson, getGroup,
		listOrgs, listDirectories, searchWorkspaces, searchPeople, searchGroups, listGroupProduct, listPersonProduct, listTokens,
		listPages, listBlogPosts, listSpacePages, listSpaceBlogPosts, searchContent, searchAll, readRestrictions,
	}
	writes = []rest.Endpoint{
		createGroup, deleteGroup, addMember, removeMember, updateSpace, deleteSpace, createSpace, setAssignments,
		createSpaceRole, updateSpaceRole, deleteSpaceRole,
		invitePeople, suspendPerson, restorePerson, removePerson,
		giveGroupProduct, takeGroupProduct, givePersonProduct, takePersonProduct,
		disableAccount, enableAccount,
		createPrivateSpace, addPermission, removePermission, setRestrictions, clearRestrictions, openAdminKey, closeAdminKey,
	}
)

// Writes lists everything that the driver can ever send to change a site.
func Writes() []rest.Write { return rest.Describe(writes, doors) }
