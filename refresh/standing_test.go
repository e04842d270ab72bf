package refresh_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// TestR60OutcomesTellWhatBecameOfAProfile, one by one, with a job, and from what was kept over a restart, whatever form the
// provider gives it. Without an Err, and with no other, there is a Record.
func TestR60OutcomesTellWhatBecameOfAProfile(t *testing.T) {
	for form, merges := range map[coresignal.ProfileForm]string{coresignal.OwnRecord: "own", coresignal.TargetRecord: "target"} {
		for _, oneByOne := range []int{-1, 1} {
			for _, restart := range []bool{false, true} {
				t.Run(fmt.Sprint(merges, oneByOne, restart), func(t *testing.T) {
					sb, client := start(t, coresignal.WithPeople(12), sandbox.WithSeed(1), coresignal.WithJobPolls(0), coresignal.WithMergedProfiles(form))
					var ids []int64
					for _, id := range sb.Coresignal.PersonIDs() {
						if p, _ := sb.Coresignal.Person(id); !p.Hidden && !p.Deleted {
							ids = append(ids, id)
						}
					}
					changed, hidden, deleted, merged, into := ids[0], ids[1], ids[2], ids[3], ids[4]
					require.NoError(t, sb.Coresignal.HideForPrivacy(hidden))
					require.NoError(t, sb.Coresignal.Delete(deleted))
					require.NoError(t, sb.Coresignal.Merge(merged, into))
					r, c := refresher(t, client, refresh.Options{OneByOne: oneByOne})
					d := delivery("d", changed, hidden, deleted, merged, into, 7)
					d.Kept = new(journal)
					if restart {
						for _, id := range []int64{changed, hidden, deleted, merged, into, 7} {
							c.refuse[id] = 1
						}
						require.ErrorIs(t, r.Handle(t.Context(), d), errStore)
						r, c = refresher(t, client, refresh.Options{OneByOne: oneByOne})
					}
					require.NoError(t, r.Handle(t.Context(), d))
					require.Len(t, c.outcomes, 6)
					for _, o := range c.outcomes {
						assert.Equal(t, o.Err == nil, o.Record != nil)
						switch o.ID {
						case changed, into:
							require.NoError(t, o.Err)
							assert.Equal(t, o.ID, o.Record.ID)
							assert.Nil(t, o.Shown)
						case hidden:
							require.ErrorIs(t, o.Err, employee.ErrHidden)
							assert.Equal(t, hidden, o.Shown.ID)
						case deleted:
							require.ErrorIs(t, o.Err, employee.ErrDeleted)
							assert.Equal(t, deleted, o.Shown.ID)
						case merged:
							e, ok := errors.AsType[*employee.MergedError](o.Err)
							require.True(t, ok, "%v", o.Err)
							assert.Equal(t, employee.MergedError{ID: merged, Into: into}, *e)
							assert.NotNil(t, o.Shown)
						default:
							require.ErrorIs(t, o.Err, api.ErrNotFound)
							assert.Nil(t, o.Shown)
						}
						known := []error{employee.ErrHidden, employee.ErrDeleted, api.ErrNotFound, api.ErrMaybeApplied}
						fits := 0
						for _, kind := range known {
							if errors.Is(o.Err, kind) {
								fits++
							}
						}
						assert.LessOrEqual(t, fits, 1, "%v", o.Err)
					}
				})
			}
		}
	}
}

// TestR60AMergedProfileIsNotGone in a job whose files have the other profile's record, which names it as a former ID. One
// that no record names is neither merged nor gone.
func TestR60AMergedProfileIsNotGone(t *testing.T) {
	for name, tt := range map[string]struct {
		lines  []string
		merged bool
	}{
		"the other alone":          {[]string{`{"id":1,"full_name":"A"}`, `{"id":9,"historical_ids":[9,2]}`}, true},
		"ids as objects":           {[]string{`{"id":1,"full_name":"A"}`, `{"id":"9","historical_ids":[{"id":"2"}]}`}, true},
		"both were asked for":      {[]string{`{"id":1,"full_name":"A","historical_ids":[2]}`}, true},
		"the other before its own": {[]string{`{"id":9,"historical_ids":[2]}`, `{"id":2,"parent_id":9,"deleted":1}`, `{"id":1}`}, true},
		"not named":                {[]string{`{"id":1,"full_name":"A"}`, `{"id":9,"historical_ids":[9,3]}`}, false},
	} {
		t.Run(name, func(t *testing.T) {
			budget := employee.NewBudget(1000)
			r, c := refresher(t, provider(t, jobOf(tt.lines...)), refresh.Options{Budget: budget})
			err := r.Handle(t.Context(), delivery("d", 1, 2))
			assert.EqualValues(t, 980, budget.Left())
			if !tt.merged {
				require.ErrorIs(t, err, api.ErrUnexpectedResponse)
				assert.Equal(t, []int64{1}, c.stored())
				return
			}
			require.NoError(t, err)
			require.ElementsMatch(t, []int64{1, 2}, c.stored())
			for _, o := range c.outcomes {
				if o.ID == 1 {
					require.NoError(t, o.Err)
					continue
				}
				_, ok := errors.AsType[*employee.MergedError](o.Err)
				assert.True(t, ok, "%v", o.Err)
			}
		})
	}
}

// TestR52WhatIsInDoubtIsToldAPerson, and what the provider refuses, besides the store; a job's people in one line.
func TestR52WhatIsInDoubtIsToldAPerson(t *testing.T) {
	for name, tt := range map[string]struct {
		respond http.HandlerFunc
		ids     []int64
		want    string
	}{
		"no record":  {func(http.ResponseWriter, *http.Request) {}, []int64{4711}, "in doubt"},
		"a lost job": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, []int64{4711, 4712, 4713}, "employees=3"},
		"not an ID":  {detail(http.StatusUnprocessableEntity), []int64{4711}, "refuses"},
		"gone":       {detail(http.StatusNotFound), []int64{4711}, ""},
		"a good record": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, `{"id":%s}`, path.Base(r.URL.Path))
		}, []int64{4711}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			r, c := refresher(t, provider(t, tt.respond), refresh.Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))})
			require.NoError(t, r.Handle(t.Context(), delivery("d", tt.ids...)))
			assert.Len(t, c.stored(), len(tt.ids))
			if tt.want == "" {
				assert.Empty(t, log.String())
				return
			}
			assert.Equal(t, 1, bytes.Count(log.Bytes(), []byte("\n")), "%s", log.String())
			assert.Contains(t, log.String(), tt.want)
			assert.NotContains(t, log.String(), "4711", "whom it is about, the store is told")
		})
	}
}

// detail responds in the provider's own form.
func detail(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"detail":"x"}`)
	}
}
