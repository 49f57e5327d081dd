package access

import (
	"iter"
	"math/bits"
	"slices"
)

// bitmap is a set of indexes: one bit each. All bitmaps of a view are equally
// long.
type bitmap []uint64

func (b bitmap) set(i int32)      { b[i>>6] |= 1 << (i & 63) }
func (b bitmap) clear(i int32)    { b[i>>6] &^= 1 << (i & 63) }
func (b bitmap) has(i int32) bool { return b[i>>6]&(1<<(i&63)) != 0 }

func (b bitmap) or(o bitmap) {
	for i, w := range o {
		b[i] |= w
	}
}

func (b bitmap) and(o bitmap) {
	for i, w := range o {
		b[i] &= w
	}
}

func (b bitmap) count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// all gives the indexes in order.
func (b bitmap) all() iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for i, w := range b {
			for ; w != 0; w &= w - 1 {
				if !yield(int32(i)<<6 + int32(bits.TrailingZeros64(w))) {
					return
				}
			}
		}
	}
}

// crowd is a set of people that never changes: a list of their indexes in order,
// or a bitmap once that is the smaller of the two. Most groups are small, and a
// site has many.
type crowd struct {
	list   []int32
	dense  bitmap
	number int32 // of what grants of one principal reach, from 1; 0 for other crowds
}

// newCrowd takes sorted indexes; words is how long a bitmap is.
func newCrowd(list []int32, words int) *crowd {
	if len(list) < 2*words {
		return &crowd{list: list}
	}
	c := &crowd{dense: make(bitmap, words)}
	for _, i := range list {
		c.dense.set(i)
	}
	return c
}

func (c *crowd) has(i int32) bool {
	if c.dense != nil {
		return c.dense.has(i)
	}
	if len(c.list) == 1 {
		return c.list[0] == i
	}
	_, ok := slices.BinarySearch(c.list, i)
	return ok
}

// into adds the crowd to a bitmap.
func (c *crowd) into(b bitmap) {
	if c.dense != nil {
		b.or(c.dense)
		return
	}
	for _, i := range c.list {
		b.set(i)
	}
}

// keep takes everybody else out of a bitmap.
func (c *crowd) keep(b bitmap) {
	if c.dense != nil {
		b.and(c.dense)
		return
	}
	at := 0 // words before this one are done
	for k := 0; k < len(c.list); {
		w := int(c.list[k] >> 6)
		var in uint64
		for ; k < len(c.list) && int(c.list[k]>>6) == w; k++ {
			in |= 1 << (c.list[k] & 63)
		}
		clear(b[at:w])
		b[w] &= in
		at = w + 1
	}
	clear(b[at:])
}

func (c *crowd) empty() bool { return c.dense == nil && len(c.list) == 0 }

// all gives the indexes in order.
func (c *crowd) all() iter.Seq[int32] {
	if c.dense != nil {
		return c.dense.all()
	}
	return slices.Values(c.list)
}

// onto adds the words of the crowd that stand at the places given to every
// stride-th word of out. index gives the number of each place, from 1.
func (c *crowd) onto(at, index []int32, out []uint64, stride int) {
	if c.dense != nil {
		for k, i := range at {
			out[k*stride] |= c.dense[i]
		}
		return
	}
	for _, i := range c.list {
		if k := int(index[i>>6]); k > 0 {
			out[(k-1)*stride] |= 1 << (i & 63)
		}
	}
}

// differ gives who is in one of two crowds only; words is how long a bitmap is.
func differ(x, y *crowd, words int) *sparse {
	out := &sparse{}
	switch {
	case x.dense == nil && y.dense == nil:
		a, b := x.list, y.list
		for len(a) > 0 || len(b) > 0 {
			switch {
			case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
				out.add(a[0]>>6, 1<<(a[0]&63))
				a = a[1:]
			case len(a) == 0 || b[0] < a[0]:
				out.add(b[0]>>6, 1<<(b[0]&63))
				b = b[1:]
			default:
				a, b = a[1:], b[1:]
			}
		}
	default:
		a, b := x.bitmap(words), y.bitmap(words)
		for i, w := range a {
			if w ^= b[i]; w != 0 {
				out.add(int32(i), w)
			}
		}
	}
	return out
}

// bitmap gives the crowd as a bitmap, to be read only.
func (c *crowd) bitmap(words int) bitmap {
	if c.dense != nil {
		return c.dense
	}
	out := make(bitmap, words)
	c.into(out)
	return out
}
