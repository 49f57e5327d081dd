package schema

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/weirhq/weir/internal/diag"
)

const sitesYAML = `sites:
  acme:
    address: https://acme.atlassian.net/wiki
    user: weir@acme.example
    token: {env: WEIR_TOKEN_ACME}
    organisation_key: {file: /run/secrets/org}
    token_expires: 2027-03-31
    restricted_pages: admin_key
    in_flight: 6
  wiki:
    product: datacenter
    address: https://wiki.acme.example/confluence
    auth: bearer
    token: {command: [pass, weir/wiki]}
    usernames: acme.example
`

func TestSites(t *testing.T) {
	sites, diags := ParseSites("sites.yaml", []byte(sitesYAML))
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	if len(sites) != 2 || sites[0].Token.Env.Value != "WEIR_TOKEN_ACME" || sites[0].InFlight.Value != 6 ||
		sites[1].Token.Command.Items[1].Value != "weir/wiki" || sites[1].Product.Value != "datacenter" {
		t.Errorf("got %+v", sites)
	}
	again, diags := ParseSites("sites.yaml", RenderSites(sites))
	if err := diags.Err(); err != nil {
		t.Fatalf("%v in\n%s", err, RenderSites(sites))
	}
	if diff := cmp.Diff(sites, again, cmpopts.IgnoreTypes(diag.Range{})); diff != "" {
		t.Errorf("written and read again (- before, + after):\n%s", diff)
	}
}

func TestSitesRefused(t *testing.T) {
	for text, want := range map[string]string{
		"sites: {acme: {token: {env: A}}}":                                           "a site has no address",
		"sites: {acme: {address: https://a.example}}":                                "a site has no token",
		"sites: {acme: {address: https://a.example, token: {}}}":                     "token of acme says 0 times where it is kept",
		"sites: {acme: {address: https://a.example, token: {env: A, file: b}}}":      "token of acme says 2 times where it is kept",
		"sites: {acme: {address: https://a.example, token: secret}}":                 "token must be a map, not text",
		"sites: {acme: {adress: https://a.example, token: {env: A}}}":                `unknown key "adress" in a site`,
		"sites: {acme: {address: https://a.example, token: {env: A}, in_flight: x}}": "in_flight must be a number",
		"other: {}": `unknown key "other" in the file`,
	} {
		_, diags := ParseSites("sites.yaml", []byte(text))
		if err := diags.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
