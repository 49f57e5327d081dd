package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/weirhq/weir/internal/cli"
)

// agrees plans and tests the site as the script's environment says, and then a
// snapshot with nothing in the environment but the time. What they say must be the
// same, byte for byte, but for what tells that it is of a snapshot.
func agrees(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, !neg && (len(args) == 1 || len(args) == 2), "agrees FILE [DIR]")
	dir, file := folder(ts, args[1:]), ts.MkAbs(args[0])
	for _, command := range [][]string{{"plan", "--format", "json"}, {"plan", "--format", "facts", "--detailed-exitcode"}, {"test", "--format", "json"}, {"test", "--format", "json", "--prove", "no_public_access"}} {
		command = append(command, dir)
		code, out, errs := call(ts, "", command...)
		if errs != "" {
			ts.Fatalf("weir %s: exit code %d\n%s", strings.Join(command, " "), code, errs)
		}
		offline, outOffline, errsOffline := callBare(ts, append(command, "--snapshot", file)...)
		if errsOffline != "" {
			ts.Fatalf("weir %s of the snapshot: exit code %d\n%s", strings.Join(command, " "), offline, errsOffline)
		}
		if code != offline {
			ts.Fatalf("weir %s: exit code %d, of the snapshot %d", strings.Join(command, " "), code, offline)
		}
		if command[2] == "json" {
			if !strings.Contains(outOffline, `"snapshot": {`) {
				ts.Fatalf("weir %s does not say that it is of a snapshot", strings.Join(command, " "))
			}
			var err error
			out, err = bare(out)
			ts.Check(err)
			outOffline, err = bare(outOffline)
			ts.Check(err)
		}
		if diff := cmp.Diff(out, outOffline); diff != "" {
			ts.Fatalf("weir %s (- the site, + the snapshot)\n%s", strings.Join(command, " "), diff)
		}
	}
}

// callBare runs a command in process with an empty environment.
func callBare(ts *testscript.TestScript, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	env := world(ts.Getenv)
	env.Getenv = func(string) string { return "" }
	env.Random = nil
	env.Stdin, env.Stdout, env.Stderr = strings.NewReader(""), &out, &errs
	code = cli.Main(context.Background(), args, env)
	return code, out.String(), errs.String()
}

// bare is a plan, or what a test says, without what may differ: that it is of a
// snapshot, the checksum, and what readings take, which is more where the snapshot
// was written with more pages.
func bare(text string) (string, error) {
	var doc map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return "", fmt.Errorf("%w: %s", err, text)
	}
	for _, key := range []string{"snapshot", "checksum", "requests", "floor", "apply"} {
		delete(doc, key)
	}
	out, err := json.MarshalIndent(doc, "", " ")
	return string(out), err
}
