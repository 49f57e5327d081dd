package cli_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/internal/cli"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/datacenter"
	"github.com/weirhq/weir/site/emulator"
	"github.com/weirhq/weir/site/rest"
)

// may is what a command may do to a live site, and whether it makes the embedded
// site's file.
type may struct {
	read, write bool
	file        bool
	runs        []run
}

// run is one way to run a command; {} in an argument is the description's folder.
type run struct {
	args  []string
	stdin string
	until string
	codes []int // 0 if nil
}

// commands says of every command what it may do to a live site: only apply may
// write. Whoever adds a command adds it here, with the ways to run it.
var commands = map[string]may{
	"weir init":     {runs: []run{{args: []string{"{}/new"}}}},
	"weir version":  {runs: []run{{}}},
	"weir explain":  {runs: []run{{args: []string{"WR410"}}}},
	"weir validate": {runs: []run{{args: []string{"{}"}}}},
	"weir login": {read: true, runs: []run{
		{args: []string{"{}"}, stdin: "typed"},
		{args: []string{"{}", "--no-check"}, stdin: "typed"},
	}},
	"weir doctor": {read: true, runs: []run{
		{args: []string{"{}"}},
		{args: []string{"{}", "--requests", "--format", "json"}},
	}},
	"weir plan": {read: true, runs: []run{
		{args: []string{"{}"}},
		{args: []string{"{}", "--format", "json", "--out", "{}/plan.json"}},
		{args: []string{"{}", "--format", "facts", "--detailed-exitcode"}, codes: []int{2}},
		{args: []string{"{}", "--accept", "removals.member:1@0123456789abcdef0123456789abcdef"}, codes: []int{4}},
	}},
	"weir schema":   {runs: []run{{}, {args: []string{"plan"}}}},
	"weir render":   {runs: []run{{args: []string{"{}/plan.json"}, codes: []int{1}}}},
	"weir comment":  {runs: []run{{args: []string{"{}/plan.json"}, codes: []int{1}}}},
	"weir accepted": {runs: []run{{args: []string{"{}/plan.json"}, codes: []int{1}}}},
	"weir test": {read: true, runs: []run{
		{args: []string{"{}"}},
	}},
	"weir snapshot": {read: true, runs: []run{
		{args: []string{"{}/site.snapshot", "--dir", "{}"}},
	}},
	"weir snapshot key": {runs: []run{{args: []string{"{}/weir.key"}, codes: []int{1}}}}, // there is no chance to make one of
	"weir who": {read: true, runs: []run{
		{args: []string{"OPS", "--dir", "{}"}},
		{args: []string{"ENG", "--dir", "{}", "--can", "admin", "--planned", "--format", "json"}},
	}},
	"weir what": {read: true, runs: []run{
		{args: []string{"ana@acme.example", "--dir", "{}"}},
		{args: []string{"anonymous", "--dir", "{}", "--planned", "--pages", "--format", "json"}},
	}},
	"weir why": {read: true, runs: []run{
		{args: []string{"ana@acme.example", "edit", "OPS", "--dir", "{}"}},
		{args: []string{"anonymous", "admin", "OPS", "--dir", "{}", "--exit-code", "--planned"}, codes: []int{2}},
	}},
	"weir why-not": {read: true, runs: []run{
		{args: []string{"ana@acme.example", "edit", "OPS", "--dir", "{}"}},
		{args: []string{"bo@acme.example", "admin", "ENG", "--dir", "{}", "--planned", "--format", "json"}},
	}},
	"weir matrix": {read: true, runs: []run{
		{args: []string{"--dir", "{}"}},
		{args: []string{"--dir", "{}", "--planned", "--format", "html"}},
	}},
	"weir redundant": {read: true, runs: []run{
		{args: []string{"--dir", "{}"}},
		{args: []string{"--dir", "{}", "--planned", "--pages", "--format", "json"}},
	}},
	"weir people": {read: true, runs: []run{
		{args: []string{"{}"}},
		{args: []string{"--dir", "{}", "--planned", "--format", "json"}},
	}},
	"weir people export": {runs: []run{{args: []string{"{}"}}}},
	"weir people import": {runs: []run{{args: []string{"-", "{}"}, stdin: "email,name\nnew@acme.example,New One\n"}}},
	"weir seats": {read: true, runs: []run{
		{args: []string{"{}"}},
		{args: []string{"--dir", "{}", "--planned", "--by", "group", "--format", "json"}},
	}},
	"weir tokens": {read: true, runs: []run{{args: []string{"{}"}}}},
	"weir offboard": {read: true, runs: []run{
		{args: []string{"bo@acme.example", "{}", "--dry-run"}},
		{args: []string{"bo@acme.example", "{}", "--no-pages"}},
	}},
	"weir leavers": {read: true, runs: []run{
		{args: []string{"{}"}, codes: []int{0, 2}},
		{args: []string{"{}", "--write", "--format", "json"}},
	}},
	"weir guests": {read: true, runs: []run{
		{args: []string{"{}"}},
		{args: []string{"{}", "--planned", "--spaces", "--format", "json"}},
	}},
	"weir guests import": {runs: []run{
		{args: []string{"-", "{}"}, stdin: "email,space\n"},
		{args: []string{"-", "{}", "--dry-run"}, stdin: "email,space\nlee@partner.example,ENG\n", codes: []int{0, 1}}, // Data Center has no guests
	}},
	"weir personal-spaces": {read: true, runs: []run{
		{args: []string{"{}"}},
		{args: []string{"--dir", "{}", "--planned", "--format", "html"}},
	}},
	"weir personal-spaces request": {runs: []run{{args: []string{"ana@acme.example", "{}"}, codes: []int{1}}}}, // nobody can ask there
	"weir report": {read: true, runs: []run{
		{args: []string{"unattended", "--dir", "{}"}},
		{args: []string{"inactive", "--dir", "{}", "--planned", "--format", "json"}},
		{args: []string{"public", "--dir", "{}"}},
		{args: []string{"direct", "--dir", "{}", "--pages", "--format", "csv"}},
		{args: []string{"guests", "--dir", "{}"}},
		{args: []string{"unused", "--dir", "{}", "--all"}},
		{args: []string{"arrivals", "--dir", "{}"}},
	}},
	"weir scan": {read: true, runs: []run{
		{args: []string{"{}", "--yes"}},
		{args: []string{"{}", "--yes", "--restart", "--space", "OPS"}},
	}},
	"weir drift": {read: true, runs: []run{
		{args: []string{"{}"}, codes: []int{2}},
		{args: []string{"{}", "--format", "json"}, codes: []int{2}},
		{args: []string{"{}", "--format", "short"}, codes: []int{2}},
	}},
	"weir apply": {read: true, write: true, runs: []run{
		{args: []string{"{}", "--auto-approve"}},
	}},
	"weir site serve": {file: true, runs: []run{
		{args: []string{"{}"}, until: "emulated"},
		{args: []string{"{}", "--dialect", "datacenter", "--json"}, until: "emulated"},
	}},
	"weir site facts":    {runs: []run{{args: []string{"{}"}}}},
	"weir site log":      {runs: []run{{args: []string{"{}"}}}},
	"weir site edit":     {file: true, runs: []run{{args: []string{"{}"}, stdin: "+ exists group:more\n"}}},
	"weir site seed":     {file: true, runs: []run{{args: []string{"{}", "{}/seed.facts"}}}},
	"weir site generate": {file: true, runs: []run{{args: []string{"{}", "--people", "20"}}}},
	"weir site reset":    {file: true, runs: []run{{args: []string{"{}", "--role-mode", "ROLES"}}}},
}

