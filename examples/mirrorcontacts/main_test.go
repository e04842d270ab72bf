package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func command(t *testing.T, env map[string]string, args ...string) (string, error) {
	t.Helper()
	var out, log bytes.Buffer
	err := run(t.Context(), args, func(name string) string { return env[name] }, &out, &log)
	return out.String(), err
}

// TestInAFreshClone is what the first command shows.
func TestInAFreshClone(t *testing.T) {
	out, err := command(t, nil)
	require.NoError(t, err)
	for _, line := range []string{"desired      4", "twice        1", "keep         1", "create       3", "cancel       1", "refused      1", "line 7 of the file:", "none of the 1 is cancelled", "nothing was changed"} {
		assert.Contains(t, out, line)
	}
	out, err = command(t, nil, "-apply", "-listen", "127.0.0.1:0")
	require.NoError(t, err)
	assert.Contains(t, out, "cancelled 0, created 3", "the refused line may be the one that would be cancelled")
	assert.Contains(t, out, "-cancel-despite-refused")
	assert.Contains(t, out, `event contact.position_changed: {"entity_type"`)
	assert.Contains(t, out, "Head of Sales")
	out, err = command(t, nil, "-apply", "-cancel-despite-refused")
	require.NoError(t, err)
	assert.Contains(t, out, "cancelled 1, created 3")
	assert.NotContains(t, out, "-cancel-despite-refused")
}

// TestAgainstAnAccount: applied, and run again without harm.
func TestAgainstAnAccount(t *testing.T) {
	sb, err := sandbox.Start()
	require.NoError(t, err)
	defer sb.Close()
	env := map[string]string{"SALESWEBHOOKS_API_KEY": sb.SalesWebhooks.APIKey(), "SALESWEBHOOKS_BASE_URL": sb.SalesWebhooks.URL()}
	dir := t.TempDir()
	file := filepath.Join(dir, "contacts.csv")
	require.NoError(t, os.WriteFile(file, []byte("\ufeff"+sample+"Nobody,,\n"), 0o600))
	_, err = command(t, env)
	require.ErrorContains(t, err, "-csv")
	_, err = command(t, env, "-csv", file, "-apply")
	require.ErrorContains(t, err, "-dir")
	for _, want := range []string{"create       4", "create       0"} {
		out, err := command(t, env, "-csv", file, "-dir", filepath.Join(dir, "mirror"), "-apply")
		require.NoError(t, err)
		assert.Contains(t, out, want)
		assert.Equal(t, 4, sb.SalesWebhooks.Active())
	}
	assert.Equal(t, 4, sb.SalesWebhooks.Created())
	for _, args := range [][]string{{"-csv", "nowhere.csv"}, {"-listen", "127.0.0.1:0"}, {"more"}, {"-what"}} {
		_, err = command(t, env, args...)
		require.Error(t, err, args)
	}
	require.NoError(t, os.WriteFile(file, []byte("name\nx\n"), 0o600))
	_, err = command(t, env, "-csv", file)
	require.ErrorContains(t, err, "linkedin_url")
}

func TestSchemes(t *testing.T) {
	for style, header := range map[string]string{"standard": "Webhook-Signature", "svix": "Svix-Signature", "stripe:X-Sig": "X-Sig", "github:X-Sig": "X-Sig"} {
		scheme, err := schemeOf(style)
		require.NoError(t, err)
		assert.Equal(t, header, scheme.Header)
	}
	for _, style := range []string{"", "stripe", "github:", "vendor"} {
		_, err := schemeOf(style)
		require.Error(t, err)
	}
	assert.True(t, strings.HasPrefix(sample, "name,"))
}
