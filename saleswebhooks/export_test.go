package saleswebhooks_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/saleswebhooks"
)

type anyTime struct{}

func (anyTime) Wait(context.Context, string) error { return nil }
func (anyTime) Pause(string, time.Time)            {}

func rows(t testing.TB, text string, format saleswebhooks.ExportFormat) (subs []saleswebhooks.Subscription, last error) {
	t.Helper()
	for sub, err := range saleswebhooks.ReadExport(strings.NewReader(text), format) {
		if err != nil {
			return subs, err
		}
		subs = append(subs, sub)
	}
	return subs, nil
}

const header = "subscription_id,entity_type,linkedin_id,linkedin_url,status,created_at\n"

func TestCSVExport(t *testing.T) {
	for name, text := range map[string]string{
		"as documented":    header + "sub_a,contact,jane,https://linkedin.com/in/jane,active,2025-01-15T10:30:00Z\nsub_b,company,\"acme \"\"eu\"\"\",,cancelled,\n",
		"mark and CR LF":   "\ufeff" + strings.ReplaceAll(header+"sub_a,contact,jane,\"https://linkedin.com/in/jane\",active,2025-01-15T10:30:00Z\nsub_b,company,\"acme \"\"eu\"\"\",,cancelled,\n", "\n", "\r\n"),
		"another order":    "status, created_at ,owner,subscription_id,linkedin_url,entity_type,linkedin_id\nactive,2025-01-15T10:30:00Z,me,sub_a,https://linkedin.com/in/jane,contact,jane\ncancelled,,you,sub_b,,company,\"acme \"\"eu\"\"\"",
		"an empty line":    header + "\nsub_a,contact,jane,https://linkedin.com/in/jane,active,2025-01-15T10:30:00Z\n\nsub_b,company,\"acme \"\"eu\"\"\",,cancelled,\n",
		"without line end": header + "sub_a,contact,jane,https://linkedin.com/in/jane,active,2025-01-15T10:30:00Z\nsub_b,company,\"acme \"\"eu\"\"\",,cancelled,",
	} {
		t.Run(name, func(t *testing.T) {
			subs, err := rows(t, text, saleswebhooks.CSV)
			require.NoError(t, err)
			require.Len(t, subs, 2)
			assert.Equal(t, "sub_a jane https://linkedin.com/in/jane active", strings.Join([]string{subs[0].ID, subs[0].LinkedInID, subs[0].LinkedInURL, string(subs[0].Status)}, " "))
			assert.Equal(t, 15, subs[0].CreatedAt.Day())
			assert.Equal(t, `acme "eu"`, subs[1].LinkedInID)
			assert.Nil(t, subs[1].CreatedAt)
			assert.False(t, subs[1].Exists())
			if name == "another order" {
				assert.Contains(t, string(subs[0].Raw), `"owner":"me"`)
			}
		})
	}
	for name, text := range map[string]string{
		"nothing": "", "no id": "id,entity_type\na,contact\n", "HTML": "<html>\n<body>\n", "a row that is short": header + "sub_a,contact\n",
		"an open quote": header + "sub_a,\"contact,", "an empty id": header + ",contact,jane,,active,\n", "a row without end": header + strings.Repeat("x", 3<<20),
		"a quote without end": header + "\"" + strings.Repeat("x\n", 2<<20),
	} {
		_, err := rows(t, text, saleswebhooks.CSV)
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), "sub_a")
	}
	empty, err := rows(t, header, saleswebhooks.CSV)
	require.NoError(t, err)
	assert.Empty(t, empty)
}

