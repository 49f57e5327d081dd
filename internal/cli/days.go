package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// days is a flag that takes a number of days, as a description writes them: 30d.
type days int

func (d *days) String() string { return strconv.Itoa(int(*d)) + "d" }

// Type names what it takes, in help.
func (d *days) Type() string { return "days" }

func (d *days) Set(text string) error {
	n, err := strconv.Atoi(strings.TrimSuffix(text, "d"))
	if err != nil || !strings.HasSuffix(text, "d") || n < 1 || n > 36500 {
		return fmt.Errorf("write a number of days, such as 30d")
	}
	*d = days(n)
	return nil
}

func (d days) duration() time.Duration { return time.Duration(d) * 24 * time.Hour }

// dayCell writes the day of a moment; nothing for none.
func dayCell(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}
