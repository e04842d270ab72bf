package main

import (
	"context"
	"flag"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTheWholeRoad runs what the README's first command runs and reads what it prints.
func TestTheWholeRoad(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), nil, nil, &out))
	text := out.String()
	for _, line := range []string{
		"ready: 6 records", "Subscribed to the 6 contacts", "One contact is promoted", "Three contacts change at once",
		"EMPLOYEE", "Chief Example Officer", "(no position)", "changed: experience",
		"100 credits were spent: 10 records at 10 credits. 1900 are left.",
	} {
		assert.Contains(t, text, line)
	}
	assert.NotContains(t, text, "pnt_", "the secret of the webhook's URL is not printed")
}

func TestTheRoadCanBeLeft(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, run(ctx, nil, nil, &strings.Builder{}), context.Canceled)
}

func TestLiveAsksBeforeItSpends(t *testing.T) {
	sb, err := sandbox.Start()
	require.NoError(t, err)
	defer sb.Close()
	id := sb.Coresignal.PersonIDs()[0]
	for _, c := range []struct {
		name, answers string
		spent         int
		simulated     int
		prints        []string
	}{
		{"yes", "y\nYES\n", 10, 1, []string{"The key is good. Active subscriptions on the first page: 0.", "Asked.", "Credits left: 1990."}},
		{"no", "n\n\n", 10, 1, []string{"Collect employee"}},
		{"end of input", "", 10, 1, []string{"[y/N]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			require.NoError(t, live(t.Context(), sb.Coresignal.APIKey(), id, "http://127.0.0.1:9/hook", strings.NewReader(c.answers), &out, sb.Options()...))
			for _, line := range c.prints {
				assert.Contains(t, out.String(), line)
			}
			assert.Equal(t, c.spent, sb.Coresignal.CreditsSpent())
			assert.Equal(t, c.simulated, sb.Coresignal.Simulations())
		})
	}
}

func TestLiveSaysWhatItNeeds(t *testing.T) {
	var out strings.Builder
	t.Setenv("CORESIGNAL_API_KEY", "")
	assert.ErrorContains(t, run(t.Context(), []string{"-live"}, nil, &out), "CORESIGNAL_API_KEY")
	t.Setenv("CORESIGNAL_API_KEY", "k")
	assert.ErrorContains(t, run(t.Context(), []string{"-live"}, nil, &out), "-id")
	err := live(t.Context(), "key\n", 1, "", nil, &out)
	assert.ErrorContains(t, err, "line break")
	assert.ErrorIs(t, run(t.Context(), []string{"-h"}, nil, &out), flag.ErrHelp)
	assert.Contains(t, out.String(), "asks before it spends credits")
}
