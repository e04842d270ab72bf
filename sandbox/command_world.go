package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxAdvance        = 10 * 365 * day
	maxCommandCredits = 1_000_000_000
	maxCommandFaults  = 100 // that are set up at the same time
)

// number reads a decimal number within bounds.
func number(what, given string, low, high int) (int, error) {
	n, err := strconv.Atoi(given)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("sandbox: %s must be a number from %d to %d", what, low, high)
	}
	return n, nil
}

// duration reads "48h", "90m" or "7d", up to ten years.
func duration(given string) (time.Duration, error) {
	refused := errors.New(`sandbox: a duration such as "48h" or "7d" is expected, of at most 10 years`)
	if days, ok := strings.CutSuffix(given, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 1 || n > int(maxAdvance/day) {
			return 0, refused
		}
		return time.Duration(n) * day, nil
	}
	d, err := time.ParseDuration(given)
	if err != nil || d <= 0 || d > maxAdvance {
		return 0, refused
	}
	return d, nil
}

func (sb *Sandbox) commandAdvance(arguments string) (string, error) {
	if arguments == "" {
		return "", errUsage
	}
	d, err := duration(arguments)
	if err != nil {
		return "", err
	}
	before := len(sb.Deliveries())
	sb.Advance(d)
	return fmt.Sprintf("it is %s; %s", sb.Now().Format(time.DateTime), delivered(sb.Deliveries()[before:])), nil
}

func (sb *Sandbox) commandDeliver(string) (string, error) {
	before := len(sb.Deliveries())
	if err := sb.Deliver(context.Background()); err != nil {
		return "", err
	}
	return delivered(sb.Deliveries()[before:]), nil
}

// delivered counts deliveries and those that were not answered with a 2xx status.
func delivered(list []Delivery) string {
	failed := 0
	for _, d := range list {
		if d.StatusCode < 200 || d.StatusCode > 299 {
			failed++
		}
	}
	return fmt.Sprintf("%d deliveries, %d failed", len(list), failed)
}

func (sb *Sandbox) commandFail(arguments string) (string, error) {
	fields := strings.Fields(arguments)
	if len(fields) < 1 || len(fields) > 3 {
		return "", errUsage
	}
	f := Fault{Times: 1}
	var err error
	if f.Status, err = number("the status", fields[0], 400, 599); err != nil {
		return "", err
	}
	rest := fields[1:]
	if len(rest) > 0 && !strings.HasPrefix(rest[0], "/") {
		if f.Times, err = number("the number of times", rest[0], 0, 1_000_000); err != nil {
			return "", err
		}
		rest = rest[1:]
	}
	if len(rest) > 0 {
		f.Path, rest = rest[0], rest[1:]
	}
	if len(rest) > 0 || f.Path != "" && !strings.HasPrefix(f.Path, "/") {
		return "", errUsage
	}
	if sb.faults.count() >= maxCommandFaults {
		return "", fmt.Errorf(`sandbox: %d faults are set up already; "clear" removes them`, maxCommandFaults)
	}
	sb.Fail(f)
	times, where := fmt.Sprintf("the next %d requests", f.Times), ""
	switch f.Times {
	case 0:
		times = "every request until clear"
	case 1:
		times = "the next request"
	}
	if f.Path != "" {
		where = " to " + f.Path
	}
	return strings.TrimSpace(fmt.Sprintf("%s%s will be answered with %d %s", times, where, f.Status, http.StatusText(f.Status))), nil
}

func (sb *Sandbox) commandClear(string) (string, error) {
	n := sb.faults.count()
	sb.ClearFaults()
	return fmt.Sprintf("%d faults removed", n), nil
}

func (sb *Sandbox) commandCredits(arguments string) (string, error) {
	if arguments == "" {
		return "", errUsage
	}
	n, err := number("the credits", arguments, 0, maxCommandCredits)
	if err != nil {
		return "", err
	}
	sb.coresignal.setCredits(v2Purse, n)
	return fmt.Sprintf("%d credits", n), nil
}

func (sb *Sandbox) commandStatus(string) (string, error) {
	active, queued := sb.coresignal.subscribed(sb.Now())
	list := sb.Deliveries()
	return strings.Join([]string{
		"time           " + sb.Now().Format(time.DateTime),
		fmt.Sprintf("people         %d", len(sb.PersonIDs())),
		fmt.Sprintf("credits        %d, spent %d", sb.Credits(), sb.CreditsSpent()),
		fmt.Sprintf("v1 credits     %d, spent %d", sb.V1Credits(), sb.V1CreditsSpent()),
		fmt.Sprintf("real-time      %d, spent %d", sb.RealTimeCredits(), sb.RealTimeCreditsSpent()),
		fmt.Sprintf("requests       %d", sb.Requests()),
		fmt.Sprintf("subscriptions  %d active, %d changes queued", active, queued),
		fmt.Sprintf("data requests  %d", sb.JobsCreated()),
		"deliveries     " + delivered(list),
		fmt.Sprintf("faults         %d", sb.faults.count()),
	}, "\n"), nil
}

// subscribed counts the active subscriptions and the changes that they have not
// been told yet.
func (c *coresignal) subscribed(now time.Time) (active, queued int) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, sub := range c.subscriptions.inOrder {
		if sub.active(now) {
			active++
			queued += len(sub.pending)
		}
	}
	return active, queued
}
