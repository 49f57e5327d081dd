package render

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
	"unicode/utf8"
)

// The pages of weir are one file each: style and script are in it, it asks for
// nothing from anywhere, and its policy lets a browser run and load nothing else.
// What comes from a site or a description is text, which html/template escapes.

//go:embed page/*.html
var pageFiles embed.FS

//go:embed page/page.css
var pageStyle string

//go:embed page/page.js
var pageScript string

var pages = template.Must(template.New("").Funcs(template.FuncMap{"number": Number, "count": Count}).ParseFS(pageFiles, "page/*.html"))

// pagePolicy is the content security policy of every page.
var pagePolicy = "default-src 'none'; style-src " + fingerprint(pageStyle) + "; script-src " + fingerprint(pageScript) +
	"; img-src data:; base-uri 'none'; form-action 'none'"

// fingerprint names a text as a content security policy does.
func fingerprint(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// page is what every page has around what it shows.
type page struct {
	Title string
	Kind  string // what a page shows, in a word
	Site  string
	// Policy, Style and Script are weir's own, and the only text that is not
	// escaped.
	Policy string
	Style  template.CSS
	Script template.JS
}

func newPage(kind, title, site string) page {
	return page{Title: Safe(title), Kind: kind, Site: Safe(site), Policy: pagePolicy, Style: template.CSS(pageStyle), Script: template.JS(pageScript)}
}

func writePage(w io.Writer, name string, data any) error {
	out := bufio.NewWriter(w)
	if err := pages.ExecuteTemplate(out, name, data); err != nil {
		return err
	}
	return out.Flush()
}

// marking says everything with its names marked.
var marking = voice(name)

// run is a piece of a sentence: a name, which is kept apart from what surrounds
// it whichever way it is written, or words.
type run struct {
	Text string
	Name bool
}

// runs takes a sentence with marked names apart.
func runs(s string) []run {
	var out []run
	for s != "" {
		words, rest, marked := strings.Cut(s, isolate)
		if words != "" {
			out = append(out, run{Text: Safe(words)})
		}
		if !marked {
			break
		}
		var named string
		named, s, _ = strings.Cut(rest, pop)
		out = append(out, run{Text: shortened(named), Name: true})
	}
	return out
}

// display makes a name safe, and short enough for a page.
func display(s string) string { return shortened(Safe(s)) }

func shortened(s string) string {
	const most = 200
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "… (" + Count(utf8.RuneCountInString(s), "character", "characters") + ")"
}

// pageRoom is how many bytes of lists a page may still show. It is spent on what
// matters most first, wherever that stands on the page.
type pageRoom struct{ left int }

// take gives how many of the texts may be shown.
func (a *pageRoom) take(list []string) int {
	const markup = 24 // around each
	for n, s := range list {
		if cost := len(s) + markup; cost > a.left {
			return n
		} else {
			a.left -= cost
		}
	}
	return len(list)
}

// names are some of a list in a line, and all of it behind that.
type names struct {
	Shown []nameText
	More  int // how many are not shown in the line
	All   []nameText
	Cut   int // how many are not even among all
}

// nameText is a name, with what it stands for where that is another text.
type nameText struct{ Text, Of string }

// few lists texts: so many in the line, and all if those are not all.
func (a *pageRoom) few(list []nameText, few int) names {
	n := names{Shown: list[:min(few, len(list))]}
	if n.More = len(list) - len(n.Shown); n.More == 0 {
		return n
	}
	texts := make([]string, len(list))
	for i, t := range list {
		texts[i] = t.Text + t.Of
	}
	n.All = list[:a.take(texts)]
	n.Cut = len(list) - len(n.All)
	return n
}
