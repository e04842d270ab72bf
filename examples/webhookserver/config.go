package main

import (
	"errors"
	"strconv"
)

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
		return c, errors.New("CORESIGNAL_API_KEY is not set")
	case c.token == "":
		return c, errors.New("WEBHOOK_TOKEN is not set (-new-token prints a good one)")
	}
	var err error
	if c.budget, err = strconv.ParseInt(otherwise(getenv("CREDIT_BUDGET"), "10000"), 10, 64); err != nil || c.budget < 0 {
		return c, errors.New("CREDIT_BUDGET is not a number of credits")
	}
	if c.callsPerSecond, err = strconv.Atoi(otherwise(getenv("CALLS_PER_SECOND"), "5")); err != nil || c.callsPerSecond < 1 {
		return c, errors.New("CALLS_PER_SECOND is not a number of calls")
	}
	return c, nil
}

func otherwise(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}
