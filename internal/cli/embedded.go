package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/rest"
)

// embedded is the product that needs no account: a small Confluence in a file.
const embedded = "embedded"

// openEmbedded opens the embedded site: the Cloud driver talks to it as it would
// to Atlassian, in process.
func (a *app) openEmbedded(name reconcile.SiteName, file string, mode siteMode) (*openSite, error) {
	em, err := a.openEmulator(file, mode, name.Plan)
	if err != nil {
		return nil, err
	}
	c := em.Credentials()
	s, err := cloud.New(cloud.Config{
		Confluence: c.BaseURL + "/wiki", Admin: c.BaseURL + "/admin", Users: c.BaseURL + "/users",
		Email: c.Email, Token: rest.NewSecret(c.Token), OrgKey: rest.NewSecret(c.OrgKey),
		Plan: name.Plan, Account: c.AccountID, OrgID: c.OrgID, CloudID: c.CloudID,
		Transport: em.Transport(), Clock: a.Clock, Wait: a.Wait,
		Jitter:   func() float64 { return 0 }, // in process nobody else retries
		ReadOnly: mode == readOnly, Trace: a.tracer(),
	})
	if err != nil {
		return nil, errors.Join(err, em.Close())
	}
	return &openSite{Site: s, close: em.Close, fullReadEvery: 24 * time.Hour}, nil
}

// siteMode says what a command needs of the site.
type siteMode uint8

const (
	readOnly  siteMode = iota // a site file that is not there is an empty site
	readWrite                 // a site file that is not there is made
	existing                  // read and write a site file that must be there
)

// siteFile is the embedded site's file.
func (a *app) siteFile(file string) string {
	if file != "" {
		return file
	}
	return a.file(".weir", "site.db")
}

// openEmulator opens the embedded site, as tune says. A site file that cannot be
// used is the user's to mend: a diagnostic.
func (a *app) openEmulator(file string, mode siteMode, plan string, tune ...func(*emulator.Options)) (*emulator.Emulator, error) {
	path := a.siteFile(file)
	o := emulator.Options{Clock: a.Clock, Random: a.Random}
	for _, t := range tune {
		t(&o)
	}
	info, err := os.Stat(path)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case err == nil && info.Mode().IsRegular() && info.Size() == 0:
		// What a full disk leaves of a site is not to be taken for a new one.
		return nil, siteFileTrouble(path, errors.New("it is empty"))
	case missing && mode == existing:
		return nil, input("WR501", path, "there is no site file here", "name the description's folder with --dir, or the file with --site")
	case missing && mode == readOnly:
		// Nothing is made for a question: an empty site, in memory, always the
		// same so that the same question has the same answer.
		o.Random = nil
		return emulator.New(o)
	case mode == readOnly:
		store, err := emulator.OpenSQLite(path, emulator.ReadOnly)
		if err != nil {
			return nil, siteFileTrouble(path, err)
		}
		o.Store = store
	default:
		if file == "" {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return nil, siteFileTrouble(path, err)
			}
		}
		store, err := emulator.OpenSQLite(path, emulator.ReadWrite)
		if err != nil {
			return nil, siteFileTrouble(path, err)
		}
		o.Store = store
	}
	em, err := emulator.New(o)
	if err != nil {
		return nil, errors.Join(siteFileTrouble(path, err), o.Store.Close())
	}
	return em, nil
}

func siteFileTrouble(path string, err error) error {
	if errors.Is(err, emulator.ErrLocked) {
		return &site.Error{Kind: site.Locked, Op: "open " + path, Err: errors.New("another run holds it; try again when it has ended")}
	}
	hint := "put a good copy in its place, or make a new site with weir site reset"
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		hint = "name another file with --site"
	}
	said := strings.TrimPrefix(reason(err), "open "+path+": ")
	said = strings.TrimPrefix(said, emulator.ErrCorrupt.Error()+": ")
	return input("WR501", path, "the site file cannot be used: "+said, hint)
}
