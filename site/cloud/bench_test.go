package cloud_test

import (
	"testing"
	"testing/synctest"

	"github.com/weirhq/weir/site/emulator"
)

// BenchmarkObserve reads generated sites of the sizes of small, usual and large
// organisations: the time is what the reading costs here, wall-s is how long it
// takes where every request takes 50 ms.
//
//	go test -run '^$' -bench Observe -benchtime 1x ./site/cloud
func BenchmarkObserve(b *testing.B) {
	for _, c := range companies {
		for _, mode := range []string{emulator.ModeRoles, emulator.ModeTransition} {
			b.Run(c.name+"/"+mode, func(b *testing.B) {
				e := generated(b, c, mode, 1)
				defer e.Close()
				var got speed
				facts := 0
				for b.Loop() {
					// Bubbles are for tests: so this is one.
					testing.RunTests(func(_, _ string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: b.Name(), F: func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							s, obs := reading(t, e)
							got, facts = s, obs.Facts.Len()
						})
					}}})
				}
				if got.requests == 0 {
					b.Fatal("nothing was read")
				}
				b.ReportMetric(float64(got.requests), "requests")
				b.ReportMetric(float64(got.floor), "floor")
				b.ReportMetric(float64(got.requests)/float64(got.floor), "ratio")
				b.ReportMetric(got.wall.Seconds(), "wall-s")
				b.ReportMetric(float64(facts), "facts")
			})
		}
	}
}