func TestJSONExport(t *testing.T) {
	const a, b = `{"subscription_id":"sub_a","status":"active","tags":["x"]}`, `{"id":"sub_b","linkedin_url":null,"created_at":null}`
	for name, text := range map[string]string{
		"array":          "[" + a + "," + b + "]",
		"object":         `{"subscriptions":[` + a + "," + b + `],"total":2}`,
		"object, data":   `{"total":2,"meta":{"x":[1]},"data":[` + a + "," + b + `],"more":[]}`,
		"lines":          a + "\n" + b + "\n",
		"spread out":     " [ " + a + " ,\n\n" + b + " ] \n",
		"mark and lines": "\ufeff" + a + "\r\n" + b,
	} {
		subs, err := rows(t, text, saleswebhooks.JSON)
		require.NoError(t, err, name)
		require.Len(t, subs, 2, name)
		assert.Equal(t, []string{"sub_a", "sub_b"}, []string{subs[0].ID, subs[1].ID}, name)
		assert.Contains(t, string(subs[0].Raw), "tags", name)
	}
	for _, text := range []string{"[]", `{"subscriptions":[]}`} {
		subs, err := rows(t, text, saleswebhooks.JSON)
		require.NoError(t, err, text)
		assert.Empty(t, subs)
	}
	for _, text := range []string{
		"", "null", "{}", `"x"`, "7", `{"total":3}`, `{"error":{"type":"X"}}`, "[" + a, "[1]", `[[]]`, "[" + a + "] x", a + "\n{}", a + "\n[]", a + "\n" + b[:9],
		`{"data":{"x":1`, `{"data":[` + a, "[" + `{"id":"` + strings.Repeat("x", 3<<20) + `"}]`, `{"a` + strings.Repeat("x", 3<<20),
	} {
		_, err := rows(t, text, saleswebhooks.JSON)
		require.Error(t, err, "%.40s", text)
		assert.NotContains(t, err.Error(), "sub_a")
	}
}

// TestExportIDs: the column and the member subscription_id are the subscription's, whatever an id beside them is.
func TestExportIDs(t *testing.T) {
	for text, format := range map[string]saleswebhooks.ExportFormat{
		"id,subscription_id,status\n7,sub_a,active\n":                         saleswebhooks.CSV,
		"subscription_id,id,status\nsub_a,7,active\n":                         saleswebhooks.CSV,
		`[{"id":7,"subscription_id":"sub_a"}]`:                                saleswebhooks.JSON,
		`{"errors":[],"data":[{"id":"sub_a"}]}`:                               saleswebhooks.JSON,
		`{"errors":[],"total":1,"x":{"y":[]},"data":[{"id":"sub_a"}],"z":[]}`: saleswebhooks.JSON,
		`{"tags":[],"id":"sub_a","more":["x"]}`:                               saleswebhooks.JSON,
	} {
		subs, err := rows(t, text, format)
		require.NoError(t, err, text)
		require.Len(t, subs, 1, text)
		assert.Equal(t, "sub_a", subs[0].ID, text)
	}
	subs, err := rows(t, `{"errors":[],"data":[]}`, saleswebhooks.JSON)
	require.NoError(t, err)
	assert.Empty(t, subs)
	_, err = rows(t, "id,subscription_id\nsub_a,\n", saleswebhooks.CSV)
	require.Error(t, err)
	for _, text := range []string{
		`{"contacts":[{"id":"a"}],"companies":[{"id":"b"}]}`, `{"id":"exp_1","data":[{"id":"a"}]}`, `{"errors":[],"id":"exp_1","data":[{"id":"a"}]}`,
		`{"errors":[{"row":1}],"data":[{"id":"a"}]}`, `{"data":[{"id":"a"}],"errors":[{"row":1}]}`,
	} {
		_, err := rows(t, text, saleswebhooks.JSON)
		require.Error(t, err, "rows would be left out: %s", text)
	}
}

