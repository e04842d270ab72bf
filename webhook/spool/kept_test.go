package spool_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

func glob(t testing.TB, dir, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, pattern))
	require.NoError(t, err)
	return files
}

// attempts runs the spool until nothing is pending, or each of the functions was called once.
func attempts(t testing.TB, s *spool.Spool, functions ...func(ctx context.Context, d *webhook.Delivery) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.ErrorIs(t, s.Run(ctx, func(ctx context.Context, d *webhook.Delivery) error {
		function := functions[0]
		if functions = functions[1:]; len(functions) == 0 {
			defer cancel()
		}
		return function(ctx, d)
	}), context.Canceled)
}

// TestWhatIsBoughtIsKept until the delivery is done, over failures, ends of Run and restarts.
func TestWhatIsBoughtIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := openSpool(t, dir)
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		require.NoError(t, s.Put(t.Context(), delivery(2)))
		var want [][]byte
		keep := func(ctx context.Context, d *webhook.Delivery) error {
			entries, err := d.Kept.Entries(ctx)
			require.NoError(t, err)
			if d.Key == "base:2" {
				assert.Empty(t, entries, "each delivery has its own")
				return nil
			}
			assert.Equal(t, want, entries)
			for _, entry := range [][]byte{fmt.Appendf(nil, "entry\n\x00 %d", len(want)), {}} {
				require.NoError(t, d.Kept.Append(ctx, entry))
				want = append(want, entry)
			}
			entries, err = d.Kept.Entries(ctx)
			require.NoError(t, err)
			assert.Equal(t, want, entries)
			return errDownstream
		}
		attempts(t, s, keep, keep, keep)
		assert.Positive(t, s.Status().KeptBytes)
		files := glob(t, dir, "*/*.kept")
		require.Len(t, files, 1)
		info, err := os.Stat(files[0])
		require.NoError(t, err)
		assert.EqualValues(t, 0o600, info.Mode().Perm())
		assert.Equal(t, info.Size(), s.Status().KeptBytes)
		attempts(t, s, func(ctx context.Context, d *webhook.Delivery) error {
			_ = keep(ctx, d)
			panic("after it was bought")
		})
		require.NoError(t, s.Close())

		s = openSpool(t, dir)
		assert.Positive(t, s.Status().KeptBytes)
		attempts(t, s, keep, func(ctx context.Context, d *webhook.Delivery) error {
			_ = keep(ctx, d)
			return nil
		})
		assert.Empty(t, spoolFiles(t, dir))
		assert.Zero(t, s.Status().KeptBytes)
	})
}

// TestWhatIsKeptIsOnTheDisk when Append has returned, whatever becomes of the process.
func TestWhatIsKeptIsOnTheDisk(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	crashed := t.TempDir()
	attempts(t, s, func(ctx context.Context, d *webhook.Delivery) error {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		require.NoError(t, d.Kept.Append(ended, []byte("bought")), "what is bought must be kept")
		return os.CopyFS(crashed, os.DirFS(dir))
	})
	attempts(t, openSpool(t, crashed), func(ctx context.Context, d *webhook.Delivery) error {
		entries, err := d.Kept.Entries(ctx)
		require.NoError(t, err)
		assert.Equal(t, [][]byte{[]byte("bought")}, entries)
		return nil
	})
	assert.Empty(t, spoolFiles(t, crashed))
}

func TestKeptIsForOneAttempt(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	var kept webhook.Kept
	attempts(t, s, func(ctx context.Context, d *webhook.Delivery) error {
		kept = d.Kept
		var group sync.WaitGroup
		for i := range 20 {
			group.Go(func() {
				assert.NoError(t, kept.Append(ctx, fmt.Append(nil, i)))
				assert.NoError(t, kept.Full())
				_, err := kept.Entries(ctx)
				assert.NoError(t, err)
			})
		}
		group.Wait()
		entries, err := kept.Entries(ctx)
		require.NoError(t, err)
		assert.Len(t, entries, 20)
		return nil
	})
	require.Error(t, kept.Append(t.Context(), nil), "the delivery is gone")
	_, err := kept.Entries(t.Context())
	require.Error(t, err)
	assert.Empty(t, spoolFiles(t, dir))
}

