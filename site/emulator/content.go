package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Types of content. Whiteboards, databases and folders are not emulated.
const (
	typePage       = "page"
	typeBlogPost   = "blogpost"
	typeAttachment = "attachment"
)

// content is a page, a blog post or an attachment.
type content struct {
	ID      string
	Type    string
	Space   string // id
	Title   string // an attachment's file name
	Parent  string `json:",omitempty"` // of a page: the page above; of an attachment: what it is attached to
	Author  string
	Created time.Time
	Changed time.Time   `json:",omitzero"`
	Version int         // 1 at first
	Read    restriction `json:",omitzero"`  // who may view it, and what is below it
	Update  restriction `json:",omitzero"`  // who may edit it
	Body    string      `json:",omitempty"` // in storage format, as written

	below   set     // orders of what has it as parent
	storage storage // the body, read
}

// modified returns when the content was changed last, or made.
func (c *content) modified() time.Time {
	if c.Changed.IsZero() {
		return c.Created
	}
	return c.Changed
}

// attachmentPrefix stands before the numbers of attachments, in v1 and v2.
const attachmentPrefix = "att"

// contentOrder makes ids sort as numbers.
func contentOrder(id string) string { return spaceOrder(strings.TrimPrefix(id, attachmentPrefix)) }

func (s *state) contentByID(id string) *content {
	c := s.contents.get(contentOrder(id))
	if c == nil || c.ID != id {
		return nil
	}
	return c
}

// parent returns what the content is below or attached to, nil at the top.
func (s *state) parent(c *content) *content {
	if c.Parent == "" {
		return nil
	}
	return s.contentByID(c.Parent)
}

// ancestry returns the pages above, the nearest first.
func (s *state) ancestry(c *content) []*content {
	var out []*content
	for up := s.parent(c); up != nil; up = s.parent(up) {
		out = append(out, up)
	}
	return out
}

func (s *state) spaceOf(c *content) *space { return s.spaceByID(c.Space) }

func (s *state) saveContent(c *content) { s.save(tableContent, c.ID, c) }

// indexContent puts the content in its place. Its parent may not be there yet:
// placeContent makes that good.
func (s *state) indexContent(c *content) {
	s.contents.put(contentOrder(c.ID), c)
}

// placeContent connects the content with its space and its parent, and says
// what does not fit.
func (s *state) placeContent(c *content) error {
	sp, up := s.spaceOf(c), s.parent(c)
	switch {
	case sp == nil:
		return fmt.Errorf("no space %q", c.Space)
	case c.Parent != "" && (up == nil || up.Space != c.Space || up.Type == typeAttachment || c.Type == typePage && up.Type != typePage):
		return fmt.Errorf("nothing to be below of: %q", c.Parent)
	case c.Type == typeBlogPost && c.Parent != "", c.Type == typeAttachment && c.Parent == "":
		return fmt.Errorf("a %s cannot be there", c.Type)
	case !slices.Contains([]string{typePage, typeBlogPost, typeAttachment}, c.Type):
		return fmt.Errorf("no type of content %q", c.Type)
	}
	body, err := parseStorage(c.Body)
	if err != nil {
		return fmt.Errorf("its body: %w", err)
	}
	c.storage = body
	s.connect(c)
	return nil
}

// connect notes the content with its space and its parent.
func (s *state) connect(c *content) {
	order := contentOrder(c.ID)
	s.spaceOf(c).contents.add(order)
	if up := s.parent(c); up != nil {
		up.below.add(order)
	}
}

func (s *state) disconnect(c *content) {
	order := contentOrder(c.ID)
	s.spaceOf(c).contents.remove(order)
	if up := s.parent(c); up != nil {
		up.below.remove(order)
	}
}

// placeContents connects everything that was read back. Nothing may be above
// itself.
func (s *state) placeContents() error {
	for c := range s.contents.all() {
		if err := s.placeContent(c); err != nil {
			return fmt.Errorf("%w: content %s: %w", ErrCorrupt, c.ID, err)
		}
	}
	for c := range s.contents.all() {
		steps := len(s.spaceOf(c).contents)
		for up := s.parent(c); up != nil; up = s.parent(up) {
			if steps--; steps < 0 {
				return fmt.Errorf("%w: content %s is above itself", ErrCorrupt, c.ID)
			}
		}
	}
	return nil
}

