package webhook_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func TestHMACTakesAnyOfSeveralCandidates(t *testing.T) {
	const body = `{"a":1}`
	other := strings.Repeat("0", 64)
	v := newHMAC(t, webhook.HMACScheme{Header: "X-Signature", Prefix: "v1="}, testSecret)
	good := "v1=" + vectorHex
	for name, test := range map[string]struct {
		values []string
		ok     bool
	}{
		"alone":                      {[]string{good}, true},
		"last of several":            {[]string{"v1=" + other + "," + good}, true},
		"first of several":           {[]string{good + " v1=" + other}, true},
		"comma and space":            {[]string{"v0=" + other + ", \t," + good + ","}, true},
		"second header":              {[]string{"v1=" + other, good}, true},
		"beside unreadable ones":     {[]string{"v1=x,v1=" + strings.Repeat("g", 64) + "," + good}, true},
		"sixteen":                    {[]string{strings.Repeat("v1=x ", 15) + good}, true},
		"seventeen":                  {[]string{strings.Repeat("v1=x ", 16) + good}, false},
		"header too long":            {[]string{good + strings.Repeat(" ", 4096)}, false},
		"without prefix":             {[]string{vectorHex}, false},
		"other prefix":               {[]string{"v2=" + vectorHex}, false},
		"cut":                        {[]string{good[:len(good)-1]}, false},
		"cut by a byte":              {[]string{good[:len(good)-2]}, false},
		"longer":                     {[]string{good + "00"}, false},
		"empty":                      {[]string{""}, false},
		"prefix alone":               {[]string{"v1="}, false},
		"only separators":            {[]string{", ,\t"}, false},
		"missing":                    {nil, false},
		"well-formed, not the right": {[]string{"v1=" + other}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := webhook.Verify(v, post(http.Header{"X-Signature": test.values}), []byte(body))
			if test.ok {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, webhook.ErrUnverified)
			}
		})
	}
}

func TestR37WrongSignatureAtEachPosition(t *testing.T) {
	const body = `{"a":1}`
	v := newHMAC(t, bodyScheme(), testSecret)
	for i := range len(vectorHex) {
		wrong := []byte(vectorHex)
		if wrong[i]++; wrong[i] == '9'+1 || wrong[i] == 'f'+1 {
			wrong[i] = '0'
		}
		_, err := webhook.Verify(v, post(http.Header{"X-Signature": {string(wrong)}}), []byte(body))
		require.ErrorIs(t, err, webhook.ErrUnverified)
	}
}
