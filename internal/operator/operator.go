// Package operator is the operator's word: where a site is, as whom weir goes
// there, and how it comes by the credentials.
//
//	access, err := operator.Find("acme", "cloud", env)
//	token, key, err := access.Credentials(ctx)
//
// Where a token may go is never for a description to say, which a pull request
// can change: address, account and credentials come together, either all from
// the environment or all from the operator's own file. A token that is kept in a
// file or in the keyring is kept with its address, and given out for no other.
//
// It sends nothing and decides nothing about a site.
package operator

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/weirhq/weir/schema"
	"github.com/weirhq/weir/site/rest"
)

// Env is what may be asked of the process: its environment.
type Env struct {
	Getenv func(string) string
}

// The choices about pages that weir's account may not see.
const (
	Skip     = "skip"      // they stay unknown
	AdminKey = "admin_key" // an admin key is opened for the requests that need it
	Member   = "member"    // weir's account is named in every restriction that it writes
)

// Access is one site as the operator describes it.
type Access struct {
	Name    string // as in the description
	Product string // cloud or datacenter
	From    string // where this stands, for messages: "the environment", or a path

	Address      *url.URL // of Confluence, with its context path
	Organisation *url.URL // base of Atlassian's administration; nil on Data Center
	User         string   // e-mail address or user name
	Bearer       bool     // the token is shown as a bearer token
	TokenExpires time.Time

	Account, CloudID, OrgID, DirectoryID string // pinned, where given

	CAFile          string
	Proxy           *url.URL
	RestrictedPages string // Skip, AdminKey or Member
	Usernames       string // email, a domain, or empty
	InFlight        int
	FullReadEvery   time.Duration

	token, key source
}

// ErrNone says that nothing describes the site.
var ErrNone = errors.New("the operator has not said where this site is")

// variables are read when WEIR_ADDRESS is set, and then the file is not.
const (
	varAddress = "WEIR_ADDRESS"
	varToken   = "WEIR_TOKEN"
	varKey     = "WEIR_ORG_KEY"
)

// Variables lists the environment variables with what each says, for help texts.
var Variables = [][2]string{
	{varAddress, "where Confluence is, with its context path; makes the environment the only source"},
	{"WEIR_USER", "e-mail address of weir's account; its user name on Data Center"},
	{varToken, "its API token, personal access token or password"},
	{varKey, "the organisation's API key (Cloud)"},
	{"WEIR_AUTH", "basic (the default) or bearer"},
	{"WEIR_ORG_ADDRESS", "base of Atlassian's administration, if not https://api.atlassian.com"},
	{"WEIR_ACCOUNT", "the account that the token must belong to"},
	{"WEIR_CLOUD_ID", "the cloud id that the site must have"},
	{"WEIR_ORG", "the organisation's id, where the key sees several"},
	{"WEIR_DIRECTORY", "the directory's id, where the organisation has several"},
	{"WEIR_TOKEN_EXPIRES", "the token's last day, where nothing else can tell it"},
	{"WEIR_CA_FILE", "certificates to trust besides the system's"},
	{"WEIR_PROXY", "a proxy to go through; HTTPS_PROXY and its like are not read"},
	{"WEIR_RESTRICTED_PAGES", "skip (the default), admin_key or member"},
	{"WEIR_USERNAMES", "Data Center: email, or the domain that makes user names e-mail addresses"},
	{"WEIR_IN_FLIGHT", "how many requests may be under way at once (4)"},
	{"WEIR_FULL_READ_EVERY", "after how many hours an incremental plan reads everything (24)"},
}

// File gives the path of the operator's file: $WEIR_SITES, or sites.yaml in the
// user's configuration folder. It is empty where there is no such folder.
func File(env Env) string {
	if path := env.Getenv("WEIR_SITES"); path != "" {
		return path
	}
	dir := env.Getenv("XDG_CONFIG_HOME")
	if dir == "" {
		home := cmp.Or(env.Getenv("HOME"), env.Getenv("USERPROFILE"))
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, ".config")
	}
	return filepath.Join(dir, "weir", "sites.yaml")
}

