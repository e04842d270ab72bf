package saleswebhooks

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pronet-go/pronet/api"
	sw "github.com/pronet-go/pronet/internal/saleswebhooks"
)

// ErrTierLimit reports that the account has as many subscriptions as its tier allows. A *[TierLimitError] has the numbers.
var ErrTierLimit = sw.ErrTierLimit

// DuplicateError tells which subscription the entity has already. The error that holds it is api.ErrConflict.
type DuplicateError struct {
	// ExistingID is the id of that subscription, empty when the provider did not say.
	ExistingID string
	// LinkedInID is the entity's id at LinkedIn, as the provider has it.
	LinkedInID string
}

// Error says what happened, without the ids.
func (e *DuplicateError) Error() string { return "the entity has a subscription already" }

// SafeText is Error.
func (e *DuplicateError) SafeText() string { return e.Error() }

// TierLimitError tells how many subscriptions the account has and may have. It is [ErrTierLimit].
type TierLimitError struct {
	// Current is the number of subscriptions, Limit how many the tier allows.
	Current, Limit int64
	// Tier is the provider's name of the tier, such as "starter".
	Tier string
}

// Error tells the numbers.
func (e *TierLimitError) Error() string {
	return fmt.Sprintf("the account has %d subscriptions, its tier allows %d", e.Current, e.Limit)
}

// SafeText is Error.
func (e *TierLimitError) SafeText() string { return e.Error() }

// Unwrap returns ErrTierLimit.
func (e *TierLimitError) Unwrap() error { return ErrTierLimit }

// RefusedError tells that a plan was not applied, and nothing sent, since it cancels subscriptions while desired entities were
// refused, whose subscriptions may be among them. It is api.ErrInvalid. Correct the entities of [Plan.Refused], set Cancel of
// the plan to nil, or set [ApplyOptions.CancelDespiteRefused].
type RefusedError struct {
	// Refused is how many desired entities were refused, Cancel how many subscriptions the plan cancels.
	Refused, Cancel int
}

// Error tells the numbers and the option.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("saleswebhooks: the plan cancels %d and %d of the desired entities are refused, whose subscriptions may be among them: nothing was sent (ApplyOptions.CancelDespiteRefused cancels them)", e.Cancel, e.Refused)
}

// SafeText is Error.
func (e *RefusedError) SafeText() string { return e.Error() }

// Unwrap returns api.ErrInvalid.
func (e *RefusedError) Unwrap() error { return api.ErrInvalid }

// ValidationError tells which field the provider refused. The error that holds it is api.ErrInvalid, for 400 and 422 alike.
type ValidationError struct {
	// Field is the name of the field, Constraint the rule that it breaks, such as "required"; each may be empty.
	Field, Constraint string
	// Code is the provider's code, such as "E1001"; empty in the flat form of errors.
	Code string
	// Value is what was sent, as JSON; nil when the provider did not say.
	Value json.RawMessage
}

// Error says what happened, without what the provider wrote.
func (e *ValidationError) Error() string { return "the provider refused a field: see ValidationError" }

// SafeText is Error.
func (e *ValidationError) SafeText() string { return e.Error() }

// detailed puts the typed details of a provider's error below it.
func detailed(err error) error {
	failure, ok := errors.AsType[*api.Error](err)
	if !ok || failure.Code == "" {
		return err
	}
	if p, own := sw.ReadProblem(failure.Body); own && p.Type == failure.Code {
		if details := detailsOf(p); details != nil {
			failure.Cause = join(details, failure.Cause)
		}
	}
	return err
}

func join(details, cause error) error {
	if cause == nil {
		return details
	}
	return errors.Join(details, cause)
}

func detailsOf(p sw.Problem) error {
	var d struct {
		ExistingID text            `json:"existing_subscription_id"`
		LinkedInID text            `json:"linkedin_id"`
		Current    number          `json:"current_count"`
		Limit      number          `json:"tier_limit"`
		Tier       text            `json:"tier"`
		Field      text            `json:"field"`
		Constraint text            `json:"constraint"`
		Value      json.RawMessage `json:"value"`
	}
	_ = json.Unmarshal(p.Details, &d) // what has another form stays empty
	switch p.Type {
	case sw.Duplicate:
		return &DuplicateError{string(d.ExistingID), string(d.LinkedInID)}
	case sw.TierLimit:
		return &TierLimitError{int64(d.Current), int64(d.Limit), string(d.Tier)}
	case sw.Validation:
		return &ValidationError{string(d.Field), string(d.Constraint), p.Code, d.Value}
	}
	return nil
}
