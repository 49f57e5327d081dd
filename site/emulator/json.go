package emulator

import (
	"encoding/json"
	"slices"
	"strconv"
	"sync"
)

// scratch holds buffers that grew to the size of an answer.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// marshal is json.Marshal for answers.
func marshal(v any) ([]byte, error) {
	buffer := scratch.Get().(*[]byte)
	defer scratch.Put(buffer)
	b, err := appendJSON((*buffer)[:0], v)
	if err != nil {
		return nil, err
	}
	*buffer = b
	return slices.Clone(b), nil
}

// appendJSON writes a value as encoding/json does, byte for byte. What answers
// are made of is written directly, several times as fast: most of the time that
// a page of a list takes goes into writing it.
func appendJSON(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case string:
		return appendText(b, v)
	case bool:
		return strconv.AppendBool(b, v), nil
	case int:
		return strconv.AppendInt(b, int64(v), 10), nil
	case object:
		return appendObject(b, v)
	case []any:
		return appendList(b, v, appendJSON)
	case set:
		return appendList(b, v, appendText)
	case []string:
		return appendList(b, v, appendText)
	}
	text, err := json.Marshal(v)
	return append(b, text...), err
}

func appendObject(b []byte, o object) ([]byte, error) {
	if o == nil {
		return append(b, "null"...), nil
	}
	keys := make([]string, 0, 24)
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	b = append(b, '{')
	var err error
	for i, k := range keys {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendText(b, k); err != nil {
			return nil, err
		}
		b = append(b, ':')
		if b, err = appendJSON(b, o[k]); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func appendList[T any](b []byte, items []T, each func([]byte, T) ([]byte, error)) ([]byte, error) {
	if items == nil {
		return append(b, "null"...), nil
	}
	b = append(b, '[')
	var err error
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = each(b, item); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

// appendText leaves to encoding/json what has to be escaped.
func appendText(b []byte, text string) ([]byte, error) {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			escaped, err := json.Marshal(text)
			return append(b, escaped...), err
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"'), nil
}
