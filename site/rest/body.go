package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
)

// The bounds of an answer, as it is after decompression.
const (
	maxBody    = 32 << 20 // the largest honest answer (250 spaces, or the 80 KB of an updated space) is far below
	maxRefusal = 1 << 20  // of which no more than a sentence is used
	maxDepth   = 64       // of JSON; honest answers stay below ten
)

var errTruncated = errors.New("the answer breaks off")

// decode reads a JSON answer, and nothing else that a proxy or a log-in page
// may have sent in its place. Where nothing is to be read, a page is still no
// answer.
func decode(resp *http.Response, data []byte, out Answer) error {
	kind := resp.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(kind)
	page := strings.Contains(media, "html") && len(data) > 0
	switch {
	case len(data) > maxBody:
		return fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)
	case out == nil && !page:
		return nil
	case err != nil || !isJSON(media):
		return fmt.Errorf("the answer is not JSON but %q", kind)
	case tooDeep(data):
		return fmt.Errorf("the answer is nested more than %d deep", maxDepth)
	}
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(data, out); {
	case len(data) == 0:
		return errors.New("the answer is empty")
	case errors.As(err, &syntax) && int(syntax.Offset) >= len(data):
		return errTruncated
	case err != nil:
		return err
	}
	return out.Check()
}

func isJSON(media string) bool {
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

// tooDeep scans JSON for nesting without recursion, since a reader that follows
// nesting with its stack must never see what is meant to overflow it. Of text
// that is not JSON it says something, and the reader refuses it.
func tooDeep(data []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return false
}
