package emulator

import (
	"encoding/binary"
	"hash/fnv"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// labelPrefix is that of the labels of spaces: the categories under which a site
// lists them (v2 publishes the prefixes my and team for spaces).
const labelPrefix = "team"

// SetLabels makes these the labels of a space, in place of those that it had, as
// its settings do. The product writes them in lower case.
func (a Admin) SetLabels(key string, labels ...string) error {
	return a.onSpace(key, func(s *state, sp *space) error {
		var want set
		for _, l := range labels {
			if l == "" || len([]rune(l)) > 255 || strings.ContainsFunc(l, func(r rune) bool {
				return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(",:;?&[]()#^*@!", r)
			}) {
				return refuse(http.StatusBadRequest, "", "%q is no label: it has 1 to 255 characters, and no spaces and signs", l)
			}
			want.add(fold(l))
		}
		sp.Labels = want
		s.saveSpace(sp)
		return nil
	})
}

// labelled reports whether the space has any of the labels, or there are none.
// Whether several mean any of them or all is not published.
func (sp *space) labelled(any []string) bool {
	return len(any) == 0 || slices.ContainsFunc(any, func(l string) bool { return sp.Labels.has(fold(l)) })
}

// labelRow is a label as both dialects show it.
func labelRow(name string) object {
	h := fnv.New64a()
	h.Write([]byte(name))
	id := binary.BigEndian.Uint64(h.Sum(nil)) >> 12 // a number that JSON holds exactly
	return object{"id": strconv.FormatUint(id, 10), "name": name, "prefix": labelPrefix}
}