// TestLongEntries: there is no entry that is too long to be kept.
func TestLongEntries(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir, spool.Options{Backoff: time.Nanosecond})
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	var want [][]byte
	for _, n := range []int{4<<20 - 1, 4 << 20, 4<<20 + 1, 21 << 20, 1} {
		want = append(want, bytes.Repeat([]byte{byte(n % 251)}, n))
	}
	attempts(t, s, func(ctx context.Context, d *webhook.Delivery) error {
		for _, entry := range want {
			require.NoError(t, d.Kept.Append(ctx, entry))
		}
		return errDownstream
	}, func(ctx context.Context, d *webhook.Delivery) error {
		entries, err := d.Kept.Entries(ctx)
		require.NoError(t, err)
		require.Len(t, entries, len(want))
		for i := range want {
			assert.True(t, bytes.Equal(want[i], entries[i]), i)
		}
		return nil
	})
}

// TestKeptCutAnywhere: what a crash leaves of the last entry is not taken for it, and the next one is added well.
func TestKeptCutAnywhere(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	ctx, cancel := context.WithCancel(t.Context())
	require.ErrorIs(t, s.Run(ctx, func(ctx context.Context, d *webhook.Delivery) error {
		require.NoError(t, d.Kept.Append(ctx, []byte("first")))
		require.NoError(t, d.Kept.Append(ctx, []byte("second")))
		cancel()
		return ctx.Err()
	}), context.Canceled)
	require.NoError(t, s.Close())
	path := glob(t, dir, "pending/*.kept")[0]
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for cut := range len(whole) + 1 {
		require.NoError(t, os.WriteFile(path, whole[:cut], 0o600))
		s := openSpool(t, dir)
		ctx, cancel := context.WithCancel(t.Context())
		require.ErrorIs(t, s.Run(ctx, func(ctx context.Context, d *webhook.Delivery) error {
			entries, err := d.Kept.Entries(ctx)
			require.NoError(t, err, cut)
			require.Len(t, entries, bytes.Count(whole[:cut], []byte{'\n'}), cut)
			require.NoError(t, d.Kept.Append(ctx, []byte("third")))
			entries, err = d.Kept.Entries(ctx)
			require.NoError(t, err, cut)
			require.Equal(t, "third", string(entries[len(entries)-1]), cut)
			cancel()
			return ctx.Err()
		}), context.Canceled)
		require.NoError(t, s.Close())
	}
}

// TestDamagedKept: the delivery is dead, since to buy again is the caller's word, and the others go on.
func TestDamagedKept(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"a changed byte": func(path string) error {
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			i := bytes.Index(content, []byte(`"data":"`)) + 10
			if content[i]++; content[i] > 'Z' {
				content[i] = 'A'
			}
			return os.WriteFile(path, content, 0o600)
		},
		"no JSON":            func(path string) error { return os.WriteFile(path, []byte("x\n{}\n"), 0o600) },
		"another JSON":       func(path string) error { return os.WriteFile(path, []byte("{}\n{}\n"), 0o600) },
		"a negative part":    func(path string) error { return os.WriteFile(path, []byte(`{"part":-1,"of":1}`+"\n"), 0o600) },
		"a part in between":  func(path string) error { return os.WriteFile(path, []byte(`{"part":2,"of":3}`+"\n"), 0o600) },
		"a hole of 4 TiB":    func(path string) error { return os.Truncate(path, 1<<42) },
		"a hole of 16 bytes": func(path string) error { return os.WriteFile(path, []byte("\x00\x00\x00\n\x00\x00\n"), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := openSpool(t, dir)
			require.NoError(t, s.Put(t.Context(), delivery(1)))
			attempts(t, s, func(ctx context.Context, d *webhook.Delivery) error {
				require.NoError(t, d.Kept.Append(ctx, []byte("the first of two entries")))
				require.NoError(t, d.Kept.Append(ctx, []byte("the second")))
				return errDownstream
			})
			require.NoError(t, s.Close())
			path := glob(t, dir, "pending/*.kept")[0]
			require.NoError(t, damage(path))
			s = openSpool(t, dir)
			require.NoError(t, s.Put(t.Context(), delivery(2)))
			calls := 0
			attempts(t, s, func(ctx context.Context, d *webhook.Delivery) error {
				calls++
				_, err := d.Kept.Entries(ctx)
				require.ErrorIs(t, err, webhook.ErrGiveUp)
				return errDownstream // Whatever it says.
			}, func(ctx context.Context, d *webhook.Delivery) error {
				assert.Equal(t, "base:2", d.Key)
				assert.NoError(t, d.Kept.Full(), "the damaged one takes no room")
				return nil
			})
			assert.Equal(t, 1, calls)
			dead := deadOf(t, s)
			require.Len(t, dead, 1)
			assert.Contains(t, dead[0].Reason, "what was bought for the delivery and kept is damaged")
			assert.Positive(t, dead[0].Kept)
			assert.Zero(t, s.Status().KeptBytes)
			require.NoError(t, s.Requeue(dead[0].ID))
			attempts(t, s, func(ctx context.Context, d *webhook.Delivery) error {
				entries, err := d.Kept.Entries(ctx)
				require.NoError(t, err)
				assert.Empty(t, entries)
				return nil
			})
			assert.Empty(t, spoolFiles(t, dir))
		})
	}
}