// TestExported is the same set in each form.
func TestExported(t *testing.T) {
	for name, options := range map[string][]sandbox.Option{
		"array": {fake.WithExportMark()}, "object": {fake.WithExportJSON(fake.Object)}, "lines": {fake.WithExportJSON(fake.Lines)},
	} {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t, options...)
			subs := client.SalesWebhooks.Subscriptions
			for i := range 30 {
				id, err := sb.SalesWebhooks.Subscribe("contact", contact(i).LinkedInURL)
				require.NoError(t, err)
				if i%3 == 0 {
					require.NoError(t, sb.SalesWebhooks.Cancel(id))
				}
			}
			for status, want := range map[saleswebhooks.ExportStatus]int{"": 30, saleswebhooks.ExportAll: 30, saleswebhooks.ExportActive: 20, saleswebhooks.ExportCancelled: 10} {
				for _, format := range []saleswebhooks.ExportFormat{"", saleswebhooks.CSV, saleswebhooks.JSON} {
					n := 0
					for sub, err := range subs.Exported(t.Context(), saleswebhooks.ExportOptions{Format: format, Status: status}) {
						require.NoError(t, err)
						assert.NotNil(t, sub.CreatedAt)
						n++
					}
					assert.Equal(t, want, n, "%s %s", format, status)
				}
			}
			file := filepath.Join(t.TempDir(), "backup.csv")
			require.NoError(t, subs.Backup(t.Context(), file))
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, 31, bytes.Count(text, []byte("\n")))
			sb.Fail(sandbox.Fault{Path: "/v1/subscriptions/export", Body: "no export"})
			require.ErrorIs(t, subs.Backup(t.Context(), file), api.ErrUnexpectedResponse)
			kept, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, text, kept, "the old one stays")
			left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*"))
			require.NoError(t, err)
			assert.Len(t, left, 1)
			_, err = subs.Export(t.Context(), saleswebhooks.ExportOptions{Format: "xml"})
			require.ErrorIs(t, err, api.ErrInvalid)
		})
	}
}

// TestExportThatIsCut is an error.
func TestExportThatIsCut(t *testing.T) {
	sb, client := start(t)
	for i := range 30 {
		require.NoError(t, errOf(sb.SalesWebhooks.Subscribe("contact", contact(i).LinkedInURL)))
	}
	sb.Fail(sandbox.Fault{Path: "/v1/subscriptions/export", Drop: sandbox.DropMidBody})
	var last error
	for _, err := range client.SalesWebhooks.Subscriptions.Exported(t.Context(), saleswebhooks.ExportOptions{}) {
		last = err
	}
	require.Error(t, last)
	require.Error(t, client.SalesWebhooks.Subscriptions.Backup(t.Context(), filepath.Join(t.TempDir(), "x")))
}

// saying serves one HTTP response as it stands to each connection, and counts the calls of each method and path.
func saying(t testing.TB, response func(request string) string) (subs *saleswebhooks.Subscriptions, calls func() map[string]int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	var mu sync.Mutex
	asked := make(map[string]int)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				_, _ = io.Copy(io.Discard, r.Body)
				request := r.Method + " " + r.URL.Path
				mu.Lock()
				asked[request]++
				mu.Unlock()
				_, _ = io.WriteString(conn, response(request))
			}
			_ = conn.Close()
		}
	}()
	client := connect(t, pronet.WithSalesWebhooks("lwa.sk_live_x", pronet.BaseURL("http://"+listener.Addr().String())), pronet.WithMaxAttempts(1))
	return client.SalesWebhooks.Subscriptions, func() map[string]int {
		mu.Lock()
		defer mu.Unlock()
		return maps.Clone(asked)
	}
}

