package forgetest

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

var gitHub = []route{
	{"GET", "/user", Read, func(c *call) {
		if c.s.Workflow {
			c.refuse(403, "Resource not accessible by integration")
			return
		}
		c.answer(200, ghAccount(c.s, c.who))
	}},
	{"POST", "/graphql", Read, func(c *call) {
		if c.text("query") != "query { viewer { login } }" {
			c.refuse(400, "unknown query")
			return
		}
		c.answer(200, object{"data": object{"viewer": object{"login": ghAccount(c.s, c.who)["login"]}}})
	}},
	{"GET", "/repos/acme/access/pulls/7", Read, func(c *call) {
		labels := []object{}
		for _, l := range c.s.labels {
			labels = append(labels, object{"name": l})
		}
		c.answer(200, object{"number": Number, "user": ghAccount(c.s, Opener), "html_url": "https://github.example/acme/access/pull/7",
			"head": object{"sha": c.s.head}, "base": object{"ref": branch}, "labels": labels})
	}},
	{"GET", "/repos/acme/access/issues/7/comments", Read, func(c *call) {
		var out []object
		for _, m := range c.page("per_page", 30) {
			out = append(out, ghComment(c.s, m))
		}
		c.answer(200, orEmpty(out))
	}},
	{"POST", "/repos/acme/access/issues/7/comments", Read, func(c *call) {
		if len([]rune(c.text("body"))) > 65536 {
			c.refuse(422, "Body is too long (maximum is 65536 characters)")
			return
		}
		c.answer(201, ghComment(c.s, c.s.say(c.who, c.text("body"))))
	}},
	{"PATCH", "/repos/acme/access/issues/comments/{}", Read, func(c *call) { c.edit(c.text("body")) }},
	{"GET", "/repos/acme/access/collaborators/{}/permission", Read, func(c *call) {
		who := c.params[0]
		c.answer(200, object{"permission": []string{"none", "read", "write", "admin"}[c.s.rights[who]], "user": ghAccount(c.s, who)})
	}},
	{"GET", "/repos/acme/access/commits/{}/pulls", Read, func(c *call) {
		out := []object{}
		// The commit is in a request that was not merged as well, and in one that was
		// merged as another.
		if c.r.URL.Query().Get("page") == "1" && c.s.merged != "" && c.params[0] == c.s.merged {
			out = append(out, object{"number": 5, "merged_at": nil, "merge_commit_sha": c.s.merged}, object{"number": 6, "merged_at": "2026-06-15T09:00:00Z", "merge_commit_sha": c.s.head},
				object{"number": Number, "merged_at": "2026-06-15T09:00:00Z", "merge_commit_sha": c.s.merged})
		}
		c.answer(200, out)
	}},
	{"POST", "/repos/acme/access/issues/7/labels", Write, func(c *call) {
		list, _ := c.body["labels"].([]any)
		for _, l := range list {
			if name, _ := l.(string); name != "" && !slices.Contains(c.s.labels, name) {
				c.s.labels = append(c.s.labels, name)
			}
		}
		c.answer(200, []object{})
	}},
	{"DELETE", "/repos/acme/access/issues/7/labels/{}", Write, func(c *call) {
		i := slices.Index(c.s.labels, c.params[0])
		if i < 0 {
			c.refuse(404, "Label does not exist")
			return
		}
		c.s.labels = slices.Delete(c.s.labels, i, i+1)
		c.answer(200, []object{})
	}},
	{"POST", "/repos/acme/access/statuses/{}", Write, func(c *call) {
		if len([]rune(c.text("description"))) > 140 || !slices.Contains([]string{"error", "failure", "pending", "success"}, c.text("state")) {
			c.refuse(422, "Validation Failed")
			return
		}
		c.s.statuses = append(c.s.statuses, Status{c.params[0], c.text("context"), c.text("state"), c.text("description"), c.text("target_url")})
		c.answer(201, object{"state": c.text("state")})
	}},
}

type object = map[string]any

func orEmpty(list []object) []object {
	if list == nil {
		return []object{}
	}
	return list
}

func unescape(segment string) string {
	out, err := url.PathUnescape(segment)
	if err != nil {
		return segment
	}
	return out
}

func ghAccount(s *Server, name string) object {
	login, kind := name, "User"
	if s.Workflow && name == Weir {
		login, kind = "github-actions[bot]", "Bot"
	}
	return object{"id": id(name), "login": login, "type": kind}
}

func ghComment(s *Server, m Comment) object {
	return object{"id": m.ID, "user": ghAccount(s, m.Author), "body": m.Body,
		"created_at": m.Created.Format(time.RFC3339), "updated_at": m.Updated.Format(time.RFC3339)}
}

// page gives the comments of the page that was asked for.
func (c *call) page(size string, usual int) []Comment {
	n, err := strconv.Atoi(c.r.URL.Query().Get(size))
	if err != nil || n < 1 {
		n = usual
	}
	n = min(n, 100)
	if c.s.PageCap > 0 {
		n = min(n, c.s.PageCap)
	}
	page, err := strconv.Atoi(c.r.URL.Query().Get("page"))
	if err != nil || page < 1 {
		page = 1
	}
	from := min((page-1)*n, len(c.s.comments))
	return c.s.comments[from:min(from+n, len(c.s.comments))]
}

// edit changes the comment that the path names. GitHub lets whoever may write do
// that with everybody's, the others only its author.
func (c *call) edit(body string) {
	for i, m := range c.s.comments {
		if strconv.Itoa(m.ID) != c.params[0] {
			continue
		}
		if m.Author != c.who && (c.s.Kind != "github" || c.s.rights[c.who] < Write) {
			c.refuse(403, "Forbidden")
			return
		}
		c.s.comments[i].Body, c.s.comments[i].Updated = body, c.s.now()
		c.answer(200, object{"id": m.ID})
		return
	}
	c.refuse(404, strings.TrimPrefix(c.path, "/")+" is not there")
}
