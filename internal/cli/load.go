package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/nearest"
	"github.com/weirhq/weir/policies"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/schema"
	"github.com/weirhq/weir/site"
)

// lockFile holds the ids that names stand for. It is committed.
const lockFile = "weir.lock"

// description is everything that a folder says, ready to be planned.
type description struct {
	*schema.Description
	lock  schema.Lock
	judge *policies.Judge
	base  *reconcile.Base // what it is compared with, where that was asked for
	// recall tells what weir remembers of a site; nil where nothing needs it.
	recall func(site string) (access.Memory, error)
	// warnings are what was told of it when it was read.
	warnings diag.List
	now      time.Time // by which it was compiled
}

// load reads the description in the folder. The error is a diag.List;
// warnings are printed here.
func (a *app) load() (*description, error) {
	info, err := os.Stat(a.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, input("WR110", a.dir, "there is no such folder", "weir init makes a description")
	case err != nil:
		return nil, input("WR110", a.dir, "the folder cannot be read: "+reason(err), "")
	case !info.IsDir():
		return nil, input("WR110", a.dir, "this is not a folder", "name the folder that holds the description")
	}
	// An os.Root, so that no name or link in the folder leads out of it.
	root, err := os.OpenRoot(a.dir)
	if err != nil {
		return nil, input("WR110", a.dir, "the folder cannot be read: "+reason(err), "")
	}
	defer root.Close()
	files, diags := schema.Load(root.FS())
	a.sources = make(map[string]string, len(files))
	for _, f := range files {
		a.sources[f.Path] = string(f.Bytes)
	}
	for _, d := range diags { // files that could not be read have a place too
		if _, ok := a.sources[d.Range.File]; !ok && d.Range.Known() {
			a.sources[d.Range.File] = ""
		}
	}
	if err := diags.Err(); err != nil {
		return nil, err
	}
	docs, more := schema.Parse(files)
	diags = append(diags, more...)
	lock, more := a.loadLock(root)
	diags = append(diags, more...)
	if err := diags.Err(); err != nil {
		return nil, err
	}
	d, more := schema.Compile(docs, lock, a.Clock())
	diags = append(diags, more...)
	if err := diags.Err(); err != nil {
		return nil, err
	}
	judge, more := judge(d.Settings)
	diags = append(diags, more...)
	if err := diags.Err(); err != nil {
		return nil, err
	}
	a.tell(diags)
	out := &description{Description: d, lock: lock, judge: judge, warnings: diags, now: a.Clock()}
	if d.Remembers() {
		out.recall = a.remembered
	}
	return out, nil
}

func (a *app) loadLock(root *os.Root) (schema.Lock, diag.List) {
	b, err := fs.ReadFile(root.FS(), lockFile)
	if errors.Is(err, fs.ErrNotExist) {
		return schema.ParseLock(lockFile, nil)
	}
	a.sources[lockFile] = string(b)
	if err != nil {
		return nil, input("WR110", lockFile, "the file cannot be read: "+reason(err), "")
	}
	return schema.ParseLock(lockFile, b)
}

// reason is what the operating system said, without the path it repeats.
func reason(err error) string {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err.Error()
	}
	return err.Error()
}

// judge sets up the rules as the description asks.
func judge(s schema.Settings) (*policies.Judge, diag.List) {
	var names []string
	for _, r := range policies.Rules() {
		names = append(names, r.Name)
	}
	settings := make(map[string]policies.Setting)
	var diags diag.List
	for name, p := range s.Policies {
		if !slices.Contains(names, name) {
			hint := "the rules are " + strings.Join(names, ", ")
			if near := nearest.To(name, names); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			diags = append(diags, diag.Diagnostic{Code: "WR102", Summary: fmt.Sprintf("there is no rule %q", name), Hint: hint, Range: p.Range})
			continue
		}
		set := policies.Setting{Level: p.Level.Value}
		for _, allowed := range p.Allow {
			set.Allow = append(set.Allow, allowed.Match)
		}
		settings[name] = set
	}
	if diags.HasErrors() {
		return nil, diags
	}
	j, err := policies.New(settings)
	if err != nil {
		return nil, input("WR390", "", err.Error(), "")
	}
	return j, nil
}

// site names the site that the description is for.
func (d *description) site() reconcile.SiteName {
	s := d.Settings.Site
	return reconcile.SiteName{Name: s.Name, Product: s.Product.Or(embedded), Plan: s.Plan.Value}
}

