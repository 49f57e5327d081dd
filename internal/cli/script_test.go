package cli_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/cli"
	"github.com/weirhq/weir/reconcile"
	"github.com/weirhq/weir/site/emulator"
)

var update = flag.Bool("update", false, "bring the goldens in testdata/scripts up to date")

// TestMain lets a script run weir as a program of its own, by the name of weir.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"weir": weir})
}

// TestScripts runs testdata/scripts. Each script has a folder of its own, and
// with it a site, a journal and a lock file of its own.
//
// Beside the commands of testscript a script has the verbs below, which take
// the description's folder as DIR ("." where it may be left out):
//
//	exitcode N weir ARGS…             run it; its exit code must be N
//	edit DIR 'OP FACT'…               change the site as people in its admin pages would; as
//	                                  --as=EMAIL says for its log, or --unlogged
//	look USER SPACE [DIR]             let somebody look at a space, which makes their own where
//	                                  they are to have one
//	write USER SPACE TITLE [DIR]      let somebody make a page, or change it
//	label DIR SPACE [LABEL…]          give a space these labels, and no others
//	auto-spaces on|off [DIR]          whether personal spaces come at the first look
//	account WHAT USER [DIR]           an account is invited (and has not accepted), unmanaged (and
//	                                  invited), deleting (for 14 days) or kept (after all)
//	account readdress USER NEW [DIR]  an account gets another address
//	elsewhere DIR GROUP…              let groups open another product of the organisation too
//	facts [DIR]                       print what is true of the site
//	synced [DIR]                      the plan must be empty
//	can USER PERMISSION SPACE [DIR]   the person may do it, on the live site
//	example NAME                      copy examples/NAME here
//	acceptance VARIABLE RULE          keep what the last plan asked to accept
//	repeat FILE COUNT TEXT            write a text over and over
//	serve DIR [FLAGS…]                weir site serve, until the script ends or says `unserve`
//	get PATH [USER SECRET]            ask the served site
//	reach                             set WEIR_ADDRESS and what goes with it to the served site
//	token VARIABLE DIR USER [DAYS]    make an API token of somebody's, which ends after so many days
//	answers FILE LINE…                write a file of answers, one a line
//	hold JOURNAL                      be another run that has the journal
//	agrees FILE [DIR]                 the plan and the test of this snapshot are those of the site
//	review VERB …                     be a host where changes are reviewed (script_forge_test.go)
//	keep VARIABLE                     keep the first line that was printed
//
// What a script may say of the world is in its environment: WEIR_TEST_NOW is
// the time; WEIR_TEST_TERMINAL makes the streams a terminal;
// WEIR_TEST_INTERRUPT interrupts the command as soon as it prints this text;
// WEIR_TEST_SITE seeds the ids of a new site, which else are always the same.
//
// Whatever weir prints in a script that serves a site, and every file in the
// script's folder when it ends, is searched for the site's secrets.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "scripts"),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Deadline:            time.Now().Add(8 * time.Minute),
		Setup: func(env *testscript.Env) error {
			env.Setenv("WEIR_TEST_NOW", "2026-06-15T12:00:00Z")
			env.Setenv("NO_COLOR", "1")
			env.Setenv("WEIR_TEST_RECORD", filepath.Join(t.TempDir(), "record"))
			s := &served{answers: make(map[string]bool)}
			env.Values[servedKey{}] = s
			env.Values[reviewKey{}] = &standIn{}
			env.Defer(func() {
				if s.stop != nil {
					s.stop()
					<-s.done
				}
				s.search(env)
			})
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond != "root" {
				return false, fmt.Errorf("unknown condition %q", cond)
			}
			return os.Geteuid() == 0, nil // root reads every file
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exitcode":    exitcode,
			"edit":        edit,
			"look":        look,
			"write":       write,
			"label":       label,
			"auto-spaces": autoSpaces,
			"account":     account,
			"elsewhere":   elsewhere,
			"facts":       facts,
			"synced":      synced,
			"can":         can,
			"example":     example,
			"acceptance":  acceptance,
			"repeat":      repeat,
			"serve":       serve,
			"unserve":     unserve,
			"get":         get,
			"reach":       reach,
			"answers":     answers,
			"token":       issue,
			"hold":        hold,
			"agrees":      agrees,
			"review":      review,
			"keep":        keep,
		},
	})
}

