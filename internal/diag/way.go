package diag

import "strings"

// Way is one way out of the trouble that a diagnostic or a finding tells: what to
// change in the description, and what that costs or opens. Only what is feasible,
// by all that is known where it is offered, is offered.
type Way struct {
	Do    string `json:"do"`              // in the imperative
	Price string `json:"price,omitempty"` // what it costs, opens or loses; empty: nothing
	// Needs is what has to hold besides and only the site can tell: a noun.
	Needs string `json:"needs,omitempty"`
	Edits []Edit `json:"edits,omitempty"` // of the description, which together do it
}

// String gives the way with its price and what it needs.
func (w Way) String() string {
	var more []string
	if w.Price != "" {
		more = append(more, w.Price)
	}
	if w.Needs != "" {
		more = append(more, "needs "+w.Needs)
	}
	if len(more) == 0 {
		return w.Do
	}
	return w.Do + " [" + strings.Join(more, "; ") + "]"
}

// WaysHint puts ways into one remedy.
func WaysHint(ways []Way) string {
	out := make([]string, len(ways))
	for i, w := range ways {
		out[i] = w.String()
	}
	return strings.Join(out, ", or ")
}

// Edit is one edit of a description, for programs. Schema.Revise makes them.
type Edit struct {
	// Op is what is done:
	//
	//	delete  the entry, or the value, that begins at File, Line and Column
	//	set     Value takes the place of the true, false, number or word there
	//	append  Value is added to the list there
	//	role    the guest whose entry is there gets the role Role instead
	//	user    an entry under users for Who
	//	guest   an entry under guests for Who, with Space and Role
	//	grant   the role Role of Space for Who, a principal as descriptions write it
	Op     string `json:"op"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Value  string `json:"value,omitempty"`
	Who    string `json:"who,omitempty"`
	Space  string `json:"space,omitempty"`
	Role   string `json:"role,omitempty"`
}

// EditAt is an edit of what begins at a place.
func EditAt(op string, r Range) Edit {
	return Edit{Op: op, File: r.File, Line: r.Start.Line, Column: r.Start.Column}
}

// Begins reports whether a range begins where the edit is made.
func (e Edit) Begins(r Range) bool {
	return e.Line > 0 && r.File == e.File && r.Start.Line == e.Line && r.Start.Column == e.Column
}
