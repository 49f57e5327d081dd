package site

import (
	"context"
	"errors"

	"github.com/weirhq/weir/access"
)

// Examiner is a site that can say what a credential can see and do there,
// without reading the whole of it.
type Examiner interface {
	// Examine looks at the address, the credentials and the account, and says of
	// each what it found. It writes nothing, and an error of the site is a check
	// that failed, not an error.
	Examine(ctx context.Context) Examination
	// Needs says what reading and writing each kind of fact takes.
	Needs() []Need
	// Requests that can be sent at all, reads first.
	Endpoints() []Endpoint
}

// Examination is what came of an examination.
type Examination struct {
	Checks []Check
	// Powers are what the credentials were seen to allow. One that is not in it
	// could not be told.
	Powers map[Power]bool
}

// Say adds what was found.
func (x *Examination) Say(name string, status Status, said, remedy string) {
	x.Checks = append(x.Checks, Check{Name: name, Status: status, Said: said, Remedy: remedy})
}

// Fail adds a check that failed, with the remedy for its kind of trouble.
func (x *Examination) Fail(name string, err error, remedies map[Kind]string) {
	var trouble *Error
	remedy := ""
	if errors.As(err, &trouble) {
		remedy = remedies[trouble.Kind]
	}
	x.Say(name, Fails, err.Error(), remedy)
}

// Check is one thing that was looked at.
type Check struct {
	Name   string // "organisation key"
	Status Status
	Said   string // what was found
	Remedy string // in the imperative, where something can be done
}

// Status says how a check ended.
type Status string

// How a check ends.
const (
	Fine   Status = "ok"
	Warns  Status = "warning"
	Fails  Status = "failed"
	Untold Status = "unknown" // nothing tells
)

// Power is something that a credential may allow.
type Power string

// The powers that kinds of facts need.
const (
	UseSite      Power = "a site account"
	AdminProduct Power = "Confluence administrator"
	AdminSite    Power = "site or system administrator"
	AdminOrg     Power = "organisation API key"
	AdminSpace   Power = "admin of each space"
)

// Need says what reading and writing one kind of fact takes.
type Need struct {
	Kind  access.Kind
	Of    string // which of them, where a kind has several: "of people"
	Read  []Power
	Write []Power // nil: no interface writes it
	Note  string  // what is unverified, or done by hand instead
}

// Endpoint is one request that a driver can send.
type Endpoint struct {
	Address string // of the surface
	Method  string
	Path    string
	Purpose string
	Writes  bool
}
