package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/operator"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/site"
)

func (a *app) doctorCommand() *cobra.Command {
	var format string
	var requests bool
	cmd := &cobra.Command{
		Use:   "doctor [DIR]",
		Short: "Examine a live site: reachable, as whom, and what the credentials can do",
		Long: `Examine the live site that the description in DIR (default: this folder) is for:
whether its address answers, whose the token is and when it ends, what the
account and the organisation's key can see and do, how the site says who may do
what, and for each kind of fact that the description uses whether these
credentials can read and write it. Nothing is written to the site.

Where the site is and as whom weir goes there is the operator's to say, in
` + "`" + `weir login` + "`" + `'s file or in the environment:

` + variables() + `

Exit codes: 0 nothing failed · 1 error in the description or the operator's file
· 7 a check failed.`,
		Example: "  weir doctor\n  weir doctor --requests | grep write",
		Args:    atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			a.folder(args)
			show, ok := map[string]func(render.Doctor) error{
				"text": func(d render.Doctor) error { return render.Examined(a.Stdout, d, a.options()) },
				"json": func(d render.Doctor) error { return render.ExaminedJSON(a.Stdout, d) },
			}[format]
			if !ok {
				return fmt.Errorf("unknown format %q (text or json)", format)
			}
			found, err := a.doctor(cmd.Context(), requests)
			if err != nil {
				return err
			}
			if err := show(found); err != nil {
				return err
			}
			if found.Failed() {
				return exit(exitSite)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "output `format`: text or json")
	complete(cmd, "format", func() []cobra.Completion { return []cobra.Completion{"text", "json"} })
	cmd.Flags().BoolVar(&requests, "requests", false, "also list every request that weir can send to the site, reads and writes")
	return cmd
}

// variables lists the environment variables for help texts.
func variables() string {
	var b strings.Builder
	for _, v := range operator.Variables {
		fmt.Fprintf(&b, "  %-22s %s\n", v[0], v[1])
	}
	fmt.Fprintf(&b, "  %-22s %s", "WEIR_READ_ONLY", "set to 1, even apply refuses to write\n")
	fmt.Fprintf(&b, "  %-22s %s", "WEIR_TRACE", "set to 1, each request is printed to stderr, as with --trace")
	return b.String()
}

func (a *app) doctor(ctx context.Context, requests bool) (render.Doctor, error) {
	d, err := a.load()
	if err != nil {
		return render.Doctor{}, err
	}
	name := d.site()
	if name.Product == embedded {
		return render.Doctor{}, fmt.Errorf("%s is the embedded site, in a file: there is nothing to examine (write product: cloud or datacenter for a live one)", name.Name)
	}
	said, err := operator.Find(name.Name, name.Product, operator.Env{Getenv: a.Getenv})
	if err != nil {
		return render.Doctor{}, err
	}
	s, hangUp, err := a.openLive(ctx, said, name.Plan, true)
	if err != nil {
		return render.Doctor{}, err
	}
	defer hangUp()
	desired, diags := d.Desired(access.Known{})
	if err := diags.Err(); err != nil {
		return render.Doctor{}, err
	}
	found := a.examine(ctx, s, said)
	if err := ctx.Err(); err != nil {
		return render.Doctor{}, err // interrupted: what failed says nothing
	}
	used := make(map[access.Kind]bool)
	for f := range desired.Facts.All() {
		used[f.Kind] = true
	}
	found.Needs = needs(s.Needs(), found.powers, used)
	if requests {
		for _, e := range s.Endpoints() {
			found.Requests = append(found.Requests, render.Endpoint{Method: e.Method, Address: e.Address + e.Path, Purpose: e.Purpose, Writes: e.Writes})
		}
	}
	return found.Doctor, nil
}

// examined is an examination as it is shown, with the powers that were seen.
type examined struct {
	render.Doctor
	powers map[site.Power]bool
}

// expiryCheck is the drivers' name for the check of when a token ends.
const expiryCheck = "token's last day"

// expiryWarning is how long before its end a token is spoken of: time enough to
// make a new one (Atlassian's tokens live a year at most and end in silence).
const expiryWarning = 30 * 24 * time.Hour

func (a *app) examine(ctx context.Context, s live, said operator.Access) examined {
	out := examined{Doctor: render.Doctor{Site: said.Name, Product: said.Product, Address: said.Address.String(), From: said.From}}
	add := func(c site.Check) {
		out.Checks = append(out.Checks, render.Checked{Name: c.Name, Status: string(c.Status), Said: c.Said, Remedy: c.Remedy})
	}
	for _, path := range said.Exposed() {
		add(site.Check{Name: "credential file", Status: site.Warns, Said: "others than its owner may read " + path, Remedy: "chmod 600 " + path + ", unless this machine is weir's alone"})
	}
	if said.Proxy != nil {
		add(site.Check{Name: "proxy", Status: site.Fine, Said: "everything goes through " + said.Proxy.Host})
	}
	if !said.TokenExpires.IsZero() {
		add(a.expiry(said))
	}
	found := s.Examine(ctx)
	for _, c := range found.Checks {
		// What the site cannot tell the operator has told.
		if c.Name != expiryCheck || c.Status != site.Untold || said.TokenExpires.IsZero() {
			add(c)
		}
	}
	out.powers = found.Powers
	return out
}

// expiry judges a day that the operator wrote down.
func (a *app) expiry(said operator.Access) site.Check {
	day := said.TokenExpires // it works until that day ends
	c := site.Check{Name: expiryCheck, Said: day.Format(time.DateOnly) + ", as " + said.From + " says"}
	switch now := a.Clock(); {
	case !now.Before(day.AddDate(0, 0, 1)):
		c.Status, c.Remedy = site.Fails, "make a new token, and run weir login again"
	case day.Sub(now) <= expiryWarning:
		c.Status, c.Remedy = site.Warns, "make a new token before that day, and run weir login again"
	default:
		c.Status = site.Fine
	}
	return c
}

// needs says of each kind of fact that the description uses whether the powers
// suffice.
func needs(list []site.Need, powers map[site.Power]bool, used map[access.Kind]bool) []render.Needed {
	can := func(want []site.Power) string {
		var missing, untold []string
		for _, p := range want {
			switch has, known := powers[p]; {
			case !known:
				untold = append(untold, string(p))
			case !has:
				missing = append(missing, string(p))
			}
		}
		switch {
		case want == nil:
			return "by hand"
		case len(missing) > 0:
			return "no (needs " + strings.Join(missing, ", ") + ")"
		case len(untold) > 0:
			return "cannot be told (needs " + strings.Join(untold, ", ") + ")"
		}
		return "yes"
	}
	var out []render.Needed
	for _, n := range list {
		if used[n.Kind] {
			out = append(out, render.Needed{Kind: n.Kind, Of: n.Of, Read: can(n.Read), Write: can(n.Write), Note: n.Note})
		}
	}
	return out
}
