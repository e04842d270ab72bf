package spool_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// numbered is the n-th delivery, with a body of a kilobyte.
func numbered(n int) *webhook.Delivery {
	d := delivery(n)
	d.Body = fmt.Appendf(nil, `[{"member_id":%d,"status":"changed","x":"%s"}]`, n+1, strings.Repeat("x", 1000))
	return d
}

// BenchmarkPut stores a delivery of a kilobyte, and by hand what makes a file of it survive a crash of the machine: written
// and synced under another name, renamed, and its directory synced. They take turns, as a disk is not equally fast from one
// second to the next, and the ratio of their times is reported.
func BenchmarkPut(b *testing.B) {
	s, dir := openSpool(b, b.TempDir(), spool.Options{MaxDeliveries: 1 << 30}), b.TempDir()
	names, err := os.Open(dir)
	require.NoError(b, err)
	defer func() { _ = names.Close() }()
	var ours, raw time.Duration
	n := 0
	for ; b.Loop(); n++ {
		d := numbered(n)
		began := time.Now()
		require.NoError(b, s.Put(b.Context(), d))
		ours += time.Since(began)

		began = time.Now()
		temp, err := os.OpenFile(filepath.Join(dir, "temp"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		require.NoError(b, err)
		_, err = temp.Write(d.Body)
		require.NoError(b, errors.Join(err, temp.Sync(), temp.Close(), os.Rename(temp.Name(), filepath.Join(dir, fmt.Sprint(n))), names.Sync()))
		raw += time.Since(began)
	}
	b.ReportMetric(float64(ours)/float64(raw), "of-raw")
	b.ReportMetric(float64(ours.Microseconds())/float64(n), "µs/put")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkRun stores deliveries by eight goroutines and hands them over to a function that does nothing.
func BenchmarkRun(b *testing.B) {
	s := openSpool(b, b.TempDir())
	ctx, stop := context.WithCancel(b.Context())
	handed, ended := make(chan struct{}, 1000), make(chan error, 1)
	go func() {
		ended <- s.Run(ctx, func(context.Context, *webhook.Delivery) error {
			handed <- struct{}{}
			return nil
		})
	}()
	const writers = 8
	each := b.N/writers + 1
	b.ResetTimer()
	for w := range writers {
		go func() {
			for n := range each {
				if s.Put(ctx, numbered(w*each+n)) != nil {
					return
				}
			}
		}()
	}
	for range writers * each {
		<-handed
	}
	b.StopTimer()
	b.ReportMetric(float64(writers*each)/b.Elapsed().Seconds(), "deliveries/s")
	stop()
	<-ended
}
