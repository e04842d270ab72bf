package coresignal

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Option changes how the fake of Coresignal behaves. It is given to sandbox.New or sandbox.Start. Options may be given
// in any order; of two that set the same thing the last one counts.
type Option func(*settings) error

// ForSandbox makes it an option of a sandbox.
func (Option) ForSandbox() {}

const (
	maxPeople = 100_000
	day       = 24 * time.Hour
)

type settings struct {
	apiKey               string
	people               int
	credits              int
	v1Credits            int
	realTimeCredits      int
	rateLimit            int
	partSize             int
	jobPolls             int
	noticeSize           int
	listPageSize         int
	initialising         time.Duration
	subscriptionResponse ResponseShape
	jobNotice            NoticeShape
	documentedNames      bool
	documentedBase       bool
	textIDs              bool
	hidden               ProfileForm
	deleted              ProfileForm
	merged               ProfileForm
	maxSubscriptions     int
	maxSubscriptionIDs   int
	maxBulkRecords       int
}

func newSettings(opts []Option) (settings, error) {
	s := settings{
		people:               200,
		credits:              2_000,
		v1Credits:            2_000,
		realTimeCredits:      100,
		rateLimit:            100,
		partSize:             1_000,
		jobPolls:             2,
		noticeSize:           1_000,
		listPageSize:         1_000,
		subscriptionResponse: IDKey,
		merged:               TargetRecord,
		maxSubscriptions:     500,
		maxSubscriptionIDs:   300_000,
		maxBulkRecords:       10_000,
	}
	var errs []error
	for _, opt := range opts {
		if opt == nil {
			continue
		}
		if err := opt(&s); err != nil {
			errs = append(errs, err)
		}
	}
	return s, errors.Join(errs...)
}

func between(name string, n, low, high int) error {
	if n < low || n > high {
		return fmt.Errorf("sandbox: %s: %d is not between %d and %d", name, n, low, high)
	}
	return nil
}

// WithAPIKey sets the key of the v2 endpoints, from 16 to 200 letters and digits. By default the sandbox draws one, see
// [Sandbox.APIKey].
func WithAPIKey(key string) Option {
	return func(s *settings) error {
		if len(key) < 16 || len(key) > 200 || strings.ContainsFunc(key, func(r rune) bool { return !isAlphanumeric(r) }) {
			return errors.New("sandbox: WithAPIKey: a key has 16 to 200 letters and digits")
		}
		s.apiKey = key
		return nil
	}
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// WithPeople sets how many people there are, from 0 to 100,000. The default is
// 200. About 6 % of them are duplicates of another person.
func WithPeople(n int) Option {
	return func(s *settings) error {
		s.people = n
		return between("WithPeople", n, 0, maxPeople)
	}
}

// WithCredits sets the credits that the v2 endpoints spend. The default is
// 2,000, the provider's trial.
func WithCredits(n int) Option {
	return func(s *settings) error {
		s.credits = n
		return between("WithCredits", n, 0, 1<<40)
	}
}

// WithV1Credits sets the credits that the v1 endpoints spend, which are a pool
// of their own. The default is 2,000.
func WithV1Credits(n int) Option {
	return func(s *settings) error {
		s.v1Credits = n
		return between("WithV1Credits", n, 0, 1<<40)
	}
}

// WithRealTimeCredits sets the credits that the real-time endpoint spends, which
// are a pool of their own. The default is 100.
func WithRealTimeCredits(n int) Option {
	return func(s *settings) error {
		s.realTimeCredits = n
		return between("WithRealTimeCredits", n, 0, 1<<40)
	}
}

// WithRateLimit sets how many requests of one key are allowed in any sliding
// second; more get status 429. The default is 100, and 0 switches the limit
// off. The limits of simulations (1 a second) and of the real-time endpoint (50 a
// minute) stay as they are.
func WithRateLimit(perSecond int) Option {
	return func(s *settings) error {
		s.rateLimit = perSecond
		return between("WithRateLimit", perSecond, 0, 1_000_000)
	}
}

// WithPartSize sets how many records one file of a data request holds at most,
// from 1 to 10,000. The default is 1,000.
func WithPartSize(records int) Option {
	return func(s *settings) error {
		s.partSize = records
		return between("WithPartSize", records, 1, 10_000)
	}
}

// WithJobPolls sets how many polls of a data request's files get status
// 202 before it is ready. The default is 2. With 0 a data request is ready as
// soon as it is made.
func WithJobPolls(n int) Option {
	return func(s *settings) error {
		s.jobPolls = n
		return between("WithJobPolls", n, 0, 1_000_000)
	}
}

// WithMaxBulkRecords sets how many records a data request may have, from 1 to the
// provider's 10,000, which is the default. Longer ID lists are refused at once;
// filters and queries that match more are accepted and fail later.
func WithMaxBulkRecords(n int) Option {
	return func(s *settings) error {
		s.maxBulkRecords = n
		return between("WithMaxBulkRecords", n, 1, 10_000)
	}
}

// WithJobNotice sets what is POSTed to the webhook_url of a data request when it
// is ready or has failed, since the provider documents no more than that
// something is. The default is RequestIDNotice.
func WithJobNotice(shape NoticeShape) Option {
	return func(s *settings) error {
		s.jobNotice = shape
		return between("WithJobNotice", int(shape), int(RequestIDNotice), int(TextNotice))
	}
}

// WithDocumentedNames gives Multi-source records the names that the documents
// print, professional_network_url instead of linkedin_url and so on, under which
// they are then searched too. By default they have the names of live responses. The
// types are those of live responses either way.
func WithDocumentedNames() Option {
	return func(s *settings) error {
		s.documentedNames = true
		return nil
	}
}

// WithDocumentedBase gives Base records, and those of the real-time endpoint, the form that the documents show: lists of
// values in shorthand_names and historical_ids, company_source_id as text, times with T and Z, and no collections but the
// documented ones. By default they have the form in which such records were found in an application: lists of objects, the
// further collections skills, interests, groups and so on, and times such as "2025-02-03 04:05:06".
func WithDocumentedBase() Option {
	return func(s *settings) error {
		s.documentedBase = true
		return nil
	}
}

// WithNoticeSize sets how many changes one delivery carries at most; a sweep
// with more is POSTed in several deliveries. The default is 1,000 (assumed: the
// provider's batching is not documented).
func WithNoticeSize(changes int) Option {
	return func(s *settings) error {
		s.noticeSize = changes
		return between("WithNoticeSize", changes, 1, 1_000_000)
	}
}

// WithSubscriptionPageSize sets how many subscriptions one page of the list
// holds, from 1 to 1,000. The default is the provider's 1,000.
func WithSubscriptionPageSize(n int) Option {
	return func(s *settings) error {
		s.listPageSize = n
		return between("WithSubscriptionPageSize", n, 1, 1_000)
	}
}

// WithInitialising sets how long after its creation a subscription is still
// being set up: until then renewing or deleting it gets status 409. The
// provider documents the status but not the time. The default is 0.
func WithInitialising(d time.Duration) Option {
	return func(s *settings) error {
		if d < 0 {
			return fmt.Errorf("sandbox: WithInitialising: %v is negative", d)
		}
		s.initialising = d
		return nil
	}
}

// WithSubscriptionResponse sets the shape of the response to the creation of a
// subscription, since the provider documents only that it holds an ID. The
// default is IDKey.
func WithSubscriptionResponse(shape ResponseShape) Option {
	return func(s *settings) error {
		s.subscriptionResponse = shape
		return between("WithSubscriptionResponse", int(shape), int(IDKey), int(BareText))
	}
}
