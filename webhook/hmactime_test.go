package webhook_test

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func TestR38Tolerance(t *testing.T) {
	now := time.Unix(1_700_000_000, 999_000_000)
	v := newHMAC(t, timedScheme(func() time.Time { return now }), testSecret)
	narrow := timedScheme(func() time.Time { return now })
	narrow.Tolerance = 10 * time.Second
	for name, test := range map[string]struct {
		timestamp int64
		want      error
	}{
		"now":          {now.Unix(), nil},
		"300 s old":    {now.Unix() - 300, nil},
		"301 s old":    {now.Unix() - 301, webhook.ErrTooOld},
		"300 s new":    {now.Unix() + 300, nil},
		"301 s new":    {now.Unix() + 301, webhook.ErrTooNew},
		"zero":         {0, webhook.ErrTooOld},
		"smallest":     {math.MinInt64, webhook.ErrTooOld},
		"largest":      {math.MaxInt64, webhook.ErrTooNew},
		"milliseconds": {now.UnixMilli(), webhook.ErrTooNew},
	} {
		t.Run(name, func(t *testing.T) {
			header, err := webhook.SignHMAC(timedScheme(nil), testSecret, []byte("{}"), time.Unix(test.timestamp, 0), nil)
			require.NoError(t, err)
			require.Equal(t, strconv.FormatInt(test.timestamp, 10), header.Get("X-Timestamp"))
			_, err = webhook.Verify(v, post(header), []byte("{}"))
			require.ErrorIs(t, err, test.want)
			require.ErrorIs(t, admit(v, post(header)), test.want)
			if test.want != nil {
				require.ErrorIs(t, err, webhook.ErrUnverified)
			}
		})
	}
	header, err := webhook.SignHMAC(narrow, testSecret, []byte("{}"), now.Add(-11*time.Second), nil)
	require.NoError(t, err)
	require.ErrorIs(t, admit(newHMAC(t, narrow, testSecret), post(header)), webhook.ErrTooOld)
}

func TestR38TimestampMustBeOneNumber(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	v := newHMAC(t, timedScheme(func() time.Time { return now }), testSecret)
	header, err := webhook.SignHMAC(timedScheme(nil), testSecret, []byte("{}"), now, nil)
	require.NoError(t, err)
	for name, values := range map[string][]string{
		"missing": nil, "empty": {""}, "text": {"soon"}, "fraction": {"1700000000.5"}, "too large": {"9223372036854775808"},
		"twice": {"1700000000", "1700000000"}, "two in one": {"1700000000 1700000000"}, "long": {strings.Repeat("0", 30) + "1700000000"},
		"other spelling": {"01700000000"},
	} {
		t.Run(name, func(t *testing.T) {
			header["X-Timestamp"] = values
			_, err := webhook.Verify(v, post(header), []byte("{}"))
			require.ErrorIs(t, err, webhook.ErrUnverified)
		})
	}
}

// TestR38TheTimeIsLookedAtAgainAfterTheBody: a caller that keeps a Check gains no time by it.
func TestR38TheTimeIsLookedAtAgainAfterTheBody(t *testing.T) {
	signed := time.Unix(1_700_000_000, 0)
	now := signed
	v := newHMAC(t, timedScheme(func() time.Time { return now }), testSecret)
	untimed := newHMAC(t, bodyScheme(), testSecret)
	for at, want := range map[time.Duration]error{
		0: nil, 300 * time.Second: nil, 301 * time.Second: webhook.ErrTooOld, time.Hour: webhook.ErrTooOld, -301 * time.Second: webhook.ErrTooNew,
	} {
		header, err := webhook.SignHMAC(timedScheme(nil), testSecret, []byte("{}"), signed, nil)
		require.NoError(t, err)
		now = signed
		check, err := v.Admit(post(header))
		require.NoError(t, err)
		now = signed.Add(at)
		_, err = check([]byte("{}"))
		require.ErrorIs(t, err, want, at)
		if want == nil {
			require.NoError(t, err, at)
		}
		_, err = webhook.Verify(untimed, signedRequest(t, "{}"), []byte("{}"))
		require.NoError(t, err, "a scheme without a timestamp has no time")
	}
}
