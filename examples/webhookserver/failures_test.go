package main

import (
	"errors"
	"flag"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
)

// TestWhatIsWrongIsSaidWithWhatToDo: each mistake of whoever starts the server ends it with one sentence that names the
// setting and the remedy, and neither the key nor the token.
func TestWhatIsWrongIsSaidWithWhatToDo(t *testing.T) {
	sb, err := sandbox.Start(coresignal.WithPeople(10))
	require.NoError(t, err)
	defer sb.Close()
	good := environment(t, sb)
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer busy.Close()
	inUse := startServer(t, maps.Clone(good))
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, c := range map[string]struct {
		change  map[string]string
		setting string
		remedy  string
	}{
		"no key":                 {map[string]string{"CORESIGNAL_API_KEY": ""}, "CORESIGNAL_API_KEY is not set", "export the key of your account, or the one that cmd/pronet-sandbox prints"},
		"a key with a line":      {map[string]string{"CORESIGNAL_API_KEY": "canary\n"}, "CORESIGNAL_API_KEY", "trim it"},
		"no token":               {map[string]string{"WEBHOOK_TOKEN": ""}, "WEBHOOK_TOKEN is not set", "make one with -new-token"},
		"a short token":          {map[string]string{"WEBHOOK_TOKEN": "canary"}, "WEBHOOK_TOKEN cannot be used", "-new-token"},
		"a token of words":       {map[string]string{"WEBHOOK_TOKEN": "coresignal-webhook-canary"}, "WEBHOOK_TOKEN cannot be used", "-new-token"},
		"port in use":            {map[string]string{"ADDR": busy.Addr().String()}, "ADDR " + busy.Addr().String() + " cannot be listened on", "choose another one, such as ADDR=127.0.0.1:8081"},
		"no port":                {map[string]string{"ADDR": "127.0.0.1"}, "ADDR 127.0.0.1 cannot be listened on", "missing port"},
		"directory not writable": {map[string]string{"DATA_DIR": filepath.Join(file, "data")}, "DATA_DIR " + filepath.Join(file, "data") + " cannot be used", "name a directory that this user may write to"},
		"directory in use":       {map[string]string{"DATA_DIR": inUse.env["DATA_DIR"]}, "DATA_DIR " + inUse.env["DATA_DIR"] + " cannot be used", "no other server uses"},
		"base URL with the path": {map[string]string{"CORESIGNAL_BASE_URL": sb.Coresignal.URL() + "/cdapi/v2"}, "CORESIGNAL_BASE_URL", "/cdapi"},
		"base URL without TLS":   {map[string]string{"CORESIGNAL_BASE_URL": "http://coresignal.example.com"}, "CORESIGNAL_BASE_URL", "in the clear"},
		"base URL without host":  {map[string]string{"CORESIGNAL_BASE_URL": "coresignal"}, "CORESIGNAL_BASE_URL", "base URL"},
		"budget not a number":    {map[string]string{"CREDIT_BUDGET": "many"}, `CREDIT_BUDGET is "many"`, "write how many credits may be spent"},
		"budget of nothing":      {map[string]string{"CREDIT_BUDGET": "9"}, `CREDIT_BUDGET is "9"`, "at least 10 for one record"},
		"calls not a number":     {map[string]string{"CALLS_PER_SECOND": "0"}, `CALLS_PER_SECOND is "0"`, "how many calls a second your plan allows"},
	} {
		t.Run(name, func(t *testing.T) {
			env := maps.Clone(good)
			env["DATA_DIR"] = filepath.Join(t.TempDir(), "new", "data")
			maps.Copy(env, c.change)
			err := run(t.Context(), nil, func(name string) string { return env[name] }, io.Discard, io.Discard)
			require.ErrorContains(t, err, c.setting)
			require.ErrorContains(t, err, c.remedy)
			assert.NotContains(t, err.Error(), "canary")
			assert.NotContains(t, err.Error(), good["WEBHOOK_TOKEN"])
			assert.NotContains(t, err.Error(), good["CORESIGNAL_API_KEY"])
			assert.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestHelpExplainsEverySetting(t *testing.T) {
	var out, log strings.Builder
	require.ErrorIs(t, run(t.Context(), []string{"-h"}, os.Getenv, &out, &log), flag.ErrHelp)
	asked := 0
	_, err := readConfig(func(name string) string {
		asked++
		assert.Contains(t, log.String(), "  "+name+" ")
		return "10"
	})
	require.NoError(t, err)
	assert.GreaterOrEqual(t, asked, 7)
	assert.Contains(t, log.String(), "-new-token")

	require.NoError(t, run(t.Context(), []string{"-new-token"}, func(string) string { return "" }, &out, io.Discard))
	_, err = webhook.PathToken(webhook.Endpoint{Label: "a", Token: strings.TrimSpace(out.String())})
	require.NoError(t, err)
	log.Reset()
	require.Error(t, run(t.Context(), []string{"-nonsense"}, os.Getenv, &out, &log))
	assert.Contains(t, log.String(), "CORESIGNAL_API_KEY", "who misspells is shown what there is")
}

// TestR70TheLogMovesNoCursor: what others wrote is printed without control characters.
func TestR70TheLogMovesNoCursor(t *testing.T) {
	var log strings.Builder
	evil := "\x1b]0;title\a\x1b[2J\u009b2J\u202eJane\r\nCredits left: 0.\xff"
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{ReplaceAttr: safe}))
	logger.Warn(evil, "text", evil, "error", errors.New(evil), slog.Group("g", "text", evil))
	line, rest, _ := strings.Cut(log.String(), "\n")
	assert.Empty(t, rest)
	assert.False(t, strings.ContainsFunc(line, func(c rune) bool { return !unicode.IsPrint(c) }), "%q", line)
	assert.Equal(t, 4, strings.Count(line, `Jane`))
	assert.False(t, strings.ContainsFunc(printable(evil), func(c rune) bool { return !unicode.IsPrint(c) && c != '\n' }))
}
