package benchmarks

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	svix "github.com/svix/svix-webhooks/go"

	"github.com/pronet-go/pronet/benchmarks/internal/turns"
	"github.com/pronet-go/pronet/webhook"
)

// BenchmarkHandler posts notices over loopback to a server in a process of its own, one a case, and compares the
// processor time that these processes use (getrusage), so that the client's share is not in it and nobody has to
// subtract it. What net/http needs is part of every case. The baseline is what a receiver written by hand does: read,
// HMAC-SHA256, and encoding/json into the envelope of each notice (id, status, changed fields). The peers verify and
// decode the same; pronet verifies, decodes typed events that keep their raw JSON, remembers the delivery in memory and
// calls a function. The case split only splits the array into undecoded elements, which is less than a receiver needs.
//
// Targets: pronet <= 0.85 at 1 KB, 0.55 at 8 KB, 0.40 at 900 KB.
func BenchmarkHandler(b *testing.B) {
	for _, size := range []struct {
		name            string
		bytes, requests int
	}{{"1KB", 1 << 10, 2000}, {"8KB", 8 << 10, 1000}, {"900KB", 900 << 10, 20}} {
		b.Run(size.name, func(b *testing.B) {
			sent := 0
			var cases []turns.Costed
			for _, name := range []string{"raw", "split", "svix", "standardwebhooks", "pronet"} {
				server := startReceiver(b) // one for each: what another one keeps in memory is not its business
				cases = append(cases, turns.Costed{Name: name, Run: func() (time.Duration, error) {
					posts := make([][]byte, size.requests)
					for i := range posts {
						sent++ // no delivery is like another one
						posts[i] = signedPost(name, noticesOfSize(size.bytes, sent))
					}
					return server.cost(posts)
				}})
			}
			turns.CompareCosts(b, cases...)
		})
	}
}

// BenchmarkVerify compares the verifier alone with the HMAC that it cannot do without, keyed anew for each body as by
// hand. Target: <= 1.05, no allocations.
func BenchmarkVerify(b *testing.B) {
	for _, size := range []int{1 << 10, 8 << 10} {
		b.Run(strconv.Itoa(size>>10)+"KB", func(b *testing.B) {
			body := noticesOfSize(size, 0)
			verifier := receivingSender().Verifier
			r := httptest.NewRequest(http.MethodPost, "/", nil)
			r.Header.Set(signatureHeader, sign(body))
			b.ReportMetric(testing.AllocsPerRun(100, func() { _, _ = webhook.Verify(verifier, r, body) }), "allocs")
			many := func(verify func() error) func() error {
				return func() error {
					for range 2000 {
						if err := verify(); err != nil {
							return err
						}
					}
					return nil
				}
			}
			turns.Compare(b,
				turns.Case{Name: "hmac", Run: many(func() error { return verifyByHand(r, body) })},
				turns.Case{Name: "pronet", Run: many(func() error { _, err := webhook.Verify(verifier, r, body); return err })},
			)
		})
	}
}

const (
	signingKey      = "a key of the benchmark, 32 bytes"
	signatureHeader = "X-Signature"
)

// noticesOfSize returns an array of notices of about the given size; n makes it another one.
func noticesOfSize(size, n int) []byte {
	body := fmt.Appendf(nil, `[{"member_id":%d,"status":"started_matching_query","changed_fields":null}`, 1_000_000_000+n)
	for i := 0; len(body) < size-1; i++ {
		body = fmt.Appendf(body, `,{"member_id":%d,"status":"changed","changed_fields":["headline","experience","skills"]}`, 40_000_000+i)
	}
	return append(body, ']')
}

func sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte(signingKey))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

func receivingSender() webhook.Sender {
	sender, err := webhook.HMAC("notices", webhook.HMACScheme{Header: signatureHeader, SecretForm: webhook.IssuedSecret}, webhook.DecodeCoresignal, signingKey)
	if err != nil {
		panic(err)
	}
	return sender
}

