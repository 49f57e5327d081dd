package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/site/emulator"
)

// serving is how a site is served.
type serving struct {
	listen   string
	dialect  string
	knobs    string
	requests bool
	json     bool
}

func (a *app) siteServe(file *string) *cobra.Command {
	var o serving
	cmd := &cobra.Command{
		Use:   "serve [DIR]",
		Short: "Serve the site to other clients on this machine",
		Long: `Serve the embedded site on the loopback address, for any client of Atlassian's
API: /wiki (Confluence v1 and v2), /admin (organisation) and /users, or below
/rest for a client of Data Center. It prints its address and credentials, and
ends with an interrupt. Nobody can take it for a real site: it answers only on
this machine, and says in every answer that it is emulated.

A file of knobs makes it misbehave as real sites do; docs/emulator.md lists them.`,
		Example: "  weir site serve\n  weir site serve --listen 127.0.0.1:8090 --json\n  weir site serve --knobs slow.json --requests",
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.folder(args)
			return a.serve(cmd.Context(), *file, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.listen, "listen", "127.0.0.1:0", "the loopback `address` and port; port 0 takes a free one")
	f.StringVar(&o.dialect, "dialect", emulator.DialectCloud, "whose API it speaks: cloud or datacenter")
	f.StringVar(&o.knobs, "knobs", "", "a `file` that says how the site misbehaves")
	f.BoolVar(&o.requests, "requests", false, "print every request to stderr when it was answered")
	f.BoolVar(&o.json, "json", false, "print address and credentials as one line of JSON")
	return cmd
}

// servedGC is the garbage collector's target while a site is served, in per cent.
const servedGC = 400

func (a *app) serve(ctx context.Context, file string, o serving) error {
	if err := loopback(o.listen); err != nil {
		return err
	}
	if o.dialect != emulator.DialectCloud && o.dialect != emulator.DialectDataCenter {
		return fmt.Errorf("--dialect is %s or %s, not %q", emulator.DialectCloud, emulator.DialectDataCenter, o.dialect)
	}
	knobs, err := a.loadKnobs(o.knobs)
	if err != nil {
		return err
	}
	em, err := a.openEmulator(file, readWrite, "", func(opts *emulator.Options) {
		opts.Dialect, opts.Knobs, opts.Wait, opts.Edit = o.dialect, knobs, a.Wait, a.meanwhile
		if o.requests {
			opts.OnRequest = func(method, path string, status int) {
				fmt.Fprintf(a.Stderr, "%s %3d %s %s\n", a.Clock().UTC().Format("15:04:05"), status, render.Safe(method), render.Safe(path))
			}
		}
	})
	if err != nil {
		return err
	}
	defer em.Close()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return err
	}
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		return errors.Join(fmt.Errorf("%s is not on the loopback: an emulated site has no business in a network", l.Addr()), l.Close())
	}
	if err := a.announce(l.Addr().String(), o, em.Credentials()); err != nil {
		return errors.Join(err, l.Close())
	}
	// A served site allocates for every page and keeps none of it: collecting its
	// large heap less often serves about a quarter more pages a second (make
	// bench), for memory that a demonstration has. GOGC overrules it.
	if a.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(servedGC))
	}
	return em.Serve(ctx, l)
}

// loopback refuses addresses that other machines can reach.
func loopback(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("--listen %q is no address with a port (127.0.0.1:0 takes a free one)", listen)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return fmt.Errorf("--listen %q can be reached from elsewhere; an emulated site is for this machine only (127.0.0.1:0, [::1]:0 or localhost:0)", listen)
	}
	return nil
}

// emulatedScheme begins the name of a site that is served here. No client
// follows it by accident.
const emulatedScheme = "emulated://"

// announce prints where the site is and how to get in.
func (a *app) announce(at string, o serving, c emulator.Credentials) error {
	address := "http://" + at
	if o.json {
		out := map[string]any{
			"emulated": true, "site": emulatedScheme + at, "dialect": o.dialect, "address": address,
			"account": c.Email, "account_id": c.AccountID, "token": c.Token,
		}
		if o.dialect == emulator.DialectCloud {
			out["org"], out["org_key"], out["cloud"] = c.OrgID, c.OrgKey, c.CloudID
		}
		return json.NewEncoder(a.Stdout).Encode(out)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "emulated Confluence at %s (not a real site)\n", address)
	fmt.Fprintf(&b, "site     %s%s (%s)\naccount  %s\ntoken    %s\n", emulatedScheme, at, o.dialect, c.Email, c.Token)
	if o.dialect == emulator.DialectCloud {
		fmt.Fprintf(&b, "org      %s\norg key  %s\ncloud    %s\n", c.OrgID, c.OrgKey, c.CloudID)
	}
	_, err := fmt.Fprint(a.Stdout, b.String())
	return err
}

// loadKnobs reads a file of knobs, and the edits in it.
func (a *app) loadKnobs(file string) (emulator.Knobs, error) {
	if file == "" {
		return emulator.Knobs{}, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return emulator.Knobs{}, input("WR110", file, "the knobs cannot be read: "+reason(err), "")
	}
	k, err := emulator.ParseKnobs(text)
	for _, e := range k.Edits {
		if err == nil {
			_, err = readEdits(strings.NewReader(strings.Join(e.Lines, "\n")))
		}
	}
	if err != nil {
		return emulator.Knobs{}, input("WR103", file, "the knobs make no sense: "+err.Error(), "see the knobs in docs/emulator.md")
	}
	return k, nil
}

// meanwhile does the edits of a file of knobs between two requests. Nobody is
// there to be told of a refusal but whoever reads stderr.
func (a *app) meanwhile(admin emulator.Admin, lines []string) {
	edits, err := readEdits(strings.NewReader(strings.Join(lines, "\n")))
	e := editor{admin: admin, edits: edits}
	for _, ed := range edits {
		if err == nil {
			if err = e.apply(ed); err != nil {
				err = fmt.Errorf("%s %s: %w", ed.change.Op, ed.change.Fact, err)
			}
		}
	}
	if err != nil {
		fmt.Fprintln(a.Stderr, "weir: an edit of the knobs was refused:", render.Safe(err.Error()))
	}
}
