package api_test

import (
	"errors"
	"fmt"

	"github.com/pronet-go/pronet/api"
)

// What to do with an error is decided by its kind; the details are on *api.Error.
func ExampleError() {
	err := fmt.Errorf("nightly sync: %w", &api.Error{
		Op: "employee.Base.Collect", Provider: api.Coresignal, Status: 429, RequestID: "r-17", Kinds: []error{api.ErrRateLimited},
		Message: "too many requests for key of jane@example.com", // never part of the text
	})
	fmt.Println(errors.Is(err, api.ErrRateLimited))
	if e, ok := errors.AsType[*api.Error](err); ok {
		fmt.Println(e.Status, e.RequestID)
	}
	fmt.Println(err)
	// Output:
	// true
	// 429 r-17
	// nightly sync: employee.Base.Collect: coresignal responded with 429, rate limited (request r-17)
}

// A key cannot be printed by accident.
func ExampleNewSecret() {
	secret, err := api.NewSecret("0123456789abcdef")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v %+v %q\n", secret, struct{ Key api.Secret }{secret}, secret)

	_, err = api.NewSecret("0123456789abcdef\n")
	fmt.Println(err)
	// Output:
	// [redacted] {Key:[redacted]} [redacted]
	// the key contains a line break (a key read from a file often ends with one: trim it)
}

// Describe makes any error fit for a log: net/http's own texts hold the URL.
func ExampleDescribe() {
	err := fmt.Errorf(`Get "https://example.com/?key=0123": %w`, errors.New("unexpected thing"))
	fmt.Println(api.Describe(err))
	// Output: the connection failed
}
