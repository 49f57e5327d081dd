package forgetest

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

var bitbucket = []route{
	{"GET", "/user", Read, func(c *call) { c.answer(200, bbAccount(c.who)) }},
	{"GET", "/repositories/acme/access/pullrequests/7", Read, func(c *call) {
		c.answer(200, object{"id": Number, "author": bbAccount(Opener), "source": object{"commit": object{"hash": c.s.head[:12]}},
			"destination": object{"branch": object{"name": branch}}, "links": object{"html": object{"href": "https://bitbucket.example/acme/access/pull-requests/7"}}})
	}},
	{"GET", "/repositories/acme/access/pullrequests/7/comments", Read, func(c *call) {
		var out []object
		list := c.page("pagelen", 10)
		for _, m := range list {
			out = append(out, bbComment(m))
		}
		answer := object{"values": orEmpty(out)}
		if n := len(c.s.comments); n > 0 && len(list) > 0 && list[len(list)-1].ID != c.s.comments[n-1].ID {
			page, _ := strconv.Atoi(c.r.URL.Query().Get("page"))
			answer["next"] = "https://api.bitbucket.org/2.0/somewhere/else?pagelen=1&page=" + strconv.Itoa(max(page, 1)+1)
		}
		c.answer(200, answer)
	}},
	{"GET", "/repositories/acme/access/pullrequests", Read, func(c *call) {
		out := []object{{"id": 5, "state": "MERGED", "merge_commit": nil}, {"id": 6, "state": "MERGED", "merge_commit": object{"hash": ""}}}
		if c.s.merged != "" && c.r.URL.Query().Get("state") == "MERGED" {
			out = append(out, object{"id": Number, "state": "MERGED", "merge_commit": object{"hash": c.s.merged[:12]}})
		}
		c.answer(200, object{"values": out})
	}},
	{"POST", "/repositories/acme/access/pullrequests/7/comments", Read, func(c *call) {
		c.answer(201, bbComment(c.s.say(c.who, c.raw())))
	}},
	{"PUT", "/repositories/acme/access/pullrequests/7/comments/{}", Read, func(c *call) { c.edit(c.raw()) }},
	{"GET", "/workspaces/acme/permissions/repositories/access", Admin, func(c *call) {
		if c.r.URL.Query().Get("q") != `permission>"read"` {
			c.refuse(400, "unknown query")
			return
		}
		var out []object
		for _, name := range slices.Sorted(maps.Keys(c.s.rights)) {
			if right := c.s.rights[name]; right >= Write {
				out = append(out, object{"type": "repository_permission", "permission": []string{"none", "read", "write", "admin"}[right], "user": bbAccount(name)})
			}
		}
		c.answer(200, object{"values": orEmpty(out)})
	}},
	{"POST", "/repositories/acme/access/commit/{}/statuses/build", Write, func(c *call) {
		if c.text("url") == "" || len(c.text("key")) > 40 || !slices.Contains([]string{"SUCCESSFUL", "FAILED", "INPROGRESS", "STOPPED"}, c.text("state")) {
			c.refuse(400, "Bad request")
			return
		}
		c.s.statuses = append(c.s.statuses, Status{c.params[0], c.text("key"), c.text("state"), c.text("description"), c.text("url")})
		c.answer(201, object{"state": c.text("state")})
	}},
}

func (c *call) raw() string {
	content, _ := c.body["content"].(map[string]any)
	text, _ := content["raw"].(string)
	return text
}

func bbAccount(name string) object {
	return object{"uuid": uuid(name), "display_name": name, "type": "user"}
}

// bbComment stamps a comment a moment after it was made, as Bitbucket does.
func bbComment(m Comment) object {
	return object{"id": m.ID, "user": bbAccount(m.Author), "content": object{"raw": m.Body}, "deleted": false,
		"created_on": m.Created.Add(100 * time.Microsecond).Format(time.RFC3339Nano), "updated_on": m.Updated.Add(187 * time.Microsecond).Format(time.RFC3339Nano)}
}
