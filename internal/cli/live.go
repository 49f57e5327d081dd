package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weirhq/weir/internal/operator"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/datacenter"
	"github.com/weirhq/weir/site/rest"
)

// The products of live sites.
const (
	productCloud      = "cloud"
	productDataCenter = "datacenter"
)

// openSite is a site with what has to be closed after it.
type openSite struct {
	site.Site
	close         func() error
	fullReadEvery time.Duration // after how long an incremental plan reads everything
	settings      site.SnapshotSettings
}

// Close gives the site back.
func (s *openSite) Close() error { return s.close() }

// openSite opens the site of a description. Only apply asks for one that can be
// written to; every other command is given a driver that refuses to.
func (a *app) openSite(ctx context.Context, name reconcile.SiteName, file string, mode siteMode) (*openSite, error) {
	if mode != readOnly {
		if err := a.writable(); err != nil {
			return nil, err
		}
	}
	if name.Product == embedded {
		return a.openEmbedded(name, file, mode)
	}
	if file != "" {
		return nil, fmt.Errorf("--site names the file of an embedded site, and %s is %s (leave it out)", name.Name, name.Product)
	}
	access, err := operator.Find(name.Name, name.Product, operator.Env{Getenv: a.Getenv})
	if err != nil {
		return nil, err
	}
	s, hangUp, err := a.openLive(ctx, access, name.Plan, mode == readOnly)
	if err != nil {
		return nil, err
	}
	return &openSite{
		Site: s, close: func() error { hangUp(); return nil }, fullReadEvery: access.FullReadEvery,
		settings: site.SnapshotSettings{RestrictedPages: a.restrictedPages(access), Usernames: access.Usernames},
	}, nil
}

// writable refuses to open anything for writing where the operator forbids it.
func (a *app) writable() error {
	switch a.Getenv("WEIR_READ_ONLY") {
	case "", "0", "false":
		return nil
	}
	return errors.New("WEIR_READ_ONLY is set, so nothing is written to any site (unset it to apply)")
}

// note tells what was done at a site beyond the steps of a plan, such as that an
// admin key was opened, and writes it into the journal of a run. A note that
// cannot be written down is told all the same.
func (a *app) note(text string) {
	fmt.Fprintln(a.Stderr, "weir:", render.Safe(text))
	if a.journal == nil {
		return
	}
	err := a.journal.Append(reconcile.Record{Run: a.noteRun, Kind: reconcile.Noted, Time: a.Clock(), Reason: text})
	if err == nil {
		err = a.journal.Sync()
	}
	if err != nil {
		fmt.Fprintln(a.Stderr, "weir: the journal did not take it:", render.Safe(err.Error()))
	}
}

// live is what the commands about a live site need of its driver.
type live interface {
	site.Site
	site.Examiner
}

// openLive makes the driver for a site that the operator described. It sends
// nothing. hangUp closes the connections that it leaves open.
func (a *app) openLive(ctx context.Context, access operator.Access, plan string, readOnly bool) (s live, hangUp func(), err error) {
	token, key, err := access.Credentials(ctx)
	if err != nil {
		return nil, nil, err
	}
	if access.Product == productCloud && key.Empty() {
		return nil, nil, fmt.Errorf("organisation key of %s: there is none%s: without it people and their states cannot be read (make one in Atlassian Administration, and run weir login)",
			access.Name, in(access.KeyKept()))
	}
	transport, err := access.Transport()
	if err != nil {
		return nil, nil, err
	}
	hangUp = func() { rest.HangUp(transport) }
	auth := "basic"
	if access.Bearer {
		auth = "bearer"
	}
	access.RestrictedPages = a.restrictedPages(access)
	if access.Product == productDataCenter {
		s, err = datacenter.New(datacenter.Config{
			Base: access.Address.String(), Auth: auth, Username: access.User, Password: token, Token: token, Account: access.Account,
			Usernames: access.Usernames, RestrictedPages: access.RestrictedPages,
			Transport: transport, Clock: a.Clock, Wait: a.Wait, Concurrency: access.InFlight, Trace: a.tracer(), ReadOnly: readOnly,
		})
		return s, hangUp, err
	}
	s, err = cloud.New(cloud.Config{
		Confluence: access.Address.String(), Admin: access.Organisation.String() + "/admin", Users: access.Organisation.String() + "/users",
		Auth: auth, Email: access.User, Token: token, OrgKey: key,
		Account: access.Account, OrgID: access.OrgID, DirectoryID: access.DirectoryID, CloudID: access.CloudID,
		Plan: plan, RestrictedPages: access.RestrictedPages, Note: a.note,
		Transport: transport, Clock: a.Clock, Wait: a.Wait, Concurrency: access.InFlight, Trace: a.tracer(), ReadOnly: readOnly,
	})
	return s, hangUp, err
}

// restrictedPages is what is done about restricted pages. Opening an admin key is
// a write, which Confluence tells people of.
func (a *app) restrictedPages(access operator.Access) string {
	if access.RestrictedPages == operator.AdminKey && a.writable() != nil {
		return operator.Skip
	}
	return access.RestrictedPages
}

// in says where something was looked for, if anywhere.
func in(place string) string {
	if place == "" {
		return ""
	}
	return " in " + place
}
