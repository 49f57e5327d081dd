package schema

import (
	"bytes"
	"fmt"

	"github.com/weirhq/weir/internal/diag"
)

// The operator's own file says where sites are and as whom weir goes there. It
// is no part of any description, and never lies beside one: where a token may
// go is not for a pull request to say. It is read by the same code as
// descriptions are, so that its mistakes are told as well.

// SiteEntry is what the operator says of one site.
type SiteEntry struct {
	Name    Str // as in the description's site
	Product *Str
	Address *Str
	// OrganisationAddress is the base of Atlassian's administration, if it is not
	// the usual one.
	OrganisationAddress *Str
	User                *Str // e-mail address, or user name
	Auth                *Str
	Token               *CredentialEntry
	OrganisationKey     *CredentialEntry
	TokenExpires        *Str // YYYY-MM-DD
	Account             *Str
	CloudID             *Str
	Organisation        *Str
	Directory           *Str
	CAFile              *Str
	Proxy               *Str
	RestrictedPages     *Str
	Usernames           *Str
	InFlight            *Num
	FullReadEvery       *Num // hours
	Range               diag.Range
}

// CredentialEntry says where one credential is kept; exactly one of its fields
// is set.
type CredentialEntry struct {
	Env     *Str  // the name of an environment variable
	File    *Str  // the path of a file that holds it
	Command *List // a program, with its arguments, that prints it
	Keyring *Str  // the name under which the system's keyring holds it
	Range   diag.Range
}

type sitesFile struct{ Sites []SiteEntry }

var sitesFileKeys = []key[sitesFile]{
	field(required(plural("sites", "site", "Sites, by the name that descriptions give them.",
		`{acme: {address: "https://acme.atlassian.net/wiki"}}`, "")),
		collection("a site", siteEntryKeys, func(s *SiteEntry) *Str { return &s.Name }, func(s *SiteEntry) *diag.Range { return &s.Range }),
		func(f *sitesFile) *[]SiteEntry { return &f.Sites }),
}

var siteEntryKeys = []key[SiteEntry]{
	field(attr("product", "cloud, the default, or datacenter.", `cloud`, ""),
		choice("cloud", "datacenter"), func(s *SiteEntry) **Str { return &s.Product }),
	field(required(attr("address", "Where Confluence is, with its context path.", `"https://acme.atlassian.net/wiki"`, "")),
		text, func(s *SiteEntry) **Str { return &s.Address }),
	field(attr("organisation_address", "Where Atlassian's administration is, if not at https://api.atlassian.com.", `"https://api.atlassian.com"`, ""),
		text, func(s *SiteEntry) **Str { return &s.OrganisationAddress }),
	field(attr("user", "The e-mail address of weir's account; on Data Center its user name.", `weir@acme.example`, ""),
		text, func(s *SiteEntry) **Str { return &s.User }),
	field(attr("auth", "How the token is shown: basic, the default, or bearer (scoped tokens through Atlassian's gateway, personal access tokens).", `basic`, ""),
		choice("basic", "bearer"), func(s *SiteEntry) **Str { return &s.Auth }),
	field(required(attr("token", "Where the API token (or the password) is kept.", `{env: WEIR_TOKEN}`, "")),
		object("a credential", credentialKeys, func(c *CredentialEntry) *diag.Range { return &c.Range }),
		func(s *SiteEntry) **CredentialEntry { return &s.Token }),
	field(attr("organisation_key", "Where the organisation's API key is kept.", `{env: WEIR_ORG_KEY}`, ""),
		object("a credential", credentialKeys, func(c *CredentialEntry) *diag.Range { return &c.Range }),
		func(s *SiteEntry) **CredentialEntry { return &s.OrganisationKey }),
	field(attr("token_expires", "The token's last day, where nothing else can tell it.", `2027-03-31`, ""),
		day, func(s *SiteEntry) **Str { return &s.TokenExpires }),
	field(attr("account", "The account that the token must belong to.", `"712020:5b10a2844c20165700ede21g"`, ""),
		text, func(s *SiteEntry) **Str { return &s.Account }),
	field(attr("cloud_id", "The cloud id that the site must have.", `8f6c9a1e-0000-4000-8000-000000000000`, ""),
		text, func(s *SiteEntry) **Str { return &s.CloudID }),
	field(attr("organisation", "The organisation's id, where the key sees several.", `8f6c9a1e-0000-4000-8000-000000000001`, ""),
		text, func(s *SiteEntry) **Str { return &s.Organisation }),
	field(attr("directory", "The directory's id, where the organisation has several.", `8f6c9a1e-0000-4000-8000-000000000002`, ""),
		text, func(s *SiteEntry) **Str { return &s.Directory }),
	field(attr("ca_file", "Certificates to trust besides the system's, in PEM.", `/etc/ssl/acme.pem`, ""),
		text, func(s *SiteEntry) **Str { return &s.CAFile }),
	field(attr("proxy", "A proxy to go through. Without it none is used, whatever the environment says.", `"http://proxy.acme.example:3128"`, ""),
		text, func(s *SiteEntry) **Str { return &s.Proxy }),
	field(attr("restricted_pages", "What to do about pages that weir's account may not see: skip, the default, admin_key or member.", `skip`, ""),
		choice("skip", "admin_key", "member"), func(s *SiteEntry) **Str { return &s.RestrictedPages }),
	field(attr("usernames", "Data Center: email, where user names are e-mail addresses, or the domain that makes them such.", `acme.example`, ""),
		text, func(s *SiteEntry) **Str { return &s.Usernames }),
	field(attr("in_flight", "How many requests may be under way at once; 4 where absent.", `4`, ""),
		count, func(s *SiteEntry) **Num { return &s.InFlight }),
	field(attr("full_read_every", "After how many hours a plan reads everything anew, where plans are made incrementally; 24 where absent.", `24`, ""),
		count, func(s *SiteEntry) **Num { return &s.FullReadEvery }),
}