// weir is the program as scripts run it.
func weir() {
	ctx, cancel := context.WithCancel(context.Background())
	env := world(os.Getenv)
	env.Stdin, env.Stdout, env.Stderr = os.Stdin, os.Stdout, os.Stderr
	if path := os.Getenv("WEIR_TEST_RECORD"); path != "" {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			panic(err)
		}
		env.Stdout, env.Stderr = io.MultiWriter(os.Stdout, f), io.MultiWriter(os.Stderr, f)
	}
	if text := os.Getenv("WEIR_TEST_INTERRUPT"); text != "" {
		env.Stdout = interrupter{env.Stdout, text, cancel}
		env.Stderr = interrupter{env.Stderr, text, cancel}
	}
	os.Exit(cli.Main(ctx, os.Args[1:], env))
}

// world is what a command knows of the world, without streams.
func world(getenv func(string) string) cli.Env {
	now, err := time.Parse(time.RFC3339, getenv("WEIR_TEST_NOW"))
	if err != nil {
		panic(err)
	}
	width, err := strconv.Atoi(cmp.Or(getenv("WEIR_TEST_WIDTH"), "0"))
	if err != nil {
		panic(err)
	}
	seed := sha256.Sum256([]byte(getenv("WEIR_TEST_SITE")))
	return cli.Env{
		Terminal: getenv("WEIR_TEST_TERMINAL") != "",
		Progress: getenv("WEIR_TEST_TERMINAL") != "",
		Width:    width,
		Getenv:   getenv,
		Clock:    func() time.Time { return now },
		Wait:     func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Random:   bytes.NewReader(seed[:]),
	}
}

// interrupter interrupts the command when it prints a text.
type interrupter struct {
	io.Writer
	text      string
	interrupt func()
}

func (i interrupter) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(i.text)) {
		i.interrupt()
	}
	return i.Writer.Write(b)
}

// call runs a command in process.
func call(ts *testscript.TestScript, stdin string, args ...string) (code int, stdout, stderr string) {
	var out, errs strings.Builder
	env := world(ts.Getenv)
	env.Stdin, env.Stdout, env.Stderr = strings.NewReader(stdin), &out, &errs
	code = cli.Main(context.Background(), args, env)
	return code, out.String(), errs.String()
}

// folder takes a DIR argument.
func folder(ts *testscript.TestScript, args []string) string {
	if len(args) == 0 {
		return ts.MkAbs(".")
	}
	return ts.MkAbs(args[0])
}

// usage ends the script unless a verb was given what it needs.
func usage(ts *testscript.TestScript, ok bool, text string) {
	if !ok {
		ts.Fatalf("usage: %s", text)
	}
}

func exitcode(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 2, "exitcode N COMMAND ARGS…")
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			ts.Fatalf("%v", err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func edit(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) >= 2, "edit DIR [--as=EMAIL] [--unlogged] 'OP FACT'…")
	command, lines := []string{"site", "edit", folder(ts, args)}, args[1:]
	for len(lines) > 0 && strings.HasPrefix(lines[0], "--") {
		command, lines = append(command, lines[0]), lines[1:]
	}
	code, out, errs := call(ts, strings.Join(lines, "\n"), command...)
	fmt.Fprint(ts.Stdout(), out)
	fmt.Fprint(ts.Stderr(), errs)
	if (code != 0) != neg {
		ts.Fatalf("exit code %d\n%s", code, errs)
	}
}

// elsewhere makes groups hold a role of another product, which is no fact of the
// site and so no edit.
func elsewhere(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 2, "elsewhere DIR GROUP…")
	done(ts, false, folder(ts, args), func(a emulator.Admin) (err error) {
		for _, group := range args[1:] {
			err = errors.Join(err, a.SetManaged(group, emulator.ManagedOther))
		}
		return err
	})
}

