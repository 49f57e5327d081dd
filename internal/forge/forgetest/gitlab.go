package forgetest

import (
	"slices"
	"strconv"
	"strings"
)

var gitLab = []route{
	{"GET", "/user", Read, func(c *call) { c.answer(200, object{"id": id(c.who), "username": c.who, "bot": false}) }},
	{"GET", "/projects/{}/merge_requests/7", Read, func(c *call) {
		c.answer(200, object{"iid": Number, "author": glAccount(Opener), "sha": c.s.head, "target_branch": branch,
			"labels": slices.Clone(c.s.labels), "web_url": "https://gitlab.example/acme/access/-/merge_requests/7"})
	}},
	{"PUT", "/projects/{}/merge_requests/7", Write, func(c *call) {
		for _, l := range strings.Split(c.text("remove_labels"), ",") {
			c.s.labels = slices.DeleteFunc(c.s.labels, func(have string) bool { return have == l })
		}
		for _, l := range strings.Split(c.text("add_labels"), ",") {
			if l != "" && !slices.Contains(c.s.labels, l) {
				c.s.labels = append(c.s.labels, l)
			}
		}
		c.answer(200, object{"iid": Number})
	}},
	{"GET", "/projects/{}/merge_requests/7/notes", Read, func(c *call) {
		var out []object
		for _, m := range c.page("per_page", 20) {
			out = append(out, glNote(m))
		}
		c.answer(200, orEmpty(out))
	}},
	{"POST", "/projects/{}/merge_requests/7/notes", Read, func(c *call) { c.answer(201, glNote(c.s.say(c.who, c.text("body")))) }},
	{"PUT", "/projects/{}/merge_requests/7/notes/{}", Read, func(c *call) { c.params = c.params[1:]; c.edit(c.text("body")) }},
	{"GET", "/projects/{}/members/all/{}", Read, func(c *call) {
		for name, right := range c.s.rights {
			if c.params[1] == strconv.Itoa(id(name)) && right > None {
				c.answer(200, object{"id": id(name), "username": name, "state": "active", "access_level": []int{0, 20, 30, 40}[right]})
				return
			}
		}
		c.refuse(404, "404 Not found")
	}},
	{"GET", "/projects/{}/repository/branches/main", Read, func(c *call) {
		c.answer(200, object{"name": branch, "protected": true, "developers_can_merge": c.s.DevelopersMerge})
	}},
	{"GET", "/projects/{}/repository/commits/{}/statuses", Read, func(c *call) {
		out := []object{}
		if c.r.URL.Query().Get("page") == "1" {
			for i, st := range c.s.statuses {
				if st.Commit == c.params[1] && st.Context == c.r.URL.Query().Get("name") {
					out = append(out, object{"id": i + 1, "name": st.Context, "status": st.State})
				}
			}
		}
		c.answer(200, out)
	}},
	{"GET", "/projects/{}/repository/commits/{}/merge_requests", Read, func(c *call) {
		out := []object{}
		if c.r.URL.Query().Get("page") == "1" && c.s.merged != "" && c.params[1] == c.s.merged {
			out = append(out, object{"iid": 5, "state": "opened", "sha": c.s.merged, "merge_commit_sha": nil}, object{"iid": 6, "state": "merged", "sha": c.s.merged, "merge_commit_sha": c.s.head},
				object{"iid": Number, "state": "merged", "sha": c.s.head, "merge_commit_sha": c.s.merged})
		}
		c.answer(200, out)
	}},
	{"POST", "/projects/{}/statuses/{}", Write, func(c *call) {
		state, sha := c.text("state"), c.params[1]
		for i := len(c.s.statuses) - 1; i >= 0; i-- {
			if st := c.s.statuses[i]; st.Commit == sha && st.Context == c.text("name") {
				if st.State == state && state == "pending" {
					c.refuse(400, "Cannot transition status via :enqueue from :pending (Reason(s): Status cannot transition via \"enqueue\")")
					return
				}
				break
			}
		}
		if !slices.Contains([]string{"pending", "running", "success", "failed", "canceled"}, state) {
			c.refuse(400, "state does not have a valid value")
			return
		}
		c.s.statuses = append(c.s.statuses, Status{sha, c.text("name"), state, c.text("description"), c.text("target_url")})
		c.answer(201, object{"status": state})
	}},
}

func glAccount(name string) object {
	return object{"id": id(name), "username": name, "state": "active"}
}

func glNote(m Comment) object {
	const form = "2006-01-02T15:04:05.000Z"
	return object{"id": m.ID, "author": glAccount(m.Author), "body": m.Body, "system": m.Author == System,
		"created_at": m.Created.UTC().Format(form), "updated_at": m.Updated.UTC().Format(form), "resolvable": false, "internal": false}
}

// System writes notes that GitLab makes by itself.
const System = "system"
