package cli

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/internal/render"
	"github.com/weirhq/weir/site"
	"github.com/weirhq/weir/site/recorded"
)

// snapshotting is what weir snapshot was asked for.
type snapshotting struct {
	site string // the embedded site's file
	all  bool   // the restrictions of every page
	sign string // the file of the key

	redact bool
}

func (a *app) snapshotCommand() *cobra.Command {
	var s snapshotting
	var dir string
	cmd := &cobra.Command{
		Use:   "snapshot FILE",
		Short: "Write down everything that is true of the site",
		Long: `Read the site that the description in DIR (--dir, default: this folder) is for,
and write what was read to FILE: facts, ids, names, the tree of the pages that were
read, and what could not be seen. Questions can then be asked of it, and plans made
of it, without credentials and without the site (--snapshot of weir plan, test, who,
what, why, why-not, matrix and report). A plan of another description finds unknown
what that one reads beyond this.

With --redact display names and reasons are left out, and whatever the description
does not name has a pseudonym (WEIR_REDACT_KEY makes them last): who may read the
description may read the snapshot, and plans of it count right.

With --sign it is signed with the key in KEYFILE, which weir snapshot key makes; who
reads it says with --trust, or in WEIR_SNAPSHOT_TRUST, which key must have signed it.

Unless it is redacted the file holds names and e-mail addresses; it holds no
credentials, and only its owner may read it. Nothing is written to the site.

Exit codes: 0 written · 1 error in the description · 7 the site cannot be read.`,
		Example: "  weir snapshot acme.json\n  weir snapshot acme.json --pages\n  weir snapshot acme.json --redact --sign weir.key",
		Args:    exactly("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			a.dir = dir
			return a.snapshot(cmd.Context(), args[0], s)
		},
	}
	cmd.Flags().StringVar(&s.site, "site", "", "the embedded site's `file` (default .weir/site.db in DIR)")
	cmd.Flags().StringVar(&dir, "dir", ".", "the description's `folder`")
	cmd.Flags().BoolVar(&s.all, "pages", false, "read the restrictions of every page, too (weir scan says what that takes)")
	cmd.Flags().BoolVar(&s.redact, "redact", false, "give pseudonyms to whatever the description does not name")
	cmd.Flags().StringVar(&s.sign, "sign", "", "sign it with the key in `KEYFILE`")
	cmd.AddCommand(a.snapshotKeyCommand())
	return cmd
}

func (a *app) snapshot(ctx context.Context, file string, s snapshotting) error {
	d, err := a.load()
	if err != nil {
		return err
	}
	var key ed25519.PrivateKey
	if s.sign != "" {
		if key, err = signingKey(s.sign); err != nil {
			return err
		}
	}
	open, err := a.openSite(ctx, d.site(), s.site, readOnly)
	if err != nil {
		return err
	}
	defer open.Close()
	extent := d.Extent()
	extent.All, extent.Pins = s.all, d.lock
	began := a.Clock()
	obs, err := open.Observe(ctx, extent)
	if err != nil {
		return err
	}
	memory, err := d.memory(obs.Site)
	if err != nil {
		return err
	}
	var redaction *site.SnapshotRedaction
	if s.redact {
		if obs, memory, redaction, err = a.redact(d, obs, memory); err != nil {
			return err
		}
	}
	written := snapshotOf(d.site(), open, obs, reading{began, began})
	written.Memory = memory
	written.Redaction = redaction
	if err := writeSnapshot(file, written, key); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.Stdout, "%s written to %s (%s, %s)\n", render.Count(obs.Facts.Len(), "fact", "facts"), render.Safe(file),
		render.Count(obs.Requests, "request", "requests"), render.Count(len(obs.Unknown), "thing not seen", "things not seen"))
	if err == nil && key != nil {
		_, err = fmt.Fprintf(a.Stdout, "signed by %s\n", recorded.Public(key))
	}
	return err
}

// redact takes out of an observation what the description does not name.
func (a *app) redact(d *description, obs site.Observation, m access.Memory) (site.Observation, access.Memory, *site.SnapshotRedaction, error) {
	r, err := a.redactor(d)
	if err != nil {
		return obs, m, nil, err
	}
	obs, m = r.Observation(obs), r.Memory(m)
	if n := r.Loose(); n > 0 {
		fmt.Fprintf(a.Stderr, "%s patterns that no pseudonym repeats: plans of the snapshot may judge them otherwise\n", render.Count(n, "name has", "names have"))
	}
	known := d.known()
	return obs, m, &site.SnapshotRedaction{Named: slices.Sorted(maps.Keys(known.Refs)), Patterns: known.Patterns, Domains: known.Domains}, nil
}

// writeSnapshot writes a snapshot whole or not at all, for its owner only.
func writeSnapshot(path string, s site.Snapshot, key ed25519.PrivateKey) error {
	var b bytes.Buffer
	if err := recorded.Write(&b, s, key); err != nil {
		return err
	}
	return replaceFile(path, b.Bytes(), 0o600)
}

func (a *app) snapshotKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "key KEYFILE",
		Short: "Make a key that signs snapshots, or show the public half of one",
		Long: `Make a key that signs snapshots (Ed25519) and write it to KEYFILE, for its owner only.
If there is a key in it already, nothing is written. The public half is printed: who
reads snapshots trusts it with --trust, or in WEIR_SNAPSHOT_TRUST.

Whoever has the file can sign what weir then takes for a snapshot of the site. Keep
it where snapshots are written, and nowhere else.

Exit codes: 0 printed · 1 KEYFILE holds something else, or cannot be written.`,
		Example: "  weir snapshot key weir.key\n  weir snapshot acme.json --sign weir.key\n  weir plan --snapshot acme.json --trust \"$(weir snapshot key weir.key)\"",
		Args:    exactly("KEYFILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			key, err := signingKey(args[0])
			if errors.Is(err, fs.ErrNotExist) {
				key, err = a.makeKey(args[0])
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.Stdout, recorded.Public(key))
			return err
		},
	}
}

// signingKey reads a key. One that others may read signs nothing: they could
// sign as well.
func signingKey(path string) (ed25519.PrivateKey, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: the key cannot be read: %w (weir snapshot key makes one)", path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: the key cannot be read: %s", path, reason(err))
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s: others may read the key, and could sign with it (chmod 600 %s)", path, path)
	}
	const most = 1 << 16
	text, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return nil, fmt.Errorf("%s: the key cannot be read: %s", path, reason(err))
	}
	key, err := recorded.DecodeKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// makeKey writes a new key. What is there is never written over.
func (a *app) makeKey(path string) (ed25519.PrivateKey, error) {
	if a.Random == nil {
		return nil, errors.New("there is no source of chance to make a key of")
	}
	key, err := recorded.NewKey(a.Random)
	if err != nil {
		return nil, err
	}
	text, err := recorded.EncodeKey(key)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s: the key cannot be written: %s", path, reason(err))
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("%s: the key cannot be written: %w", path, errors.Join(err, os.Remove(path)))
	}
	return key, nil
}
