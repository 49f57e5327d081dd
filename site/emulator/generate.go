package emulator

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Generation says how large a generated site is. The same numbers give the same
// people, groups, spaces and access on every site; ids follow from the site.
type Generation struct {
	People, Groups, Spaces int
	// Personal is how many personal spaces there are beside Spaces, exactly, and
	// Orphaned how many of those are of people who left, all others being of people
	// with a licence. Where Personal is 0 some of Spaces are personal, by chance.
	Personal, Orphaned int
	Seed               uint64
}

// Generated counts what was made.
type Generated struct {
	People, Groups, Memberships, Spaces, Personal, Assignments, Pages, Restricted int
}

// Generate fills a site with a made-up company, skewed as real ones are: a few
// large groups and many small ones, most of them from an identity provider;
// people who left and are still in their groups, and are the only admin of a
// space; contractors of other companies; spaces that everybody may edit, spaces
// of one team, direct grants that nobody remembers, a few archived, personal and
// public spaces, a few restricted pages. All of it is stored at once.
//
// The site must have nobody but weir's own account, no group and no space. It
// leaves no audit records: people did not make it.
func (a Admin) Generate(o Generation) (Generated, error) {
	var out Generated
	if o.People < 0 || o.Groups < 0 || o.Spaces < 0 || o.Personal < 0 || o.Orphaned < 0 {
		return out, refuse(http.StatusBadRequest, "", "the numbers of people, groups and spaces are not negative")
	}
	if o.Orphaned > o.Personal {
		return out, refuse(http.StatusBadRequest, "", "there are %d personal spaces, and %d of them cannot be orphaned", o.Personal, o.Orphaned)
	}
	a.unaudited = true
	err := a.Together(func(a Admin) error {
		s := a.e.state
		if len(s.people.keys) > 1 || len(s.groups.keys) > 0 || len(s.spaces.keys) > 0 {
			return refuse(http.StatusConflict, "", "the site is not empty")
		}
		if limit := s.limits.capacity(); limit > 0 && o.People >= limit {
			return refuse(http.StatusConflict, "ADMIN-UAM-409-3", "there are seats for %d people only", limit)
		}
		g := generator{state: s, random: rand.New(rand.NewPCG(o.Seed, 0)), now: a.e.clock(), taken: map[string]int{}, everybody: principal{typeClass, ClassLicensed}}
		g.makePeople(o.People, o.Orphaned)
		g.makeGroups(o.Groups)
		g.makeRoles()
		g.makeSpaces(o.Spaces, o.Personal > 0)
		err := g.makePersonals(o.Personal, o.Orphaned)
		out = g.out
		return err
	})
	return out, err
}

// generator makes one site. It keeps people and groups in the order in which
// it made them: the tables are in the order of ids, which differ from site to
// site.
type generator struct {
	*state
	random    *rand.Rand
	now       time.Time
	taken     map[string]int // how often a name of a kind was made
	everybody principal
	people    []*person
	staff     []*person // those who may enter
	left      []*person // those who may not any more
	groups    []*group  // without those that give product roles to many
	custom    []*role
	out       Generated
}

// chance is true so many times out of a hundred.
func (g *generator) chance(percent float64) bool { return g.random.Float64()*100 < percent }

func pick[T any](g *generator, from []T) T { return from[g.random.IntN(len(from))] }

// fresh makes a name that nothing of its kind has yet, with a number where it
// has to be.
func (g *generator) fresh(kind, name, separator string) string {
	g.taken[kind+"\x00"+name]++
	if n := g.taken[kind+"\x00"+name]; n > 1 {
		return fmt.Sprintf("%s%s%d", name, separator, n)
	}
	return name
}

// sortedIDs draws ids and sorts them, so that the tables grow at their ends.
func sortedIDs(n int, draw func() string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = draw()
	}
	slices.Sort(out)
	return out
}

const ownDomain = "acme.example"

