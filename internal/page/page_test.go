package page_test

import (
	"errors"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/page"
)

var errBroken = errors.New("broken")

// site is a list whose pages are at fixed positions.
type site map[string]api.Page[int]

func (s site) list(requested *[]string) func(string) (*api.Page[int], error) {
	return func(at string) (*api.Page[int], error) {
		*requested = append(*requested, at)
		p, ok := s[at]
		if !ok {
			return nil, errBroken
		}
		return &p, nil
	}
}

func taken[T any](walk iter.Seq2[T, error]) (items []T, errs []error) {
	for item, err := range walk {
		if err != nil {
			errs = append(errs, err)
			continue
		}
		items = append(items, item)
	}
	return items, errs
}

func of(next string, items ...int) api.Page[int] { return api.Page[int]{Items: items, Next: next} }

func TestWalk(t *testing.T) {
	key := func(n int) string { return strconv.Itoa(n) }
	for name, tt := range map[string]struct {
		site      site
		start     string
		key       func(int) string
		want      []int
		requested []string
		err       error
	}{
		"one page":               {site: site{"": of("", 1, 2)}, want: []int{1, 2}, requested: []string{""}},
		"nothing":                {site: site{"": of("")}, requested: []string{""}},
		"cursors":                {site: site{"": of("x", 1, 2), "x": of("y", 3, 4), "y": of("", 5)}, want: []int{1, 2, 3, 4, 5}, requested: []string{"", "x", "y"}},
		"from the middle":        {site: site{"": of("x", 1), "x": of("y", 2), "y": of("", 3)}, start: "x", want: []int{2, 3}, requested: []string{"x", "y"}},
		"a short page":           {site: site{"": of("x", 1, 2), "x": of("y", 3), "y": of("", 4, 5)}, want: []int{1, 2, 3, 4, 5}, requested: []string{"", "x", "y"}},
		"an empty page":          {site: site{"": of("x", 1), "x": of("y"), "y": of("", 2)}, want: []int{1, 2}, requested: []string{"", "x", "y"}},
		"an error":               {site: site{"": of("x", 1)}, want: []int{1}, requested: []string{"", "x"}, err: errBroken},
		"an error at once":       {site: site{}, requested: []string{""}, err: errBroken},
		"the same page":          {site: site{"": of("x", 1), "x": of("x", 2)}, want: []int{1, 2}, requested: []string{"", "x"}, err: api.ErrSameCursor},
		"in a circle":            {site: site{"x": of("y", 1), "y": of("x", 2)}, start: "x", want: []int{1, 2, 1}, requested: []string{"x", "y", "x"}, err: api.ErrSameCursor},
		"seen items":             {site: site{"1": of("2", 1, 2), "2": of("3", 2, 3), "3": of("4", 3, 1), "4": of("5", 6)}, start: "1", key: key, want: []int{1, 2, 3}, requested: []string{"1", "2", "3"}},
		"an empty page, by keys": {site: site{"": of("x", 1), "x": of("y"), "y": of("", 1, 2)}, key: key, want: []int{1, 2}, requested: []string{"", "x", "y"}},
	} {
		t.Run(name, func(t *testing.T) {
			var requested []string
			walk := page.Walk[int]{Name: "Things.List", Start: tt.start, List: tt.site.list(&requested), Key: tt.key}.All()
			assert.Empty(t, requested, "lazy")
			for range 2 { // and restartable
				requested = nil
				items, errs := taken(walk)
				assert.Equal(t, tt.want, items)
				assert.Equal(t, tt.requested, requested)
				if tt.err == nil {
					assert.Empty(t, errs)
					continue
				}
				require.Len(t, errs, 1, "an error ends the walk")
				require.ErrorIs(t, errs[0], tt.err)
				if errors.Is(tt.err, api.ErrSameCursor) {
					assert.ErrorContains(t, errs[0], "Things.List: ")
				}
			}
		})
	}
}

// TestWalkFindsEveryCircle, whatever its length and the way into it, within a few times as many pages.
func TestWalkFindsEveryCircle(t *testing.T) {
	for length := 1; length <= 40; length++ {
		for lead := range 20 {
			pages := 0
			list := func(at string) (*api.Page[int], error) {
				pages++
				n, err := page.Number(at, 0)
				next := n + 1
				if next == int64(lead+length) {
					next = int64(lead)
				}
				return &api.Page[int]{Items: []int{int(n)}, Next: "0" + strconv.FormatInt(next, 10)}, err
			}
			_, errs := taken(page.Walk[int]{List: list}.All())
			require.Len(t, errs, 1)
			require.ErrorIs(t, errs[0], api.ErrSameCursor)
			assert.LessOrEqual(t, pages, 4*(lead+length)+4)
		}
	}
}

// TestWalkEndsAListOfEmptyPages that each name another one.
func TestWalkEndsAListOfEmptyPages(t *testing.T) {
	pages := 0
	_, errs := taken(page.Walk[int]{List: func(string) (*api.Page[int], error) {
		pages++
		return &api.Page[int]{Next: strconv.Itoa(pages)}, nil
	}}.All())
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], api.ErrSameCursor)
	assert.Equal(t, 100, pages)
}