// signedPost returns a request as it goes over the connection, signed as the case expects it.
func signedPost(name string, body []byte) []byte {
	post := fmt.Appendf(nil, "POST /%s HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: sender/1.0\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", name, len(body))
	switch name {
	case "svix", "standardwebhooks":
		id, timestamp := "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", strconv.FormatInt(time.Now().Unix(), 10)
		mac := hmac.New(sha256.New, []byte(signingKey))
		fmt.Fprintf(mac, "%s.%s.", id, timestamp)
		mac.Write(body)
		post = fmt.Appendf(post, "Webhook-Id: %s\r\nWebhook-Timestamp: %s\r\nWebhook-Signature: v1,%s\r\n", id, timestamp, base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	default:
		post = fmt.Appendf(post, "%s: %s\r\n", signatureHeader, sign(body))
	}
	return append(append(post, "\r\n"...), body...)
}

func verifyByHand(r *http.Request, body []byte) error {
	got, err := hex.DecodeString(r.Header.Get(signatureHeader))
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, []byte(signingKey))
	mac.Write(body)
	if !hmac.Equal(mac.Sum(nil), got) {
		return errors.New("refused")
	}
	return nil
}

// split leaves the notices of an array undecoded.
func split(body []byte) error { return stdjson.Unmarshal(body, new([]stdjson.RawMessage)) }

// envelopes is what a receiver by hand decodes.
func envelopes(body []byte) error {
	return stdjson.Unmarshal(body, new([]struct {
		MemberID      int64    `json:"member_id"`
		Status        string   `json:"status"`
		ChangedFields []string `json:"changed_fields"`
	}))
}

// receiveByHand is a handler without deduplication.
func receiveByHand(verify func(r *http.Request, body []byte) error, decode func([]byte) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = verify(r, body)
		}
		if err == nil {
			err = decode(body)
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
	})
}

func init() { works["receiver"] = receive }

// receive serves all cases until its standard input ends.
func receive() error {
	secret := base64.StdEncoding.EncodeToString([]byte(signingKey))
	svixWebhook, err := svix.NewWebhook(secret)
	if err != nil {
		return err
	}
	standardWebhook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return err
	}
	handler, err := webhook.NewHandler(receivingSender(), webhook.Func(func(context.Context, *webhook.Delivery) error { return nil }))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/raw", receiveByHand(verifyByHand, envelopes))
	mux.Handle("/split", receiveByHand(verifyByHand, split))
	mux.Handle("/svix", receiveByHand(func(r *http.Request, body []byte) error { return svixWebhook.Verify(body, r.Header) }, envelopes))
	mux.Handle("/standardwebhooks", receiveByHand(func(r *http.Request, body []byte) error { return standardWebhook.Verify(body, r.Header) }, envelopes))
	mux.Handle("/pronet", handler)
	mux.HandleFunc("/used", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "" {
			runtime.GC() // nobody pays for what was before
		}
		used, err := processorTime()
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
		}
		fmt.Fprint(w, int64(used))
	})
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// receiver is the connection to the other process.
type receiver struct {
	conn   net.Conn
	reader *bufio.Reader
}

func startReceiver(b *testing.B) *receiver {
	b.Helper()
	command := exec.CommandContext(b.Context(), os.Args[0])
	command.Env = append(os.Environ(), "PRONET_BENCHMARK_WORK=receiver")
	command.Stderr = os.Stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", strings.TrimSpace(address))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = conn.Close()
		_ = stdin.Close()
		_ = command.Wait()
	})
	return &receiver{conn, bufio.NewReader(conn)}
}

// cost is what the server uses for the requests, one after another.
func (r *receiver) cost(posts [][]byte) (time.Duration, error) {
	before, err := r.used("?collect")
	if err != nil {
		return 0, err
	}
	for _, post := range posts {
		if _, err := r.send(post); err != nil {
			return 0, err
		}
	}
	after, err := r.used("")
	return after - before, err
}

func (r *receiver) used(query string) (time.Duration, error) {
	text, err := r.send([]byte("GET /used" + query + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))
	if err != nil {
		return 0, err
	}
	used, err := strconv.ParseInt(string(text), 10, 64)
	return time.Duration(used), err
}

// send writes a request and returns the response's body.
func (r *receiver) send(request []byte) ([]byte, error) {
	if _, err := r.conn.Write(request); err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(r.reader, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", bytes.SplitN(request, []byte(" HTTP"), 2)[0], response.Status)
	}
	return io.ReadAll(response.Body)
}
