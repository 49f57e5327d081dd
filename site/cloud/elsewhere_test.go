package cloud

import (
	"encoding/json"
	"slices"
	"testing"
)

// TestElsewhere puts roles on other resources into words.
func TestElsewhere(t *testing.T) {
	at := place{cloud: "c1"}
	if err := json.Unmarshal([]byte(`[
		{"id":"ari:cloud:jira::site/j1","attributes":{"name":"Acme Europe","typeKey":"jira-software","type":"Jira","hostUrl":"https://acme-eu.atlassian.net"}},
		{"id":"ari:cloud:jira-servicedesk::site/s1","attributes":{"name":"Acme Desk","typeKey":"jira-servicedesk","hostUrl":"https://desk.acme.example"}},
		{"id":"ari:cloud:confluence::site/c1","attributes":{"name":"acme","typeKey":"confluence","hostUrl":"https://acme.atlassian.net/wiki"}},
		{"id":"ari:cloud:confluence::site/c2","attributes":{"typeKey":"confluence","hostUrl":"https://other.atlassian.net/wiki"}},
		{"id":"ari:cloud:goals::site/x","attributes":{"type":"Goals"}}
	]`), &at.sites); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		held groupProduct
		want []string
	}{
		{groupProduct{"ari:cloud:jira::site/j1", "jira-software", []string{"atlassian/user"}}, []string{"Jira user on acme-eu"}},
		{groupProduct{"ari:cloud:jira::site/j1", "", []string{"atlassian/user", "atlassian/admin"}}, []string{"Jira user on acme-eu", "Jira admin on acme-eu"}},
		{groupProduct{"ari:cloud:jira-servicedesk::site/s1", "", []string{"atlassian/user-access-admin"}}, []string{"Jira servicedesk user access admin on Acme Desk"}},
		{groupProduct{"j1", "jira-software", []string{"atlassian/user"}}, []string{"Jira user on acme-eu"}},
		{groupProduct{"j1", "confluence", []string{"atlassian/user"}}, []string{"Confluence user on resource j1"}},
		{groupProduct{"ari:cloud:confluence::site/c2", "confluence", []string{"atlassian/user"}}, []string{"Confluence user on other"}},
		{groupProduct{"ari:cloud:goals::site/x", "", []string{"atlassian/user"}}, []string{"Goals user on ari:cloud:goals::site/x"}},
		{groupProduct{"ari:cloud:trello::site/t1", "", []string{"atlassian/user"}}, []string{"Trello user on a site that the organisation does not list"}},
		{groupProduct{"t1", "", []string{"atlassian/user"}}, []string{"user on resource t1"}},
		{groupProduct{"ari:cloud:jira::site/j1", "", nil}, nil},
	} {
		if got := at.elsewhere(c.held); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.held, got, c.want)
		}
	}
}
