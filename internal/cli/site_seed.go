package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/site/emulator"
)

func (a *app) siteSeed(file *string) *cobra.Command {
	return &cobra.Command{
		Use:   "seed [DIR] SOURCE",
		Short: "Make facts true, from a file or from another site, all at once",
		Long: `Make facts true on the site: all of them, or none. SOURCE is a file with one fact
a line, as weir site facts prints them ("-" is standard input), a site file, or a
folder whose site is to be copied. What is true already stays; nothing is
removed. It leaves no trace in the site's log.`,
		Example: "  weir site facts there > site.facts; weir site seed here site.facts\n  weir site seed here there",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) > 2 {
				return fmt.Errorf("%s takes the source, and before it the folder of the site (%[1]s --help tells more)", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			source := args[len(args)-1]
			a.folder(args[:len(args)-1])
			return a.seed(*file, source)
		},
	}
}

func (a *app) seed(file, source string) error {
	wanted, err := a.factsIn(source)
	if err != nil {
		return err
	}
	em, err := a.openEmulator(file, readWrite, "")
	if err != nil {
		return err
	}
	defer em.Close()
	before := factsOf(em.Dump())
	var missing []access.Fact
	for f := range wanted.All() {
		if !before.Has(f) {
			missing = append(missing, f)
		}
	}
	s := newSeeder(before.Union(wanted), em.Dump())
	if err := em.Admin().Unaudited().Together(func(admin emulator.Admin) error { return s.make(admin, missing) }); err != nil {
		return err
	}
	after := factsOf(em.Dump())
	for _, f := range missing {
		if !after.Has(f) && !(f.Kind == access.Exists && f.Object.IsPage()) { // only of restricted ones is that told
			return fmt.Errorf("%s is not true of the site, although it was seeded: another fact contradicts it", f)
		}
	}
	_, err = fmt.Fprintf(a.Stdout, "seeded %s\n", render.Count(len(missing), "fact", "facts"))
	return err
}

// sqliteMagic begins every SQLite file.
const sqliteMagic = "SQLite format 3\x00"

// factsIn reads the facts of a file, of a site file, or of a folder's site.
func (a *app) factsIn(source string) (access.Set, error) {
	if source == "-" {
		return readFacts(a.Stdin)
	}
	info, err := os.Stat(source)
	if err == nil && info.IsDir() {
		source = filepath.Join(source, ".weir", "site.db")
		_, err = os.Stat(source)
	}
	if err != nil {
		said := reason(err)
		if errors.Is(err, fs.ErrNotExist) {
			said = "there is no such file"
		}
		return access.Set{}, input("WR110", source, "the source cannot be read: "+said, "")
	}
	isSite, text, err := siteOrText(source)
	if err != nil {
		return access.Set{}, input("WR110", source, "the source cannot be read: "+reason(err), "")
	}
	if !isSite {
		set, err := readFacts(strings.NewReader(text))
		if err != nil {
			return access.Set{}, input("WR113", source, err.Error(), "write one fact a line, as weir site facts prints them")
		}
		return set, nil
	}
	em, err := a.openEmulator(source, readOnly, "")
	if err != nil {
		return access.Set{}, err
	}
	defer em.Close()
	return factsOf(em.Dump()), nil
}

// siteOrText tells a site file by how it begins, and reads any other.
func siteOrText(path string) (isSite bool, text string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return false, "", err
	}
	defer f.Close()
	r := bufio.NewReader(f)
	if magic, _ := r.Peek(len(sqliteMagic)); string(magic) == sqliteMagic {
		return true, "", nil
	}
	b, err := io.ReadAll(r)
	return false, string(b), err
}

func readFacts(r io.Reader) (access.Set, error) {
	var out []access.Fact
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		f, err := access.ParseFact(text)
		if err != nil {
			return access.Set{}, fmt.Errorf("line %d: %w", n, err)
		}
		out = append(out, f)
	}
	return access.NewSet(out...), lines.Err()
}

// seeder makes facts true in an order in which each finds what it needs.
type seeder struct {
	wanted access.Set          // all that is to be true, what is already included
	people map[string]bool     // in the directory, by address
	pages  map[access.Ref]bool // pages and blog posts that are there
}

