package cloud_test

import (
	"fmt"
	"testing"

	"github.com/weirhq/weir/access"
	"github.com/weirhq/weir/site/cloud"
	"github.com/weirhq/weir/site/emulator"
)

// BenchmarkObserve reads a site of the size of a real organisation: 2,000
// people, 700 groups with 7,000 memberships, 300 spaces.
func BenchmarkObserve(b *testing.B) {
	e, err := emulator.New(emulator.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	a := e.Admin()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	for i := range 700 {
		must(a.CreateGroup(fmt.Sprintf("g%d", i), ""))
	}
	for i := range 2000 {
		email := fmt.Sprintf("p%d@acme.example", i)
		must(a.AddPerson(email, "", emulator.PersonOptions{}))
		for j := range 7 {
			if j%2 == i%2 {
				must(a.AddMember(fmt.Sprintf("g%d", (i+j*97)%700), email))
			}
		}
	}
	for i := range 300 {
		key := fmt.Sprintf("S%d", i)
		must(a.CreateSpace(key, key))
		must(a.AssignRole(key, emulator.Principal{Group: fmt.Sprintf("g%d", i)}, "Admin"))
	}
	s, err := cloud.New(config(e, e.Transport()))
	must(err)
	for b.Loop() {
		obs, err := s.Observe(b.Context(), access.Extent{})
		must(err)
		b.ReportMetric(float64(obs.Requests), "requests")
		b.ReportMetric(float64(obs.Facts.Len()), "facts")
	}
}
