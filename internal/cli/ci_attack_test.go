package cli_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/weirhq/weir/internal/forge/forgetest"
)

// attack is what somebody puts into a pull request.
type attack struct {
	name   string
	change func(r *repository)
	branch string // its name, if that is the attack
	// edits is set where the request changes what the host runs: a stranger may, and
	// has nothing there; whoever may write is trusted with that.
	edits bool
}

const prWorkflow = ".github/workflows/weir-pr.yml"

func file(path, text string) func(*repository) {
	return func(r *repository) { r.write(path, text) }
}

// editing replaces a text of the workflow.
func editing(old, text string) func(*repository) {
	return func(r *repository) {
		b, err := os.ReadFile(filepath.Join(r.work, prWorkflow))
		r.check(err)
		if !strings.Contains(string(b), old) {
			r.Fatalf("the workflow has no %q", old)
		}
		r.write(prWorkflow, strings.Replace(string(b), old, text, 1))
	}
}

func link(path, to string) func(*repository) {
	return func(r *repository) {
		path := filepath.Join(r.work, path)
		r.check(os.MkdirAll(filepath.Dir(path), 0o755))
		r.check(os.Symlink(to, path))
	}
}

// named is a description that names hostile things.
func named(name string) func(*repository) {
	return file("access/more.weir.yaml", "groups: {"+name+": {members: [bo@acme.example]}}\nspaces: {MORE: {name: "+name+", roles: {viewer: [\"group:staff\"]}}}\n")
}

const (
	offlineIf = "    if: github.event.pull_request.head.repo.full_name == github.repository\n"
	dump      = `env; cat /proc/self/environ; env | base64; git config --list; cat "$HOME"/* 2>/dev/null || true`
)

