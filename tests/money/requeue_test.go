package money

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// planOnce returns deliveries of one and of several people, each person once.
func planOnce(w *world) []*delivery {
	var deliveries []*delivery
	number := 0
	for rest := w.order; len(rest) > 0; {
		n := min(len(rest), []int{1, 1, 4}[len(deliveries)%3])
		deliveries = append(deliveries, w.about(number+1, rest[:n]...))
		number, rest = number+n, rest[n:]
	}
	return deliveries
}

// TestRequeue: the user's database does not take the records of two people, so that their deliveries die. Then it does, newer
// records of these people are handed over, and somebody puts the dead back. That is his word that they may be bought again,
// once; nothing is bought again before it, and what was bought before must not follow the newer records.
func TestRequeue(t *testing.T) {
	q := newQuiet(t, 30, settings{Attempts: 3})
	defer q.close()
	ctx, w, d, r, client, s := q.ctx, q.world, q.database, q.receiver, q.client, q.sender
	d.refuses[0].Store(w.order[1]) // alone in its delivery
	d.refuses[1].Store(w.order[3]) // and one of four
	r.start(t)
	deliveries := planOnce(w)
	for _, d := range deliveries {
		s.deliver(ctx, d)
	}
	r.settle(ctx, client)
	require.Len(t, w.dead, 2, "%v", r.lastLines(20))
	r.kill()
	r.wait()
	d.refuses[0].Store(0)
	d.refuses[1].Store(0)
	r.start(t)
	s.deliver(ctx, w.about(len(w.order)+1, w.order[1], w.order[3]))
	r.settle(ctx, client)
	for _, d := range deliveries {
		if _, dead := w.dead[d.key()]; dead {
			w.requeued(d)
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+"/requeue", nil)
	require.NoError(t, err)
	response, err := client.Do(request)
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	_ = response.Body.Close()
	require.Equal(t, "2\n", string(text))
	r.settle(ctx, client)
	q.end(t)
}