func facts(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) <= 1, "facts [DIR]")
	fmt.Fprint(ts.Stdout(), live(ts, args))
}

// live gives the lines of the site's facts.
func live(ts *testscript.TestScript, dir []string) string {
	code, out, errs := call(ts, "", "site", "facts", folder(ts, dir))
	if code != 0 {
		ts.Fatalf("exit code %d\n%s", code, errs)
	}
	return out
}

func synced(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) <= 1, "synced [DIR]")
	code, out, errs := call(ts, "", "plan", "--detailed-exitcode", folder(ts, args))
	if code != 0 || !strings.HasPrefix(out, "no changes: ") {
		ts.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
}

func can(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 3 || len(args) == 4, "can USER PERMISSION SPACE [DIR]")
	var all []access.Fact
	for line := range strings.Lines(live(ts, args[3:])) {
		f, err := access.ParseFact(strings.TrimSuffix(line, "\n"))
		ts.Check(err)
		all = append(all, f)
	}
	who := access.NewRef("user", args[0])
	if args[0] == "anonymous" {
		who = access.Anonymous
	}
	if access.NewView(access.NewSet(all...)).Can(who, args[1], access.NewRef("space", args[2])) == neg {
		ts.Fatalf("%s can %s on %s: %t", args[0], args[1], args[2], neg)
	}
}

func example(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "example NAME")
	ts.Check(os.CopyFS(ts.MkAbs(args[0]), os.DirFS(filepath.Join("..", "..", "examples", args[0]))))
}

func acceptance(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 2, "acceptance VARIABLE RULE")
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		if text, ok := strings.CutPrefix(line, "  --accept "+args[1]+":"); ok {
			ts.Setenv(args[0], args[1]+":"+strings.TrimSpace(text))
			return
		}
	}
	ts.Fatalf("the last plan asks for no acceptance of %s", args[1])
}

func repeat(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 3, "repeat FILE COUNT TEXT")
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	ts.Check(err)
	_, err = f.WriteString(strings.Repeat(args[2], n))
	ts.Check(errors.Join(err, f.Close()))
}

// served is a site that a script serves. It is kept among the script's values.
type served struct {
	address, dialect string
	secrets          []string // of every site that was served
	account          string
	answers          map[string]bool // files that the script typed secrets into
	stop             func()
	done             chan int // the exit code
}

type servedKey struct{}

// search looks for the secrets of the sites that a script served in what weir
// printed and in every file that is left. The site's own file, the files of
// answers and those in which login keeps credentials are what holds them.
func (s *served) search(env *testscript.Env) {
	if len(s.secrets) == 0 {
		return
	}
	t := env.T().(testing.TB)
	c := canaries{secrets: s.secrets, users: []string{s.account, "weir"}}
	c.file(t, env.Getenv("WEIR_TEST_RECORD"))
	c.folder(t, env.WorkDir, func(path string) bool {
		name := filepath.Base(path)
		emulated := strings.Contains(name, ".db") && !strings.HasPrefix(name, "journal.db")
		return emulated || s.answers[path] || isKept(path)
	})
}