// Find gives the access to a site. The error is a diag.List where the operator's
// file is at fault, and wraps [ErrNone] where nothing describes the site.
func Find(name, product string, env Env) (Access, error) {
	if env.Getenv(varAddress) != "" {
		return fromEnvironment(name, product, env)
	}
	for _, v := range []string{varToken, varKey} {
		if env.Getenv(v) != "" {
			return Access{}, fmt.Errorf("%s is set and %s is not: a token goes only to the address that comes with it (set both, or neither)", v, varAddress)
		}
	}
	path := File(env)
	entries, err := ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), path == "":
		return Access{}, none(name)
	case err != nil:
		return Access{}, err
	}
	for _, e := range entries {
		if e.Name.Value == name {
			return fromEntry(e, product, path, env)
		}
	}
	return Access{}, none(name)
}

func none(name string) error {
	return fmt.Errorf("%w: %s (weir login writes it down, or set %s and what goes with it)", ErrNone, name, varAddress)
}

// ReadFile reads the operator's file. One that others may write to is refused:
// they could send the token anywhere.
func ReadFile(path string) ([]schema.SiteEntry, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o022 != 0 {
		return nil, fmt.Errorf("%s may be written by others, who could send the token anywhere (chmod go-w %s)", path, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	entries, diags := schema.ParseSites(path, b)
	return entries, diags.Err()
}

func fromEnvironment(name, product string, env Env) (Access, error) {
	raw := raw{
		name: name, product: product, from: "the environment",
		address: env.Getenv(varAddress), organisation: env.Getenv("WEIR_ORG_ADDRESS"), user: env.Getenv("WEIR_USER"),
		auth: env.Getenv("WEIR_AUTH"), expires: env.Getenv("WEIR_TOKEN_EXPIRES"),
		account: env.Getenv("WEIR_ACCOUNT"), cloud: env.Getenv("WEIR_CLOUD_ID"), org: env.Getenv("WEIR_ORG"), directory: env.Getenv("WEIR_DIRECTORY"),
		ca: env.Getenv("WEIR_CA_FILE"), proxy: env.Getenv("WEIR_PROXY"), pages: env.Getenv("WEIR_RESTRICTED_PAGES"),
		usernames: env.Getenv("WEIR_USERNAMES"), inFlight: env.Getenv("WEIR_IN_FLIGHT"), full: env.Getenv("WEIR_FULL_READ_EVERY"),
	}
	a, err := raw.access()
	if err != nil {
		return Access{}, err
	}
	a.token = fromEnv{env, varToken}
	if product == "cloud" {
		a.key = fromEnv{env, varKey}
	}
	return a, nil
}

func fromEntry(e schema.SiteEntry, product, path string, env Env) (Access, error) {
	said := value(e.Product, "cloud")
	if said != product {
		return Access{}, fmt.Errorf("%s is described as %s and %s says %s (correct one of the two)", e.Name.Value, product, path, said)
	}
	number := func(n *schema.Num) string {
		if n == nil {
			return ""
		}
		return strconv.FormatFloat(n.Value, 'f', -1, 64)
	}
	raw := raw{
		name: e.Name.Value, product: product, from: path,
		address: value(e.Address, ""), organisation: value(e.OrganisationAddress, ""), user: value(e.User, ""),
		auth: value(e.Auth, ""), expires: value(e.TokenExpires, ""),
		account: value(e.Account, ""), cloud: value(e.CloudID, ""), org: value(e.Organisation, ""), directory: value(e.Directory, ""),
		ca: value(e.CAFile, ""), proxy: value(e.Proxy, ""), pages: value(e.RestrictedPages, ""),
		usernames: value(e.Usernames, ""), inFlight: number(e.InFlight), full: number(e.FullReadEvery),
	}
	a, err := raw.access()
	if err != nil {
		return Access{}, err
	}
	a.token = a.keptIn(e.Token, env)
	if e.OrganisationKey != nil {
		a.key = a.keptIn(e.OrganisationKey, env)
	}
	return a, nil
}

func value(s *schema.Str, otherwise string) string {
	if s == nil {
		return otherwise
	}
	return s.Value
}

// raw is an access as text, from either source.
type raw struct {
	name, product, from            string
	address, organisation, user    string
	auth, expires                  string
	account, cloud, org, directory string
	ca, proxy, pages, usernames    string
	inFlight, full                 string
}

// access checks the text. What is wrong is said with its name and a remedy.
func (r raw) access() (Access, error) {
	bad := func(what string, err error) (Access, error) {
		return Access{}, fmt.Errorf("%s of %s in %s: %w", what, r.name, r.from, err)
	}
	a := Access{
		Name: r.name, Product: r.product, From: r.from, User: r.user, Bearer: r.auth == "bearer",
		Account: r.account, CloudID: r.cloud, OrgID: r.org, DirectoryID: r.directory,
		CAFile: r.ca, RestrictedPages: cmp.Or(r.pages, Skip), Usernames: r.usernames,
	}
	var err error
	if a.Address, err = rest.ParseBase(r.address); err != nil {
		return bad("address", err)
	}
	if a.Organisation, err = r.administration(a.Address); err != nil {
		return bad("organisation address", err)
	}
	switch r.auth {
	case "", "basic", "bearer":
	default:
		return bad("auth", fmt.Errorf("%q is not known (write basic or bearer)", r.auth))
	}
	if r.user == "" && !a.Bearer {
		return bad("user", errors.New("it is missing (the e-mail address, or the user name, that the token belongs to)"))
	}
	switch a.RestrictedPages {
	case Skip, Member:
	case AdminKey:
		if r.product != "cloud" {
			return bad("restricted_pages", errors.New("admin_key is Cloud's (on Data Center a member of confluence-administrators sees every page)"))
		}
	default:
		return bad("restricted_pages", fmt.Errorf("%q is not known (write skip, admin_key or member)", a.RestrictedPages))
	}
	if r.expires != "" {
		if a.TokenExpires, err = time.Parse(time.DateOnly, r.expires); err != nil {
			return bad("token_expires", fmt.Errorf("%q is not a day (write YYYY-MM-DD)", r.expires))
		}
	}
	if r.proxy != "" {
		if a.Proxy, err = url.Parse(r.proxy); err != nil || a.Proxy.Host == "" || a.Proxy.Scheme != "http" && a.Proxy.Scheme != "https" {
			// Not repeated: it may hold a password.
			return bad("proxy", errors.New("it is not the address of a proxy (write it as http://host:port)"))
		}
	}
	if a.InFlight, err = number(r.inFlight, 1, 32, 4); err != nil {
		return bad("in_flight", err)
	}
	hours, err := number(r.full, 1, 24*31, 24)
	if err != nil {
		return bad("full_read_every", err)
	}
	a.FullReadEvery = time.Duration(hours) * time.Hour
	return a, nil
}

// administration gives the base of Atlassian's administration. A site on this
// machine is an emulator, which serves everything at one origin; a token must
// never go from it to Atlassian, nor a key the other way.
func (r raw) administration(address *url.URL) (*url.URL, error) {
	switch {
	case r.product != "cloud":
		return nil, nil
	case r.organisation != "":
		return rest.ParseBase(r.organisation)
	case strings.HasSuffix(address.Hostname(), ".atlassian.net"), address.Hostname() == "api.atlassian.com":
		return rest.ParseBase("https://api.atlassian.com")
	case address.Scheme == "http":
		return rest.ParseBase("http://" + address.Host)
	}
	return nil, fmt.Errorf("%s is not at atlassian.net: say where the organisation's key may go (organisation_address, WEIR_ORG_ADDRESS)", address.Hostname())
}

func number(text string, least, most, otherwise int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%q is not a whole number from %d to %d", text, least, most)
	}
	return n, nil
}

// Transport carries requests to the site, and to nowhere that the operator did
// not name.
func (a Access) Transport() (rest.Transport, error) {
	var ca []byte
	if a.CAFile != "" {
		var err error
		if ca, err = os.ReadFile(a.CAFile); err != nil {
			return nil, fmt.Errorf("certificates of %s: %w", a.Name, err)
		}
	}
	return rest.NewTransport(ca, a.Proxy)
}
