package emulator_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/weirhq/weir/site/emulator"
)

// gallery is a site on which the home page of the public space HUB links to
// everything: Open and Shut of WING, the latter for ana alone with Inner below
// it, and Vault of CELL, which only ana views. Each has a file of its name.
func gallery(t testing.TB) (*fixture, emulator.Admin) {
	f := open(t, emulator.Options{})
	a := f.em.Admin()
	anonymous := emulator.Principal{Class: emulator.ClassAnonymous}
	f.must(a.GrantGlobal(anonymous, emulator.GlobalUse))
	for _, p := range []string{"ana", "bo", "cy"} {
		f.must(a.AddPerson(p+"@acme.example", "", emulator.PersonOptions{}))
	}
	for _, key := range []string{"HUB", "WING", "CELL"} {
		f.must(a.CreateSpace(key, key))
		f.must(a.AssignRole(key, user("ana@acme.example"), "Admin"))
	}
	f.must(a.AssignRole("HUB", anonymous, "Viewer"))
	f.must(a.AssignRole("HUB", emulator.Principal{Class: emulator.ClassLicensed}, "Viewer"))
	f.must(a.AssignRole("WING", user("bo@acme.example"), "Viewer"))
	f.must(a.CreatePage("WING", "Open", ""))
	f.must(a.CreatePage("WING", "Shut", ""))
	f.must(a.CreatePage("WING", "Inner", "Shut"))
	f.must(a.CreatePage("CELL", "Vault", ""))
	f.must(a.Restrict("WING", "Shut", "read", user("ana@acme.example")))
	for page, key := range map[string]string{"Open": "WING", "Shut": "WING", "Inner": "WING", "Vault": "CELL", "HUB Home": "HUB"} {
		f.must(a.Attach(key, page, page+".png"))
	}
	f.must(a.CreateBlogPost("HUB", "News"))
	return f, a
}

func linkTo(key, title, label string) string {
	return `<ac:link><ri:page ri:space-key="` + key + `" ri:content-title="` + title + `"/>` + label + `</ac:link>`
}

func imageOf(file, on string) string {
	return `<ac:image><ri:attachment ri:filename="` + file + `">` + on + `</ri:attachment></ac:image>`
}

