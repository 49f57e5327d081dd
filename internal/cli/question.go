package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/diag"
	"github.com/weirhq/weir/internal/nearest"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site"
)

// query is what every command that asks who can do what takes: where the
// answer comes from, and how it is shown.
type query struct {
	app      *app
	cmd      *cobra.Command
	dir      string
	file     string
	snapshot snapshotFlags
	planned  bool
	pages    bool
	tokens   bool // API tokens are read
	records  bool // when things in personal spaces were changed is read, too
	all      bool
	format   string
}

// sources is the part of the help that every such command shares.
const sources = `The answer is about the live site that the description in --dir (default: this
folder) is for; with --snapshot about what weir snapshot wrote, without credentials
and without the site; with --planned about the one or the other as it will be when
the description has been applied. Nothing is written to the site. weir's own account is
left out.

Restrictions are read of described pages, of watched spaces, and of the whole space of
a page that is asked about, since those of pages above bind it; --pages reads those of
every page. A snapshot knows those that it was written with: weir snapshot --pages.`

// register adds the flags. The first format is the default.
func (q *query) register(a *app, cmd *cobra.Command, formats ...string) {
	q.app, q.cmd = a, cmd
	cmd.Flags().StringVar(&q.dir, "dir", ".", "the description's `folder`")
	cmd.Flags().StringVar(&q.file, "site", "", "the embedded site's `file` (default .weir/site.db in DIR)")
	q.snapshot.register(cmd, "ask this `file` of weir snapshot instead of the site; places in files are shown with --dir")
	cmd.Flags().BoolVar(&q.planned, "planned", false, "ask the site as it will be when the description has been applied")
	cmd.Flags().BoolVar(&q.pages, "pages", false, "read the restrictions of every page (weir scan says what that takes)")
	cmd.Flags().StringVar(&q.format, "format", formats[0], "output `format`: "+strings.Join(formats, ", "))
	complete(cmd, "format", func() []cobra.Completion { return formats })
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !slices.Contains(formats, q.format) {
			return fmt.Errorf("unknown format %q (%s)", q.format, strings.Join(formats, ", "))
		}
		return run(cmd, args)
	}
}

// folder takes the description's folder as an argument, where one is given, as --dir
// does.
func (q *query) folder(args []string) error {
	if len(args) == 0 {
		return nil
	}
	return q.cmd.Flags().Set("dir", args[0])
}

// registerAll adds the flag that shows everything.
func (q *query) registerAll(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&q.all, "all", false, "show everything, not only a screenful")
}

// asked is what a question is asked of.
type asked struct {
	*access.View
	from    render.Source
	obs     site.Observation
	desired *access.Desired // in the product's terms; nil without a description
	d       *description    // nil without one
	memory  access.Memory   // what weir remembers of the site
	here    func(diag.Range) diag.Range
	names   map[access.Ref]string // of people and spaces
}

// ask reads what the question is asked of. Pages that are asked about are read.
func (q *query) ask(ctx context.Context, about ...access.Ref) (*asked, error) {
	a := q.app
	a.dir = q.dir
	var got *asked
	var err error
	switch {
	case q.snapshot.exists && q.file != "":
		return nil, errors.New("--snapshot reads a file, and --site the site (leave out one of them)")
	case q.snapshot.exists && q.pages:
		return nil, errors.New("--pages reads the site, and --snapshot a file (weir snapshot --pages writes down all of them)")
	case q.snapshot.exists:
		got, err = q.askSnapshot(ctx, about)
	default:
		got, err = q.askSite(ctx, about)
	}
	if err != nil {
		return nil, err
	}
	got.here = a.here
	got.names = make(map[access.Ref]string)
	if got.desired != nil {
		for r, name := range got.desired.Labels {
			got.names[r] = name
		}
	}
	for r, name := range got.obs.Labels {
		got.names[r] = name
	}
	for f := range got.Facts().OfKind(access.Name) {
		got.names[f.Object] = f.Value
	}
	for _, u := range got.obs.Unknown {
		got.from.Unseen = append(got.from.Unseen, reconcile.Unknown{Kind: string(u.Kind), Object: string(u.Object), Reason: u.Reason})
	}
	return got, nil
}

// askSnapshot asks what weir snapshot wrote: alone, or beside a description, which
// says where facts stand and what will be.
func (q *query) askSnapshot(ctx context.Context, about []access.Ref) (*asked, error) {
	a := q.app
	if !q.planned && !q.cmd.Flags().Changed("dir") {
		s, of, err := a.readSnapshot(q.snapshot)
		if err != nil {
			return nil, err
		}
		obs, err := s.Observation()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.snapshot.file, err)
		}
		got := &asked{View: obs.Beside().View(obs.Facts), obs: obs, memory: s.Memory, from: render.Source{Site: s.Name, Of: render.OfSnapshot}}
		return got.asOf(of), nil
	}
	d, err := a.load()
	if err != nil {
		return nil, err
	}
	s, of, err := a.openSnapshot(d, q.snapshot)
	if err != nil {
		return nil, err
	}
	if q.planned {
		got, err := q.askPlanned(ctx, d, s, about)
		return got.asOf(of), err
	}
	got, err := askObserved(d, s, s.Everything())
	if err != nil {
		return nil, err
	}
	got.from.Of = render.OfSnapshot
	return got.asOf(of), nil
}

