package emulator

// lifecycleRoutes are the operations on accounts, tokens and what the
// organisation knows of its people.
var lifecycleRoutes = []route{
	{surface: surfaceV1, method: "GET", pattern: "/search/user", serve: v1SearchUsers},

	{surface: surfaceOrg, method: "GET", pattern: "/v1/orgs/{orgId}/users", serve: orgUsers},
	{surface: surfaceOrg, method: "GET", pattern: "/v1/orgs/{orgId}/domains", serve: orgDomains},
	{surface: surfaceOrg, method: "GET", pattern: "/v1/orgs/{orgId}/domains/{domainId}", serve: orgDomain},
	{surface: surfaceOrg, method: "GET", pattern: "/v1/orgs/{orgId}/events", serve: orgEvents},
	{surface: surfaceOrg, method: "GET", pattern: "/v1/orgs/{orgId}/events/{eventId}", serve: orgEvent},
	{surface: surfaceOrg, method: "GET", pattern: "/v1/orgs/{orgId}/events-stream", serve: orgEventStream},
	{surface: surfaceOrg, method: "GET", pattern: "/v1/orgs/{orgId}/event-actions", serve: orgEventActions},
	{surface: surfaceOrg, method: "GET", pattern: "/v1/orgs/{orgId}/directory/users/{accountId}/last-active-dates", serve: orgLastActive},
	{surface: surfaceOrg, method: "GET", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/users", serve: orgListUsers},
	{surface: surfaceOrg, method: "GET", pattern: "/v2/orgs/{orgId}/directories/{directoryId}/groups", serve: orgListGroups},
	{surface: surfaceOrg, method: "GET", pattern: "/api-access/v1/orgs/{orgId}/api-tokens", serve: orgTokens},

	{surface: surfaceManage, method: "GET", pattern: "/{accountId}/manage/profile", serve: manageProfile},
	{surface: surfaceManage, method: "PATCH", pattern: "/{accountId}/manage/profile", serve: manageSetProfile, event: "profile_changed"},
	{surface: surfaceManage, method: "PUT", pattern: "/{accountId}/manage/email", serve: manageSetEmail, event: "email_changed"},
	{surface: surfaceManage, method: "GET", pattern: "/{accountId}/manage/api-tokens", serve: manageTokens},
	{surface: surfaceManage, method: "DELETE", pattern: "/{accountId}/manage/api-tokens/{tokenId}", serve: manageDeleteToken, event: "api_token_revoked"},
	{surface: surfaceManage, method: "POST", pattern: "/{accountId}/manage/lifecycle/delete", serve: manageDelete, event: "account_deletion_scheduled"},
	{surface: surfaceManage, method: "POST", pattern: "/{accountId}/manage/lifecycle/cancel-delete", serve: manageCancelDelete, event: "account_deletion_canceled"},
}

// scimRoutes are those of the user provisioning API.
var scimRoutes = []route{
	{surface: surfaceScim, method: "GET", pattern: "/directory/{syncId}/Users", serve: scimUsers},
	{surface: surfaceScim, method: "POST", pattern: "/directory/{syncId}/Users", serve: scimCreateUser, event: "user_provisioned"},
	{surface: surfaceScim, method: "GET", pattern: "/directory/{syncId}/Users/{userId}", serve: scimUser},
	{surface: surfaceScim, method: "PUT", pattern: "/directory/{syncId}/Users/{userId}", serve: scimReplaceUser, event: "user_provisioned"},
	{surface: surfaceScim, method: "PATCH", pattern: "/directory/{syncId}/Users/{userId}", serve: scimPatchUser, event: "user_provisioned"},
	{surface: surfaceScim, method: "DELETE", pattern: "/directory/{syncId}/Users/{userId}", serve: scimDeleteUser, event: "user_unprovisioned"},
	{surface: surfaceScim, method: "GET", pattern: "/directory/{syncId}/Groups", serve: scimGroups},
	{surface: surfaceScim, method: "POST", pattern: "/directory/{syncId}/Groups", serve: scimCreateGroup, event: "group_provisioned"},
	{surface: surfaceScim, method: "GET", pattern: "/directory/{syncId}/Groups/{groupId}", serve: scimGroup},
	{surface: surfaceScim, method: "PUT", pattern: "/directory/{syncId}/Groups/{groupId}", serve: scimReplaceGroup, event: "group_provisioned"},
	{surface: surfaceScim, method: "PATCH", pattern: "/directory/{syncId}/Groups/{groupId}", serve: scimPatchGroup, event: "group_provisioned"},
	{surface: surfaceScim, method: "DELETE", pattern: "/directory/{syncId}/Groups/{groupId}", serve: scimDeleteGroup, event: "group_unprovisioned"},
}

// settle does what follows a request that was done: it notes the use of the
// token, the look at a page, and the event.
func (c *call) settle() {
	changes := len(c.changed) > 0
	if c.token != nil {
		c.noteUse(c.token, c.now)
	}
	if c.route.view && c.caller != nil {
		c.viewed(c.caller, c.now)
	}
	if c.route.event != "" && changes {
		c.logEvent()
	}
}