// TestExportWithoutAProvenEnd may have been cut between two rows: nothing is concluded from what is not in it.
func TestExportWithoutAProvenEnd(t *testing.T) {
	const export = "GET /v1/subscriptions/export"
	part := header + "sub_a,contact,person-0,,active,\n"
	for name, head := range map[string]string{"HTTP/1.0": "HTTP/1.0 200 OK\r\n", "HTTP/1.1": "HTTP/1.1 200 OK\r\nConnection: close\r\n"} {
		t.Run(name, func(t *testing.T) {
			subs, calls := saying(t, func(request string) string {
				switch request {
				case export:
					return head + "Content-Type: text/csv\r\n\r\n" + part
				case "DELETE /v1/subscriptions/bulk", "POST /v1/subscriptions/bulk": // what exists is to be read
					const body = `{"created":9,"failed":0,"subscriptions":[],"errors":[]}`
					return fmt.Sprintf("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
				}
				return "HTTP/1.1 500 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
			})
			unproven := func(err error) {
				t.Helper()
				require.ErrorIs(t, err, api.ErrUnexpectedResponse)
				assert.ErrorContains(t, err, "does not say where it ends")
			}
			for _, format := range []saleswebhooks.ExportFormat{saleswebhooks.CSV, saleswebhooks.JSON} {
				n := 0
				for sub, err := range subs.Exported(t.Context(), saleswebhooks.ExportOptions{Format: format}) {
					unproven(err)
					assert.Empty(t, sub.ID)
					n++
				}
				assert.Equal(t, 1, n)
			}
			dir := t.TempDir()
			unproven(subs.Backup(t.Context(), filepath.Join(dir, "backup.csv")))
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			assert.Empty(t, left)
			unproven(errOf(subs.Plan(t.Context(), saleswebhooks.Entities(contact(1)), saleswebhooks.PlanOptions{})))
			unproven(errOf(subs.CancelAll(t.Context(), saleswebhooks.CancelAllOptions{})))
			assert.Equal(t, map[string]int{export: 5}, calls(), "nothing was made or cancelled")

			ended, err := subs.BulkCancel(t.Context(), []string{"sub_a", "sub_b"}, saleswebhooks.BulkOptions{})
			unproven(err)
			assert.Equal(t, 2, ended.Count(saleswebhooks.ItemUnknown), "no live one is called unknown to the provider")
			made, err := subs.BulkCreate(t.Context(), contacts(2), saleswebhooks.BulkOptions{})
			unproven(err)
			assert.Equal(t, 2, made.Count(saleswebhooks.ItemUnknown))

			stream, err := subs.Export(t.Context(), saleswebhooks.ExportOptions{})
			require.NoError(t, err)
			assert.False(t, stream.Framed)
			text, err := io.ReadAll(stream)
			require.NoError(t, errors.Join(err, stream.Close()))
			assert.Equal(t, part, string(text))
		})
	}
	for name, framed := range map[string]string{
		"length": fmt.Sprintf("HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(part), part),
		"chunks": fmt.Sprintf("HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(part), part),
	} {
		subs, _ := saying(t, func(string) string { return framed })
		n := 0
		for _, err := range subs.Exported(t.Context(), saleswebhooks.ExportOptions{}) {
			require.NoError(t, err, name)
			n++
		}
		assert.Equal(t, 1, n, name)
	}
}

// FuzzReadExport: whatever it is, it ends, is bounded, and an error says nothing of it.
func FuzzReadExport(f *testing.F) {
	for _, seed := range []string{header + "sub_a,contact,jane,,active,\n", `[{"id":"a"}]`, `{"data":[{"id":"a"}]}`, "{\"id\":\"a\"}\n{\"id\":\"b\"}", "\ufeff", `{"a":{"b":[`, "\"", "a\x00b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range []saleswebhooks.ExportFormat{saleswebhooks.CSV, saleswebhooks.JSON} {
			ended := false
			for sub, err := range saleswebhooks.ReadExport(strings.NewReader(text), format) {
				if ended {
					t.Fatal("it goes on after an error")
				}
				if ended = err != nil; err == nil && sub.ID == "" {
					t.Fatal("a row without an id")
				}
				if err != nil && len(text) > 40 && strings.Contains(err.Error(), text) {
					t.Fatal("the error holds the text")
				}
			}
		}
	})
}

var errBroken = errors.New("broken")

func TestExportOfAReaderThatFails(t *testing.T) {
	broken := io.MultiReader(strings.NewReader(header+"sub_a,contact,jane,,active,\n"), failing{})
	var last error
	for _, err := range saleswebhooks.ReadExport(broken, saleswebhooks.CSV) {
		last = err
	}
	require.ErrorIs(t, last, errBroken)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }

// TestExportWithoutStatus: nothing is made, kept or cancelled by a row that does not say whether it is cancelled.
func TestExportWithoutStatus(t *testing.T) {
	for name, export := range map[string]string{
		"no column":    "subscription_id,entity_type,linkedin_id,linkedin_url\nsub_1,contact,,https://linkedin.com/in/person-0\n",
		"an empty one": header + "sub_1,contact,,https://linkedin.com/in/person-0,,\nsub_2,contact,,https://linkedin.com/in/person-1,active,\n",
	} {
		t.Run(name, func(t *testing.T) {
			p, subs := respondingByPath(t, map[string]string{
				"bulk": `{"created":9,"cancelled":9,"failed":0,"subscriptions":[],"errors":[]}`, "export": export, "account": `{"id":"acc_1"}`,
			})
			untold := func(err error) {
				t.Helper()
				require.ErrorContains(t, err, "does not say whether its subscription is cancelled")
			}
			plan, err := subs.Plan(t.Context(), saleswebhooks.Entities(contact(0)), saleswebhooks.PlanOptions{})
			untold(err)
			assert.Nil(t, plan)
			untold(errOf(subs.CancelAll(t.Context(), saleswebhooks.CancelAllOptions{})))
			untold(errOf(subs.Restore(t.Context(), strings.NewReader(export), saleswebhooks.CSV)))
			assert.Zero(t, p.calls["bulk"], "nothing was sent")

			made, err := subs.BulkCreate(t.Context(), contacts(1), saleswebhooks.BulkOptions{})
			untold(err)
			assert.Equal(t, 1, made.Count(saleswebhooks.ItemUnknown), "nobody knows whether it is watched")
			ended, err := subs.BulkCancel(t.Context(), []string{"sub_1"}, saleswebhooks.BulkOptions{})
			untold(err)
			assert.Equal(t, 1, ended.Count(saleswebhooks.ItemUnknown))
			require.NoError(t, subs.Backup(t.Context(), filepath.Join(t.TempDir(), "backup.csv")), "what is there is kept")
			read, err := rows(t, export, saleswebhooks.CSV)
			require.NoError(t, err)
			assert.Empty(t, read[0].Status)
		})
	}
	active := header + "sub_1,contact,,https://linkedin.com/in/person-0,active,\n"
	p, subs := respondingByPath(t, map[string]string{"export": active, "account": `{"id":"acc_1"}`})
	plan, err := subs.Plan(t.Context(), saleswebhooks.Entities(contact(1)), saleswebhooks.PlanOptions{})
	require.NoError(t, err)
	p.mu.Lock()
	p.bodies["export"] = strings.ReplaceAll(active, "active", "")
	p.mu.Unlock()
	require.ErrorContains(t, errOf(plan.Apply(t.Context(), saleswebhooks.ApplyOptions{})), "does not say whether")
	assert.Zero(t, p.calls["bulk"])
}

// TestExportOfNoRow tells nothing of subscriptions that were to be cancelled: they are not called unknown to the provider,
// unless it has said so itself.
func TestExportOfNoRow(t *testing.T) {
	_, subs := respondingByPath(t, map[string]string{"bulk": `{"cancelled":9,"failed":0,"subscriptions":[],"errors":[]}`, "export": header})
	ended, err := subs.BulkCancel(t.Context(), []string{"sub_1", "sub_2"}, saleswebhooks.BulkOptions{})
	require.ErrorIs(t, err, api.ErrUnexpectedResponse)
	require.ErrorContains(t, err, "the export has no row")
	assert.Equal(t, 2, ended.Count(saleswebhooks.ItemUnknown))
	assert.Equal(t, []string{"sub_1", "sub_2"}, ended.UndoneIDs())

	_, subs = respondingByPath(t, map[string]string{"bulk": `{"cancelled":0,"failed":1,"subscriptions":[],"errors":[{"index":0,"subscription_id":"sub_1","error":"no such"}]}`, "export": header})
	ended, err = subs.BulkCancel(t.Context(), []string{"sub_1"}, saleswebhooks.BulkOptions{})
	require.NoError(t, err)
	assert.Equal(t, 1, ended.Count(saleswebhooks.ItemRefused))
}