// asOf says that the answer is about a snapshot.
func (k *asked) asOf(s *reconcile.Snapshot) *asked {
	if k != nil {
		k.from.Time, k.from.Key = s.Time.Format(time.RFC3339), s.Key
	}
	return k
}

func (q *query) askSite(ctx context.Context, about []access.Ref) (*asked, error) {
	a := q.app
	d, err := a.load()
	if err != nil {
		return nil, err
	}
	open, err := a.openSite(ctx, d.site(), q.file, readOnly)
	if err != nil {
		return nil, err
	}
	defer open.Close()
	reader := site.ReadOnly(open.Site)
	if q.planned {
		return q.askPlanned(ctx, d, reader, about)
	}
	extent := q.widened(d, about).Extent()
	extent.Pins = d.lock
	obs, err := reader.Observe(ctx, extent)
	if err != nil {
		return nil, err
	}
	return askObserved(d, reader, obs)
}

// askPlanned asks the site as it will be.
func (q *query) askPlanned(ctx context.Context, d *description, reader site.Reader, about []access.Ref) (*asked, error) {
	in := d.input(reader)
	in.Description = q.widened(d, about)
	draft, err := reconcile.Make(ctx, in)
	if err != nil {
		return nil, err
	}
	memory, err := d.memory(draft.Observation.Site)
	if err != nil {
		return nil, err
	}
	return &asked{
		View: draft.Observation.Beside().View(draft.Target), obs: draft.Observation, desired: &draft.Desired, d: d, memory: memory,
		from: render.Source{Site: d.site().Name, Of: render.OfPlan},
	}, nil
}

// askObserved asks what was observed, beside a description in the product's
// terms.
func askObserved(d *description, terms site.Terms, obs site.Observation) (*asked, error) {
	memory, err := d.memory(obs.Site)
	if err != nil {
		return nil, err
	}
	desired, diags := d.Desired(obs.Known(memory))
	if err := diags.Err(); err != nil {
		return nil, err
	}
	canon := terms.Canonical(desired.Facts, obs)
	for f, from := range canon.From {
		if at, ok := desired.Origins[from.Identity()]; ok {
			desired.Origins[f] = at
		}
	}
	desired.Facts = canon.Facts
	return &asked{
		View: obs.Beside().View(obs.Facts), obs: obs, desired: &desired, d: d, memory: memory,
		from: render.Source{Site: d.site().Name, Of: render.OfLive},
	}, nil
}

func (q *query) widened(d *description, about []access.Ref) widened {
	return widened{d, q.pages, q.tokens, q.records, slices.DeleteFunc(slices.Clone(about), func(r access.Ref) bool { return !r.IsPage() })}
}

// doors gives the groups that let each person in, in order.
func (k *asked) doors() map[access.Ref][]access.Ref {
	out := make(map[access.Ref][]access.Ref)
	for f := range k.Facts().OfKind(access.Product) {
		if f.Object.Type() == "group" && access.Opens(f.Value) {
			for m := range k.Facts().Of(access.Member, f.Object) {
				out[m.Subject] = append(out[m.Subject], f.Object)
			}
		}
	}
	return out
}

// called is what the description calls a person, or else what they call themselves on
// the site.
func (k *asked) called(who access.Ref) string {
	if k.desired != nil && k.desired.Labels[who] != "" {
		return k.desired.Labels[who]
	}
	return k.names[who]
}

// widened is a description of which more is read: pages, API tokens, and records of
// personal spaces.
type widened struct {
	*description
	all     bool
	tokens  bool
	records bool
	pages   []access.Ref
}

// Extent is the description's, and the pages that were asked about.
func (w widened) Extent() access.Extent {
	e := w.description.Extent()
	e.All, e.Tokens, e.Personal = w.all, e.Tokens || w.tokens, e.Personal || w.records
	// What restricts the pages above binds a page, and the driver finds those only
	// where it reads the whole space.
	for _, p := range w.pages {
		e.Pages, e.Watch = append(e.Pages, p), append(e.Watch, p.PageSpace())
	}
	return e
}

