package docs_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/weirhq/weir/access"
)

// Every rule of access.md has one example, and access.View answers as it says. An
// example shows both sides of its rule: somebody who can, and somebody who cannot.
func TestAccessExamples(t *testing.T) {
	page, err := os.ReadFile("access.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := regexp.MustCompile(`(?m)^### `).Split(string(page), -1)[1:]
	if len(rules) < 15 {
		t.Fatalf("%d rules", len(rules))
	}
	for _, rule := range rules {
		title, text, _ := strings.Cut(rule, "\n")
		t.Run(title, func(t *testing.T) {
			blocks := regexp.MustCompile("(?s)```access\n(.*?)```").FindAllStringSubmatch(text, -1)
			if len(blocks) != 1 {
				t.Fatalf("%d examples, want one", len(blocks))
			}
			e := readExample(t, blocks[0][1])
			e.ask(t)
			if !e.yes || !e.no {
				t.Error("the example shows one side only")
			}
		})
	}
}

// example is a small site and questions about it.
type example struct {
	facts     []access.Fact
	beside    access.Beside
	questions []string
	yes, no   bool // what was asked for
}

func readExample(t *testing.T, text string) *example {
	t.Helper()
	e := &example{beside: access.Beside{Parents: make(map[access.Ref]access.Ref)}}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		words := strings.Fields(line)
		switch {
		case len(e.questions) > 0 || slices.Contains([]string{"can", "cannot", "could"}, words[0]):
			e.questions = append(e.questions, line)
		case len(words) == 3 && words[1] == "below":
			e.beside.Parents[access.Ref(words[0])] = access.Ref(words[2])
		case words[0] == "super":
			e.beside.Super = access.Ref(words[1])
		case words[0] == "without":
			e.beside.Without = append(e.beside.Without, access.Ref(words[1]))
		case words[0] == "catalogue":
			e.beside.Permissions = make(map[string]string)
			for _, id := range words[1:] {
				e.beside.Permissions[id] = id
			}
		case line == "globals known":
			e.beside.Globals = true
		default:
			f, err := access.ParseFact(line)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			e.facts = append(e.facts, f)
		}
	}
	return e
}

var question = regexp.MustCompile(`^(can|cannot|could) (\S+) (\S+) (\S+)(?: by (.+))?$`)

func (e *example) ask(t *testing.T) {
	t.Helper()
	facts := access.NewSet(e.facts...)
	if facts.Len() != len(e.facts) {
		t.Errorf("%d facts, of which some have one identity", len(e.facts))
	}
	v := e.beside.View(facts)
	for _, q := range e.questions {
		m := question.FindStringSubmatch(q)
		if m == nil || (m[1] == "could") != (m[5] != "") {
			t.Fatalf("%q is no question", q)
		}
		who, op, object := access.Ref(m[2]), m[3], access.Ref(m[4])
		if !v.Known(object) || !slices.Contains(append(v.Operations(object), access.Summaries...), op) {
			t.Errorf("%s: the example does not speak of it", q)
		}
		can := v.Can(who, op, object)
		switch m[1] {
		case "could":
			var means []string
			for _, one := range v.CouldObtain(who, op, object) {
				var ways []string
				for _, w := range one.Ways {
					ways = append(ways, string(w))
				}
				means = append(means, fmt.Sprint(ways))
			}
			if want := fmt.Sprint(strings.Split(m[5], ", ")); !slices.Contains(means, want) {
				t.Errorf("%s: they could by %v", q, means)
			}
		case "can":
			e.yes = true
			if !can {
				t.Errorf("%s: they cannot: %v", q, v.Why(who, op, object).Blocked)
			}
		case "cannot":
			e.no = true
			if can {
				t.Errorf("%s: they can: %v", q, v.Why(who, op, object).Paths)
			}
		}
	}
}
