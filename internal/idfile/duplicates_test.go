package idfile_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/idfile"
)

// again finds all duplicates, the plain way.
func again(ids []int64) (found []idfile.Duplicate) {
	first := map[int64]int64{}
	for i, id := range ids {
		line := int64(i) + 1
		if at, ok := first[id]; ok {
			found = append(found, idfile.Duplicate{ID: id, Line: line, FirstLine: at})
		} else {
			first[id] = line
		}
	}
	return found
}

func TestDuplicates(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	mixed := make([]int64, 3000)
	for i := range mixed {
		mixed[i] = 1 + random.Int64N(2000)
	}
	late := append(collect(3000), 100_000_000, 100_002_999, 100_002_999)
	for name, tc := range map[string]struct {
		ids                   []int64
		memory                int64
		most                  int
		duplicates, unchecked int64
		passes, passesAtLeast int
	}{
		"none":               {ids: collect(3000), passes: 1},
		"all the same":       {ids: slices.Repeat([]int64{5}, 100), duplicates: 99, passes: 1},
		"room for all":       {ids: mixed, duplicates: int64(len(again(mixed))), passes: 1},
		"room for 89":        {ids: late, memory: 1 << 10, duplicates: 1, unchecked: 3000 - 89 + 2, passes: 1},
		"some passes":        {ids: late, memory: 1 << 10, most: 5, passes: 5},
		"passes enough":      {ids: late, memory: 1 << 10, most: -1, duplicates: 3, passesAtLeast: 30},
		"passes, mixed":      {ids: mixed, memory: 1 << 10, most: -1, duplicates: int64(len(again(mixed))), passesAtLeast: 20},
		"more than it takes": {ids: mixed, memory: 16 << 10, most: 1000, duplicates: int64(len(again(mixed))), passesAtLeast: 2},
	} {
		t.Run(name, func(t *testing.T) {
			for _, s := range []idfile.Source{idfile.IDs(tc.ids), fromText("\ufeff" + strings.ReplaceAll(canonical(tc.ids), "\n", "\r\n"))} {
				got, err := s.Duplicates(t.Context(), idfile.DuplicatesOptions{Memory: tc.memory, MaxPasses: tc.most})
				require.NoError(t, err)
				sum, err := s.Check(t.Context())
				require.NoError(t, err)
				assert.Equal(t, sum, got.Summary)
				if tc.passes > 0 {
					assert.Equal(t, tc.passes, got.Passes)
				}
				assert.GreaterOrEqual(t, got.Passes, tc.passesAtLeast)
				want := again(tc.ids)
				if name == "some passes" {
					assert.Less(t, got.Unchecked, int64(3000-89))
					assert.Positive(t, got.Unchecked)
					continue
				}
				assert.Equal(t, tc.duplicates, got.Duplicates)
				assert.Equal(t, tc.unchecked, got.Unchecked)
				if got.Unchecked == 0 {
					assert.Equal(t, want[:min(10, len(want))], got.First)
				} else {
					assert.Equal(t, []idfile.Duplicate{{ID: 100_000_000, Line: 3001, FirstLine: 1}}, got.First)
				}
			}
		})
	}
}

func TestDuplicatesOfWhatIsNoList(t *testing.T) {
	_, err := fromText("1\nx\n").Duplicates(t.Context(), idfile.DuplicatesOptions{})
	_, ok := errors.AsType[*idfile.LineError](err)
	require.True(t, ok)
	_, err = idfile.IDs(nil).Duplicates(t.Context(), idfile.DuplicatesOptions{})
	require.ErrorIs(t, err, idfile.ErrNoIDs)
	assert.NotErrorIs(t, err, idfile.ErrSourceChanged)
}