// TestWhatIsKeptIsReplaced: room comes of it, also over a restart.
func TestWhatIsKeptIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, o := t.TempDir(), spool.Options{MaxKept: 6 << 20}
		s := openSpool(t, dir, o)
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		long := bytes.Repeat([]byte("record "), 1<<20)
		var kept webhook.Kept
		attempts(t, s, func(ctx context.Context, d *webhook.Delivery) error {
			kept = d.Kept
			require.NoError(t, d.Kept.Replace(ctx, [][]byte{long}), "before anything was appended")
			require.NoError(t, d.Kept.Append(ctx, []byte("second")))
			require.ErrorIs(t, d.Kept.Full(), webhook.ErrRetryLater)
			require.NoError(t, d.Kept.Replace(ctx, [][]byte{[]byte("a"), {}, []byte("b")}))
			require.NoError(t, d.Kept.Full())
			require.NoError(t, d.Kept.Append(ctx, []byte("c")))
			entries, err := d.Kept.Entries(ctx)
			require.NoError(t, err)
			assert.Len(t, entries, 4)
			return errDownstream
		})
		require.Error(t, kept.Replace(t.Context(), nil), "the attempt has ended")
		info, err := os.Stat(glob(t, dir, "pending/*.kept")[0])
		require.NoError(t, err)
		assert.Equal(t, info.Size(), s.Status().KeptBytes)
		require.NoError(t, s.Close())
		require.NoError(t, os.WriteFile(filepath.Join(dir, "pending", ".new-ABC"), long, 0o600)) // a crash during Replace
		s = openSpool(t, dir, o)
		assert.Equal(t, info.Size(), s.Status().KeptBytes)
		attempts(t, s, func(ctx context.Context, d *webhook.Delivery) error {
			entries, err := d.Kept.Entries(ctx)
			require.NoError(t, err)
			assert.Equal(t, "a,,b,c", string(bytes.Join(entries, []byte{','})))
			require.NoError(t, d.Kept.Replace(ctx, nil))
			entries, err = d.Kept.Entries(ctx)
			require.NoError(t, err)
			assert.Empty(t, entries)
			return nil
		})
		assert.Empty(t, spoolFiles(t, dir))
		assert.Zero(t, s.Status().KeptBytes)
	})
}

// TestAtTheBoundNothingMoreIsBought: but what was bought is kept, and there is room again when it is handed over.
func TestAtTheBoundNothingMoreIsBought(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, t.TempDir(), spool.Options{MaxKept: 1000})
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		require.NoError(t, s.Put(t.Context(), delivery(2)))
		calls := map[string]int{}
		runUntil(t, s, func() bool { return s.Pending() == 0 }, func(ctx context.Context, d *webhook.Delivery) error {
			switch calls[d.Key]++; {
			case d.Key == "base:2":
				err := d.Kept.Full()
				if s.Pending() == 2 {
					assert.ErrorContains(t, err, "Options.MaxKept is 1000", "all together")
				}
				return err
			case calls[d.Key] == 1:
				require.NoError(t, d.Kept.Full())
				for range 3 {
					require.NoError(t, d.Kept.Append(ctx, make([]byte, 1000)), "it never refuses")
				}
				require.ErrorIs(t, d.Kept.Full(), webhook.ErrRetryLater)
				return errDownstream
			}
			return nil
		})
		assert.GreaterOrEqual(t, calls["base:2"], 2)
		assert.Empty(t, deadOf(t, s))
	})
}

// TestADiskThatTakesNoMore: nothing is bought until it does.
func TestADiskThatTakesNoMore(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	attempts(t, s, func(ctx context.Context, d *webhook.Delivery) error {
		require.NoError(t, d.Kept.Full())
		pending := filepath.Join(dir, "pending")
		require.NoError(t, os.Rename(pending, pending+"-away"))
		require.Error(t, d.Kept.Append(ctx, []byte("bought")))
		require.ErrorIs(t, d.Kept.Full(), webhook.ErrRetryLater)
		require.NoError(t, os.Rename(pending+"-away", pending))
		require.NoError(t, d.Kept.Full(), "it can be written again")
		require.NoError(t, d.Kept.Append(ctx, []byte("bought")))
		entries, err := d.Kept.Entries(ctx)
		require.NoError(t, err)
		assert.Len(t, entries, 1)
		return nil
	})
	assert.Empty(t, spoolFiles(t, dir))
}