// leaves gives the commands that do something, by their paths.
func leaves(cmd *cobra.Command) []string {
	var out []string
	if !cmd.HasSubCommands() || strings.Contains(cmd.Use, " ") { // one that takes something does something
		out = append(out, cmd.CommandPath())
	}
	for _, sub := range cmd.Commands() {
		out = append(out, leaves(sub)...)
	}
	return out
}

func TestEveryCommandIsListed(t *testing.T) {
	got := leaves(cli.Root(cli.Env{Getenv: func(string) string { return "" }}))
	slices.Sort(got)
	if want := slices.Sorted(maps.Keys(commands)); !slices.Equal(got, want) {
		t.Errorf("the commands are\n%s\nand the table says\n%s\n(say in it what a new one may do to a live site)", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for path, c := range commands {
		if c.write && path != "weir apply" {
			t.Errorf("%s may write to a site, which only apply may", path)
		}
		if len(c.runs) == 0 {
			t.Errorf("%s is never run", path)
		}
	}
}

// TestOnlyApplyWrites runs every command where a live site could be written to,
// with all rights and changes to make, and looks at what arrives there.
func TestOnlyApplyWrites(t *testing.T) {
	for _, product := range []string{emulator.DialectCloud, emulator.DialectDataCenter} {
		for path, c := range commands {
			for _, r := range c.runs {
				t.Run(product+"/"+path+" "+strings.Join(r.args[min(1, len(r.args)):], " "), func(t *testing.T) {
					t.Parallel()
					s := newLiveSite(t, product)
					dir := liveDescription(t, product)
					if err := os.WriteFile(filepath.Join(dir, "seed.facts"), []byte("exists group:more\n"), 0o600); err != nil {
						t.Fatal(err)
					}
					env := s.environ()
					in := invocation{args: strings.Fields(path)[1:], stdin: r.stdin, env: env, until: r.until}
					for _, arg := range r.args {
						in.args = append(in.args, strings.ReplaceAll(arg, "{}", dir))
					}
					if r.stdin == "typed" {
						in.stdin, in.env = s.typed(), map[string]string{"WEIR_SITES": filepath.Join(dir, "sites.yaml")}
					}
					code, stdout, stderr := weirLive(t, in)
					if codes := r.codes; !slices.Contains(codes, code) && (codes != nil || code != 0) {
						t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
					}
					requests, writes := s.count()
					asks := c.read && !slices.Contains(r.args, "--no-check") && code != 1
					switch {
					case (requests > 0) != asks:
						t.Errorf("%d requests arrived; it may read: %t\n%s%s", requests, c.read, stdout, stderr)
					case (len(writes) > 0) != c.write:
						t.Errorf("writes that arrived: %q; it may write: %t", writes, c.write)
					}
					for _, w := range writes {
						if !listed(product, w) {
							t.Errorf("%s is in no list of writes", w)
						}
					}
					_, err := os.Stat(filepath.Join(dir, ".weir", "site.db"))
					if (err == nil) != c.file {
						t.Errorf("the embedded site's file is there: %t; it may make it: %t", err == nil, c.file)
					}
				})
			}
		}
	}
}

// listed reports whether a write is one of those that the driver declares.
func listed(product, request string) bool {
	list := cloud.Writes()
	if product == emulator.DialectDataCenter {
		list = datacenter.Writes()
	}
	method, path, _ := strings.Cut(request, " ")
	return slices.ContainsFunc(list, func(w rest.Write) bool {
		got, want := strings.Split(path, "/"), strings.Split(strings.TrimPrefix(w.Path, "/"), "/")
		if w.Method != method || len(got) < len(want) {
			return false
		}
		got = got[len(got)-len(want):] // below the surface's base
		for i := range want {
			if want[i] != "{}" && want[i] != got[i] {
				return false
			}
		}
		return true
	})
}

// TestWritesAreNoReads: the test above would not see a write that it takes for a
// question.
func TestWritesAreNoReads(t *testing.T) {
	for _, w := range append(cloud.Writes(), datacenter.Writes()...) {
		for _, base := range []string{"", "/wiki", "/admin"} {
			if isRead(w.Method, base+w.Path) {
				t.Errorf("%s %s is taken for a read", w.Method, w.Path)
			}
		}
	}
}

// TestApplyThatMayNotWrite: where apply stops before it writes, nothing arrives.
func TestApplyThatMayNotWrite(t *testing.T) {
	for _, product := range []string{emulator.DialectCloud, emulator.DialectDataCenter} {
		s := newLiveSite(t, product)
		dir, env := liveDescription(t, product), s.environ()
		plan := filepath.Join(dir, "plan.json")
		weirLive(t, invocation{args: []string{"plan", dir, "--out", plan}, env: env})
		if err := s.em.Admin().CreateGroup("staff", ""); err != nil { // makes the plan stale
			t.Fatal(err)
		}
		s.count()
		for _, c := range []struct {
			code int
			in   invocation
		}{
			{1, invocation{args: []string{"apply", dir}, env: env}},
			{1, invocation{args: []string{"apply", dir, "--auto-approve"}, env: with(env, "WEIR_READ_ONLY", "1")}},
			{1, invocation{args: []string{"apply", plan, "--dir", dir, "--auto-approve"}, env: with(env, "WEIR_READ_ONLY", "true")}},
			{5, invocation{args: []string{"apply", plan, "--dir", dir, "--auto-approve"}, env: env}},
			{1, invocation{args: []string{"apply", dir, "--auto-approve", "--site", "x.db"}, env: env}},
			{1, invocation{args: []string{"apply", dir, "--unattended"}, env: with(env, "WEIR_READ_ONLY", "1")}},
			{2, invocation{args: []string{"apply", dir, "--unattended"}, env: env}}, // no apply is known: all is held
		} {
			if code, stdout, stderr := weirLive(t, c.in); code != c.code {
				t.Errorf("weir %s: exit code %d, want %d\n%s%s", strings.Join(c.in.args, " "), code, c.code, stdout, stderr)
			}
			if _, writes := s.count(); len(writes) > 0 {
				t.Errorf("weir %s wrote: %q", strings.Join(c.in.args, " "), writes)
			}
		}
	}
}

// TestKeysAreAllThatPlansWrite: where the operator chose admin keys, a reading
// opens and closes one, and writes nothing else.
func TestKeysAreAllThatPlansWrite(t *testing.T) {
	s := newLiveSite(t, emulator.DialectCloud)
	ana, admin := emulator.Principal{User: "ana@acme.example"}, s.em.Admin()
	me := emulator.Principal{User: s.em.Credentials().Email}
	if err := errors.Join(admin.AssignRole("OPS", me, "Admin"), admin.CreatePage("OPS", "Pay", ""), admin.Restrict("OPS", "Pay", "read", ana)); err != nil {
		t.Fatal(err)
	}
	dir := liveDescription(t, emulator.DialectCloud)
	text := "spaces: {OPS: {pages: {Pay: {view: [\"user:bo@acme.example\"]}}}}\n"
	file := filepath.Join(dir, "site.weir.yaml")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(b), "spaces: ")
	if err := os.WriteFile(file, []byte(head+text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := with(s.environ(), "WEIR_RESTRICTED_PAGES", "admin_key")
	for _, args := range [][]string{{"plan", dir}, {"scan", dir, "--yes"}, {"doctor", dir}} {
		code, stdout, stderr := weirLive(t, invocation{args: args, env: env})
		_, writes := s.count()
		opened := 0
		for i, w := range writes {
			if w != []string{"POST /wiki/api/v2/admin-key", "DELETE /wiki/api/v2/admin-key"}[i%2] {
				t.Errorf("weir %s wrote %s", args[0], w)
			}
			opened++
		}
		if code != 0 || args[0] == "plan" && opened != 2 || args[0] == "doctor" && opened != 0 {
			t.Errorf("weir %s: exit code %d, wrote %q\n%s%s", args[0], code, writes, stdout, stderr)
		}
		weirLive(t, invocation{args: args, env: with(env, "WEIR_READ_ONLY", "1")})
		if _, writes := s.count(); len(writes) > 0 {
			t.Errorf("weir %s with WEIR_READ_ONLY wrote %q", args[0], writes)
		}
	}
}

// calls finds the calls of functions and methods by name, in all of the program
// but tests and what only they import: "file: name(arguments)".
func calls(t *testing.T, wanted func(dir, name string, args int) bool) []string {
	t.Helper()
	root := filepath.Join("..", "..")
	var out []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") && rel != "." || d.Name() == "testdata" || rel == "site/sitetest"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name := types.ExprString(call.Fun)
			if wanted(filepath.ToSlash(filepath.Dir(rel)), name, len(call.Args)) {
				var args []string
				for _, a := range call.Args {
					args = append(args, types.ExprString(a))
				}
				out = append(out, fmt.Sprintf("%s: %s(%s)", rel, name, strings.Join(args, ", ")))
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// TestWhoCanWrite holds the paths to a write by where they stand in the source:
// one place sends a step, one file opens a site for that.
func TestWhoCanWrite(t *testing.T) {
	for what, c := range map[string]struct {
		wanted func(dir, name string, args int) bool
		want   []string
	}{
		"steps are sent": {
			// http.Client's and sync.Once's take one argument.
			func(_, name string, args int) bool { return strings.HasSuffix(name, ".Do") && args == 2 },
			[]string{"reconcile/apply.go: a.Site.Do(context.WithoutCancel(ctx), s)"},
		},
		"plans are applied": {
			func(_, name string, _ int) bool { return name == "reconcile.Apply" || name == "reconcile.Settle" },
			[]string{"internal/cli/apply.go: reconcile.Apply", "internal/cli/apply.go: reconcile.Settle"},
		},
		"sites are opened": {
			func(_, name string, _ int) bool {
				return strings.HasSuffix(name, ".openSite") || strings.HasSuffix(name, ".openRun") || strings.HasSuffix(name, ".openLive") || strings.HasSuffix(name, ".openEmbedded")
			},
			[]string{
				"internal/cli/apply.go: a.openRun(ctx, d.site(), flags.site, readWrite)", // a plain one
				"internal/cli/apply.go: a.openRun(ctx, d.site(), flags.site, readWrite)", // and one with nobody there
				"internal/cli/apply.go: a.openRun(ctx, plan.Site, flags.site, existing)",
				"internal/cli/apply.go: a.openSite(ctx, name, file, mode)",
				"internal/cli/departures.go: a.openSite(ctx, d.site(), file, readOnly)",
				"internal/cli/doctor.go: a.openLive(ctx, said, name.Plan, true)",
				"internal/cli/drift.go: a.openSite(ctx, d.site(), file, readOnly)",
				"internal/cli/live.go: a.openEmbedded(name, file, mode)",
				"internal/cli/live.go: a.openLive(ctx, access, name.Plan, mode == readOnly)",
				"internal/cli/plan.go: a.openSite(ctx, d.site(), file, readOnly)",
				"internal/cli/question.go: a.openSite(ctx, d.site(), q.file, readOnly)",
				"internal/cli/refreshed.go: a.openSite(ctx, d.site(), file, readOnly)",
				"internal/cli/scan.go: a.openSite(ctx, d.site(), s.file, readOnly)",
				"internal/cli/snapshot.go: a.openSite(ctx, d.site(), s.site, readOnly)",
				"internal/cli/test.go: a.openSite(ctx, d.site(), file, readOnly)",
			},
		},
		"drivers are made": {
			func(_, name string, _ int) bool { return name == "cloud.New" || name == "datacenter.New" },
			[]string{"internal/cli/embedded.go: cloud.New", "internal/cli/live.go: cloud.New", "internal/cli/live.go: datacenter.New"},
		},
	} {
		got := calls(t, c.wanted)
		same := slices.EqualFunc(got, c.want, func(got, want string) bool {
			return got == want || !strings.Contains(want, "(") && strings.HasPrefix(got, want+"(")
		})
		if !same {
			t.Errorf("%s at\n%s\nand should be at\n%s", what, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// TestHostileAddresses: an address that a person, a proxy and a library could
// read as different hosts is refused by every command that would go there, before
// any connection.
func TestHostileAddresses(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var connections atomic.Int64
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			_ = conn.Close()
		}
	}()
	at := l.Addr().String()
	_, port, _ := net.SplitHostPort(at)
	env := map[string]string{"WEIR_USER": "weir@acme.example", "WEIR_TOKEN": "tok-c4n4ry-0123456789", "WEIR_ORG_KEY": "key-c4n4ry-0123456789"}
	c := canaries{secrets: []string{env["WEIR_TOKEN"], env["WEIR_ORG_KEY"]}, users: []string{env["WEIR_USER"]}}

	// The listener would hear of a connection.
	dir := liveDescription(t, "cloud")
	if code, _, stderr := weirLive(t, invocation{args: []string{"plan", dir}, env: with(env, "WEIR_ADDRESS", "http://"+at+"/wiki")}); code != 7 || connections.Swap(0) == 0 {
		t.Fatalf("a plain address: exit code %d, and the listener heard nothing\n%s", code, stderr)
	}

	for _, address := range []string{
		"http://acme.atlassian.net@" + at + "/wiki",
		"http://weir:secret@" + at + "/wiki",
		"http://" + at + "@acme.atlassian.net/wiki",
		"https://acme.atlassian.net#@" + at + "/wiki",
		"https://acme.atlassian.net?@" + at + "/wiki",
		"https://acme.atlassian.net%40" + at + "/wiki",
		"https://acme.atlassian.net\\@" + at + "/wiki",
		"https://acme.atlassian.net/@" + at + "/wiki",
		"http://" + at + "/wiki?next=https://acme.atlassian.net",
		"http://" + at + "/wiki#fragment",
		"http://" + at + "/wiki/../admin",
		"http://" + at + "//wiki",
		"http://" + at + "/wiki%2f..%2f",
		"http://" + at + "/wiki\r\nX-Evil: 1",
		"http://" + at + "\t/wiki",
		" http://" + at + "/wiki",
		"//" + at + "/wiki",
		"http:/" + at + "/wiki",
		"http:" + at + "/wiki",
		"http:\\\\" + at + "/wiki",
		"ftp://" + at + "/wiki",
		"file://" + at + "/wiki",
		"gopher://" + at + "/wiki",
		at + "/wiki",
		"http://127.1:" + port + "/wiki",
		"http://2130706433:" + port + "/wiki",
		"http://0x7f000001:" + port + "/wiki",
		"http://0177.0.0.1:" + port + "/wiki",
		"http://0.0.0.0:" + port + "/wiki",
		"http://0:" + port + "/wiki",
		"http://localhost.:" + port + "/wiki",
		"http://loc\u0430lhost:" + port + "/wiki",
		"http://\uff4c\uff4f\uff43alhost:" + port + "/wiki",
		"http://127\u30020\u30020\u30021:" + port + "/wiki",
		"http://127.0.0.1%00:" + port + "/wiki",
		"http://" + at + "\u200b/wiki",
		"http://" + at + ":80/wiki",
		"http://127.0.0.1:0" + port + "/wiki",
		"http://127.0.0.1.acme.example:" + port + "/wiki",
		"http://acme.atlassian.net:" + port + "/wiki",
	} {
		for _, product := range []string{"cloud", "datacenter"} {
			dir := liveDescription(t, product)
			file := filepath.Join(dir, "sites.yaml")
			text := fmt.Sprintf("sites: {acme: {product: %s, address: %q, user: w@acme.example, token: {env: T}, organisation_key: {env: K}}}\n", product, address)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			kept := map[string]string{"WEIR_SITES": file, "T": env["WEIR_TOKEN"], "K": env["WEIR_ORG_KEY"]}
			for _, in := range []invocation{
				{args: []string{"plan", dir}, env: with(env, "WEIR_ADDRESS", address)},
				{args: []string{"apply", dir, "--auto-approve"}, env: with(env, "WEIR_ADDRESS", address)},
				{args: []string{"doctor", dir}, env: with(env, "WEIR_ADDRESS", address)},
				{args: []string{"doctor", dir}, env: kept},
				{args: []string{"plan", dir}, env: with(env, "WEIR_ADDRESS", "https://acme.example", "WEIR_ORG_ADDRESS", address)},
			} {
				if product == "datacenter" && in.env["WEIR_ORG_ADDRESS"] != "" {
					continue // it has no organisation
				}
				code, stdout, stderr := c.ran(t, in)
				if code != 1 || stdout != "" {
					t.Errorf("weir %s for %q: exit code %d, want 1\n%s%s", in.args[0], address, code, stdout, stderr)
				}
			}
		}
	}
	if n := connections.Load(); n != 0 {
		t.Errorf("%d connections were made", n)
	}
}