// objectRef reads how an object is written: ENG, space:ENG, page:HR/Pay bands,
// blogpost:HR/Welcome, or site.
func objectRef(text string) (access.Ref, error) {
	r := access.Ref(text)
	switch typ, id, typed := strings.Cut(text, ":"); {
	case r == access.Site:
		return r, nil
	case !typed && text != "":
		return access.NewRef("space", text), nil
	case id == "" || typ != "space" && !r.IsPage():
		return "", fmt.Errorf("%q is no object (write ENG, space:ENG, page:ENG/Title, blogpost:ENG/Title or site)", text)
	case r.IsPage() && (r.PageTitle() == "" || r.PageSpace() == "space:"):
		return "", fmt.Errorf("%q names no page (write %s:KEY/Title)", text, typ)
	}
	return r, nil
}

// object finds an object among what was read.
func (k *asked) object(r access.Ref) (access.Ref, error) {
	if k.Known(r) {
		return r, nil
	}
	var names []string
	for _, o := range k.Objects() {
		if o.Type() == r.Type() {
			names = append(names, o.ID())
		}
	}
	otherwise := "it may be there and hidden from weir's account"
	if r.IsPage() && k.from.Of == render.OfSnapshot {
		otherwise = "a snapshot holds the pages that were read: weir snapshot --pages writes down all of them"
	}
	return "", fmt.Errorf("%s is not among what was read of the site (%s)", r, nearest.Ask(nearest.To(r.ID(), names), otherwise))
}

// person finds a person: by e-mail, by account, by reference, or the public.
func (k *asked) person(text string) (access.Ref, error) {
	if text == "anonymous" || access.Ref(text) == access.Anonymous {
		return access.Anonymous, nil
	}
	people := k.everybody()
	var tries []access.Ref
	if r := access.Ref(text); r.IsPerson() {
		tries = []access.Ref{r}
	} else if strings.HasPrefix(text, "group:") || strings.HasPrefix(text, "class:") {
		return "", fmt.Errorf("%q is no person (write an e-mail address, account:ID or anonymous)", text)
	} else {
		tries = []access.Ref{access.NewRef("user", text), access.NewRef("account", text), access.NewRef("user", strings.ToLower(text))}
	}
	for _, r := range tries {
		switch {
		case r == k.obs.Account:
			return "", fmt.Errorf("%s is weir's own account, which is left out of every answer (ask about somebody else)", r.ID())
		case people[r]:
			return r, nil
		}
	}
	var names []string
	for r := range people {
		names = append(names, r.ID())
	}
	return "", fmt.Errorf("person %q is not on the site (%s)", tries[0].ID(), nearest.Ask(nearest.To(tries[0].ID(), names), "people are named by e-mail address, or as account:ID"))
}

// everybody gives the people whom the facts speak of or who are described, those
// who may not enter among them.
func (k *asked) everybody() map[access.Ref]bool {
	out := make(map[access.Ref]bool)
	for f := range k.Facts().All() {
		for _, r := range []access.Ref{f.Object, f.Subject} {
			if r.IsPerson() {
				out[r] = true
			}
		}
	}
	if k.desired != nil {
		for r := range k.desired.Described {
			if r.IsPerson() {
				out[r] = true
			}
		}
	}
	return out
}

// operation finds an operation on an object: an id of the product's, its label,
// or a summary.
func (k *asked) operation(text string, object access.Ref) (string, error) {
	ops := k.Operations(object)
	if slices.Contains(ops, text) {
		return text, nil
	}
	for _, op := range ops {
		if label := k.obs.Permissions[op]; label != "" && strings.EqualFold(label, text) {
			return op, nil
		}
	}
	otherwise := "there are " + strings.Join(ops, ", ")
	if object.Type() == "space" {
		otherwise = "view, edit, admin, or a permission of the product's such as create/page"
	}
	return "", fmt.Errorf("nothing called %q can be done to %s (%s)", text, object, nearest.Ask(nearest.To(text, ops), otherwise))
}

// who gives a person or another principal as answers show it.
func (k *asked) who(r access.Ref) render.Who {
	return render.Who{Ref: string(r), Name: k.names[r], Guest: k.Guest(r)}
}

func (k *asked) whoAll(refs []access.Ref) []render.Who {
	out := make([]render.Who, 0, len(refs))
	for _, r := range refs {
		out = append(out, k.who(r))
	}
	return out
}

// fact gives a fact as answers show it: in words, and with its place in the
// description, if it has one.
func (k *asked) fact(f access.Fact) render.Said {
	s := render.Said{Fact: f.String(), Words: render.Words(f, k.names)}
	s.At, s.Otherwise = k.origin(f)
	return s
}

func (k *asked) facts(list []access.Fact) []render.Said {
	out := make([]render.Said, 0, len(list))
	for _, f := range list {
		out = append(out, k.fact(f))
	}
	return out
}

// origin gives the place where the description says a fact. Otherwise means that
// it says something else there.
func (k *asked) origin(f access.Fact) (at string, otherwise bool) {
	if k.desired == nil {
		return "", false
	}
	r, ok := k.desired.Origins[f.Identity()]
	if !ok || !r.Known() {
		return "", false
	}
	return k.here(r).String(), !k.desired.Facts.Has(f)
}