func TestWalkIsLeftAtOnce(t *testing.T) {
	var requested []string
	walk := page.Walk[int]{List: site{"": of("x", 1, 2), "x": of("", 3)}.list(&requested)}.All()
	for item := range walk {
		if item == 2 {
			break
		}
	}
	assert.Equal(t, []string{""}, requested)
}

func TestFail(t *testing.T) {
	items, errs := taken(page.Fail[int](errBroken))
	assert.Empty(t, items)
	assert.Equal(t, []error{errBroken}, errs)
}

func TestNumbers(t *testing.T) {
	for at, want := range map[string]int64{"": 1, "1": 1, "17": 17} {
		n, err := page.Number(at, 1)
		require.NoError(t, err)
		assert.Equal(t, want, n)
	}
	for _, at := range []string{"x", "0", "-1", "1.5", "9223372036854775808"} {
		_, err := page.Number(at, 1)
		require.Error(t, err, at)
	}
	assert.Equal(t, "3", page.NextNumber(2, 1))
	assert.Empty(t, page.NextNumber(2, 0))
	for _, tt := range []struct {
		offset int64
		items  int
		total  int64
		want   string
	}{
		{0, 10, -1, "10"}, {0, 10, 11, "10"}, {0, 10, 10, ""}, {10, 3, 12, ""}, {10, 3, 20, "13"}, {10, 0, -1, ""}, {10, 0, 20, ""}, {0, 1, 0, ""},
	} {
		assert.Equal(t, tt.want, page.NextOffset(tt.offset, tt.items, tt.total), "%+v", tt)
	}
}

// changing is a list of numbers that changes between two pages.
type changing struct {
	random *rand.Rand
	now    map[int]bool
	always map[int]bool // those that are there from the beginning to the end
	pages  int
}

func newChanging(seed uint64) *changing {
	c := &changing{random: rand.New(rand.NewPCG(seed, 1)), now: map[int]bool{}, always: map[int]bool{}}
	for range c.random.IntN(60) {
		n := c.random.IntN(1000)
		c.now[n], c.always[n] = true, true
	}
	return c
}

// change adds and removes some, for a while: a list that grows for ever has no end.
func (c *changing) change() {
	if c.pages++; c.pages > 50 {
		return
	}
	for range c.random.IntN(6) {
		n := c.random.IntN(1000)
		if c.now[n] {
			delete(c.now, n)
			delete(c.always, n)
		} else {
			c.now[n] = true
		}
	}
}

// TestWalkOfAChangingList: by cursors whatever stays comes exactly once; by offsets nothing comes twice where keys are
// known. Both end.
func TestWalkOfAChangingList(t *testing.T) {
	for seed := range uint64(300) {
		c := newChanging(seed)
		size := 1 + c.random.IntN(9)
		items, errs := taken(page.Walk[int]{List: func(at string) (*api.Page[int], error) {
			defer c.change()
			from, err := page.Number(at, -1)
			sorted := slices.DeleteFunc(slices.Sorted(maps.Keys(c.now)), func(n int) bool { return int64(n) <= from })
			p := &api.Page[int]{Items: sorted[:min(size, len(sorted))]}
			if len(p.Items) < len(sorted) {
				p.Next = strconv.Itoa(p.Items[len(p.Items)-1])
			}
			return p, err
		}}.All())
		require.Empty(t, errs)
		assert.True(t, slices.IsSorted(items), "seed %d", seed)
		assert.Len(t, slices.Compact(slices.Clone(items)), len(items), "seed %d: once", seed)
		for n := range c.always {
			assert.Contains(t, items, n, "seed %d", seed)
		}

		c = newChanging(seed)
		items, errs = taken(page.Walk[int]{Key: strconv.Itoa, List: func(at string) (*api.Page[int], error) {
			defer c.change()
			offset, err := page.Number(at, 0)
			sorted := slices.Sorted(maps.Keys(c.now))
			rest := sorted[min(int(offset), len(sorted)):]
			p := &api.Page[int]{Items: rest[:min(size, len(rest))], Total: int64(len(sorted))}
			p.Next = page.NextOffset(offset, len(p.Items), p.Total)
			return p, err
		}}.All())
		require.Empty(t, errs)
		slices.Sort(items)
		assert.Len(t, slices.Compact(slices.Clone(items)), len(items), "seed %d: once", seed)
	}
}

// TestWalkWithKeysPassesEmptyPages that have a Next, and refuses a list function that returns neither page nor error.
func TestWalkWithKeysPassesEmptyPages(t *testing.T) {
	pages := map[string]*api.Page[string]{"": {Items: []string{"a"}, Next: "1"}, "1": {Next: "2"}, "2": {Items: []string{"a", "b"}}}
	items, errs := taken(page.Walk[string]{Key: func(s string) string { return s }, List: func(at string) (*api.Page[string], error) { return pages[at], nil }}.All())
	require.Empty(t, errs)
	assert.Equal(t, []string{"a", "b"}, items)

	items, errs = taken(page.Walk[string]{Name: "Things.List", List: func(string) (*api.Page[string], error) { return nil, nil }}.All())
	assert.Empty(t, items)
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], api.ErrUnexpectedResponse)
}
