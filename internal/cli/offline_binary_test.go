package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// withoutNetwork gives the words that run a program in a namespace of its own that
// has no network. Where the system allows none, the test is skipped, and says so.
func withoutNetwork(t *testing.T) []string {
	t.Helper()
	unshare, err := exec.LookPath("unshare")
	if runtime.GOOS != "linux" || err != nil {
		t.Skipf("no network can be taken away here: %s, unshare: %v", runtime.GOOS, err)
	}
	words := []string{unshare, "--map-root-user", "--net", "--"}
	if out, err := exec.Command(words[0], append(words[1:], unshare, "--version")...).CombinedOutput(); err != nil {
		t.Skipf("the system allows no namespaces: %v: %s", err, out)
	}
	return words
}

// builtWeir builds the program as it is shipped.
func builtWeir(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "weir")
	if out, err := exec.Command("go", "build", "-o", path, "../../cmd/weir").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// TestOfflineBinary: the built program, in a namespace without a network and with
// an empty environment, makes the plan of a snapshot that a weir with credentials
// makes of the site: changes, findings and verdict, byte for byte.
func TestOfflineBinary(t *testing.T) {
	t.Parallel()
	alone := withoutNetwork(t)
	weir := builtWeir(t)
	run := func(env []string, args ...string) (code int, stdout, stderr string) {
		t.Helper()
		words := append(append([]string{}, alone...), append([]string{weir}, args...)...)
		cmd := exec.Command(words[0], words[1:]...)
		var out, errs strings.Builder
		cmd.Env, cmd.Stdout, cmd.Stderr = env, &out, &errs
		if err := cmd.Run(); cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), out.String(), errs.String()
	}
	for _, product := range []string{"embedded", "cloud", "datacenter"} {
		t.Run(product, func(t *testing.T) {
			dir, env := liveDescription(t, product), map[string]string{}
			if product == "embedded" {
				code, _, errs := weirLive(t, invocation{args: []string{"site", "edit", dir}, env: env, stdin: "+ exists user:ana@acme.example\n+ exists group:old\n+ member group:old user:ana@acme.example\n+ exists space:OPS\n+ role space:OPS class:anonymous = viewer\n"})
				if code != 0 {
					t.Fatal(errs)
				}
			} else {
				env = newLiveSite(t, product).environ()
			}
			file := filepath.Join(t.TempDir(), "acme.json")
			if code, _, errs := weirLive(t, invocation{args: []string{"snapshot", file, "--dir", dir}, env: env}); code != 0 {
				t.Fatal(errs)
			}
			code, online, errs := weirLive(t, invocation{args: []string{"plan", dir, "--format", "json", "--detailed-exitcode"}, env: env})
			if errs != "" {
				t.Fatal(errs)
			}
			if product != "embedded" {
				// It has no network indeed.
				list := []string{}
				for name, value := range env {
					list = append(list, name+"="+value)
				}
				if code, _, errs := run(list, "plan", dir); code != 7 {
					t.Fatalf("with credentials it reached the site all the same: exit code %d\n%s", code, errs)
				}
			}
			got, offline, errs := run([]string{}, "plan", dir, "--snapshot", file, "--format", "json", "--detailed-exitcode")
			if got != code || errs != "" {
				t.Fatalf("exit code %d, online %d\n%s", got, code, errs)
			}
			want, err := bare(online)
			if err != nil {
				t.Fatal(err)
			}
			is, err := bare(offline)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, is); diff != "" {
				t.Errorf("(- online, + offline)\n%s", diff)
			}
			if code, out, errs := run([]string{}, "test", dir, "--snapshot", file); code != 0 || errs != "" {
				t.Errorf("exit code %d\n%s%s", code, out, errs)
			}
			if code, out, errs := run([]string{}, "why", "ana@acme.example", "view", "OPS", "--snapshot", file); code != 0 || errs != "" {
				t.Errorf("exit code %d\n%s%s", code, out, errs)
			}
			if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
				t.Errorf("something was left beside the snapshot: %v, %v", entries, err)
			}
		})
	}
}
