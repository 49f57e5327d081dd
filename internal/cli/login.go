package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/weirhq/weir/internal/operator"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/schema"
	"github.com/weirhq/weir/site/rest"
)

func (a *app) loginCommand() *cobra.Command {
	var l login
	cmd := &cobra.Command{
		Use:   "login [DIR]",
		Short: "Say where a live site is and as whom weir goes there",
		Long: `Ask for the address and the credentials of the live site that the description in
DIR (default: this folder) is for, say what each missing one costs, keep them,
and examine the site with them as weir doctor does.

The answers go to the operator's own file (` + "`" + `$WEIR_SITES` + "`" + `, or weir/sites.yaml in the
user's configuration folder), never into the description: a pull request must not
say where a token goes. Credentials are kept beside that file, in the system's
keyring, or in environment variables; each is bound to the address that it was
given for.

Without a terminal the answers are read from standard input, one a line.

Exit codes: 0 kept · 1 error in an answer · 7 kept, but a check failed.`,
		Example: "  weir login\n  weir login --keep keyring\n  weir login --keep env    # name variables instead of keeping anything",
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.folder(args)
			return a.login(cmd.Context(), l)
		},
	}
	cmd.Flags().StringVar(&l.keep, "keep", "file", "where credentials are kept: `file`, keyring or env")
	cmd.Flags().BoolVar(&l.unchecked, "no-check", false, "do not examine the site afterwards")
	return cmd
}

type login struct {
	keep      string
	unchecked bool
}

// question is one thing that login asks.
type question struct {
	ask       string
	otherwise string // taken for an empty answer
	hidden    bool   // not shown as it is typed
	optional  bool
	check     func(string) error
}

// asker asks questions of a terminal, or reads answers line by line.
type asker struct {
	*app
	in *bufio.Reader
}

// answer asks until the answer passes; without a terminal a wrong one is an
// error.
func (q *asker) answer(ctx context.Context, what question) (string, error) {
	for {
		text := what.ask
		if what.otherwise != "" {
			text += " [" + what.otherwise + "]"
		}
		fmt.Fprintf(q.Stderr, "%s: ", text)
		said, err := q.line(ctx, what.hidden)
		if err != nil {
			return "", err
		}
		if said == "" {
			said = what.otherwise
		}
		switch {
		case said == "" && what.optional:
			return "", nil
		case said == "":
			err = errors.New("an answer is needed")
		case what.check != nil:
			err = what.check(said)
		}
		if err == nil {
			return said, nil
		}
		if !q.Terminal {
			return "", fmt.Errorf("%s: %w", what.ask, err)
		}
		fmt.Fprintln(q.Stderr, " ", render.Safe(err.Error()))
	}
}

func (q *asker) line(ctx context.Context, hidden bool) (string, error) {
	if file, ok := q.Stdin.(*os.File); ok && hidden && q.Terminal {
		b, err := term.ReadPassword(int(file.Fd()))
		fmt.Fprintln(q.Stderr)
		return strings.TrimSpace(string(b)), err
	}
	text, err := q.in.ReadString('\n')
	if !q.Terminal {
		fmt.Fprintln(q.Stderr)
	}
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil && !errors.Is(err, io.EOF):
		return "", err
	case err != nil && text == "":
		return "", errors.New("the answers end here")
	}
	return strings.TrimSpace(text), nil
}

func (a *app) login(ctx context.Context, l login) error {
	if !slices.Contains([]string{"file", "keyring", "env"}, l.keep) {
		return fmt.Errorf("credentials are kept in file, keyring or env, not %q", l.keep)
	}
	d, err := a.load()
	if err != nil {
		return err
	}
	name := d.site()
	if name.Product == embedded {
		return fmt.Errorf("%s is the embedded site, which needs no account (write product: cloud or datacenter for a live one)", name.Name)
	}
	env := operator.Env{Getenv: a.Getenv}
	path := operator.File(env)
	if path == "" {
		return errors.New("there is no folder for the operator's file (set WEIR_SITES to a path)")
	}
	entries, err := operator.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	entry, secrets, err := (&asker{a, bufio.NewReader(a.Stdin)}).site(ctx, name.Name, name.Product, l.keep)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := keep(&entry, secrets, l.keep, filepath.Dir(path)); err != nil {
		return err
	}
	entries = slices.DeleteFunc(entries, func(e schema.SiteEntry) bool { return e.Name.Value == name.Name })
	if err := replaceFile(path, schema.RenderSites(append(entries, entry)), 0o600); err != nil {
		return fmt.Errorf("%s could not be written: %w", path, err)
	}
	fmt.Fprintf(a.Stdout, "%s is kept in %s\n", render.Safe(name.Name), render.Safe(path))
	if l.unchecked {
		return nil
	}
	found, err := a.doctor(ctx, false)
	if err != nil {
		return err
	}
	if err := render.Examined(a.Stdout, found, a.options()); err != nil {
		return err
	}
	if found.Failed() {
		return exit(exitSite)
	}
	return nil
}

// secrets are the credentials as they were typed.
type secrets struct{ token, key string }

func said(text string) *schema.Str {
	if text == "" {
		return nil
	}
	return &schema.Str{Value: text}
}