// makePeople makes so many people, of whom at least so many have left for good.
func (g *generator) makePeople(n, gone int) {
	ids := sortedIDs(n, g.newAccountID)
	for _, i := range g.random.Perm(n) {
		first, last := pick(g, firstNames), pick(g, lastNames)
		domain, external := ownDomain, false
		switch {
		case g.chance(5):
			domain, external = pick(g, partnerDomains), true
		case g.chance(8):
			domain = pick(g, sisterDomains)
		}
		p := &person{
			ID: ids[i], Email: g.fresh("person", ascii(first+"."+last), "") + "@" + domain, Name: first + " " + last, Unmanaged: external,
			Account: accountActive, Directory: directoryActive, Added: g.now.Add(-time.Duration(g.random.IntN(8*365*24)) * time.Hour),
		}
		switch {
		case !external && g.chance(6):
			p.Account, p.Ended = accountInactive, g.now.Add(-time.Duration(g.random.IntN(2*365*24))*time.Hour)
			g.left = append(g.left, p)
		case g.chance(1):
			p.Directory = directorySuspended
			g.left = append(g.left, p)
		case g.chance(1.5):
			p.Directory = directoryNone
			g.left = append(g.left, p)
		default:
			p.Invited = g.chance(1)
			g.staff = append(g.staff, p)
		}
		g.people = append(g.people, p)
	}
	for len(g.gone()) < gone && len(g.staff) > 0 {
		i := g.random.IntN(len(g.staff))
		p := g.staff[i]
		g.staff = slices.Delete(g.staff, i, i+1)
		p.Account, p.Invited, p.Ended = accountInactive, false, g.now.Add(-time.Duration(g.random.IntN(2*365*24))*time.Hour)
		g.left = append(g.left, p)
	}
	for _, p := range slices.SortedFunc(slices.Values(g.people), func(a, b *person) int { return strings.Compare(a.ID, b.ID) }) {
		g.indexPerson(p)
	}
	g.out.People = n
}

// gone are those who left and are not only suspended.
func (g *generator) gone() []*person {
	return slices.DeleteFunc(slices.Clone(g.left), func(p *person) bool { return p.Directory == directorySuspended })
}

// makeGroups makes a group that lets people in, one of administrators, and
// groups whose sizes fall off like the rank to the power of 0.9.
func (g *generator) makeGroups(n int) {
	defer func() {
		for _, p := range g.people {
			g.savePerson(p)
		}
	}()
	var all []*group
	for range n {
		all = append(all, &group{})
	}
	for i, id := range sortedIDs(n, g.newUUID) {
		all[i].ID = id
	}
	g.random.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	for i, made := range all {
		var members []*person
		switch i {
		case 0:
			made.Name, made.Description, made.Product = "confluence-users", "Everybody who may enter", set{roleUser}
			members = slices.DeleteFunc(slices.Clone(g.people), func(p *person) bool { return p.Unmanaged || g.chance(2) })
			if g.roleMode() == ModePreRoles {
				g.everybody = principal{typeGroup, made.ID} // such a site has no word for all who may enter
			}
		case 1:
			made.Name, made.Description, made.Product = "confluence-administrators", "Administrators of Confluence", set{roleAdmin}
			members = g.some(g.staff, min(3+g.random.IntN(6), len(g.staff)))
		default:
			g.nameGroup(made)
			members = g.some(g.people, g.groupSize(i-1))
			g.groups = append(g.groups, made)
		}
		g.indexGroup(made)
		g.fill(made, members)
	}
	for _, made := range all {
		g.saveGroup(made)
	}
	for _, p := range g.people {
		// Whoever no group lets in has the product by themselves, but for some
		// who are in the directory for other products.
		if p.Directory != directoryNone && !g.licensed(p) && !g.chance(10) {
			p.Product = set{roleUser}
		}
	}
	g.out.Groups = n
}

// groupSize: one in twenty is empty, one in ten a single person's.
func (g *generator) groupSize(rank int) int {
	switch {
	case g.chance(5):
		return 0
	case g.chance(10):
		return min(1, len(g.people))
	}
	size := float64(len(g.people)) * 0.4 / math.Pow(float64(rank), 0.9)
	return min(int(size*(0.5+g.random.Float64()))+2, len(g.people))
}

