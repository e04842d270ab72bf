package nats_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/sinktest"
)

// delivery is the n-th about a person.
func delivery(person string, n int) *webhook.Delivery {
	d := &webhook.Delivery{Source: "sinktest", Label: "label", ReceivedAt: time.Now().UTC(), Body: []byte(person + "\n" + strconv.Itoa(n))}
	sum := sha256.Sum256(d.Body)
	d.Key = "label:" + hex.EncodeToString(sum[:])
	d.Events = []webhook.Event{sinktest.Event{Lines: strings.Split(string(d.Body), "\n")}}
	return d
}

// putAll puts so many deliveries of so many people, those of one person in their order. A Put that fails is tried again.
func putAll(ctx context.Context, q webhook.Sink, people, each int, from ...int) error {
	const writers = 8
	first := 0
	if len(from) > 0 {
		first = from[0]
	}
	var wg sync.WaitGroup
	errs := make(chan error, writers)
	for writer := range writers {
		wg.Go(func() {
			for n := first; n < first+each; n++ {
				for person := writer; person < people; person += writers {
					for {
						err := q.Put(ctx, delivery(fmt.Sprint("person ", person), n))
						if err == nil {
							break
						}
						if ctx.Err() != nil {
							errs <- err
							return
						}
					}
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

// witness is a server that is told of each delivery, and knows nothing of the queue.
type witness struct {
	t   testing.TB
	url string

	mu       sync.Mutex
	moved    chan struct{}
	inWork   map[string]int
	last     map[string]int  // the last one of each person that arrived
	done     map[string]bool // by person and number
	requests int
	faults   []string
	held     string        // the process whose requests are held
	holding  int           // how many are
	release  chan struct{} // closed when they are responded to
}

func newWitness(t testing.TB) *witness {
	t.Helper()
	w := &witness{t: t, moved: make(chan struct{}), inWork: make(map[string]int), last: make(map[string]int), done: make(map[string]bool)}
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // its process was killed
		}
		person, number, _ := strings.Cut(string(body), "\n")
		n, err := strconv.Atoi(number)
		if err != nil {
			http.Error(rw, "", http.StatusBadRequest)
			return
		}
		held := w.begin(strings.TrimPrefix(r.URL.Path, "/"), person, n)
		over := false
		select {
		case <-held:
			over = true
		case <-r.Context().Done():
		}
		if !w.end(person, n, over) {
			http.Error(rw, "", http.StatusConflict)
		}
	}))
	t.Cleanup(s.Close)
	w.url = s.URL
	return w
}

var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (w *witness) begin(process, person string, n int) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests++
	if w.inWork[person] > 0 {
		w.faults = append(w.faults, fmt.Sprintf("%d of %s beside another one", n, person))
	}
	if last, known := w.last[person]; known && n < last {
		w.faults = append(w.faults, fmt.Sprintf("%d of %s after %d", n, person, last))
	}
	if n > 0 && !w.done[nameOf(person, n-1)] {
		w.faults = append(w.faults, fmt.Sprintf("%d of %s before the one before was done", n, person))
	}
	w.inWork[person]++
	w.last[person] = max(w.last[person], n)
	if process != w.held {
		return closed
	}
	w.holding++
	w.change()
	return w.release
}

// end reports whether the delivery is done.
func (w *witness) end(person string, n int, over bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inWork[person]--
	if over {
		w.done[nameOf(person, n)] = true
		w.change()
	}
	return over
}

// gone says that a delivery is not waited for.
func (w *witness) gone(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done[name] = true
}

func (w *witness) change() {
	close(w.moved)
	w.moved = make(chan struct{})
}

// wait waits until something is so.
func (w *witness) wait(what string, is func() bool) {
	w.t.Helper()
	timeout := time.After(2 * time.Minute)
	for {
		w.mu.Lock()
		so, moved, done := is(), w.moved, len(w.done)
		w.mu.Unlock()
		if so {
			return
		}
		select {
		case <-moved:
		case <-timeout:
			require.FailNow(w.t, "it takes too long until "+what, "%d are done, and wrong is %v", done, w.wrong())
		}
	}
}

// until waits until so many are done.
func (w *witness) until(n int, what string) {
	w.t.Helper()
	w.wait(what, func() bool { return len(w.done) >= n })
}

// hold lets the next requests of a process wait, until it has so many. What it returns responds to them.
func (w *witness) hold(pid, n int) (release func()) {
	w.t.Helper()
	w.mu.Lock()
	w.held, w.holding, w.release = strconv.Itoa(pid), 0, make(chan struct{})
	w.mu.Unlock()
	w.wait("the process has all its hands full", func() bool { return w.holding >= n })
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.held = ""
		close(w.release)
	}
}

func (w *witness) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.requests
}

func (w *witness) wrong() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.faults[:min(len(w.faults), 20)]
}

func nameOf(person string, n int) string { return person + " " + strconv.Itoa(n) }