// site asks everything about one site.
func (q *asker) site(ctx context.Context, name, product, keep string) (e schema.SiteEntry, kept secrets, err error) {
	e = schema.SiteEntry{Name: schema.Str{Value: name}, Product: said(product)}
	ask := func(into *string, what question) {
		if err == nil {
			*into, err = q.answer(ctx, what)
		}
	}
	tell := func(lines ...string) {
		if err == nil {
			for _, l := range lines {
				fmt.Fprintln(q.Stderr, "  "+l)
			}
		}
	}
	isAddress := func(text string) error { _, err := rest.ParseBase(text); return err }
	isDay := func(text string) error {
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return fmt.Errorf("%q is not a day (write YYYY-MM-DD)", text)
		}
		return nil
	}
	isPath := func(text string) error {
		if !filepath.IsAbs(text) {
			return errors.New("write the whole path, so that it is found from anywhere")
		}
		return nil
	}
	var address, auth, user, organisation, pages, expires, usernames, ca string
	example := "https://" + name + ".atlassian.net/wiki"
	if product == productDataCenter {
		example = "https://wiki.example.com/confluence"
	}
	ask(&address, question{ask: "address of Confluence, such as " + example, check: isAddress})
	if product == productDataCenter {
		ask(&auth, question{ask: "bearer for a personal access token, basic for a password", otherwise: "bearer", check: oneOf("basic", "bearer")})
		if auth == "basic" {
			ask(&user, question{ask: "user name of weir's account"})
		}
		tell("An administrator's account is needed: without it neither memberships nor global permissions can be read.",
			"Its permissions in spaces count too: a space whose permissions it does not administer stays unknown.")
		ask(&kept.token, secretQuestion("the token or password", keep))
		ask(&usernames, question{ask: "email if user names are e-mail addresses, the domain that makes them such, or nothing", optional: true})
	} else {
		ask(&auth, question{ask: "basic for an API token, bearer for a scoped one through Atlassian's gateway", otherwise: "basic", check: oneOf("basic", "bearer")})
		if auth == "basic" {
			ask(&user, question{ask: "e-mail address of weir's account"})
		}
		tell("The site account should be a Confluence administrator: otherwise spaces that it does not see stay unknown.")
		ask(&kept.token, secretQuestion("its API token", keep))
		tell("The organisation's API key is made in Atlassian Administration by an organisation administrator.",
			"Without it nobody can be told by e-mail, and people's states, product roles and guests cannot be read: weir plans nothing.")
		ask(&kept.key, secretQuestion("the organisation's API key", keep))
		if err == nil && !strings.Contains(address, ".atlassian.net") && !strings.HasPrefix(address, "https://api.atlassian.com") && strings.HasPrefix(address, "https://") {
			ask(&organisation, question{ask: "base of the organisation's administration", otherwise: "https://api.atlassian.com", check: isAddress})
		}
		tell("An API token lives a year at most and ends in silence. The organisation's key can tell its last day; where it may not, it can be written down.")
	}
	ask(&expires, question{ask: "the token's last day, YYYY-MM-DD, or nothing", optional: true, check: isDay})
	tell("Pages that weir's account may not see stay unknown (skip). It can be named in every restriction that it writes (member).")
	choices := []string{"skip", "member"}
	if product == productCloud {
		tell("With admin_key it opens an admin key for the requests that need one; Confluence tells the authors (Premium and Enterprise).")
		choices = append(choices, "admin_key")
	}
	ask(&pages, question{ask: "restricted pages: " + strings.Join(choices, ", "), otherwise: "skip", check: oneOf(choices...)})
	ask(&ca, question{ask: "path of certificates to trust besides the system's, or nothing", optional: true, check: isPath})
	if base, err := rest.ParseBase(address); err == nil {
		address = base.String() // what the credentials are bound to
	}
	e.Address, e.OrganisationAddress, e.User, e.Auth = said(address), said(organisation), said(user), said(auth)
	e.TokenExpires, e.RestrictedPages, e.Usernames, e.CAFile = said(expires), said(pages), said(usernames), said(ca)
	return e, kept, err
}

func secretQuestion(what, keep string) question {
	if keep == "env" {
		return question{ask: "name of the environment variable with " + what, check: func(text string) error {
			if strings.ContainsFunc(text, func(r rune) bool {
				return !(r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_')
			}) {
				return errors.New("a variable's name is letters, digits and _")
			}
			return nil
		}}
	}
	return question{ask: what + " (it does not show)", hidden: true}
}

func oneOf(words ...string) func(string) error {
	return func(text string) error {
		if !slices.Contains(words, text) {
			return fmt.Errorf("%q is not one of %s", text, strings.Join(words, ", "))
		}
		return nil
	}
}

// keep puts the credentials where the operator wants them, and names the places
// in the entry.
func keep(e *schema.SiteEntry, s secrets, where, dir string) error {
	put := func(what, secret string) (*schema.CredentialEntry, error) {
		name := e.Name.Value + "-" + what
		switch where {
		case "env":
			return &schema.CredentialEntry{Env: said(secret)}, nil
		case "keyring":
			if err := operator.WriteKeyring(name, e.Address.Value, secret); err != nil {
				return nil, fmt.Errorf("the keyring does not take it: %w (use --keep file, or --keep env)", err)
			}
			return &schema.CredentialEntry{Keyring: said(name)}, nil
		}
		path := filepath.Join(dir, fileName(name))
		return &schema.CredentialEntry{File: said(path)}, operator.WriteSecretFile(path, e.Address.Value, secret)
	}
	var err error
	if e.Token, err = put("token", s.token); err != nil || s.key == "" {
		return err
	}
	e.OrganisationKey, err = put("organisation-key", s.key)
	return err
}

// fileName makes the name of a file of a site's name, which may be any text.
func fileName(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "_%x", r)
		}
	}
	return b.String()
}
