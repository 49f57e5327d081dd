package schema

import "testing"

func TestNextPeriod(t *testing.T) {
	for _, c := range []struct {
		begins, today string
		months        int
		want          string
	}{
		{"2026-01-15", "2026-06-14", 1, "2026-06-15"},
		{"2026-01-15", "2026-06-15", 1, "2026-07-15"}, // today's has begun
		{"2026-01-31", "2026-02-01", 1, "2026-02-28"},
		{"2026-01-31", "2026-02-28", 1, "2026-03-31"},
		{"2024-02-29", "2026-06-15", 12, "2027-02-28"},
		{"2024-02-29", "2027-03-01", 12, "2028-02-29"},
		{"2030-12-01", "2026-06-15", 1, "2026-07-01"}, // a day to come tells as well
		{"2030-12-01", "2026-12-01", 12, "2027-12-01"},
		{"2026-06-15", "2026-06-15", 12, "2027-06-15"},
		{"1999-12-31", "2026-12-30", 1, "2026-12-31"},
	} {
		if got := nextPeriod(c.begins, c.today, c.months); got != c.want {
			t.Errorf("nextPeriod(%s, %s, %d) = %s, want %s", c.begins, c.today, c.months, got, c.want)
		}
	}
}