// TestRenderedBodies: the rules about what a body shows of other content, as
// the owner, somebody restricted away, somebody without the space, and nobody.
// {Title} stands for the id of what is titled so.
func TestRenderedBodies(t *testing.T) {
	const see = `<ac:link-body>see <em>this</em></ac:link-body>`
	f, a := gallery(t)
	callers := []*fixture{f.as("ana@acme.example"), f.as("bo@acme.example"), f.as("cy@acme.example"), {TB: t, em: f.em, cred: f.cred}}
	ids := []string{}
	for _, sp := range f.em.Dump().Spaces {
		for _, c := range sp.Content {
			ids = append(ids, "{"+c.Title+"}", c.ID)
		}
	}
	fill := strings.NewReplacer(ids...)
	for _, c := range []struct {
		name, storage string
		want          [4]string // for ana, bo, cy and nobody
	}{
		{"no links", `<p>a &amp; "b"<br/><strong></strong><!-- c --></p>`, all(`<p>a &amp; &#34;b&#34;<br/><strong></strong></p>`)},
		{"markup in text", `<p>&lt;script&gt;<![CDATA[<b onclick='x'>]]></p>`, all(`<p>&lt;script&gt;&lt;b onclick=&#39;x&#39;&gt;</p>`)},
		{"a page of an invisible space", linkTo("CELL", "Vault", see), [4]string{
			`<a href="/wiki/spaces/CELL/pages/{Vault}">see <em>this</em></a>`, `see <em>this</em>`, `see <em>this</em>`, `see <em>this</em>`,
		}},
		{"without a label no title is told", "[" + linkTo("CELL", "Vault", "") + "]", [4]string{
			`[<a href="/wiki/spaces/CELL/pages/{Vault}">Vault</a>]`, `[]`, `[]`, `[]`,
		}},
		{"a space that is not there", "[" + linkTo("NOPE", "Vault", "") + linkTo("NOPE", "Vault", see) + "]", all(`[see <em>this</em>]`)},
		{"a page that is not there", linkTo("WING", "Nope", ""), [4]string{`Nope`, `Nope`, ``, ``}},
		{"a restricted page of a visible space", linkTo("wing", "SHUT", see), [4]string{
			`<a href="/wiki/spaces/WING/pages/{Shut}">see <em>this</em></a>`, `<a href="/wiki/spaces/WING/pages/{Shut}">see <em>this</em></a>`,
			`see <em>this</em>`, `see <em>this</em>`,
		}},
		{"below a restricted page", linkTo("WING", "Inner", ""), [4]string{
			`<a href="/wiki/spaces/WING/pages/{Inner}">Inner</a>`, `<a href="/wiki/spaces/WING/pages/{Inner}">Inner</a>`, ``, ``,
		}},
		{"a page of the same space", `<ac:link><ri:page ri:content-title="HUB Home"/><ac:plain-text-link-body><![CDATA[a<b]]></ac:plain-text-link-body></ac:link>`,
			all(`<a href="/wiki/spaces/HUB/pages/{HUB Home}">a&lt;b</a>`)},
		{"an own file", imageOf("hub home.PNG", ""), all(`<img src="/wiki/download/attachments/{HUB Home}/{HUB Home.png}" alt="HUB Home.png"/>`)},
		{"a file that is not there", "[" + imageOf("nope.png", "") + imageOf("a.png", `<ri:page ri:content-title="Nope"/>`) + "]", all(`[]`)},
		{"a file of a visible page", imageOf("Open.png", `<ri:page ri:space-key="WING" ri:content-title="Open"/>`), [4]string{
			`<img src="/wiki/download/attachments/{Open}/{Open.png}" alt="Open.png"/>`, `<img src="/wiki/download/attachments/{Open}/{Open.png}" alt="Open.png"/>`, ``, ``,
		}},
		{"a file of a restricted page", imageOf("Shut.png", `<ri:page ri:space-key="WING" ri:content-title="Shut"/>`), [4]string{
			`<img src="/wiki/download/attachments/{Shut}/{Shut.png}" alt="Shut.png"/>`, ``, ``, ``,
		}},
		{"a file below a restricted page", imageOf("Inner.png", `<ri:page ri:space-key="WING" ri:content-title="Inner"/>`), [4]string{
			`<img src="/wiki/download/attachments/{Inner}/{Inner.png}" alt="Inner.png"/>`, ``, ``, ``,
		}},
		{"a file of an invisible space", "[" + imageOf("Vault.png", `<ri:page ri:space-key="CELL" ri:content-title="Vault"/>`) + "]", [4]string{
			`[<img src="/wiki/download/attachments/{Vault}/{Vault.png}" alt="Vault.png"/>]`, `[]`, `[]`, `[]`,
		}},
		{"a file in a label", linkTo("CELL", "Vault", "<ac:link-body>x"+imageOf("HUB Home.png", "")+"</ac:link-body>"), [4]string{
			`<a href="/wiki/spaces/CELL/pages/{Vault}">x<img src="/wiki/download/attachments/{HUB Home}/{HUB Home.png}" alt="HUB Home.png"/></a>`,
			`x<img src="/wiki/download/attachments/{HUB Home}/{HUB Home.png}" alt="HUB Home.png"/>`,
			`x<img src="/wiki/download/attachments/{HUB Home}/{HUB Home.png}" alt="HUB Home.png"/>`,
			`x<img src="/wiki/download/attachments/{HUB Home}/{HUB Home.png}" alt="HUB Home.png"/>`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.must(a.WritePage("HUB", "HUB Home", c.storage))
			path := fill.Replace("/wiki/api/v2/pages/{HUB Home}?body-format=")
			for i, who := range callers {
				if got, want := who.bodyAt(path, "view"), fill.Replace(c.want[i]); got != want {
					t.Errorf("%q sees\n%s, want\n%s", who.email, got, want)
				}
				if got := who.bodyAt(path, "storage"); got != c.storage {
					t.Errorf("%q reads %s", who.email, got)
				}
			}
		})
	}
	// The link of a restricted page shows; opening it is denied.
	shut := fill.Replace("/wiki/api/v2/pages/{Shut}?body-format=view")
	callers[0].want(200, "GET", shut, nil)
	callers[1].want(404, "GET", shut, nil)
}

