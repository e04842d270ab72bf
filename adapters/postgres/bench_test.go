//go:build unix

package postgres_test

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// BenchmarkDedupe is a delivery that is claimed and done, beside the raw statements that this takes at least: one that inserts
// a row if it is not there, and one that marks it. Both run in turn, on tables of the same form, and the ratio of their
// times is reported: of-raw against both statements, of-one against the first alone, which is what a mark before the work
// costs, and loses what is in work when the process dies.
func BenchmarkDedupe(b *testing.B) {
	s := sharedServer(b)
	o, raw := s.migrated(b), s.migrated(b)
	dedupe, db := s.store(b, o).Dedupe(), s.open(b)
	insert := fmt.Sprintf(`INSERT INTO %q.p_claims (key, owner, ends, done) VALUES ($1, $2, now() + interval '1 hour', false) ON CONFLICT DO NOTHING`, raw.Schema)
	mark := fmt.Sprintf(`UPDATE %q.p_claims SET done = true, ends = now() + interval '1 day' WHERE key = $1 AND owner = $2`, raw.Schema)
	var ours, first, second time.Duration
	n := 0
	for b.Loop() {
		n++
		key := fmt.Sprint("delivery ", n)
		begun := time.Now()
		claim, err := dedupe.Claim(b.Context(), key, time.Hour)
		if err == nil && claim.Result == webhook.Claimed {
			err = dedupe.Done(b.Context(), key, claim.Owner, 24*time.Hour)
		}
		require.NoError(b, err)
		ours += time.Since(begun)

		begun = time.Now()
		hash, owner := sha256.Sum256([]byte(key)), rand.Text()
		_, err = db.ExecContext(b.Context(), insert, hash[:], owner)
		require.NoError(b, err)
		first += time.Since(begun)
		begun = time.Now()
		_, err = db.ExecContext(b.Context(), mark, hash[:], owner)
		require.NoError(b, err)
		second += time.Since(begun)
	}
	b.ReportMetric(float64(ours)/float64(first+second), "of-raw")
	b.ReportMetric(float64(ours)/float64(first), "of-one")
	b.ReportMetric(float64(ours.Microseconds())/float64(n), "µs/delivery")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkClean is a step of a thousand marks that have ended, among a hundred thousand that have not.
func BenchmarkClean(b *testing.B) {
	s := sharedServer(b)
	o := s.migrated(b)
	store, db := s.store(b, o), s.open(b)
	fill := func(marks int, ends string) {
		_, err := db.ExecContext(b.Context(), fmt.Sprintf(`INSERT INTO %q.p_claims SELECT decode(md5(random()::text), 'hex'), 'owner', now() + interval '%s', true FROM generate_series(1, %d)`, o.Schema, ends, marks))
		require.NoError(b, err)
	}
	fill(100_000, "1 day")
	for b.Loop() {
		b.StopTimer()
		fill(999, "-1 second")
		b.StartTimer()
		done, err := store.Clean(b.Context())
		require.NoError(b, err)
		require.EqualValues(b, 999, done.Claims)
	}
}
