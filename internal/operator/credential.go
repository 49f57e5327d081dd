package operator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/zalando/go-keyring"

	"github.com/weirhq/weir/schema"
	"github.com/weirhq/weir/site/rest"
)

// source is a place where one credential is kept. It is read when it is needed,
// and nothing of it is ever part of a message.
type source interface {
	read(ctx context.Context) (string, error)
	String() string
}

// Credentials reads the token, and the organisation's key where one is kept.
// A missing key is empty and no error: what it costs is for a driver to say.
func (a Access) Credentials(ctx context.Context) (token, key rest.Secret, err error) {
	if token, err = a.read(ctx, "token", a.token); err != nil {
		return token, key, err
	}
	if token.Empty() {
		return token, key, fmt.Errorf("token of %s: there is none in %s", a.Name, a.token)
	}
	if a.key != nil {
		key, err = a.read(ctx, "organisation key", a.key)
	}
	return token, key, err
}

// TokenKept and KeyKept say where the credentials are kept, for people.
func (a Access) TokenKept() string { return a.token.String() }

// Exposed lists the files of credentials that others than their owner may read.
// On a machine that is one run's alone, such as a container with its secrets
// mounted, that is no trouble; on others it is.
func (a Access) Exposed() []string {
	var out []string
	for _, s := range []source{a.token, a.key} {
		if f, ok := s.(fromFile); ok {
			if info, err := os.Stat(f.path); err == nil && info.Mode().Perm()&0o044 != 0 {
				out = append(out, f.path)
			}
		}
	}
	return out
}

// KeyKept says where the organisation's key is kept, or nothing.
func (a Access) KeyKept() string {
	if a.key == nil {
		return ""
	}
	return a.key.String()
}

func (a Access) read(ctx context.Context, what string, s source) (rest.Secret, error) {
	text, err := s.read(ctx)
	if err != nil {
		return rest.Secret{}, fmt.Errorf("%s of %s from %s: %w", what, a.Name, s, err)
	}
	text = strings.TrimSpace(text)
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return rest.Secret{}, fmt.Errorf("%s of %s from %s: it has blanks or line breaks inside (it must be one word)", what, a.Name, s)
	}
	return rest.NewSecret(text), nil
}

// keptIn gives the source that an entry of the operator's file names.
func (a Access) keptIn(c *schema.CredentialEntry, env Env) source {
	switch {
	case c.Env != nil:
		return fromEnv{env, c.Env.Value}
	case c.File != nil:
		return fromFile{c.File.Value, a.Address.String()}
	case c.Keyring != nil:
		return fromKeyring{c.Keyring.Value, a.Address.String()}
	}
	var words []string
	for _, w := range c.Command.Items {
		words = append(words, w.Value)
	}
	return fromCommand(words)
}

type fromEnv struct {
	env  Env
	name string
}

func (s fromEnv) read(context.Context) (string, error) { return s.env.Getenv(s.name), nil }
func (s fromEnv) String() string                       { return "the environment variable " + s.name }

// fileMark begins the first line of a file that weir login wrote: the address
// that the token is for.
const fileMark = "# for "

type fromFile struct{ path, address string }

func (s fromFile) String() string { return s.path }

func (s fromFile) read(context.Context) (string, error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o022 != 0 {
		return "", fmt.Errorf("it may be written by others (chmod go-w %s)", s.path)
	}
	b, err := os.ReadFile(s.path)
	if err != nil {
		return "", err
	}
	text := string(b)
	if line, rest, _ := strings.Cut(text, "\n"); strings.HasPrefix(line, fileMark) {
		if bound := strings.TrimSpace(strings.TrimPrefix(line, fileMark)); bound != s.address {
			return "", fmt.Errorf("it is for %s, and the address is %s (log in again for the new one)", bound, s.address)
		}
		text = rest
	}
	return text, nil
}

// WriteSecretFile keeps a credential in a file for its owner only, bound to an
// address.
func WriteSecretFile(path, address, secret string) error {
	// A file that was there may be open to others: its permissions first.
	if err := os.Chmod(path, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(path, []byte(fileMark+address+"\n"+secret+"\n"), 0o600)
}

// keyringService is the name under which the system's keyring keeps weir's items.
const keyringService = "weir"

type fromKeyring struct{ name, address string }

func (s fromKeyring) String() string { return "the keyring" }

// item names the keyring's item: the address is part of it, so that under
// another address there is none.
func (s fromKeyring) item() string { return s.name + " for " + s.address }

func (s fromKeyring) read(context.Context) (string, error) {
	text, err := keyring.Get(keyringService, s.item())
	if errors.Is(err, keyring.ErrNotFound) {
		return "", fmt.Errorf("there is no item %q (log in again)", s.item())
	}
	return text, err
}

// WriteKeyring keeps a credential in the system's keyring, bound to an address.
// It fails where there is no keyring, as on most servers.
func WriteKeyring(name, address, secret string) error {
	return keyring.Set(keyringService, fromKeyring{name, address}.item(), secret)
}

// Bounds of a program that prints a credential.
const (
	commandTime   = 30 * time.Second
	commandOutput = 64 << 10
)

// fromCommand is a program with its arguments. No shell is involved.
type fromCommand []string

func (s fromCommand) String() string {
	if len(s) == 0 {
		return "a command"
	}
	return "the command " + s[0]
}

func (s fromCommand) read(ctx context.Context) (string, error) {
	if len(s) == 0 {
		return "", errors.New("it names no program")
	}
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, s[0], s[1:]...)
	var out, trouble limited
	cmd.Stdout, cmd.Stderr = &out, &trouble
	cmd.WaitDelay = time.Second
	switch err := cmd.Run(); {
	case ctx.Err() != nil:
		return "", fmt.Errorf("it gave no answer within %s", commandTime)
	case err != nil:
		// What it said may hold the secret; only its own complaint is told.
		line, _, _ := strings.Cut(strings.TrimSpace(trouble.kept.String()), "\n")
		return "", fmt.Errorf("it failed: %w: %.200s", err, line)
	case out.cut:
		return "", errors.New("it printed more than a credential")
	}
	return out.kept.String(), nil
}

// limited keeps as much as a credential may be.
type limited struct {
	kept bytes.Buffer // not embedded: its ReadFrom would go past Write
	cut  bool
}

func (l *limited) Write(p []byte) (int, error) {
	if l.kept.Len()+len(p) > commandOutput {
		l.cut = true
		return len(p), nil
	}
	return l.kept.Write(p)
}
