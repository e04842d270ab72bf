package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
)

// serveOthers serves the providers besides Coresignal that have an address, and prints where. What ends is told on ended.
func (f flags) serveOthers(ctx context.Context, sb *sandbox.Sandbox, out io.Writer, ended chan<- error) error {
	serve := func(address string, serve func(net.Listener) error) (string, error) {
		var config net.ListenConfig
		listener, err := config.Listen(ctx, "tcp", address)
		if err != nil {
			return "", err
		}
		go func() { ended <- serve(listener) }()
		return reachable(listener.Addr()), nil
	}
	if f.sales != "" {
		address, err := serve(f.sales, sb.SalesWebhooks.Serve)
		if err != nil {
			return err
		}
		introduceSales(out, sb, address)
	}
	if f.linkedin == "" {
		return nil
	}
	api, err := serve(f.linkedin, sb.LinkedIn.Serve)
	if err != nil {
		return err
	}
	accounts, err := serve(f.accounts, sb.LinkedIn.ServeAccounts)
	if err != nil {
		return err
	}
	introduceLinkedIn(out, sb, api, accounts)
	return nil
}

func introduceSales(out io.Writer, sb *sandbox.Sandbox, address string) {
	fmt.Fprintf(out, `Sales Webhooks is at %[1]s: the paths below %[3]s take the key in the header X-API-Key.
  export SALESWEBHOOKS_BASE_URL=%[1]s SALESWEBHOOKS_API_KEY=%[2]s
  go run ./examples/mirrorcontacts -csv examples/mirrorcontacts/contacts.csv -dir mirror -apply
After that, and once the webhook is configured, here:
  change-job ana-example Head of Sales
  deliver
The header %[4]s signs deliveries as t=SECONDS,v1=HEX, by HMAC-SHA256 of "SECONDS.BODY". That is this
program's: how the provider signs is not documented.

`, address, sb.SalesWebhooks.APIKey(), sb.SalesWebhooks.BasePath(), signatureHeader)
}

func introduceLinkedIn(out io.Writer, sb *sandbox.Sandbox, api, accounts string) {
	app := sb.LinkedIn.App()
	fmt.Fprintf(out, `LinkedIn is at %[1]s, and issues tokens at %[2]s. Its addresses go into pronet.BaseURL and
pronet.LinkedInAccountsURL, the app into linkedin.AppTokens. The notes of its contract are changed by "note".
  export LINKEDIN_CLIENT_ID=%[3]s LINKEDIN_CLIENT_SECRET=%[4]s
  contract %[5]s

`, api, accounts, app.ClientID, app.ClientSecret, app.Contract)
}

const signatureHeader = "X-Sandbox-Signature"

// signSales signs the events of Sales Webhooks in a way that only this program has.
func signSales(secrets []string, at time.Time, _ string, body []byte) http.Header {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secrets[0]))
	_, _ = io.WriteString(mac, seconds+".")
	_, _ = mac.Write(body)
	return http.Header{signatureHeader: {"t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))}}
}

func (o *operator) subscribeEntity(arguments string) (string, error) {
	if arguments == "" || strings.Contains(arguments, " ") {
		return "", errUsage
	}
	kind := "contact"
	if strings.Contains(strings.ToLower(arguments), "/company/") {
		kind = "company"
	}
	id, err := o.SalesWebhooks.Subscribe(kind, arguments)
	if err != nil {
		return "", err
	}
	return printable(fmt.Sprintf("%s  to the %s; %s", id, kind, counted(o.SalesWebhooks.Active(), "active subscription", "active subscriptions"))), nil
}

func (o *operator) changeEntity(arguments string) (string, error) {
	name, event, _ := strings.Cut(arguments, " ")
	event = strings.TrimSpace(event)
	if name == "" || event == "" || strings.Contains(event, " ") {
		return "", errUsage
	}
	if err := o.SalesWebhooks.Change(name, event, nil); err != nil {
		return "", err
	}
	return printable(fmt.Sprintf(`%s of %s; "deliver" sends the event, if the webhook is configured for it`, event, name)), nil
}

func (o *operator) changeJob(arguments string) (string, error) {
	name, position, _ := strings.Cut(arguments, " ")
	position = strings.TrimSpace(position)
	if name == "" || position == "" {
		return "", errUsage
	}
	if err := o.SalesWebhooks.ChangeJob(name, position, ""); err != nil {
		return "", err
	}
	return printable(fmt.Sprintf(`%s is %s; "deliver" sends the event, if the webhook is configured for it`, name, position)), nil
}

const notesListed = 10

func (o *operator) notes(arguments string) (string, error) {
	n := notesListed
	if arguments != "" {
		var err error
		if n, err = number("the number of notes", arguments, 1, 1_000); err != nil {
			return "", err
		}
	}
	list := o.LinkedIn.Notes()
	var out []string
	for _, note := range list[max(0, len(list)-n):] {
		state := ""
		if note.Deleted {
			state = " (deleted)"
		}
		out = append(out, printable(fmt.Sprintf("%d  %s%s", note.ID, note.Text, state)))
	}
	return strings.Join(append(out, counted(len(list), "note", "notes")), "\n"), nil
}

func (o *operator) note(arguments string) (string, error) {
	if arguments == "" {
		return "", errUsage
	}
	return fmt.Sprint(o.LinkedIn.WriteNote(linkedin.Note{Text: arguments}), "  written"), nil
}

func (o *operator) editNote(arguments string) (string, error) {
	given, text, _ := strings.Cut(arguments, " ")
	if text = strings.TrimSpace(text); text == "" {
		return "", errUsage
	}
	return changeNote(given, "edited", func(id int64) bool { return o.LinkedIn.EditNote(id, text) })
}

func (o *operator) deleteNote(arguments string) (string, error) {
	if arguments == "" {
		return "", errUsage
	}
	return changeNote(arguments, "deleted", o.LinkedIn.DeleteNote)
}

var errUnknownNote = errors.New(`there is no such note; "notes" lists them`)

func changeNote(given, done string, change func(id int64) bool) (string, error) {
	id, err := strconv.ParseInt(given, 10, 64)
	if err != nil || !change(id) {
		return "", errUnknownNote
	}
	return fmt.Sprintf("%d  %s", id, done), nil
}
