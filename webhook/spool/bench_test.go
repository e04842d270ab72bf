package spool_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// numbered is the n-th delivery, with a body of a kilobyte.
func numbered(n int) *webhook.Delivery {
	d := delivery(n)
	d.Body = fmt.Appendf(nil, `[{"member_id":%d,"status":"changed","x":"%s"}]`, n+1, strings.Repeat("x", 1000))
	return d
}

// BenchmarkPut stores a delivery of a kilobyte, beside what makes a file of it survive a crash of the machine: written and
// synced under another name, renamed, and its directory synced.
func BenchmarkPut(b *testing.B) {
	b.Run("raw", func(b *testing.B) {
		dir := b.TempDir()
		names, err := os.Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = names.Close() }()
		for n := 0; b.Loop(); n++ {
			body := numbered(n).Body
			temp, err := os.OpenFile(filepath.Join(dir, "temp"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				b.Fatal(err)
			}
			_, err = temp.Write(body)
			if err := errors.Join(err, temp.Sync(), temp.Close(), os.Rename(temp.Name(), filepath.Join(dir, fmt.Sprint(n))), names.Sync()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Put", func(b *testing.B) {
		s := openSpool(b, b.TempDir(), spool.Options{MaxDeliveries: 1 << 30})
		for n := 0; b.Loop(); n++ {
			if err := s.Put(b.Context(), numbered(n)); err != nil {
				b.Fatal(err)
			}
		}
	})
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