// TestDuplicatesOfChangingLists: what is not the same in a later pass is an error, never a wrong count.
func TestDuplicatesOfChangingLists(t *testing.T) {
	list := canonical(slices.Repeat(collect(200), 2))
	broken := errors.New("disk gone")
	for name, tc := range map[string]struct {
		later string
		err   error
		is    error
	}{
		"other IDs":           {canonical(slices.Repeat(collect(199), 2)), nil, idfile.ErrSourceChanged},
		"other order":         {canonical(append([]int64{100_000_001, 100_000_000}, slices.Repeat(collect(200), 2)[2:]...)), nil, idfile.ErrSourceChanged},
		"no list":             {"x\n", nil, idfile.ErrSourceChanged},
		"nothing":             {"", nil, idfile.ErrSourceChanged},
		"shorter than a line": {canonical(collect(50)), nil, idfile.ErrSourceChanged},
		"gone":                {"", broken, broken},
	} {
		for _, passes := range []int{1, -1} { // to locate, to compare
			if name == "other order" && passes == 1 {
				continue // the lines found are those of the list as it is now
			}
			opened := 0
			s := idfile.Reader(name, func() (io.ReadCloser, error) {
				opened++
				switch {
				case opened == 1:
					return io.NopCloser(strings.NewReader(list)), nil
				case tc.err != nil:
					return nil, tc.err
				}
				return io.NopCloser(strings.NewReader(tc.later)), nil
			})
			got, err := s.Duplicates(t.Context(), idfile.DuplicatesOptions{Memory: 1 << 10, MaxPasses: passes})
			require.ErrorIs(t, err, tc.is, "%s, %d", name, passes)
			assert.Zero(t, got)
		}
	}
	s := idfile.Reader("no repeat", func() func() (io.ReadCloser, error) {
		texts := []string{"1\n1\n", "2\n1\n"}
		return func() (io.ReadCloser, error) {
			text := texts[0]
			texts = texts[1:]
			return io.NopCloser(strings.NewReader(text)), nil
		}
	}())
	_, err := s.Duplicates(t.Context(), idfile.DuplicatesOptions{})
	require.ErrorIs(t, err, idfile.ErrSourceChanged)
}

func TestDuplicatesCancelled(t *testing.T) {
	s := idfile.IDs(slices.Repeat(collect(300), 2))
	o := idfile.DuplicatesOptions{Memory: 1 << 10, MaxPasses: -1}
	for allowed := 0; ; allowed++ {
		_, err := s.Duplicates(&countedContext{Context: t.Context(), left: allowed}, o)
		if err == nil {
			assert.Greater(t, allowed, 5)
			break
		}
		require.ErrorIs(t, err, context.Canceled)
	}
}

// FuzzDuplicates holds every answer, exact or not, against all the duplicates there are.
func FuzzDuplicates(f *testing.F) {
	f.Add([]byte{1, 2, 3, 1, 2, 3}, uint16(7), uint8(0), 0)
	f.Add([]byte(strings.Repeat("The quick brown fox", 50)), uint16(3), uint8(1), -1)
	f.Add(make([]byte, 3000), uint16(65_521), uint8(2), 4)
	f.Fuzz(func(t *testing.T, steps []byte, stride uint16, memory uint8, passes int) {
		ids, id := make([]int64, 0, len(steps)), int64(1)
		for _, step := range steps {
			id = (id*int64(stride) + int64(step)) % (1 << 20)
			ids = append(ids, id+1)
		}
		if len(ids) == 0 {
			return
		}
		passes %= 100
		got, err := idfile.IDs(ids).Duplicates(t.Context(), idfile.DuplicatesOptions{Memory: 128 << (memory % 10), MaxPasses: passes})
		if err != nil {
			t.Fatal(err)
		}
		all := again(ids)
		n := int64(len(all))
		if got.Duplicates > n || got.Duplicates+got.Unchecked < n || got.Count != int64(len(ids)) || passes > 0 && got.Passes > passes {
			t.Fatalf("%d duplicates: got %+v", n, got)
		}
		if passes < 0 && len(ids) < 5000 && memory%10 > 3 && got.Unchecked > 0 {
			t.Fatalf("unchecked: %+v", got)
		}
		if got.Unchecked == 0 && !slices.Equal(got.First, all[:min(10, n)]) {
			t.Fatalf("first: %+v, want %+v", got.First, all[:min(10, n)])
		}
		for _, d := range got.First {
			if !slices.Contains(all, d) {
				t.Fatalf("%+v is no duplicate", d)
			}
		}
	})
}