// createContent makes a page, a blog post or an attachment. The title of a page
// is its own in the space, whatever the case; the file name of an attachment on
// what it is attached to.
func (s *state) createContent(sp *space, kind, title string, parent *content, author string, now time.Time) (*content, error) {
	if strings.TrimSpace(title) == "" || len([]rune(title)) > 255 {
		return nil, refuse(http.StatusBadRequest, "", "a title has 1 to 255 characters")
	}
	if sp.Status == statusArchived {
		return nil, refuse(http.StatusBadRequest, "", "space %s is archived", sp.Key)
	}
	c := &content{Type: kind, Space: sp.ID, Title: title, Author: author, Created: now, Version: 1}
	if parent != nil {
		c.Parent = parent.ID
	}
	other := s.contentTitled(sp, kind, title)
	if kind == typeAttachment {
		other = s.attachmentNamed(parent, title)
	}
	if other != nil {
		return nil, refuse(http.StatusBadRequest, "", "%s has a %s titled %q already", sp.Key, kind, other.Title)
	}
	c.ID = s.newNumber()
	if kind == typeAttachment {
		c.ID = attachmentPrefix + c.ID
	}
	s.indexContent(c)
	s.connect(c)
	s.saveContent(c)
	return c, nil
}

// contentTitled finds content of a type by its title, whatever the case.
func (s *state) contentTitled(sp *space, kind, title string) *content {
	for _, order := range sp.contents {
		if c := s.contents.get(order); c.Type == kind && strings.EqualFold(c.Title, title) {
			return c
		}
	}
	return nil
}

// attachmentNamed finds what is attached to a page or a blog post by its file
// name, whatever the case.
func (s *state) attachmentNamed(on *content, file string) *content {
	for _, order := range on.below {
		if c := s.contents.get(order); c.Type == typeAttachment && strings.EqualFold(c.Title, file) {
			return c
		}
	}
	return nil
}

// homepage makes the page that every space begins with.
func (s *state) homepage(sp *space, author string, now time.Time) {
	title := []rune(sp.Name)
	home, err := s.createContent(sp, typePage, string(title[:min(len(title), 250)])+" Home", nil, author, now)
	if err != nil {
		panic(fmt.Sprintf("emulator: a new space takes no home page: %v", err)) // it is empty and current
	}
	sp.Homepage = home.ID
	s.saveSpace(sp)
}

// movePage puts a page below another of its space, or at the top.
func (s *state) movePage(c, to *content, now time.Time) error {
	for up := to; up != nil; up = s.parent(up) {
		if up == c {
			return refuse(http.StatusBadRequest, "", "page %q would be below itself", c.Title)
		}
	}
	s.disconnect(c)
	c.Parent = ""
	if to != nil {
		c.Parent = to.ID
	}
	s.connect(c)
	s.touch(c, now)
	return nil
}

// writeContent gives a page or a blog post another body, in storage format.
func (s *state) writeContent(c *content, body string, now time.Time) error {
	if sp := s.spaceOf(c); sp.Status == statusArchived {
		return refuse(http.StatusBadRequest, "", "space %s is archived", sp.Key)
	}
	parsed, err := parseStorage(body)
	if err != nil {
		return refuse(http.StatusBadRequest, "", "the body is not what is expected: %v", err)
	}
	c.Body, c.storage = body, parsed
	s.touch(c, now)
	return nil
}

func (s *state) touch(c *content, now time.Time) {
	c.Version++
	c.Changed = now
	s.saveContent(c)
}

// deleteContent removes a page, a blog post or an attachment for good. What is
// attached to it goes too; the pages below it move up.
func (s *state) deleteContent(c *content) {
	for _, order := range slices.Clone(c.below) {
		child := s.contents.get(order)
		if child.Type == typeAttachment {
			s.deleteContent(child)
			continue
		}
		s.disconnect(child)
		child.Parent = c.Parent
		s.connect(child)
		s.saveContent(child)
	}
	s.disconnect(c)
	s.contents.remove(contentOrder(c.ID))
	s.save(tableContent, c.ID, nil)
	if sp := s.spaceOf(c); sp.Homepage == c.ID {
		sp.Homepage = ""
		s.saveSpace(sp)
	}
}

// deleteContents removes everything in a space.
func (s *state) deleteContents(sp *space) {
	for _, order := range sp.contents {
		s.save(tableContent, s.contents.get(order).ID, nil)
		s.contents.remove(order)
	}
	sp.contents = nil
}