func (g *generator) nameGroup(made *group) {
	department := pick(g, departments)
	name := department.word
	if g.chance(60) {
		name += "-" + pick(g, groupWords)
	}
	if g.chance(35) {
		name += "-" + pick(g, places)
	}
	switch {
	case g.chance(55):
		name, made.Managed = "okta-"+name, ManagedIDP
	case g.chance(6):
		name, made.Managed = "team-"+name, ManagedTeam
	case g.chance(4):
		name, made.Managed = "jira-"+name, ManagedOther
	}
	made.Name = g.fresh("group", name, "-")
	made.Description = department.name
}

// some picks people who were made one after the other, as departments grow,
// with gaps.
func (g *generator) some(from []*person, n int) []*person {
	if n == 0 {
		return nil
	}
	width := min(len(from), n*2)
	first := g.random.IntN(len(from))
	out := make([]*person, n)
	for i, j := range g.random.Perm(width)[:n] {
		out[i] = from[(first+j)%len(from)]
	}
	return out
}

// fill adds members in the order of their ids. Whoever was removed from the
// directory is in no group.
func (g *generator) fill(made *group, members []*person) {
	members = slices.DeleteFunc(slices.Clone(members), func(p *person) bool { return p.Directory == directoryNone })
	slices.SortFunc(members, func(a, b *person) int { return strings.Compare(a.ID, b.ID) })
	for _, p := range members {
		g.addMember(made, p)
	}
	g.out.Memberships += len(members)
}

// makeRoles makes custom space roles, where the plan allows them.
func (g *generator) makeRoles() {
	if g.limits.free() || g.roleMode() == ModePreRoles {
		return
	}
	for _, r := range customRoles {
		made, err := g.createRole(r.name, r.description, newSet(r.permissions))
		if err != nil {
			panic(fmt.Sprintf("emulator: a generated role: %v", err)) // the list is ours
		}
		g.custom = append(g.custom, made)
	}
}

// makeSpaces makes so many spaces, all of them full ones where full is set.
func (g *generator) makeSpaces(n int, full bool) {
	if len(g.people) == 0 {
		return // nobody could have made them
	}
	for range n {
		if !full && g.chance(20) && g.makePersonal(pick(g, g.people)) {
			continue
		}
		g.makeSpace()
	}
	g.out.Spaces = n
}

