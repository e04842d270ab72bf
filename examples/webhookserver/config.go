package main

import (
	"errors"
	"fmt"
	"strconv"
)

const usage = `webhookserver receives notices of profile changes and collects what changed into files.

Usage: webhookserver [-new-token]

  -new-token           print a new token for WEBHOOK_TOKEN and end

Its settings are environment variables:

  CORESIGNAL_API_KEY   the key (required)
  WEBHOOK_TOKEN        the secret at the end of the webhook's path (required; -new-token prints a good one)
  CORESIGNAL_BASE_URL  another address of the provider, such as that of cmd/pronet-sandbox
  ADDR                 where to listen, 127.0.0.1:8080 unless set
  DATA_DIR             where notices and records are kept, ./data unless set
  CREDIT_BUDGET        what it may spend each day (UTC), 10000 credits unless set
  CALLS_PER_SECOND     the rate limit of your plan, 5 unless set
`

// config is what the environment says.
type config struct {
	apiKey, token, baseURL string
	addr, dataDir          string
	budget                 int64
	callsPerSecond         int
}

func readConfig(getenv func(string) string) (config, error) {
	c := config{
		apiKey:  getenv("CORESIGNAL_API_KEY"),
		token:   getenv("WEBHOOK_TOKEN"),
		baseURL: getenv("CORESIGNAL_BASE_URL"),
		addr:    otherwise(getenv("ADDR"), "127.0.0.1:8080"),
		dataDir: otherwise(getenv("DATA_DIR"), "data"),
	}
	switch {
	case c.apiKey == "":
		return c, errors.New("CORESIGNAL_API_KEY is not set: export the key of your account, or the one that cmd/pronet-sandbox prints (-h explains the settings)")
	case c.token == "":
		return c, errors.New("WEBHOOK_TOKEN is not set: make one with -new-token, keep it, and export it at each start")
	}
	var err error
	if c.budget, err = strconv.ParseInt(otherwise(getenv("CREDIT_BUDGET"), "10000"), 10, 64); err != nil || c.budget < recordCost {
		return c, fmt.Errorf("CREDIT_BUDGET is %q: write how many credits may be spent, at least %d for one record", getenv("CREDIT_BUDGET"), recordCost)
	}
	if c.callsPerSecond, err = strconv.Atoi(otherwise(getenv("CALLS_PER_SECOND"), "5")); err != nil || c.callsPerSecond < 1 {
		return c, fmt.Errorf("CALLS_PER_SECOND is %q: write how many calls a second your plan allows, such as 5", getenv("CALLS_PER_SECOND"))
	}
	return c, nil
}

// recordCost is what a record costs, in credits.
const recordCost = 10

func otherwise(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