var credentialKeys = []key[CredentialEntry]{
	field(attr("env", "The name of an environment variable.", `WEIR_TOKEN`, ""),
		text, func(c *CredentialEntry) **Str { return &c.Env }),
	field(attr("file", "The path of a file that only its owner may read.", `/run/secrets/weir`, ""),
		text, func(c *CredentialEntry) **Str { return &c.File }),
	field(attr("command", "A program that prints it, with its arguments.", `[pass, weir/acme]`, ""),
		listOf("words"), func(c *CredentialEntry) **List { return &c.Command }),
	field(attr("keyring", "The name under which the system's keyring holds it.", `weir/acme`, ""),
		text, func(c *CredentialEntry) **Str { return &c.Keyring }),
}

// ParseSites reads the operator's file.
func ParseSites(file string, b []byte) ([]SiteEntry, diag.List) {
	if len(b) > MaxFileSize {
		return nil, diag.List{{
			Code: "WR107", Summary: fmt.Sprintf("the file is over %d MiB", MaxFileSize>>20),
			Hint: "see whether it is the right one", Range: diag.Range{File: file},
		}}
	}
	src := newSource(file, bytes.TrimPrefix(b, []byte("\ufeff")))
	if diags := src.readable(); diags != nil {
		return nil, diags
	}
	d := decoder{syntax: YAML}
	var f sitesFile
	if root := parseYAML(src, &d.log); root != nil {
		decodeKeys(&d, "the file", sitesFileKeys, root, &f)
	}
	for _, s := range f.Sites {
		for name, c := range map[string]*CredentialEntry{"token": s.Token, "organisation_key": s.OrganisationKey} {
			if c != nil && c.sources() != 1 && len(d.diags) == 0 {
				d.errorf("WR103", c.Range, "write one of env, file, command or keyring", "%s of %s says %d times where it is kept", name, clip(s.Name.Value), c.sources())
			}
		}
	}
	if d.diags.HasErrors() {
		return nil, d.diags.Sort()
	}
	return f.Sites, d.diags.Sort()
}

func (c *CredentialEntry) sources() (n int) {
	for _, set := range []bool{c.Env != nil, c.File != nil, c.Command != nil, c.Keyring != nil} {
		if set {
			n++
		}
	}
	return n
}

// RenderSites writes the operator's file; [ParseSites] is its inverse.
func RenderSites(sites []SiteEntry) []byte {
	f := sitesFile{Sites: sites}
	return renderYAML(encodeKeys(sitesFileKeys, &f), Comments{"": "Where weir's sites are, and as whom it goes there. Keep it to yourself; weir login writes it."})
}
