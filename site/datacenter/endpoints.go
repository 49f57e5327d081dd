package datacenter

import "github.com/weirhq/weir/site/rest"

// surfaceName is the one surface of the product, for messages.
const surfaceName = "Confluence"

func endpoint(method, path, op string) rest.Endpoint {
	return rest.Endpoint{Method: method, Path: "/rest/api" + path, Op: op}
}

// The reads. All are published, for 10.0.3.
var (
	currentUser       = endpoint("GET", "/user/current", "ask who weir is")
	accessMode        = endpoint("GET", "/accessmode", "ask whether the site can be written to")
	listUsers         = endpoint("GET", "/user/list", "read the people")
	listActive        = endpoint("GET", "/admin/users/list/active", "read who has a licence")
	oneUser           = endpoint("GET", "/user", "look a person up")
	memberOf          = endpoint("GET", "/user/memberof", "read the groups of a person")
	listGroups        = endpoint("GET", "/group", "read the groups")
	oneGroup          = endpoint("GET", "/group/{}", "look a group up")
	listMembers       = endpoint("GET", "/group/{}/member", "read the members of a group")
	listChildren      = endpoint("GET", "/group/{}/groupmember", "read the groups in a group")
	listGlobals       = endpoint("GET", "/permissions", "read the global permissions")
	groupGlobals      = endpoint("GET", "/permissions/group/{}", "read the global permissions of a group")
	userGlobals       = endpoint("GET", "/permissions/user/{}", "read the global permissions of a person")
	anonymousGlobals  = endpoint("GET", "/permissions/anonymous", "read the global permissions of the public")
	unlicensedGlobals = endpoint("GET", "/permissions/unlicensed", "read the global permissions of people without a licence")
	listSpaces        = endpoint("GET", "/space", "read the spaces")
	oneSpace          = endpoint("GET", "/space/{}", "look a space up")
	listPermissions   = endpoint("GET", "/space/{}/permissions", "read the permissions of a space")
	listContent       = endpoint("GET", "/space/{}/content/{}", "read the pages of a space")
	findContent       = endpoint("GET", "/content", "find a page")
	oneContent        = endpoint("GET", "/content/{}", "look a page up")
	bothRestrictions  = endpoint("GET", "/content/{}/restriction/byOperation", "read the restrictions of a page")
	oneRestriction    = endpoint("GET", "/content/{}/restriction/byOperation/{}", "read a restriction of a page")
	searchAll         = endpoint("GET", "/search", "search the content of a space")
	longTask          = endpoint("GET", "/longtask/{}", "ask for a long task")
)

// The writes: a closed list, which a test repeats. Deleting a page is not in it;
// deleting a space is, for archived personal ones alone (decision 0027).
var (
	createGroup      = endpoint("POST", "/admin/group", "create a group")
	deleteGroup      = endpoint("DELETE", "/admin/group/{}", "delete a group")
	addMember        = endpoint("PUT", "/user/{}/group/{}", "add somebody to a group")
	removeMember     = endpoint("DELETE", "/user/{}/group/{}", "remove somebody from a group")
	createUser       = endpoint("POST", "/admin/user", "create an account")
	deleteUser       = endpoint("DELETE", "/admin/user/{}", "delete an account")
	disableUser      = endpoint("PUT", "/admin/user/{}/disable", "deactivate an account")
	enableUser       = endpoint("PUT", "/admin/user/{}/enable", "reactivate an account")
	setGlobals       = endpoint("PUT", "/permissions", "change global permissions")
	grantAnonymous   = endpoint("PUT", "/permissions/anonymous/grant", "give the public a global permission")
	revokeAnonymous  = endpoint("PUT", "/permissions/anonymous/revoke", "take a global permission from the public")
	grantUnlicensed  = endpoint("PUT", "/permissions/unlicensed/grant", "give people without a licence a global permission")
	revokeUnlicensed = endpoint("PUT", "/permissions/unlicensed/revoke", "take a global permission from people without a licence")
	createSpace      = endpoint("POST", "/space/_private", "create a space")
	updateSpace      = endpoint("PUT", "/space/{}", "rename a space")
	archiveSpace     = endpoint("PUT", "/space/{}/archive", "archive a space")
	restoreSpace     = endpoint("PUT", "/space/{}/restore", "bring an archived space back")
	deleteSpace      = endpoint("DELETE", "/space/{}", "delete an archived personal space")
	setPermissions   = endpoint("POST", "/space/{}/permissions", "change the permissions of a space")
	setRestrictions  = endpoint("PUT", "/content/{}/restriction", "change the restrictions of a page")
)

// Every request of this package is to one of these.
var (
	reads = []rest.Endpoint{
		currentUser, accessMode, listUsers, listActive, oneUser, memberOf, listGroups, oneGroup, listMembers, listChildren,
		listGlobals, groupGlobals, userGlobals, anonymousGlobals, unlicensedGlobals,
		listSpaces, oneSpace, listPermissions, listContent, findContent, oneContent, bothRestrictions, oneRestriction, searchAll, longTask,
	}
	writes = []rest.Endpoint{
		createGroup, deleteGroup, addMember, removeMember, createUser, deleteUser, disableUser, enableUser,
		setGlobals, grantAnonymous, revokeAnonymous, grantUnlicensed, revokeUnlicensed,
		createSpace, updateSpace, archiveSpace, restoreSpace, deleteSpace, setPermissions, setRestrictions,
	}
)

// Writes lists everything that the driver can ever send to change a site.
func Writes() []rest.Write { return rest.Describe(writes, []string{surfaceName}) }
