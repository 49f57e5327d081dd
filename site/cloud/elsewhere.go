package cloud

import (
	"cmp"
	"net/url"
	"strings"
)

// elsewhere puts what a group holds on another site or product into words, one
// for each role: "Jira user on acme-eu".
func (p place) elsewhere(held groupProduct) []string {
	product, on := p.resource(held)
	var out []string
	for _, role := range held.Roles {
		words := strings.ReplaceAll(bareRole(role), "-", " ")
		if product != "" {
			words = product + " " + words
		}
		out = append(out, words+" on "+on)
	}
	return out
}

// resource names what roles are held on: the product, and the site as people
// know it. A resource that the organisation's list does not show is told by its
// ARI, whose third part is the product ("ari:cloud:jira::site/ID").
func (p place) resource(held groupProduct) (product, on string) {
	for _, w := range p.sites {
		a := w.Attributes
		owner := productName(held.ResourceOwner)
		same := w.ID == held.ResourceID || strings.HasSuffix(w.ID, "/"+held.ResourceID) && (owner == "" || owner == productName(a.TypeKey))
		if same {
			return cmp.Or(productName(a.TypeKey), a.Type), cmp.Or(atlassianName(a.HostURL), a.Name, a.HostURL, w.ID)
		}
	}
	if parts := strings.SplitN(held.ResourceID, ":", 5); len(parts) == 5 && parts[0] == "ari" {
		return productName(parts[2]), "a site that the organisation does not list"
	}
	return productName(held.ResourceOwner), "resource " + held.ResourceID
}

// productName makes a product's key readable. Keys are words joined by hyphens,
// of which the first tells the product: jira-software.
func productName(key string) string {
	first, rest, _ := strings.Cut(word(key), "-")
	if first == "" {
		return ""
	}
	name := strings.ToUpper(first[:1]) + first[1:]
	if rest != "" && rest != "software" {
		name += " " + strings.ReplaceAll(rest, "-", " ")
	}
	return name
}

// atlassianName is the name that a site has at Atlassian: acme-eu of
// https://acme-eu.atlassian.net.
func atlassianName(host string) string {
	u, err := url.Parse(host)
	if err != nil {
		return ""
	}
	name, ok := strings.CutSuffix(u.Hostname(), ".atlassian.net")
	if !ok {
		return ""
	}
	return name
}
