//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// company is the size of a generated site.
type company struct{ people, groups, spaces int }

// The sizes: that of a large organisation, and one for a quick look.
var (
	large = company{50_000, 2_000, 5_000}
	small = company{5_000, 200, 500}
)

// asking is for how long each list is asked for.
const asking = 3 * time.Second

// generatedSite fills an empty site, and asks the served site for pages.
func (b bencher) generatedSite(c company) error {
	file := filepath.Join(b.dir, "generated.db")
	m, err := b.run("site", "generate", "--site", file, "--seed", "1",
		"--people", strconv.Itoa(c.people), "--groups", strconv.Itoa(c.groups), "--spaces", strconv.Itoa(c.spaces))
	if err != nil {
		return err
	}
	fmt.Printf("weir site generate: %.2f s, peak %d MB, once: %s", m.wall.Seconds(), m.peak>>20, m.out)
	return b.pages(file)
}

// served is what weir site serve --json prints.
type served struct {
	Address string
	Account string
	Token   string
	Org     string
	OrgKey  string `json:"org_key"`
}

// pages serves a site and measures how many full pages it gives a second.
func (b bencher) pages(file string) error {
	cmd := exec.Command(b.weir, "site", "serve", "--site", file, "--json")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	err = measurePages(out)
	if stop := cmd.Process.Signal(os.Interrupt); err == nil {
		err = stop
	}
	if ended := cmd.Wait(); err == nil {
		err = ended
	}
	if err == nil {
		fmt.Printf("peak of the server: %d MB\n", peak(cmd.ProcessState)>>20)
	}
	return err
}

// measurePages asks for full pages of lists, with as many clients as there are CPUs,
// when the server has printed where it is.
func measurePages(printed io.Reader) error {
	var s served
	if err := json.NewDecoder(printed).Decode(&s); err != nil {
		return fmt.Errorf("weir site serve: %w", err)
	}
	group, err := s.firstGroup()
	if err != nil {
		return err
	}
	for _, l := range []struct {
		what, method, path, body string
		rows                     int
	}{
		{"members of a group", "GET", "/wiki/rest/api/group/" + group + "/membersByGroupId?limit=200", "", 200},
		{"spaces", "GET", "/wiki/api/v2/spaces?limit=250", "", 250},
		{"people with their groups", "POST", "/admin/v2/orgs/" + s.Org + "/directories/-/users/search", `{"limit":100,"expand":["groups"]}`, 100},
	} {
		n, size, took, err := s.repeat(l.method, l.path, l.body, l.rows)
		if err != nil {
			return fmt.Errorf("%s: %w", l.what, err)
		}
		fmt.Printf("pages of %d %s: %.0f a second, %d kB each\n", l.rows, l.what, float64(n)/took.Seconds(), size>>10)
	}
	return nil
}

// repeat asks for the same page until the time is over.
func (s served) repeat(method, path, body string, rows int) (pages int64, size int, took time.Duration, err error) {
	text, err := s.ask(method, path, body)
	if err != nil {
		return 0, 0, 0, err
	}
	var page struct{ Results, Data []json.RawMessage }
	if err := json.Unmarshal(text, &page); err != nil {
		return 0, 0, 0, err
	}
	if got := len(page.Results) + len(page.Data); got != rows {
		return 0, 0, 0, fmt.Errorf("the page has %d rows, not %d", got, rows)
	}
	var failed error
	var once sync.Once
	var wg sync.WaitGroup
	var n atomic.Int64
	start := time.Now()
	for range runtime.NumCPU() {
		wg.Go(func() {
			for time.Since(start) < asking {
				if _, err := s.ask(method, path, body); err != nil {
					once.Do(func() { failed = err })
					return
				}
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return n.Load(), len(text), time.Since(start), failed
}

// firstGroup is the id of the group that lets everybody in.
func (s served) firstGroup() (string, error) {
	text, err := s.ask("GET", "/wiki/rest/api/group/picker?query=confluence-users", "")
	if err != nil {
		return "", err
	}
	var page struct{ Results []struct{ ID string } }
	if err := json.Unmarshal(text, &page); err != nil || len(page.Results) == 0 {
		return "", fmt.Errorf("no group confluence-users: %s", text)
	}
	return page.Results[0].ID, nil
}

func (s served) ask(method, path, body string) ([]byte, error) {
	r, err := http.NewRequest(method, s.Address+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.SetBasicAuth(s.Account, s.Token)
	if strings.HasPrefix(path, "/admin") {
		r.Header.Set("Authorization", "Bearer "+s.OrgKey)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", res.Status, text)
	}
	return text, err
}
