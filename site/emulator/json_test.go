package emulator

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// TestMarshal: answers are written as encoding/json writes them.
func TestMarshal(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]*`), rapid.SampledFrom([]string{"", "<&>", "\u2028", "\xff", "ü", "\x00\x7f", `a"b\c`}))
	leaf := rapid.OneOf(
		rapid.Just[any](nil), rapid.Just[any](object(nil)), rapid.Just[any](set(nil)), rapid.Just[any]([]any(nil)), rapid.Just[any]([]string{}),
		rapid.Just[any](struct{ A int }{1}), rapid.Map(text, func(s string) any { return s }), rapid.Map(rapid.Int(), func(n int) any { return n }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Map(rapid.Float64Range(-1e9, 1e9), func(f float64) any { return f }),
		rapid.Map(rapid.SliceOf(text), func(s []string) any { return s }), rapid.Map(rapid.SliceOf(text), func(s []string) any { return set(s) }),
	)
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		if depth == 0 {
			return leaf
		}
		inner := value(depth - 1)
		return rapid.OneOf(leaf,
			rapid.Map(rapid.SliceOfN(inner, 0, 4), func(s []any) any { return s }),
			rapid.Map(rapid.MapOfN(text, inner, 0, 5), func(m map[string]any) any { return object(m) }),
			rapid.Map(rapid.MapOfN(text, inner, 0, 3), func(m map[string]any) any { return m }))
	}
	rapid.Check(t, func(t *rapid.T) {
		v := value(3).Draw(t, "value")
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := marshal(v); err != nil || string(got) != string(want) {
			t.Fatalf("%s, %v, want %s", got, err, want)
		}
	})
	if _, err := marshal(object{"a": []any{make(chan int)}}); err == nil {
		t.Error("a channel is written")
	}
}