// TestOpenMendsWhatACrashLeftBetweenTwoSteps of a delivery that left with what was kept for it.
func TestOpenMendsWhatACrashLeftBetweenTwoSteps(t *testing.T) {
	make := func(t *testing.T) (dir, delivery, kept string) {
		dir = t.TempDir()
		s := openSpool(t, dir)
		require.NoError(t, s.Put(t.Context(), about(1, 1)))
		attempts(t, s, func(ctx context.Context, d *webhook.Delivery) error {
			require.NoError(t, d.Kept.Append(ctx, []byte("bought")))
			return errDownstream
		})
		require.NoError(t, s.Close())
		return dir, filepath.Base(glob(t, dir, "pending/*.delivery")[0]), filepath.Base(glob(t, dir, "pending/*.kept")[0])
	}
	move := func(t *testing.T, dir, from, to string) {
		require.NoError(t, os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)))
	}
	t.Run("done, and its file removed", func(t *testing.T) {
		dir, delivery, kept := make(t)
		require.NoError(t, os.Remove(filepath.Join(dir, "pending", delivery)))
		s := openSpool(t, dir)
		assert.Empty(t, spoolFiles(t, dir), kept)
		assert.Zero(t, s.Status().KeptBytes)
	})
	t.Run("the number was given again", func(t *testing.T) {
		dir, delivery, kept := make(t)
		other := strings.Replace(kept, "-s", "-s00", 1)
		move(t, dir, "pending/"+kept, "pending/"+other[:len(kept)-len(".kept")]+".kept")
		s := openSpool(t, dir)
		assert.Empty(t, glob(t, dir, "pending/*.kept"), "it is of another delivery")
		attempts(t, s, func(ctx context.Context, d *webhook.Delivery) error {
			entries, err := d.Kept.Entries(ctx)
			require.NoError(t, err)
			assert.Empty(t, entries, delivery)
			return nil
		})
	})
	t.Run("dead, with the delivery moved alone", func(t *testing.T) {
		dir, delivery, kept := make(t)
		move(t, dir, "pending/"+delivery, "dead/"+delivery)
		s := openSpool(t, dir)
		assert.Equal(t, []string{filepath.Join(dir, "dead", kept)}, glob(t, dir, "*/*.kept"))
		assert.Positive(t, deadOf(t, s)[0].Kept)
	})
	t.Run("dead, with the reason written alone", func(t *testing.T) {
		dir, _, kept := make(t)
		reason := strings.Replace(kept, ".kept", ".reason", 1)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "dead", reason), []byte("x"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "dead", ".new-XYZ"), []byte("x"), 0o600))
		s := openSpool(t, dir)
		assert.Len(t, glob(t, dir, "dead/*"), 1, "it is to be dead for this reason")
		assert.Empty(t, glob(t, dir, "dead/.*"))
		assert.Equal(t, 1, s.Pending())
		runUntil(t, s, func() bool { return s.Pending() == 0 }, func(context.Context, *webhook.Delivery) error {
			panic("it is tried")
		})
		assert.Equal(t, "x", deadOf(t, s)[0].Reason)
	})
	t.Run("files of the user stay", func(t *testing.T) {
		dir, _, _ := make(t)
		for _, name := range []string{"pending/notes.kept", "dead/why.reason", "dead/0001-s00.reason"} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
		}
		openSpool(t, dir)
		assert.Len(t, slices.Concat(glob(t, dir, "pending/notes*"), glob(t, dir, "dead/*")), 3)
	})
	t.Run("begun when the machine crashed, which the name does not say", func(t *testing.T) {
		dir, delivery, _ := make(t)
		move(t, dir, "pending/"+delivery, "pending/"+strings.Replace(strings.Replace(delivery, "-begun", "", 1), "-0001-", "-0000-", 1))
		s := openSpool(t, dir)
		require.NoError(t, s.Put(t.Context(), about(1, 1)))
		assert.Equal(t, 2, s.Pending(), "what was kept is older than the second")
	})
}

// TestErasedByHand: when the operator removes a delivery's file, what was kept for it goes too.
func TestErasedByHand(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir, spool.Options{Backoff: time.Millisecond})
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	calls := 0
	runUntil(t, s, func() bool { return s.Pending() == 0 }, func(ctx context.Context, d *webhook.Delivery) error {
		calls++
		require.NoError(t, d.Kept.Append(ctx, []byte("bought")))
		require.NoError(t, os.Remove(glob(t, dir, "pending/*.delivery")[0]))
		return nil
	})
	assert.Equal(t, 1, calls)
	assert.Empty(t, glob(t, dir, "*/*.kept"))
}
