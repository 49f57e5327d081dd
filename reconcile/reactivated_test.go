package reconcile

import (
	"strings"
	"testing"

	"github.com/weirhq/weir/access"
)

func TestReactivated(t *testing.T) {
	state := func(op access.Op, who access.Ref, value string) access.Change {
		return access.Change{Op: op, Fact: access.Fact{Kind: access.State, Object: who, Value: value}}
	}
	enters := func(op access.Op, who access.Ref) access.Change {
		return access.Change{Op: op, Fact: access.Fact{Kind: access.Exists, Object: who}}
	}
	changes := []access.Change{
		enters(access.Add, "user:back"), state(access.Remove, "user:back", "deactivated"),
		enters(access.Add, "user:restored"), state(access.Remove, "user:restored", "suspended"),
		enters(access.Add, "user:new"),
		enters(access.Remove, "user:out"), state(access.Add, "user:out", "deactivated"),
		state(access.Remove, "user:stays-out", "deactivated"),
	}
	kept := facts(t, "member group:staff user:back\nrole space:ENG user:back = admin\nmember group:staff user:new")
	got := reactivated(access.Delta{Changes: changes, Live: kept, Target: kept.Filter(func(f access.Fact) bool { return f.Kind == access.Member })})
	if len(got) == 1 && !strings.HasSuffix(got[0].Message, "with all that it kept: group:staff") {
		t.Errorf("it does not say what: %s", got[0].Message)
	}
	if len(got) != 1 || got[0].Object != "user:back" || got[0].Level != access.Warn {
		t.Errorf("%+v", got)
	}
}