func attacks(trap, pwned string) []attack {
	run := func(script string) string {
		return "      - run: |\n          " + strings.ReplaceAll(script, "\n", "\n          ") + "\n"
	}
	lastStep := "      - name: Validate\n"
	touch := "touch " + pwned
	return []attack{
		{name: "the workflow prints secrets", edits: true, change: editing(lastStep, "      - env:\n          A: ${{ secrets.WEIR_TOKEN }}\n          B: ${{ secrets.WEIR_JOURNAL_KEY }}\n          C: ${{ secrets.WEIR_SIGNING_KEY }}\n        run: "+`printf '%s\n' "$A" "$B" "$C"`+"\n"+lastStep)},
		{name: "the workflow takes the environment of applies", edits: true, change: editing("  offline:\n", "  offline:\n    environment: weir-apply\n")},
		{name: "the workflow asks for rights", edits: true, change: editing("    permissions:\n      contents: read\n", "    permissions:\n      contents: write\n      statuses: write\n")},
		{name: "the live job runs for everybody", edits: true, change: editing(offlineIf, "")},
		{name: "the workflow dumps its environment", edits: true, change: editing(lastStep, run(dump)+lastStep)},
		{name: "the workflow sends the token that it has", edits: true, change: editing(lastStep, "      - env:\n          T: ${{ github.token }}\n        run: "+`printf '%s' "$T" >token; weir comment --no-status nothing || true`+"\n"+lastStep)},
		{name: "the script of the state dumps its environment", change: file("ci/weir-state", "#!/usr/bin/env bash\n"+dump+"\n"+touch+"\n")},
		{name: "a snapshot of their own", change: file(".weir-published/snapshot.json", `{"format": 1}`)},
		{name: "another key is trusted", edits: true, change: editing("TRUST: ed25519:", "TRUST: ed25519:A")},
		{name: "another address in the description", change: file("access/site.weir.yaml", strings.Replace(staffOf("bo@acme.example"), "product: cloud", "product: cloud, address: "+trap, 1))},
		{name: "an operator's file in the repository", change: func(r *repository) {
			for _, path := range []string{"access/sites.yaml", "access/.weir/sites.yaml", ".config/weir/sites.yaml", "weir/sites.yaml"} {
				r.write(path, "sites: {acme: {address: "+trap+", user: a, token: {command: [sh, -c, "+touch+"]}}}\n")
			}
		}},
		{name: "policies off", change: file("access/site.weir.yaml", strings.Replace(staffOf(everybody...), "two_space_admins: {level: warn}", `two_space_admins: {level: "off"}`, 1))},
		{name: "a policy of their own", change: file("access/policy.rego", "package weir\nimport rego.v1\ndeny contains opa.runtime().env\ndeny contains http.send({\"method\": \"get\", \"url\": \""+trap+"\"})\n")},
		{name: "a link to the environment", change: link("access/env.weir.yaml", "/proc/self/environ")},
		{name: "a link out of the repository", change: link("access/out.weir.yaml", "../../../../signing.pem")},
		{name: "a folder that is a link", change: link("access/d", "/proc/self")},
		{name: "a link to itself", change: link("access/loop.weir.yaml", "loop.weir.yaml")},
		{name: "the description is a link", change: func(r *repository) {
			r.check(os.RemoveAll(filepath.Join(r.work, "access")))
			link("access", "/proc/self")(r)
		}},
		{name: "an include of the environment", change: file("access/i.weir.yaml", "include: /proc/self/environ\nx: !include /proc/self/environ\n")},
		{name: "functions that read", change: file("access/f.weir.hcl", "group \"g\" {\n  reason = file(\"/proc/self/environ\")\n  members = [env(\"WEIR_TOKEN\"), \"${env.WEIR_TOKEN}\"]\n}\n")},
		{name: "files named as commands", change: func(r *repository) {
			for _, name := range []string{"$(" + strings.ReplaceAll(touch, "/", "${HOME:0:1}") + ").weir.yaml", "`id`.weir.yaml", "--out=x.weir.yaml", "-n.weir.yaml", "a;env;.weir.yaml", "a'\"b.weir.yaml"} {
				r.write("access/"+name, "groups: {more: {members: [nobody@acme.example}}\n")
			}
		}},
		{name: "files named as the runner's commands", change: func(r *repository) {
			for _, name := range []string{"::set-output name=x::y.weir.yaml", "a\n::add-mask::x.weir.yaml", "##[group]x.weir.yaml"} {
				r.write("access/"+name, "groups: nothing\n")
			}
		}},
		{name: "names that are shell", change: named(`"$(` + touch + `) ` + "`" + touch + "`" + ` '; ` + touch + ` #"`)},
		{name: "names that are expressions", change: named(`"${{ secrets.WEIR_TOKEN }} ${WEIR_TOKEN} $WEIR_TOKEN"`)},
		{name: "names that are the runner's commands", change: named(`"x\n::add-mask::y\n::set-env name=PATH::/tmp\n##[command]z"`)},
		{name: "names that are markup", change: named(`"@acme/admins </details> <!-- weir-comment site=acme --> ![x](` + trap + `) ~~~ ` + "```" + `"`)},
		{name: "the site is named as a command", change: file("access/site.weir.yaml", strings.Replace(staffOf(everybody...), "name: acme,", `name: "$(`+touch+`)",`, 1))},
		{name: "names without end", change: named(`"` + strings.Repeat("n", 10_000) + `"`)},
		{name: "YAML that grows", change: file("access/bomb.weir.yaml", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c]\n")},
		{name: "HCL that is deep", change: file("access/deep.weir.hcl", "x = "+strings.Repeat("[", 100_000)+"\n")},
		{name: "a lock of their own", change: file("access/weir.lock", "group:leads ../../../proc/self/environ\nuser:$("+touch+") 1\n::add-mask::x\n")},
		{name: "a journal and a site of their own", change: func(r *repository) {
			for _, name := range []string{"journal.db", "site.db", "reading.json"} {
				r.write("access/.weir/"+name, "SQLite format 3\x00")
			}
		}},
		{name: "programs in the repository", change: func(r *repository) {
			for _, name := range []string{"weir", "go", "git", "sed", "bin/weir", "access/weir"} {
				r.write(name, "#!/bin/sh\n"+touch+"\n")
			}
			r.write("go.work", "go 1.26\nuse ./evil\n")
			r.write("go.mod", "module evil\n")
		}},
		{name: "git is to run something", change: func(r *repository) {
			r.write(".gitattributes", "* filter=evil diff=evil merge=evil\n")
			r.write(".gitconfig", "[filter \"evil\"]\nsmudge = "+touch+"\n[core]\nfsmonitor = "+touch+"\n")
			r.write(".gitmodules", "[submodule \"x\"]\npath = x\nurl = ext::sh -c "+touch+"\n")
		}},
		{name: "a branch named as a command", branch: `zzz";` + "touch${IFS}" + pwned + `;echo"`, change: file("access/site.weir.yaml", staffOf("bo@acme.example", "ana@acme.example"))},
	}
}

// TestRequestsOfAttackers runs what attackers would put into a pull request through
// the shipped workflow, as a stranger's and, where they change nothing that the
// host runs, as that of somebody who may write. No credential comes out, and no
// program of theirs runs where one is.
func TestRequestsOfAttackers(t *testing.T) {
	t.Parallel()
	r := gitHub(t)
	var trapped atomic.Int64
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { trapped.Add(1) }))
	defer trap.Close()
	pwned := filepath.Join(r.dir, "pwned")
	ends(t, r, r.run("weir-apply.yml", onMain(r)), "apply success")
	r.fast("weir-lock")
	ends(t, r, r.run("weir-snapshot.yml", onMain(r)), "snapshot success")
	r.forge.Permit("reader", forgetest.Read)

	cases := 0
	for _, a := range attacks(trap.URL, pwned) {
		head, merge := r.request(func() { a.change(r) })
		r.git(r.work, "clean", "--quiet", "-ffdx")
		for _, from := range []string{"mallory/access", forgetest.Repo} {
			if a.edits && from == forgetest.Repo {
				continue
			}
			cases++
			r.log.WriteString("\n##### " + a.name + ", from " + from + "\n")
			e := onRequest(r, head, merge, from)
			if a.branch != "" {
				e.values["github.head_ref"] = a.branch
			}
			before := r.log.Len()
			got := r.run("weir-pr.yml", e)
			if got["offline"] == "" || got["offline"] == "skipped" || from != forgetest.Repo && !a.edits && (got["live"] != "skipped" || got["comment"] != "skipped") {
				t.Errorf("%s, from %s: jobs ended %v", a.name, from, got)
			}
			obeyed(t, a.name, r.log.String()[before:])
		}
	}
	if cases < 50 {
		t.Errorf("%d cases", cases)
	}
	if n := trapped.Load(); n != 0 {
		t.Errorf("%d requests went to an address of a request's", n)
	}
	if _, err := os.Lstat(pwned); err == nil {
		t.Error("a program of a request's ran")
	}
	if _, writes := r.site.count(); len(writes) > 0 && strings.Contains(strings.Join(writes, "\n"), "MORE") {
		t.Errorf("the site was written: %q", writes)
	}
	r.search(nil)

	// The search finds what a job with credentials prints.
	head, merge := r.request(func() {
		editing("          code=0\n          weir plan ${AUDIENCE", "          env\n          code=0\n          weir plan ${AUDIENCE")(r)
	})
	r.run("weir-pr.yml", onRequest(r, head, merge, forgetest.Repo))
	told := complaints{TB: t}
	r.TB = &told
	r.search(nil)
	if len(told.said) == 0 {
		t.Error("a job printed its credentials, and the search did not find them")
	}
}

// obeyed looks for lines that the runner would obey, beside annotations.
func obeyed(t *testing.T, name, log string) {
	t.Helper()
	for line := range strings.Lines(log) {
		trimmed := strings.TrimLeft(line, " \t\r")
		if strings.HasPrefix(trimmed, "##[") || strings.HasPrefix(trimmed, "::") && !strings.HasPrefix(trimmed, "::error ") && !strings.HasPrefix(trimmed, "::warning ") && !strings.HasPrefix(trimmed, "::notice ") {
			t.Errorf("%s: the runner would obey %q", name, line)
		}
	}
}
