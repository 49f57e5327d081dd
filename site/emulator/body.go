package emulator

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Bounds of a body: far below the product's, and enough for what links and
// images show.
const (
	maxStorage      = 64 << 10 // bytes
	maxStorageDepth = 32       // elements inside each other
)

// storage is a body, read from the storage format: XHTML with the product's own
// elements for links and images. It is immutable.
type storage []part

// part is a piece of a body: text, markup, link or image.
type part interface{ render(*view) }

type text string

// markup is an element of XHTML that shows nothing of other content.
type markup struct {
	element string
	inside  storage
}

// link leads to a page. Without a label the page's title stands there.
type link struct {
	to    pageName
	label storage
}

// image shows a file that is attached to a page; to this one, if no title is
// given.
type image struct {
	on   pageName
	file string
}

// pageName names a page, as storage does: by its title, in this space unless a
// key is given.
type pageName struct{ space, title string }

// markupElements are the elements that a body may have, without attributes.
var markupElements = newSet(strings.Fields(
	"blockquote br code div em h1 h2 h3 h4 h5 h6 hr li ol p pre span strong table tbody td th tr u ul"))

// emptyElements are those of them that have nothing inside.
var emptyElements = newSet([]string{"br", "hr"})

// parseStorage reads a body. It takes XML's own five entities and no others, and
// refuses what is not emulated rather than lose it.
func parseStorage(s string) (storage, error) {
	if len(s) > maxStorage {
		return nil, fmt.Errorf("it is over %d bytes", maxStorage)
	}
	return storageReader{xml.NewDecoder(strings.NewReader(s))}.parts(0, false)
}

type storageReader struct{ *xml.Decoder }

// parts reads up to the end of the element that is open, or of the text.
func (r storageReader) parts(depth int, linked bool) (storage, error) {
	if depth > maxStorageDepth {
		return nil, fmt.Errorf("it is over %d elements deep", maxStorageDepth)
	}
	var out storage
	for {
		token, err := r.Token()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err // an element left open among them
		}
		switch t := token.(type) {
		case xml.EndElement:
			return out, nil
		case xml.CharData:
			out = append(out, text(t))
		case xml.Comment: // shows nothing
		case xml.StartElement:
			p, err := r.element(t, depth, linked)
			if err != nil {
				return nil, err
			}
			out = append(out, p)
		default:
			return nil, errors.New("it has a declaration or an instruction")
		}
	}
}

func (r storageReader) element(t xml.StartElement, depth int, linked bool) (part, error) {
	name := qualified(t.Name)
	switch {
	case name == "ac:link" && !linked:
		return r.link(t, depth)
	case name == "ac:image":
		return r.image(t)
	case !markupElements.has(name):
		return nil, fmt.Errorf("<%s> is not emulated here", name)
	}
	if _, err := attributes(t); err != nil {
		return nil, err
	}
	inside, err := r.parts(depth+1, linked)
	if err == nil && len(inside) > 0 && emptyElements.has(name) {
		err = fmt.Errorf("<%s> is not empty", name)
	}
	return markup{name, inside}, err
}

func (r storageReader) link(t xml.StartElement, depth int) (part, error) {
	var l link
	label := func(t xml.StartElement) (err error) {
		if _, err = attributes(t); err == nil {
			l.label, err = r.parts(depth+1, true)
		}
		return err
	}
	_, err := attributes(t)
	if err == nil {
		err = r.children(map[string]func(xml.StartElement) error{
			"ri:page":                 r.page(&l.to),
			"ac:link-body":            label,
			"ac:plain-text-link-body": label,
		})
	}
	if err == nil && l.to.title == "" {
		err = errors.New("a link names no page")
	}
	return l, err
}

func (r storageReader) image(t xml.StartElement) (part, error) {
	var i image
	_, err := attributes(t)
	if err == nil {
		err = r.children(map[string]func(xml.StartElement) error{"ri:attachment": func(t xml.StartElement) error {
			named, err := attributes(t, "ri:filename")
			if err != nil {
				return err
			}
			i.file = named["ri:filename"]
			return r.children(map[string]func(xml.StartElement) error{"ri:page": r.page(&i.on)})
		}})
	}
	if err == nil && i.file == "" {
		err = errors.New("an image names no file")
	}
	return i, err
}

func (r storageReader) page(into *pageName) func(xml.StartElement) error {
	return func(t xml.StartElement) error {
		named, err := attributes(t, "ri:space-key", "ri:content-title")
		if err != nil {
			return err
		}
		if *into = (pageName{named["ri:space-key"], named["ri:content-title"]}); into.title == "" {
			return errors.New("a page is named without its title")
		}
		return r.children(nil)
	}
}

// children reads the elements inside the one that is open, each at most once,
// with what reads it. There may be no text between them.
func (r storageReader) children(read map[string]func(xml.StartElement) error) error {
	var seen set
	for {
		token, err := r.Token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.EndElement:
			return nil
		case xml.Comment:
		case xml.StartElement:
			name := qualified(t.Name)
			if read[name] == nil || seen.has(name) {
				return fmt.Errorf("<%s> is not emulated here", name)
			}
			seen.add(name)
			if err := read[name](t); err != nil {
				return err
			}
		case xml.CharData:
			if strings.TrimSpace(string(t)) != "" {
				return fmt.Errorf("the text %.20q is out of place", t)
			}
		default:
			return errors.New("it has a declaration or an instruction")
		}
	}
}

// attributes returns those of an element, and refuses others than the named and
// what is there twice.
func attributes(t xml.StartElement, names ...string) (map[string]string, error) {
	out := map[string]string{}
	for _, a := range t.Attr {
		name := qualified(a.Name)
		if _, twice := out[name]; twice || !slices.Contains(names, name) {
			return nil, fmt.Errorf("the attribute %s of <%s> is not emulated", name, qualified(t.Name))
		}
		out[name] = a.Value
	}
	return out, nil
}

// qualified is a name as it is written: the prefixes ac and ri are declared
// nowhere in storage format.
func qualified(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}
