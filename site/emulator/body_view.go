package emulator

import (
	"html"
	"strings"
)

// view is the rendering of a body for one caller: what it shows of other
// content depends on what they may see of it. The levels combine (evidence,
// Domain): links to a space that the caller may not view are not shown; a link
// to a restricted page of a space that they view is shown, and opening it is
// denied; a file of a page that they cannot view is not rendered.
type view struct {
	*call
	from *content
	strings.Builder
}

// rendered is the body of content as the caller sees it, as HTML.
func (c *call) rendered(x *content) string {
	v := &view{call: c, from: x}
	x.storage.render(v)
	return v.String()
}

func (s storage) render(v *view) {
	for _, p := range s {
		p.render(v)
	}
}

func (t text) render(v *view) { v.WriteString(html.EscapeString(string(t))) }

func (m markup) render(v *view) {
	if emptyElements.has(m.element) {
		v.WriteString("<" + m.element + "/>")
		return
	}
	v.WriteString("<" + m.element + ">")
	m.inside.render(v)
	v.WriteString("</" + m.element + ">")
}

// render shows the label alone where there is nothing to link to. A space that
// the caller may not view and one that is not there look the same; so as not to
// tell what is in it, no title stands in for a label there.
func (l link) render(v *view) {
	sp := v.spaceIn(l.to)
	if sp == nil || !v.viewsSpace(sp) {
		l.label.render(v)
		return
	}
	label := l.label
	if len(label) == 0 {
		label = storage{text(l.to.title)}
	}
	to := v.contentTitled(sp, typePage, l.to.title)
	if to == nil {
		label.render(v)
		return
	}
	v.WriteString(`<a href="` + html.EscapeString("/wiki"+v.webPath(to)) + `">`)
	label.render(v)
	v.WriteString("</a>")
}

// render leaves the image out unless the caller views the file: its space, its
// page and all that is above it.
func (i image) render(v *view) {
	page := v.from
	if i.on.title != "" {
		page = nil
		if sp := v.spaceIn(i.on); sp != nil {
			page = v.contentTitled(sp, typePage, i.on.title)
		}
	}
	if page == nil {
		return
	}
	file := v.attachmentNamed(page, i.file)
	if file == nil || !v.shows(file) {
		return
	}
	v.WriteString(`<img src="` + html.EscapeString("/wiki"+v.downloadPath(file)) + `" alt="` + html.EscapeString(file.Title) + `"/>`)
}

// spaceIn finds the space of a page that the body names, nil for none.
func (v *view) spaceIn(p pageName) *space {
	if p.space == "" {
		return v.spaceOf(v.from)
	}
	return v.byKey[fold(p.space)]
}
