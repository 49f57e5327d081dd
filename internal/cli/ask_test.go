package cli_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weirhq/weir/internal/cli"
)

// Somebody who interrupts weir at its question need not answer it first.
func TestInterruptAtQuestion(t *testing.T) {
	dir := t.TempDir()
	description := "weir: v1\nsite: {name: acme}\nusers: {ana@a.io: {}}\n"
	if err := os.WriteFile(filepath.Join(dir, "site.weir.yaml"), []byte(description), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	silence, typist := io.Pipe() // nobody types anything
	defer typist.Close()
	var out strings.Builder
	code := cli.Main(ctx, []string{"apply", dir}, cli.Env{
		Stdin: silence, Stdout: interrupter{&out, "only \"yes\"", interrupt}, Stderr: io.Discard,
		Terminal: true,
		Getenv:   func(string) string { return "" },
		Clock:    func() time.Time { return time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC) },
		Wait:     func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	})
	if code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	if strings.Contains(out.String(), "applied") {
		t.Errorf("something was applied:\n%s", out.String())
	}
}