// serve runs weir site serve beside the script, and sets PORT, ACCOUNT, TOKEN
// and ORG_KEY to what it prints.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 1, "serve DIR [FLAGS…]")
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	s := ts.Value(servedKey{}).(*served)
	s.stop, s.done, s.dialect = cancel, make(chan int, 1), "cloud"
	// It runs while the script goes on to change its environment.
	vars := make(map[string]string)
	for _, name := range []string{"WEIR_TEST_NOW", "WEIR_TEST_SITE", "NO_COLOR", "GOGC"} {
		vars[name] = ts.Getenv(name)
	}
	env := world(func(name string) string { return vars[name] })
	env.Stdin, env.Stdout, env.Stderr = strings.NewReader(""), w, w
	go func() {
		s.done <- cli.Main(ctx, append([]string{"site", "serve", folder(ts, args)}, args[1:]...), env)
		w.Close()
	}()
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		text := lines.Text()
		fmt.Fprintln(ts.Stdout(), text)
		name, value, _ := strings.Cut(text, " ")
		value = strings.TrimSpace(value)
		switch name {
		case "emulated":
			_, address, _ := strings.Cut(value, "http://")
			s.address, _, _ = strings.Cut(address, " ")
			_, port, _ := strings.Cut(s.address, ":")
			ts.Setenv("PORT", port)
		case "site":
			if strings.HasSuffix(value, "(datacenter)") {
				s.dialect = "datacenter"
			}
		case "account":
			s.account = value
			ts.Setenv("ACCOUNT", value)
		case "token":
			s.secrets = append(s.secrets, value)
			ts.Setenv("TOKEN", value)
		case "org":
			if key, ok := strings.CutPrefix(value, "key "); ok {
				s.secrets = append(s.secrets, strings.TrimSpace(key))
				ts.Setenv("ORG_KEY", strings.TrimSpace(key))
			}
		}
		if name == "cloud" || name == "token" && s.dialect == "datacenter" {
			go io.Copy(io.Discard, r)
			return
		}
	}
	s.stop = nil
	ts.Fatalf("exit code %d", <-s.done)
}

// reach sets the environment of an operator of the served site.
func reach(ts *testscript.TestScript, neg bool, args []string) {
	s := ts.Value(servedKey{}).(*served)
	usage(ts, !neg && len(args) == 0 && s.stop != nil, "reach (a site must be served)")
	ts.Setenv("WEIR_TOKEN", ts.Getenv("TOKEN"))
	if s.dialect == "datacenter" {
		ts.Setenv("WEIR_ADDRESS", "http://"+s.address)
		ts.Setenv("WEIR_AUTH", "bearer")
		ts.Setenv("WEIR_USERNAMES", "email")
		return
	}
	ts.Setenv("WEIR_ADDRESS", "http://"+s.address+"/wiki")
	ts.Setenv("WEIR_USER", s.account)
	ts.Setenv("WEIR_ORG_KEY", ts.Getenv("ORG_KEY"))
}

// issue makes an API token as its owner does in their profile.
func issue(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && (len(args) == 3 || len(args) == 4), "token VARIABLE DIR USER [DAYS]")
	days := 365
	if len(args) == 4 {
		var err error
		days, err = strconv.Atoi(args[3])
		ts.Check(err)
	}
	var secret string
	done(ts, false, folder(ts, args[1:]), func(a emulator.Admin) (err error) {
		secret, err = a.IssueTokenFor(args[2], "weir", time.Duration(days)*24*time.Hour)
		return err
	})
	s := ts.Value(servedKey{}).(*served)
	s.secrets = append(s.secrets, secret)
	ts.Setenv(args[0], secret)
}

// answers writes what somebody types, which a file in the script cannot hold:
// it would not know the port and the token.
func answers(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) >= 1, "answers FILE LINE…")
	path := ts.MkAbs(args[0])
	ts.Value(servedKey{}).(*served).answers[path] = true
	var b strings.Builder
	for _, line := range args[1:] {
		b.WriteString(line + "\n")
	}
	ts.Check(os.WriteFile(path, []byte(b.String()), 0o600))
}

// unserve interrupts weir site serve, which then ends well.
func unserve(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 0, "unserve")
	s := ts.Value(servedKey{}).(*served)
	s.stop()
	s.stop = nil
	if code := <-s.done; code != 0 {
		ts.Fatalf("exit code %d", code)
	}
}

func get(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && (len(args) == 1 || len(args) == 3), "get PATH [USER SECRET]")
	s := ts.Value(servedKey{}).(*served)
	req, err := http.NewRequest(http.MethodGet, "http://"+s.address+args[0], nil)
	ts.Check(err)
	if len(args) == 3 {
		req.SetBasicAuth(args[1], args[2])
	}
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	fmt.Fprintln(ts.Stdout(), res.Status)
	_, err = io.Copy(ts.Stdout(), res.Body)
	ts.Check(err)
}

func hold(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && len(args) == 1, "hold JOURNAL")
	j, err := reconcile.OpenJournal(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Defer(func() { j.Close() })
}
