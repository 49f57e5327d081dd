package emulator

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
)

// Response is what the product answers.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// answer is a response before it is written out.
type answer struct {
	status int
	body   any // nil: no body
	link   string
}

func ok(body any) (answer, error)      { return answer{status: http.StatusOK, body: body}, nil }
func created(body any) (answer, error) { return answer{status: http.StatusCreated, body: body}, nil }
func accepted(body any) (answer, error) {
	return answer{status: http.StatusAccepted, body: body}, nil
}
func noContent() (answer, error) { return answer{status: http.StatusNoContent}, nil }

// object is a JSON object of a response.
type object map[string]any

// Refusal is what the product says when it does not do what it is asked. A
// refused request changes nothing.
type Refusal struct {
	Status int    // of HTTP
	Code   string // of the surface, where it has codes
	Detail string

	context any // of user management's refusals, in place of the detail
}

// Error says what the product says.
func (r *Refusal) Error() string { return r.Detail }

func refuse(status int, code, format string, args ...any) error {
	return &Refusal{Status: status, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// restricted is user management's refusal of an action that somebody else
// decides on; reason is one of the published keys.
func restricted(reason, format string, args ...any) error {
	return &Refusal{
		Status: http.StatusForbidden, Code: "forbidden.action", Detail: fmt.Sprintf(format, args...),
		context: notAllowed(reason),
	}
}

// notAllowed is a privilege that is not there, and why.
func notAllowed(reason string) object {
	return object{"allowed": false, "reason": object{"key": reason}}
}

// notFound answers for what is not there, or not there for this caller.
func notFound(what string) error { return refuse(http.StatusNotFound, "", "there is no such %s", what) }

// notEmulated answers honestly for a documented feature that is not here.
func notEmulated(what string) error {
	return refuse(http.StatusNotImplemented, "", "%s is not emulated", what)
}

// surface is one of Atlassian's families of endpoints, each with its own
// credentials and its own shape of errors (evidence A0).
type surface struct {
	prefix  string
	orgKey  bool // authenticated by the organisation's key, not by a person's token
	syncKey bool // authenticated by the key of an identity provider's directory
	shape   func(*Refusal) any
}

var (
	surfaceV1     = &surface{prefix: "/wiki/rest/api", shape: shapeV1}
	surfaceV2     = &surface{prefix: "/wiki/api/v2", shape: shapeV2}
	surfaceOrg    = &surface{prefix: "/admin", orgKey: true, shape: shapeOrg}
	surfaceManage = &surface{prefix: "/users", orgKey: true, shape: shapeManage}
	surfaceScim   = &surface{prefix: "/scim", syncKey: true, shape: shapeScim}
)

func shapeV1(r *Refusal) any {
	authorized := r.Status != http.StatusUnauthorized && r.Status != http.StatusForbidden
	return object{
		"statusCode": r.Status,
		"data":       object{"authorized": authorized, "valid": r.Status != http.StatusBadRequest, "errors": []any{}, "successful": false},
		"message":    r.Detail,
	}
}

func shapeV2(r *Refusal) any {
	return object{"errors": []any{object{"status": r.Status, "code": errorCode(r), "title": r.Detail, "detail": nil}}}
}

func shapeOrg(r *Refusal) any {
	return object{"errors": []any{object{
		"id": "", "status": strconv.Itoa(r.Status), "code": errorCode(r), "title": http.StatusText(r.Status), "detail": r.Detail,
	}}}
}

// shapeManage: the keys that the published document lists; others are A3's.
func shapeManage(r *Refusal) any {
	key := r.Code
	switch r.Status {
	case http.StatusUnauthorized:
		return object{"key": "unauthorized"}
	case http.StatusNotFound:
		key = "notFound"
		if r.Code != "" {
			key = r.Code
		}
	case http.StatusForbidden:
		if key == "" {
			key = "forbidden"
		}
	}
	if r.context != nil {
		return object{"key": key, "context": r.context}
	}
	return object{"key": key, "context": object{"message": r.Detail}}
}

// shapePlain is the proxy's, in front of all surfaces.
func shapePlain(r *Refusal) any { return object{"code": r.Status, "message": r.Detail} }

func errorCode(r *Refusal) string {
	if r.Code != "" {
		return r.Code
	}
	switch r.Status {
	case http.StatusBadRequest:
		return "INVALID_REQUEST_PARAMETER"
	case http.StatusUnauthorized:
		return "UNAUTHORIZED"
	case http.StatusForbidden:
		return "FORBIDDEN"
	case http.StatusNotFound:
		return "NOT_FOUND"
	case http.StatusMethodNotAllowed:
		return "METHOD_NOT_ALLOWED"
	}
	return strconv.Itoa(r.Status)
}

// serverName tells a person with a proxy in hand that this is no real site.
const serverName = "weir-emulator"

// write turns an answer or an error into a response.
func write(a answer, err error, shape func(*Refusal) any) Response {
	if err != nil {
		var r *Refusal
		if !errors.As(err, &r) {
			r = &Refusal{Status: http.StatusInternalServerError, Detail: err.Error()}
		}
		a = answer{status: r.Status, body: shape(r)}
	}
	res := Response{Status: a.status, Header: http.Header{"Server": {serverName}}}
	if a.link != "" {
		res.Header.Set("Link", a.link)
	}
	if a.body == nil {
		return res
	}
	res.Header.Set("Content-Type", "application/json;charset=UTF-8")
	if res.Body, err = marshal(a.body); err != nil {
		panic(fmt.Sprintf("emulator: an answer does not marshal: %v", err)) // our own values do
	}
	return res
}
