package emulator

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

const (
	deepNesting = 100_000
	hugeBody    = 32 << 20
)

// loginPage is what a browser would show.
const loginPage = "<!DOCTYPE html><html><head><title>Log in</title></head><body><h1>Log in to continue</h1></body></html>\n"

type spoil string

func (s spoil) check() error {
	return oneOf(string(s), BodyHTML, BodyTruncated, BodyInvalid, BodyDeep, BodyHuge, BodyEmpty, BodyNoRows, BodyMore, BodyLess)
}

func (s spoil) act(x *exchange, next step) outcome {
	out := next()
	if out.lost {
		return out
	}
	switch s {
	case BodyHTML:
		out.Status, out.Body = http.StatusOK, []byte(loginPage)
		out.Header.Set("Content-Type", "text/html;charset=UTF-8")
	case BodyTruncated:
		out.Body = out.Body[:len(out.Body)/2]
	case BodyInvalid:
		out.Body = append(bytes.Clone(out.Body), '}', ',')
	case BodyDeep:
		out.Body = slices.Concat(bytes.Repeat([]byte("["), deepNesting), bytes.Repeat([]byte("]"), deepNesting))
	case BodyHuge:
		out.Body = append(bytes.Clone(out.Body), bytes.Repeat([]byte(" "), max(0, hugeBody-len(out.Body)))...)
	case BodyEmpty:
		out.Body = nil
	case BodyNoRows:
		out.list(func(l *list) {
			l.rows = nil
			l.dropNext()
		})
	case BodyMore:
		out.list(func(l *list) {
			for _, row := range l.rows {
				row["somethingNew"] = json.RawMessage(`{"kind":"NEVER_SEEN_BEFORE"}`)
			}
		})
	case BodyLess:
		out.list(func(l *list) {
			for _, row := range l.rows {
				keys := slices.Sorted(maps.Keys(row))
				if len(keys) > 0 {
					delete(row, keys[x.rule.random.IntN(len(keys))])
				}
			}
		})
	}
	if out.broken {
		out.cut = min(out.cut, len(out.Body))
	}
	return out
}

// act changes what is said of a task. The product has two forms of that.
func (t taskAnswer) act(x *exchange, next step) outcome {
	out := next()
	var body jsonRow
	if !strings.Contains(x.req.Path, "/longtask/") && !strings.Contains(x.req.Path, "/tasks/") ||
		out.Status != http.StatusOK || json.Unmarshal(out.Body, &body) != nil {
		return out
	}
	stuck := t == TaskStuck
	set := func(key string, value any) {
		if _, there := body[key]; there {
			body[key] = mustJSON(value)
		}
	}
	set("finished", !stuck)
	set("successful", false)
	if stuck {
		set("percentageComplete", 50)
		set("status", "IN_PROGRESS")
	} else {
		set("messages", []any{object{"translation": "the task failed", "args": []any{}}})
		set("status", "FAILED")
	}
	out.Body = mustJSON(body)
	return out
}

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("emulator: an answer does not marshal: " + err.Error()) // it was JSON before
	}
	return b
}