// makePersonals makes personal spaces, so many of them of people who left.
func (g *generator) makePersonals(n, orphaned int) error {
	licensed := slices.DeleteFunc(slices.Clone(g.staff), func(p *person) bool { return !g.seated(p) })
	gone := g.gone()
	if len(licensed) < n-orphaned || len(gone) < orphaned {
		return refuse(http.StatusConflict, "", "there are %d people with a licence and %d who left, too few for %d personal spaces of which %d are orphaned", len(licensed), len(gone), n, orphaned)
	}
	shuffled := func(list []*person) {
		g.random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	if n > 0 {
		shuffled(licensed)
		shuffled(gone)
	}
	for _, owner := range slices.Concat(gone[:orphaned], licensed[:n-orphaned]) {
		g.ownSpace(owner)
	}
	g.out.Personal = n
	return nil
}

// makePersonal makes somebody's personal space; false: they have one, or cannot have
// one. Its key is made from the name: those of today's product hold the account
// id, and would differ from site to site.
func (g *generator) makePersonal(owner *person) bool {
	if owner.Directory == directoryNone || g.personalSpace(owner) != nil {
		return false
	}
	g.ownSpace(owner)
	return true
}

func (g *generator) ownSpace(owner *person) {
	sp := &space{Type: spacePersonal, Name: owner.Name, Author: owner.ID, Created: g.someTime()}
	sp.Key = "~" + g.fresh("personal", strings.Map(alphanumeric, ascii(owner.Name)), "")
	g.addSpace(sp)
	g.give(sp, principal{typeUser, owner.ID}, "Admin")
	if g.chance(40) {
		g.give(sp, g.everybody, "Viewer")
	}
}

func (g *generator) makeSpace() {
	department := pick(g, departments)
	sp := &space{Author: pick(g, g.people).ID, Created: g.someTime()}
	name := department.name
	if g.chance(80) {
		name += " " + pick(g, spaceWords)
	}
	sp.Name = g.fresh("space", name, " ")
	sp.Key = g.fresh("key", strings.ToUpper(department.word[:min(4, len(department.word))]), "")
	sp.Description = "Pages of " + department.name
	g.addSpace(sp)
	g.giveAdmins(sp)
	switch roll := g.random.Float64(); {
	case roll < 0.40:
		g.give(sp, g.everybody, "Collaborator")
	case roll < 0.62:
		g.give(sp, g.everybody, "Viewer")
	}
	if g.chance(0.8) {
		g.give(sp, anonymous, "Viewer")
	}
	for range g.few(5) {
		if len(g.groups) > 0 {
			g.give(sp, principal{typeGroup, pick(g, g.groups).ID}, g.someRole())
		}
	}
	if g.chance(14) {
		for range 1 + g.few(8) {
			g.give(sp, principal{typeUser, pick(g, g.people).ID}, g.someRole())
		}
	}
	g.makePages(sp)
	if g.chance(12) {
		sp.Status = statusArchived
		g.saveSpace(sp)
	}
}

// giveAdmins: a group and perhaps a person, or a few people; in some spaces
// only somebody who left, in a few nobody.
func (g *generator) giveAdmins(sp *space) {
	switch roll := g.random.Float64(); {
	case roll < 0.02:
	case roll < 0.06 && len(g.left) > 0:
		g.give(sp, principal{typeUser, pick(g, g.left).ID}, "Admin")
	case roll < 0.70 && len(g.groups) > 0:
		g.give(sp, principal{typeGroup, pick(g, g.groups).ID}, "Admin")
		if g.chance(30) {
			g.give(sp, principal{typeUser, pick(g, g.people).ID}, "Admin")
		}
	default:
		from := g.staff
		if len(from) == 0 {
			from = g.people
		}
		for range 1 + g.few(2) {
			g.give(sp, principal{typeUser, pick(g, from).ID}, "Admin")
		}
	}
}

// makePages makes a few pages below the home page, some of them below one
// another, and restricts a few.
func (g *generator) makePages(sp *space) {
	above := g.contentByID(sp.Homepage)
	for range g.few(6) {
		title := pick(g, pageWords)
		if g.contentTitled(sp, typePage, title) != nil {
			continue
		}
		page, err := g.createContent(sp, typePage, title, above, sp.Author, sp.Created)
		if err != nil {
			panic(fmt.Sprintf("emulator: a generated page: %v", err)) // the titles are ours
		}
		g.out.Pages++
		if g.chance(30) {
			above = page
		}
		if !g.chance(4) {
			continue
		}
		g.out.Restricted++
		page.Read.Users.add(pick(g, g.people).ID)
		if len(g.groups) > 0 && g.chance(60) {
			page.Read.Groups.add(pick(g, g.groups).ID)
		}
		if g.chance(40) {
			page.Update = page.Read.clone()
		}
		g.saveContent(page)
	}
}

// few is a small number, most often a very small one.
func (g *generator) few(most int) int {
	n := 0
	for n < most && g.chance(55) {
		n++
	}
	return n
}

func (g *generator) someTime() time.Time {
	return g.now.Add(-time.Duration(g.random.IntN(6*365*24)) * time.Hour)
}

func (g *generator) someRole() string {
	switch roll := g.random.Float64(); {
	case roll < 0.52:
		return "Collaborator"
	case roll < 0.80:
		return "Viewer"
	case roll < 0.90 || len(g.custom) == 0:
		return "Manager"
	}
	return pick(g, g.custom).Name
}

// addSpace makes a space without any access.
func (g *generator) addSpace(sp *space) {
	if err := g.createSpace(sp, nil); err != nil {
		panic(fmt.Sprintf("emulator: a generated space: %v", err)) // keys and names are ours
	}
}

// give gives a principal a role, or the role's permissions where there are no
// roles. What it had already stays.
func (g *generator) give(sp *space, who principal, name string) {
	r := g.roleNamed(name)
	if _, has := sp.assigned[who]; has || sp.custom[who] != nil {
		return
	}
	if g.roleMode() == ModePreRoles {
		for _, permission := range r.Permissions {
			if documentedPairs.has(permission) {
				g.putPermission(sp, who, permission)
			}
		}
	} else {
		g.assign(sp, who, r)
	}
	g.out.Assignments++
}
