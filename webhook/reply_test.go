package webhook_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/webhook"
)

func TestR36Replies(t *testing.T) {
	failing := errors.New("database away")
	chunked := func(r *http.Request) { r.ContentLength = -1 }
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, test := range map[string]struct {
		body    string
		change  func(*http.Request)
		opts    []webhook.Option
		decoder webhook.Decoder
		sinkErr error
		want    int
		text    string
		reaches bool
	}{
		"accepted":             {body: testNotice, want: 200, text: "ok\n", reaches: true},
		"no events":            {body: "[]", want: 200, text: "ok\n", reaches: true},
		"get":                  {body: testNotice, change: func(r *http.Request) { r.Method = http.MethodGet }, want: 405, text: "Method Not Allowed\n"},
		"put":                  {body: testNotice, change: func(r *http.Request) { r.Method = http.MethodPut }, want: 405, text: "Method Not Allowed\n"},
		"unsigned":             {body: testNotice, change: func(r *http.Request) { r.Header = http.Header{} }, want: 401, text: "Unauthorized\n"},
		"wrong signature":      {body: testNotice, change: header("X-Signature", strings.Repeat("0", 64)), want: 401, text: "Unauthorized\n"},
		"unreadable signature": {body: testNotice, change: header("X-Signature", "x"), want: 401, text: "Unauthorized\n"},
		"declared too large":   {body: testNotice, opts: []webhook.Option{webhook.WithMaxBody(10)}, want: 413, text: "Request Entity Too Large\n"},
		"turns out too large":  {body: testNotice, change: chunked, opts: []webhook.Option{webhook.WithMaxBody(10)}, want: 413, text: "Request Entity Too Large\n"},
		"exactly the limit":    {body: testNotice, change: chunked, opts: []webhook.Option{webhook.WithMaxBody(int64(len(testNotice)))}, want: 200, text: "ok\n", reaches: true},
		"huge header":          {body: testNotice, change: header("X-Other", strings.Repeat("x", 70_000)), want: 431, text: "Request Header Fields Too Large\n"},
		"not JSON":             {body: "canary", want: 200, text: "ok\n", reaches: true},
		"empty":                {body: "", want: 200, text: "ok\n", reaches: true},
		"null":                 {body: "null", want: 200, text: "ok\n", reaches: true},
		"json type":            {body: testNotice, change: header("Content-Type", "application/json; charset=utf-8"), want: 200, text: "ok\n", reaches: true},
		"json suffix":          {body: testNotice, change: header("Content-Type", "application/vnd.x+json"), want: 200, text: "ok\n", reaches: true},
		"plain text":           {body: testNotice, change: header("Content-Type", "text/plain"), want: 200, text: "ok\n", reaches: true},
		"unreadable type":      {body: testNotice, change: header("Content-Type", ";;"), want: 200, text: "ok\n", reaches: true},
		"form":                 {body: testNotice, change: header("Content-Type", "application/x-www-form-urlencoded"), want: 200, text: "ok\n", reaches: true},
		"html":                 {body: testNotice, change: header("Content-Type", "text/html; charset=utf-8"), want: 200, text: "ok\n", reaches: true},
		"compressed":           {body: testNotice, change: header("Content-Encoding", "gzip"), want: 200, text: "ok\n", reaches: true},
		"not compressed":       {body: testNotice, change: header("Content-Encoding", "identity"), want: 200, text: "ok\n", reaches: true},
		"sink fails":           {body: testNotice, sinkErr: failing, want: 503, text: "Service Unavailable\n", reaches: true},
		"connection lost": {
			body: testNotice, want: 400, text: "Bad Request\n",
			change: func(r *http.Request) { r.Body = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF)) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			sink := &spySink{err: test.sinkErr}
			sender := sends(newHMAC(t, bodyScheme(), testSecret))
			if test.decoder != nil {
				sender.Decoder = test.decoder
			}
			h := newHandlerOf(t, sender, sink, test.opts...)
			r := signedRequest(t, test.body)
			if test.change != nil {
				test.change(r)
			}
			resp := serve(h, r)
			assert.Equal(t, test.want, resp.StatusCode)
			assert.Equal(t, test.text, bodyText(t, resp))
			assert.Equal(t, "text/plain; charset=utf-8", resp.Header.Get("Content-Type"))
			assert.Equal(t, test.reaches, len(sink.all()) > 0)
			assert.Equal(t, test.want == 405, resp.Header.Get("Allow") == "POST")
			assert.Equal(t, test.want == 503, resp.Header.Get("Retry-After") == "5")
		})
	}
}
