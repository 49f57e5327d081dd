package cli_test

import (
	"errors"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/weirhq/weir/site/emulator"
)

// done does something in the admin pages of a folder's site, at the script's time.
// The verb must be refused where the script says so.
func done(ts *testscript.TestScript, neg bool, dir string, act func(emulator.Admin) error) {
	store, err := emulator.OpenSQLite(filepath.Join(dir, ".weir", "site.db"), emulator.ReadWrite)
	ts.Check(err)
	em, err := emulator.New(emulator.Options{Store: store, Clock: world(ts.Getenv).Clock})
	ts.Check(err)
	refused := act(em.Admin())
	ts.Check(em.Close())
	if neg && refused == nil {
		ts.Fatalf("it was not refused")
	}
	if !neg {
		ts.Check(refused)
	}
}

// look lets somebody look at a space, which makes their own where they are to have
// one.
func look(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 2 || len(args) == 3, "look USER SPACE [DIR]")
	done(ts, neg, folder(ts, args[2:]), func(a emulator.Admin) error { return a.View(args[1], args[0]) })
}

// write lets somebody make or change a page.
func write(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) == 3 || len(args) == 4, "write USER SPACE TITLE [DIR]")
	done(ts, neg, folder(ts, args[3:]), func(a emulator.Admin) error { return a.Write(args[1], args[2], args[0]) })
}

func label(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, len(args) >= 2, "label DIR SPACE [LABEL…]")
	done(ts, neg, folder(ts, args), func(a emulator.Admin) error { return a.SetLabels(args[1], args[2:]...) })
}

func autoSpaces(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, (len(args) == 1 || len(args) == 2) && (args[0] == "on" || args[0] == "off"), "auto-spaces on|off [DIR]")
	done(ts, neg, folder(ts, args[1:]), func(a emulator.Admin) error { return a.SetAutoPersonalSpaces(args[0] == "on") })
}

// account does something to an account that is no fact of the site, and so no edit.
func account(ts *testscript.TestScript, neg bool, args []string) {
	const text = "account invited|unmanaged|deleting|kept USER [DIR], or account readdress USER NEW [DIR]"
	more := 0
	if len(args) > 0 && args[0] == "readdress" {
		more = 1
	}
	usage(ts, len(args) == 2+more || len(args) == 3+more, text)
	done(ts, neg, folder(ts, args[2+more:]), func(a emulator.Admin) error {
		switch args[0] {
		case "invited":
			return a.AddPerson(args[1], "", emulator.PersonOptions{Invited: true})
		case "unmanaged":
			return a.AddPerson(args[1], "", emulator.PersonOptions{Unmanaged: true})
		case "deleting":
			return a.ScheduleDeletion(args[1])
		case "kept":
			return a.CancelDeletion(args[1])
		case "readdress":
			return a.ChangeEmail(args[1], args[2])
		}
		return errors.New("usage: " + text)
	})
}
