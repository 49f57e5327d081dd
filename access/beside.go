package access

// Beside is what decides, beside the facts of a site, what people can do there.
// The zero Beside is a site of which nothing else is known: its pages have
// nothing above them, it has no super-group, and what cannot be told is taken
// for open.
type Beside struct {
	// Parents gives the page right above a page, as far as pages were read. What
	// restricts viewing a page binds everything below it.
	Parents map[Ref]Ref
	// Super is the group whose members can do everything, restricted pages
	// included: Data Center's confluence-administrators, which is not the same as
	// administering Confluence (evidence, Domain). Cloud has none, whatever its
	// groups are called.
	Super Ref
	// Permissions are the space permissions that the site knows, by id: its
	// catalogue. None means that it is not known.
	Permissions map[string]string
	// Globals reports whether every global permission was read, so that one that
	// is not among the facts is nobody's. Where it was not, the public is taken to
	// be let in: a grant to it opens a space (evidence A5, B2).
	Globals bool
	// Without are people left out, as if they could not enter: weir's own account
	// is outside every count.
	Without []Ref
}

// Everything are the permissions of a member of the super-group: all that the
// site knows. Without a catalogue they are those that Data Center has a word for
// (evidence B3).
func (b Beside) Everything() Permissions {
	if len(b.Permissions) == 0 {
		return NewPermissions(CanView, CanAdminister, "export/space", "restrict_content/space", "delete/space", "delete_mail/space",
			"create/page", "delete/page", "create/blogpost", "delete/blogpost",
			"create/comment", "delete/comment", "create/attachment", "delete/attachment")
	}
	ids := make([]string, 0, len(b.Permissions))
	for id := range b.Permissions {
		ids = append(ids, id)
	}
	return NewPermissions(ids...)
}

// Editing gives the permissions of which any lets somebody edit content of a
// type (page, blogpost) that they view. Adding counts as editing where the
// product has no permission to edit (Data Center: evidence B3; blog posts before
// roles), and where it is not known whether it has.
func (b Beside) Editing(typ string) []string {
	update, create := "update/"+typ, "create/"+typ
	if _, has := b.Permissions[update]; has {
		return []string{update}
	}
	return []string{create, update}
}
