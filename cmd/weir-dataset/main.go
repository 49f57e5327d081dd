// Command weir-dataset turns a dataset of reviewed access into a description.
//
//	go run ./cmd/weir-dataset -in access-2024-01.json -out testdata/access/2024-01
//
// The dataset is a JSON object: people (addresses), groups (by name:
// description and members), spaces (by key: name and roles, a role for each
// group), admins (of the organisation, which a description does not hold), and
// origin (where it comes from).
//
// The description owns people and groups exclusively, only warns of spaces
// with fewer than two admins and sets no floor under their number: an
// inherited site is as it is.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/schema"
)

type dataset struct {
	Admins []string `json:"admins"`
	Origin string   `json:"origin"`
	People []string `json:"people"`
	Groups map[string]struct {
		Description string   `json:"description"`
		Members     []string `json:"members"`
	} `json:"groups"`
	Spaces map[string]struct {
		Name  string            `json:"name"`
		Roles map[string]string `json:"roles"` // group to role
	} `json:"spaces"`
}

func main() {
	in := flag.String("in", "", "the dataset's `file`")
	out := flag.String("out", "", "the `folder` to write the description to")
	name := flag.String("name", "reviewed-access", "the site's `name`")
	syntax := flag.String("syntax", "yaml", "`syntax` of the files: yaml or hcl")
	flag.Parse()
	if err := run(*in, *out, *name, *syntax); err != nil {
		fmt.Fprintln(os.Stderr, "weir-dataset:", err)
		os.Exit(1)
	}
}

func run(in, out, name, syntax string) error {
	kinds := map[string]schema.Syntax{"yaml": schema.YAML, "hcl": schema.HCL}
	kind, ok := kinds[syntax]
	if !ok {
		return fmt.Errorf("unknown syntax %q (yaml or hcl)", syntax)
	}
	text, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	var d dataset
	if err := json.Unmarshal(text, &d); err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for file, part := range d.documents(name) {
		path := filepath.Join(out, file+kind.Ext())
		if err := os.WriteFile(path, schema.RenderCommented(part.doc, kind, part.comments), 0o644); err != nil {
			return err
		}
	}
	return nil
}

type part struct {
	doc      schema.Document
	comments schema.Comments
}

// documents gives the files of the description.
func (d dataset) documents(name string) map[string]part {
	users, groups, spaces := part{}, part{comments: schema.Comments{}}, part{}
	for _, email := range slices.Sorted(slices.Values(d.People)) {
		users.doc.Users = append(users.doc.Users, schema.User{Email: str(email)})
	}
	for _, name := range slices.Sorted(maps.Keys(d.Groups)) {
		g := d.Groups[name]
		if g.Description != "" {
			groups.comments[access.NewRef("group", name)] = g.Description
		}
		members := &schema.Grants{Items: []schema.Grant{}}
		for _, m := range slices.Sorted(slices.Values(g.Members)) {
			members.Items = append(members.Items, schema.Grant{Who: str(m)})
		}
		groups.doc.Groups = append(groups.doc.Groups, schema.Group{Name: str(name), Members: members})
	}
	for _, key := range slices.Sorted(maps.Keys(d.Spaces)) {
		s := d.Spaces[key]
		byRole := make(map[string][]schema.Grant)
		for _, group := range slices.Sorted(maps.Keys(s.Roles)) {
			role := s.Roles[group]
			byRole[role] = append(byRole[role], schema.Grant{Who: str("group:" + group)})
		}
		roles := &schema.Roles{}
		for _, role := range slices.Sorted(maps.Keys(byRole)) {
			roles.Items = append(roles.Items, schema.RoleGrants{Role: str(role), Grants: byRole[role]})
		}
		spaces.doc.Spaces = append(spaces.doc.Spaces, schema.Space{Key: str(key), Name: ptr(str(s.Name)), Roles: roles})
	}
	return map[string]part{"site": d.site(name), "users": users, "groups": groups, "spaces": spaces}
}

func (d dataset) site(name string) part {
	return part{
		comments: schema.Comments{"": "Access as an organisation reviewed it.\nOrigin: " + d.Origin},
		doc: schema.Document{
			Version: ptr(str("v1")),
			Site:    &schema.Site{Name: str(name)},
			Ownership: &schema.Ownership{Kinds: []schema.OwnedKind{
				{Key: str("users"), Mode: ptr(str("exclusive"))},
				{Key: str("groups"), Mode: ptr(str("exclusive"))},
			}},
			Protect:  &schema.Protect{MinSpaceAdmins: &schema.Num{Value: 0}},
			Policies: []schema.Policy{{Rule: str("two_space_admins"), Level: ptr(str("warn"))}},
		},
	}
}

func str(s string) schema.Str { return schema.Str{Value: s} }

func ptr[T any](v T) *T { return &v }
