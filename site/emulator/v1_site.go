package emulator

import "time"

func v1SystemInfo(c *call) (answer, error) {
	edition := c.limits.plan
	if edition == "" {
		edition = "premium"
	}
	return ok(object{
		"cloudId": c.site.CloudID, "commitHash": "emulator", "baseUrl": baseURL + "/wiki", "edition": edition,
		"siteTitle": c.site.Name, "defaultLocale": "en_GB", "defaultTimeZone": "UTC",
	})
}

// v1Task shows a long-running task to who started it and to administrators. It
// is finished by the time that it can be asked for.
func v1Task(c *call) (answer, error) {
	t := c.tasks.get(c.vars["id"])
	if t == nil || t.Account != c.caller.ID && !c.administers(c.caller) {
		return answer{}, notFound("task")
	}
	return ok(object{
		"id": t.ID, "ari": "ari:cloud:confluence:" + c.site.CloudID + ":long-running-task/" + t.ID,
		"name":        object{"key": t.Name, "args": []any{}},
		"elapsedTime": c.now.Sub(t.Started).Round(time.Millisecond).Milliseconds(), "percentageComplete": 100,
		"successful": true, "finished": true, "messages": []any{}, "status": "COMPLETE",
		"_links": object{"self": baseURL + c.req.Path, "base": baseURL + "/wiki", "context": "/wiki"},
	})
}
