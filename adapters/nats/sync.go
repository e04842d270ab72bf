package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// monitorPatience bounds the question to one server's monitoring, and maxMonitor its response.
	monitorPatience = 5 * time.Second
	maxMonitor      = 1 << 20
)

var errNotAffirmed = errors.New("it is not known: give Options.Monitoring, or affirm it with Options.SyncAlways")

// checkSync warns unless each server is known to sync what it confirms.
func (q *Queue) checkSync(ctx context.Context) {
	err := errNotAffirmed
	for i, url := range q.options.Monitoring {
		if err = syncsAlways(ctx, url); err != nil {
			err = fmt.Errorf("server %d of Options.Monitoring: %w", i+1, err)
			break
		}
	}
	if err != nil && (len(q.options.Monitoring) > 0 || !q.options.SyncAlways) {
		q.warn(ctx, "nats: what Put has stored can be lost with the server's machine unless it has \"sync_interval: always\" in its jetstream block", err)
	}
}

// syncsAlways asks the monitoring of a server. The error has nothing of the URL, which may hold a password.
func syncsAlways(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, monitorPatience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(url, "/")+"/jsz", nil)
	if err != nil {
		return errors.New("its URL cannot be parsed")
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return errors.New("its monitoring cannot be reached")
	}
	defer func() { _ = response.Body.Close() }()
	var jsz struct {
		Config *struct {
			SyncAlways bool `json:"sync_always"`
		} `json:"config"`
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxMonitor))
	switch {
	case err != nil || response.StatusCode != http.StatusOK || json.Unmarshal(text, &jsz) != nil || jsz.Config == nil:
		return fmt.Errorf("its monitoring responded with %d, and not with the state of JetStream", response.StatusCode)
	case !jsz.Config.SyncAlways:
		return errors.New("it has not")
	}
	return nil
}