// memory is what weir remembers of a site, as far as the description needs it.
func (d *description) memory(site string) (access.Memory, error) {
	if d.recall == nil {
		return access.Memory{}, nil
	}
	return d.recall(site)
}

// input is what a plan of the description is made of, for a site.
func (d *description) input(s site.Reader) reconcile.Input {
	return reconcile.Input{
		Site: s, Name: d.site(), Home: d.Settings.Site.Range, Description: d, Judge: d.judge, Guards: d.guards(), Seats: d.seats(), Tokens: d.tokens(),
		Pins: d.lock, Base: d.base, Recall: d.recall,
	}
}

// guards gives the description's budgets over the defaults.
func (d *description) guards() reconcile.Guards {
	g := reconcile.DefaultGuards()
	set := func(l *reconcile.Limit, s schema.LimitSettings) {
		l.Ratio, l.Max, l.Free = s.Ratio.Or(l.Ratio), s.Max.Or(l.Max), s.Free.Or(l.Free)
	}
	set(&g.Removals, d.Settings.Budget.Removals)
	set(&g.PeopleLosingAccess, d.Settings.Budget.PeopleLosingAccess)
	g.RemovalsPerDay = d.Settings.Budget.RemovalsPerDay.Or(g.RemovalsPerDay)
	g.MinSpaceAdmins = d.Settings.Protect.MinSpaceAdmins.Or(g.MinSpaceAdmins)
	return g
}

// tokens gives what the description says of API tokens.
func (d *description) tokens() reconcile.TokenTerms {
	warn := d.Settings.Tokens
	return reconcile.TokenTerms{Now: d.now, Warn: time.Duration(warn.Value) * 24 * time.Hour, At: warn.Range}
}

// seats gives what the description says of seats.
func (d *description) seats() reconcile.SeatTerms {
	s := d.Settings.Seats
	return reconcile.SeatTerms{
		Tariff: s.Tariff,
		Seats:  reconcile.SeatBound{Most: s.Limit.Value, At: s.Limit.Range},
		People: reconcile.SeatBound{Most: s.SiteLimit.Value, At: s.SiteLimit.Range},
		Renews: s.Renews,
	}
}

// pin writes weir.lock: the ids of everything that the description names. A
// name whose id was not read this time keeps the pin that it has, and so does
// one that is not described and may be referred to because it is pinned.
func (a *app) pin(d *description, desired access.Desired, ids map[access.Ref]string) error {
	known := make(map[access.Ref]string)
	keep := func(ref access.Ref) {
		if id, ok := d.lock.ID(ref); ok {
			known[ref] = id
		}
	}
	for f := range desired.Facts.All() {
		keep(f.Subject)
		if f.Kind == access.Role {
			keep(access.NewRef("space_role", f.Value))
		}
	}
	for ref := range desired.Described {
		if id, ok := ids[ref]; ok {
			known[ref] = id
		} else {
			keep(ref)
		}
	}
	return a.writeLock(schema.Lock(known))
}

// repin brings weir.lock up to a plan that was applied without its
// description: what the plan made and removed.
func (a *app) repin(plan *reconcile.Plan, ids map[access.Ref]string) error {
	root, err := os.OpenRoot(a.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	a.sources = make(map[string]string)
	lock, diags := a.loadLock(root)
	if err := diags.Err(); err != nil {
		return err
	}
	known := lock.With(nil)
	for _, c := range plan.Changes {
		f, err := access.ParseFact(c.Fact)
		if err != nil || f.Kind != access.Exists {
			continue
		}
		if id, ok := ids[f.Object]; ok && c.Op == access.Add {
			known[f.Object] = id
		} else if c.Op == access.Remove && f.Object.Type() != "user" {
			delete(known, f.Object)
		}
	}
	return a.writeLock(schema.Lock(known))
}

func (a *app) writeLock(lock schema.Lock) error {
	text := lock.Format()
	path := a.file(lockFile)
	if old, err := os.ReadFile(path); err == nil && string(old) == string(text) {
		return nil
	}
	if err := replaceFile(path, text, 0o644); err != nil {
		return fmt.Errorf("%s could not be written: %w", lockFile, err)
	}
	return nil
}

// replaceFile writes a file whole or not at all.
func replaceFile(path string, b []byte, mode fs.FileMode) error {
	temp, err := stage(path, b, mode)
	if err != nil {
		return err
	}
	if err = os.Rename(temp, path); err != nil {
		_ = os.Remove(temp)
	}
	return err
}

// stage writes a text beside a file, and gives where, so that it can take the file's
// place whole.
func stage(path string, b []byte, mode fs.FileMode) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		_ = os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}
