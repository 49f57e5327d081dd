package schema

import (
	"regexp"
	"strconv"
	"strings"
)

// Days is a duration in whole days with its place.
type Days = Num

// maxDays bounds a duration: a hundred years, and a number that no sum of dates
// overflows.
const maxDays = 36500

// durationForm is the only spelling of a duration.
var durationForm = regexp.MustCompile(`^[1-9][0-9]{0,4}d$`)

// duration is a number of days: 30d.
var duration = codec[*Days]{
	expect: "a duration in days (30d)",
	shape:  func(*shaper) shape { return shape{"type": "string", "pattern": durationForm.String()} },
	decode: func(d *decoder, at string, n *node) *Days {
		if n.kind == scalar && n.form.isText() && durationForm.MatchString(n.text) {
			if v, err := strconv.Atoi(strings.TrimSuffix(n.text, "d")); err == nil && v <= maxDays {
				return &Days{Value: float64(v), Range: n.rng}
			}
		}
		d.errorf("WR103", n.rng, "write it in days, such as 30d", "%s must be a duration in days, not %s", at, n.describe())
		return nil
	},
	encode: func(v *Days) *node {
		if v == nil {
			return nil
		}
		return &node{kind: scalar, form: quoted, text: strconv.FormatFloat(v.Value, 'f', -1, 64) + "d"}
	},
}