func all(s string) [4]string { return [4]string{s, s, s, s} }

// bodyAt reads a body as the caller, who may be nobody.
func (f *fixture) bodyAt(path, format string) string {
	f.Helper()
	r := f.request("GET", path+format, nil)
	if f.email == "" {
		r.Header.Del("Authorization")
	}
	status, b := f.send(r)
	if status != http.StatusOK {
		f.Fatalf("%s%s: status %d: %v", path, format, status, b)
	}
	one := b["body"].(m)[format].(m)
	if one["representation"] != format {
		f.Errorf("representation %v", one["representation"])
	}
	return one["value"].(string)
}

// TestBodiesElsewhere: blog posts have bodies, files none; lists give what is
// written; a write is another version, and none in an archived space.
func TestBodiesElsewhere(t *testing.T) {
	f, a := gallery(t)
	f.must(a.WritePage("HUB", "News", linkTo("WING", "Open", "")))
	posts := f.want(200, "GET", spacePath("HUB", "/blogposts?body-format=storage")(f), nil)
	post := posts["results"].([]any)[0].(m)
	if got := post["body"].(m)["storage"].(m)["value"]; got != linkTo("WING", "Open", "") {
		t.Errorf("listed %v", got)
	}
	if got := post["version"].(m)["number"]; got != 2.0 {
		t.Errorf("version %v", got)
	}
	one := "/wiki/api/v2/blogposts/" + post["id"].(string) + "?body-format="
	if got := f.as("bo@acme.example").bodyAt(one, "view"); !strings.HasPrefix(got, `<a href="/wiki/spaces/WING/pages/`) {
		t.Errorf("view %s", got)
	}
	f.want(501, "GET", one+"export_view", nil)
	f.want(400, "GET", one+"wiki", nil)
	f.must(a.WritePage("HUB", "News", ""))
	if got := f.bodyAt(one, "view"); got != "" {
		t.Errorf("emptied: %s", got)
	}
	for _, c := range f.space("HUB").Content {
		if c.Type == "attachment" {
			if b := f.want(200, "GET", "/wiki/api/v2/attachments/"+c.ID+"?body-format=view", nil); b["body"] != nil {
				t.Errorf("a file has the body %v", b["body"])
			}
		}
	}
	f.must(a.SetSpaceStatus("HUB", "archived"))
	f.refused(a.WritePage("HUB", "News", "x"), 400)
	f.refused(a.WritePage("HUB", "Nope", "x"), 404)
}

// TestFileNames: a file name is taken once on each page.
func TestFileNames(t *testing.T) {
	f, a := gallery(t)
	f.must(a.Attach("WING", "Shut", "Open.png"))
	f.refused(a.Attach("WING", "Shut", "open.png"), 400)
	f.refused(a.Attach("WING", "Open", "open.png"), 400)
}