func newSeeder(wanted access.Set, d emulator.Dump) *seeder {
	s := &seeder{wanted: wanted, people: make(map[string]bool), pages: make(map[access.Ref]bool)}
	for _, p := range d.People {
		s.people[strings.ToLower(p.Email)] = p.State != emulator.StateRemoved
	}
	for _, space := range d.Spaces {
		for _, c := range space.Content {
			s.pages[access.NewPage(c.Type, access.NewRef("space", space.Key), c.Title)] = true
		}
	}
	return s
}

// Where facts of a kind have more than one place in the order.
const (
	pages  = access.Exists + " page"
	guests = access.Product + " = guest"
)

// seedOrder: what others refer to comes first; what closes the door on edits
// comes last. Guests come when it is known who pays: so many may have a guest.
var seedOrder = []access.Kind{
	access.Exists, access.Personal, access.Grants, access.Product, access.Member, guests, access.Global, access.Managed, access.Name,
	access.Role, access.Permission, pages, access.Restrict, access.Status, access.State,
}

// place gives the fact's place in the order.
func place(f access.Fact) int {
	kind := f.Kind
	switch {
	case kind == access.Exists && f.Object.IsPage():
		kind = pages
	case kind == access.Product && slices.Contains(access.ProductRoles(f.Value), access.GuestRole):
		kind = guests
	}
	return slices.Index(seedOrder, kind)
}

func (s *seeder) make(admin emulator.Admin, facts []access.Fact) error {
	slices.SortStableFunc(facts, func(a, b access.Fact) int { return place(a) - place(b) })
	e := editor{admin: admin}
	for _, f := range facts {
		e.edits = append(e.edits, edit{change: access.Change{Op: access.Add, Fact: f}})
	}
	if err := s.invite(admin); err != nil {
		return err
	}
	for _, ed := range e.edits {
		f := ed.change.Fact
		var err error
		switch {
		case f.Kind == access.Exists && f.Object.Type() == "user": // invited already
		case f.Kind == access.Exists && f.Object.IsPage() && s.pages[f.Object]: // there, and not restricted yet
		case f.Kind == access.Exists && isPersonal(f.Object):
			err = s.makePersonal(admin, f.Object)
		case f.Kind == access.Personal && s.wanted.Has(access.Fact{Kind: access.Exists, Object: f.Object}): // made with its owner
		case f.Kind == access.Personal:
			err = s.makePersonal(admin, f.Object)
		case f.Kind == access.Permission:
			err = s.permit(admin, f.Object, f.Subject)
		default:
			err = e.apply(ed)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
	}
	return nil
}

// makePersonal makes a personal space for its owner, in which nobody has a role
// yet.
func (s *seeder) makePersonal(admin emulator.Admin, space access.Ref) error {
	for f := range s.wanted.Of(access.Personal, space) {
		return admin.CreatePersonalSpace(f.Subject.ID(), space.ID(), space.ID())
	}
	return errNoOwner(space)
}

// permit gives somebody all their permissions in a space at once: one by one,
// some bring others.
func (s *seeder) permit(admin emulator.Admin, space, subject access.Ref) error {
	who, err := principal(subject)
	if err != nil {
		return err
	}
	var all []string
	for f := range s.wanted.Of(access.Permission, space) {
		if f.Subject == subject {
			all = append(all, f.Verb)
		}
	}
	return admin.SetPermissions(space.ID(), who, all...)
}

// invite adds everybody whom the facts speak of. Who is let in by a group, or by a
// role that is said, needs no role of their own, and who enters by nothing gets
// none.
func (s *seeder) invite(admin emulator.Admin) error {
	granting := make(map[access.Ref]bool)
	for f := range s.wanted.All() {
		if f.Kind == access.Product && access.Opens(f.Value) {
			granting[f.Object] = true
		}
	}
	enters, through := make(map[access.Ref]bool), make(map[access.Ref]bool)
	var all []access.Ref
	for f := range s.wanted.All() {
		switch {
		case f.Kind == access.Exists, f.Kind == access.State:
			enters[f.Object] = true
		case f.Kind == access.Member && granting[f.Object]:
			through[f.Subject] = true
		}
		all = append(all, f.Object, f.Subject)
	}
	slices.Sort(all)
	for _, who := range slices.Compact(all) {
		if who.Type() != "user" || s.people[strings.ToLower(who.ID())] {
			continue
		}
		if err := admin.AddPerson(who.ID(), "", emulator.PersonOptions{NoAccess: !enters[who] || through[who] || granting[who]}); err != nil {
			return fmt.Errorf("%s: %w", who, err)
		}
	}
	return nil
}
