package linkedin_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// ExampleOAuth logs a person in, keeps the tokens, and calls the API in the person's name.
func ExampleOAuth() {
	ctx := context.Background()
	sb, err := sandbox.Start(fake.WithRefreshTokens(365 * 24 * time.Hour))
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	login, err := client.LinkedIn.OAuth.Begin(linkedin.LoginRequest{
		RedirectURL: "http://127.0.0.1:8080/callback", Scopes: []linkedin.Scope{linkedin.ScopeOpenID, linkedin.ScopeProfile},
	})
	if err != nil {
		log.Fatal(err)
	}
	callback, err := sb.LinkedIn.Consent(login.URL) // instead of a person with a browser
	if err != nil {
		log.Fatal(err)
	}
	back, err := url.Parse(callback)
	if err != nil {
		log.Fatal(err)
	}
	grant, err := client.LinkedIn.OAuth.Finish(ctx, login, back.Query())
	if err != nil {
		log.Fatal(err)
	}
	store := tokenstore.NewMemory()
	if err := client.LinkedIn.OAuth.Save(ctx, store, "user 7", grant); err != nil {
		log.Fatal(err)
	}

	own := sb.LinkedIn.App()
	member, err := client.Clone(pronet.WithLinkedIn(linkedin.AppTokens(own.ClientID, own.ClientSecret).ForMember(store, "user 7")))
	if err != nil {
		log.Fatal(err)
	}
	var person struct {
		Name string `json:"name"`
	}
	who := api.Request{Provider: api.LinkedIn, Method: http.MethodGet, Route: "/v2/userinfo", Retry: api.RetryIdempotent}
	err = member.Do(ctx, who, &person)
	if errors.Is(err, linkedin.ErrLoginNeeded) {
		fmt.Println("the person has to log in again") // in a year, or once the consent was taken back
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(person.Name)
	// Output:
	// Rita Smith
}

// ExampleOAuth_Handlers mounts a login and its callback in a web app.
func ExampleOAuth_Handlers() {
	client, err := pronet.New(pronet.WithLinkedIn(linkedin.AppTokens("client-id", "client-secret")))
	if err != nil {
		log.Fatal(err)
	}
	login, callback, err := client.LinkedIn.OAuth.Handlers(linkedin.LoginPages{
		RedirectURL: "https://app.example.com/callback",
		Scopes:      []linkedin.Scope{linkedin.ScopeOpenID, linkedin.ScopeProfile},
		Store:       tokenstore.NewMemory(),
		Person: func(context.Context, *linkedin.Grant) (key string, err error) {
			return "user 7", nil // who it is, package linkedinoidc tells
		},
		LoggedIn: func(w http.ResponseWriter, r *http.Request, key string, _ *linkedin.Grant) {
			http.Redirect(w, r, "/", http.StatusSeeOther) // after the app has begun a session of the key's
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /login", login)
	mux.Handle("GET /callback", callback)

	visit := httptest.NewRecorder()
	mux.ServeHTTP(visit, httptest.NewRequest(http.MethodGet, "/login", nil))
	fmt.Println(visit.Code, visit.Header().Get("Location")[:len("https://www.linkedin.com/oauth/v2/authorization")])
	// Output:
	// 302 https://www.linkedin.com/oauth/v2/authorization
}

// ExampleTokens_In shares an app's token between processes.
func ExampleTokens_In() {
	sb, err := sandbox.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	app := sb.LinkedIn.App()
	store := tokenstore.NewMemory() // a directory or a table, for more than one process
	tokens := linkedin.AppTokens(app.ClientID, app.ClientSecret).In(store)
	for range 3 {
		client, err := pronet.New(pronet.WithLinkedIn(tokens, pronet.BaseURL(sb.LinkedIn.URL()), pronet.LinkedInAccountsURL(sb.LinkedIn.AccountsURL())))
		if err != nil {
			log.Fatal(err)
		}
		if _, err := client.LinkedIn.CheckToken(context.Background()); err != nil {
			log.Fatal(err)
		}
		client.CloseIdleConnections()
	}
	fmt.Println("tokens issued:", sb.LinkedIn.TokensIssued())
	// Output:
	// tokens issued: 1
}
