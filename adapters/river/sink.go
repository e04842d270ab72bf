package river

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/webhook"
)

// Kind is what the jobs are called in River.
const Kind = "pronet_delivery"

// Sink stores deliveries as jobs: a [webhook.Sink]. It is safe for concurrent use.
type Sink struct {
	client  *river.Client[pgx.Tx]
	options Options
	asked   asked
}

// NewSink returns the sink that inserts with a client of River: the one that works on the jobs, or one without workers, which
// only inserts. The client stays the caller's. The error is api.ErrInvalid.
func NewSink(client *river.Client[pgx.Tx], o Options) (*Sink, error) {
	o, err := o.complete()
	switch {
	case err != nil:
		return nil, err
	case client == nil:
		return nil, fmt.Errorf("river: the client is nil: %w", api.ErrInvalid)
	}
	return &Sink{client: client, options: o}, nil
}

// Put inserts the delivery as a job of its own and returns nil once that is committed. If the response of the database is
// lost, the delivery may be stored though Put returns an error: what is put again then is stored twice, each with a name of
// its own. To drop repetitions is the matter of webhook.WithStore, or of a mark in your transaction.
//
// A delivery that webhook.Delivery.MarshalJSON refuses is an error.
func (s *Sink) Put(ctx context.Context, d *webhook.Delivery) error {
	job, err := s.job(d)
	if err == nil {
		_, err = s.client.Insert(ctx, job, s.insert())
	}
	return failed("storing a delivery", err)
}

// PutTx is Put in a transaction of yours: the delivery is stored when that is committed.
func (s *Sink) PutTx(ctx context.Context, tx pgx.Tx, d *webhook.Delivery) error {
	job, err := s.job(d)
	if err == nil {
		_, err = s.client.InsertTx(ctx, tx, job, s.insert())
	}
	return failed("storing a delivery", err)
}

func (s *Sink) insert() *river.InsertOpts {
	return &river.InsertOpts{Queue: s.options.Queue, MaxAttempts: s.options.MaxAttempts}
}

func (s *Sink) job(d *webhook.Delivery) (delivery, error) {
	if d == nil {
		return delivery{}, errors.New("the delivery is nil")
	}
	text, err := json.Marshal(d)
	if err != nil {
		return delivery{}, err
	}
	return delivery{Name: rand.Text(), MaxAttempts: s.options.MaxAttempts, Delivery: string(text)}, nil
}

// failed says what could not be done.
func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("river: %s: %w", what, err)
}

// delivery are the arguments of a job, in a column of type jsonb. What cannot be read is found out by read, so that River neither
// retries nor prints it.
type delivery struct {
	// Name is the delivery's for a KeptStore.
	Name string `json:"name"`
	// MaxAttempts are those of the job when it was inserted. River adds one when a person puts back a job that had used up
	// all.
	MaxAttempts int `json:"max_attempts"`
	// Delivery is its JSON as a text: jsonb does not take the character U+0000, which a label or a key may have, and River has
	// an index of all that stands in the arguments.
	Delivery string `json:"delivery"`

	unreadable bool
}

// Kind implements [river.JobArgs].
func (delivery) Kind() string { return Kind }

func (d *delivery) UnmarshalJSON(text []byte) error {
	type plain delivery // without this method
	*d = delivery{}
	d.unreadable = json.Unmarshal(text, (*plain)(d)) != nil || d.Name == "" || d.MaxAttempts < 1
	return nil
}

var errUnreadable = errors.New("the arguments of the job are not those of a delivery")

// read returns the delivery without its events.
func (d *delivery) read() (*webhook.Delivery, error) {
	read := new(webhook.Delivery)
	if d.unreadable || json.Unmarshal([]byte(d.Delivery), read) != nil {
		return nil, errUnreadable
	}
	return read, nil
}
