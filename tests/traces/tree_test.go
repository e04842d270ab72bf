//go:build unix

package traces

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/pronet-go/pronet/webhook"
)

var update = flag.Bool("update", false, "write testdata/trace.golden")

// span is what the exporter writes of one.
type span struct {
	Name        string
	SpanContext spanContext
	Parent      spanContext
	SpanKind    trace.SpanKind
	StartTime   time.Time
	Attributes  []attr
	Events      []struct {
		Name       string
		Attributes []attr
	}
	Links []struct {
		SpanContext spanContext
		Attributes  []attr
	}
	Status struct {
		Code        codes.Code
		Description string
	}

	process string
}

type spanContext struct {
	TraceID, SpanID, TraceFlags, TraceState string
	Remote                                  bool
}

type attr struct {
	Key   string
	Value struct {
		Type  string
		Value any
	}
}

// String writes an attribute without what differs from one run to the next: times, and the provider's port.
func (a attr) String() string {
	switch {
	case a.Value.Type == "FLOAT64":
		return a.Key + " = <seconds>"
	case a.Key == "server.port":
		return a.Key + " = <port>"
	}
	return fmt.Sprintf("%s = %v", a.Key, a.Value.Value)
}

func inOneLine(attrs []attr) string {
	texts := make([]string, len(attrs))
	for i, a := range attrs {
		texts[i] = strings.ReplaceAll(a.String(), " = ", "=")
	}
	return strings.Join(texts, " ")
}

// spans are what it has exported until now. A line that is being written is none yet.
func (p *process) spans() (spans []*span) {
	p.t.Helper()
	text := p.text("spans")
	for line := range strings.Lines(text[:strings.LastIndexByte(text, '\n')+1]) {
		s := &span{process: p.Name}
		require.NoError(p.t, json.Unmarshal([]byte(line), s))
		spans = append(spans, s)
	}
	return spans
}

func (s *span) attribute(key string) any {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.Value
		}
	}
	return nil
}

// tree joins the spans of processes into one text. A parent and a link are looked for in all of them, and in the same trace.
func tree(t *testing.T, processes ...*process) string {
	t.Helper()
	var all []*span
	byID, children := make(map[string]*span), make(map[string][]*span)
	for _, p := range processes {
		for _, s := range p.spans() {
			require.NotContains(t, byID, s.SpanContext.SpanID)
			all, byID[s.SpanContext.SpanID] = append(all, s), s
		}
	}
	slices.SortStableFunc(all, func(a, b *span) int { return a.StartTime.Compare(b.StartTime) })
	find := func(at spanContext) *span {
		s := byID[at.SpanID]
		require.NotNil(t, s, "there is no such span: %+v", at)
		require.Equal(t, s.SpanContext.TraceID, at.TraceID)
		return s
	}
	roots := make(map[string][]*span)
	for _, s := range all {
		if strings.Trim(s.Parent.SpanID, "0") == "" {
			roots[s.process] = append(roots[s.process], s)
			continue
		}
		require.Equal(t, s.SpanContext.TraceID, find(s.Parent).SpanContext.TraceID)
		children[s.Parent.SpanID] = append(children[s.Parent.SpanID], s)
	}
	var b strings.Builder
	written := 0
	var write func(depth string, spans []*span)
	write = func(depth string, spans []*span) {
		for _, s := range spans {
			written++
			fmt.Fprintf(&b, "%s%s (%s)\n", depth, s.Name, s.SpanKind)
			slices.SortFunc(s.Attributes, func(a, b attr) int { return strings.Compare(a.Key, b.Key) })
			for _, a := range s.Attributes {
				fmt.Fprintf(&b, "%s  %s\n", depth, a)
			}
			for _, link := range s.Links {
				to := find(link.SpanContext)
				fmt.Fprintf(&b, "%s  link to %s: %s %s\n", depth, to.process, to.Name, inOneLine(link.Attributes))
			}
			for _, event := range s.Events {
				fmt.Fprintf(&b, "%s  event %s %s\n", depth, event.Name, inOneLine(event.Attributes))
			}
			if s.Status.Code != codes.Unset || s.Status.Description != "" {
				fmt.Fprintf(&b, "%s  status %s %s\n", depth, s.Status.Code, s.Status.Description)
			}
			write(depth+"    ", children[s.SpanContext.SpanID])
		}
	}
	for _, p := range processes {
		fmt.Fprintf(&b, "process %s\n", p.Name)
		write("    ", roots[p.Name])
	}
	require.Len(t, all, written)
	return strings.ReplaceAll(b.String(), " \n", "\n")
}

// TestANoticeFromThePostToTheFunction is one notice through two processes and a queue between them. The provider fails
// once, and the user's function fails at the first attempt. What it has bought is in PostgreSQL by then. The tree is the same,
// whichever the queue.
func TestANoticeFromThePostToTheFunction(t *testing.T) {
	for _, queue := range []string{inNATS, inRiver} {
		t.Run(queue, func(t *testing.T) {
			t.Parallel()
			const person = 1001
			p := newProvider(t)
			p.instead[collecting(person)] = []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "1")
				respond(w, http.StatusServiceUnavailable, `{"message":"maintenance"}`)
			}}
			s := servers(t, queue)
			s.Provider, s.Token, s.Label = p.URL, webhook.NewPathToken(), "customers"
			s.Name = receiving
			receiver := begin(t, s)
			s.Name = working
			worker := begin(t, s)
			require.Equal(t, http.StatusOK, receiver.post(s.Token, fmt.Sprintf(`[{"member_id":%d,"status":"changed"}]`, person)))
			require.Eventually(t, func() bool {
				return slices.ContainsFunc(worker.spans(), func(s *span) bool { return s.attribute("pronet.outcome") == "done" })
			}, 2*time.Minute, 10*time.Millisecond)
			worker.end()
			receiver.end()

			assert.Equal(t, map[string]int{fmt.Sprint(person): 1}, p.sold)
			got := strings.ReplaceAll(tree(t, receiver, worker), p.URL, "http://provider")
			if *update {
				require.NoError(t, os.WriteFile("testdata/trace.golden", []byte(got), 0o600))
			}
			want, err := os.ReadFile("testdata/trace.golden")
			require.NoError(t, err)
			assert.Equal(t, string(want), got)
		})
	}
}

// post is what a provider does, with a trace of its own.
func (p *process) post(token, body string) int {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.line+"/"+token, strings.NewReader(body))
	require.NoError(p.t, err)
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Traceparent": "00-" + strangersTrace + "-b7ad6b7169203331-01", "Tracestate": "vendor=state-of-a-stranger",
		"Baggage": "user=baggage-of-a-stranger", "User-Agent": "agent-of-a-stranger", "Cookie": "session=cookie-of-a-stranger",
	} {
		r.Header.Set(name, value)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(r)
	require.NoError(p.t, err)
	require.NoError(p.t, response.Body.Close())
	return response.StatusCode
}