// refusedStorage is what no body may be.
var refusedStorage = map[string]string{
	"not closed":            `<p>`,
	"closed twice":          `<p></p></p>`,
	"closed wrongly":        `<p><em></p></em>`,
	"HTML's entities":       `<p>&nbsp;</p>`,
	"declared entities":     `<!DOCTYPE p [<!ENTITY e "x">]><p>&e;</p>`,
	"an instruction":        `<?xml version="1.0"?><p/>`,
	"no UTF-8":              "<p>\xff</p>",
	"a control":             "<p>\x01</p>",
	"too long":              strings.Repeat("a", 64<<10+1),
	"too deep":              strings.Repeat("<p>", 40) + strings.Repeat("</p>", 40),
	"far too deep":          strings.Repeat("<p>", 20_000),
	"a script":              `<script>x</script>`,
	"an attribute":          `<p onclick="x"/>`,
	"a macro":               `<ac:structured-macro ac:name="toc"/>`,
	"another namespace":     `<ac:link xmlns:ac="x"/>`,
	"something in br":       `<br>x</br>`,
	"a link to nothing":     `<ac:link></ac:link>`,
	"a link without title":  `<ac:link><ri:page ri:space-key="HUB"/></ac:link>`,
	"a link's attribute":    `<ac:link ac:anchor="a"><ri:page ri:content-title="a"/></ac:link>`,
	"a link's text":         `<ac:link>text<ri:page ri:content-title="a"/></ac:link>`,
	"a link's instruction":  `<ac:link><?x y?></ac:link>`,
	"a link cut off":        `<ac:link><ri:page ri:content-title="a"/>`,
	"a link to two pages":   `<ac:link><ri:page ri:content-title="a"/><ri:page ri:content-title="b"/></ac:link>`,
	"a link to a file":      `<ac:link><ri:attachment ri:filename="a"/></ac:link>`,
	"a link in a link":      linkTo("HUB", "a", `<ac:link-body>`+linkTo("HUB", "b", "")+`</ac:link-body>`),
	"a label's attribute":   linkTo("HUB", "a", `<ac:link-body x="y"/>`),
	"a title twice":         `<ac:link><ri:page ri:content-title="a" ri:content-title="b"/></ac:link>`,
	"a page with something": `<ac:link><ri:page ri:content-title="a"><p/></ri:page></ac:link>`,
	"an image of nothing":   `<ac:image/>`,
	"an image's attribute":  `<ac:image ac:width="1"><ri:attachment ri:filename="a"/></ac:image>`,
	"an image by address":   `<ac:image><ri:url ri:value="https://acme.example/x.png"/></ac:image>`,
	"a file's attribute":    `<ac:image><ri:attachment ri:filename="a" x="y"/></ac:image>`,
}

// TestRefusedBodies: what is malformed or not emulated is refused, and the page
// stays as it was.
func TestRefusedBodies(t *testing.T) {
	f, a := gallery(t)
	f.must(a.WritePage("HUB", "News", "<p>before</p>"))
	before := picture(f.em.Dump())
	for name, storage := range refusedStorage {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.TB = t
			f.refused(a.WritePage("HUB", "News", storage), 400)
			if after := picture(f.em.Dump()); strings.Join(after, "\n") != strings.Join(before, "\n") {
				t.Error("it changed the site")
			}
		})
	}
}

// FuzzBody: whatever body is taken, what nobody sees of it is well-formed, has
// only elements that the emulator writes, and leads nowhere but to public pages.
func FuzzBody(f *testing.F) {
	for _, s := range refusedStorage {
		f.Add(s)
	}
	for _, key := range []string{"HUB", "WING", "CELL", ""} {
		for _, page := range []string{"HUB Home", "Open", "Shut", "Vault"} {
			f.Add("<p>" + linkTo(key, page, "<ac:link-body>&lt;a href=&quot;x&quot;&gt;</ac:link-body>") +
				imageOf(page+".png", `<ri:page ri:space-key="`+key+`" ri:content-title="`+page+`"/>`) + "</p>")
		}
	}
	site, a := gallery(f)
	home := site.space("HUB").Homepage
	path := "/wiki/api/v2/pages/" + home + "?body-format="
	f.Fuzz(func(t *testing.T, storage string) {
		if err := a.WritePage("HUB", "HUB Home", storage); err != nil {
			t.Skip("refused")
		}
		nobody := &fixture{TB: t, em: site.em, cred: site.cred}
		d := xml.NewDecoder(strings.NewReader(nobody.bodyAt(path, "view")))
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			e, _ := token.(xml.StartElement)
			for _, attr := range e.Attr {
				switch {
				case e.Name.Local == "a" && attr.Name.Local == "href" && strings.HasPrefix(attr.Value, "/wiki/spaces/HUB/pages/"):
				case e.Name.Local == "img" && attr.Name.Local == "src" && strings.HasPrefix(attr.Value, "/wiki/download/attachments/"+home+"/"):
				case e.Name.Local == "img" && attr.Name.Local == "alt" && attr.Value == "HUB Home.png":
				default:
					t.Errorf("<%s %s=%q>", e.Name.Local, attr.Name.Local, attr.Value)
				}
			}
		}
	})
}
