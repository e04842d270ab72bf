// Command publishpost publishes a post on LinkedIn: a text with a mention and an image, and a comment on it. It needs
// no app: unless it is given one, it publishes in a sandbox in this very process, which nobody reads:
//
//	go run ./examples/publishpost
//
// With the credentials of an app it is LinkedIn itself. The app needs the products "Sign In with LinkedIn using OpenID
// Connect" and "Share on LinkedIn", and http://127.0.0.1:8080/callback among its redirect URLs. You log in with your
// browser; the command shows what it would publish, and asks. -yes says so beforehand, for scripts:
//
//	export LINKEDIN_CLIENT_ID=... LINKEDIN_CLIENT_SECRET=...
//	go run ./examples/publishpost -text 'R&D (beta) opens at ' -mention 'Acme=urn:li:organization:123' -image office.png -connections
//
// A post is never published twice by itself: when LinkedIn's response is lost, the command says what to look at.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"unicode"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	err := run(ctx, os.Args[1:], world{os.Getenv, os.Stdin, os.Stdout, os.Stderr})
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case interrupted && errors.Is(err, context.Canceled) && !errors.Is(err, pronet.ErrMaybeApplied):
		fmt.Fprintln(os.Stderr, "publishpost: interrupted")
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "publishpost:", printable(err.Error()))
		os.Exit(1)
	}
}

// world is what a run finds around it.
type world struct {
	getenv   func(string) string
	in       io.Reader
	out, log io.Writer
}

// config is what the command line says.
type config struct {
	text, mention, image, alt, comment, page, listen string
	connections, yes                                 bool
}

func readConfig(args []string, inSandbox bool, log io.Writer) (config, error) {
	var c config
	flags := flag.NewFlagSet("publishpost", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.StringVar(&c.text, "text", "", "the `text`, as readers see it (a sandbox has one of its own)")
	flags.StringVar(&c.mention, "mention", "", "who is mentioned behind the text, as `Name=URN`; the name is LinkedIn's")
	flags.StringVar(&c.image, "image", "", "the `file` of the image: JPG, PNG or GIF (a sandbox draws one)")
	flags.StringVar(&c.alt, "alt", "", "what the image shows, for those who cannot see it")
	flags.StringVar(&c.comment, "comment", "", "a `text` to comment on the post with")
	flags.StringVar(&c.page, "page", "", "publish for this organization, such as urn:li:organization:123; needs w_organization_social")
	flags.BoolVar(&c.connections, "connections", false, "only your connections see it; otherwise everybody does")
	flags.StringVar(&c.listen, "listen", "127.0.0.1:8080", "the `address` to which LinkedIn sends your browser back")
	flags.BoolVar(&c.yes, "yes", false, "do not ask")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if flags.NArg() > 0 {
		return c, fmt.Errorf("%.40q is not expected: everything is said with flags", flags.Arg(0))
	}
	if inSandbox {
		if c.text == "" {
			c.text = "R&D (beta) opens its doors #soon, at "
			c.mention = cmp.Or(c.mention, "Acme="+fake.Organization)
		}
		if c.comment == "" {
			c.comment = "Register until Friday (it is free)."
		}
	}
	if c.text == "" && c.image == "" {
		return c, errors.New("nothing to publish: -text or -image is needed")
	}
	return c, nil
}

func run(ctx context.Context, args []string, w world, more ...pronet.LinkedInOption) error {
	id := w.getenv("LINKEDIN_CLIENT_ID")
	c, err := readConfig(args, id == "", w.log)
	if err != nil {
		return err
	}
	plan, err := planOf(c)
	if err != nil {
		return err
	}
	if id == "" {
		return inSandbox(ctx, c, plan, w)
	}
	client, err := pronet.New(pronet.WithLinkedIn(linkedin.AppTokens(id, w.getenv("LINKEDIN_CLIENT_SECRET")), more...))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	who, err := logIn(ctx, client, c, w)
	if err != nil {
		return err
	}
	plan.show(who, w.out)
	if !c.yes && !ask(ctx, w) {
		return errors.Join(errors.New("nothing was published"), ctx.Err())
	}
	post, err := plan.publish(ctx, who, w.out)
	if !post.IsZero() {
		fmt.Fprintf(w.out, "See https://www.linkedin.com/feed/update/%s\n", post)
	}
	return err
}

// inSandbox publishes where nobody reads.
func inSandbox(ctx context.Context, c config, plan *plan, w world) error {
	sb, err := sandbox.Start(fake.WithAppScopes(string(linkedin.ScopeOrganizationSocial)))
	if err != nil {
		return err
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	if plan.picture == nil {
		if err := plan.draw(); err != nil {
			return err
		}
	}
	fmt.Fprintln(w.out, "This is a sandbox of LinkedIn: nothing is published anywhere, so nobody is asked.")
	who, err := logInThere(ctx, client, sb, c)
	if err != nil {
		return err
	}
	plan.show(who, w.out)
	if _, err := plan.publish(ctx, who, w.out); err != nil {
		return err
	}
	post := sb.LinkedIn.Posts()[0]
	fmt.Fprintf(w.out, "LinkedIn got this text, in which its own syntax is escaped: %s\n", printable(post.Text))
	fmt.Fprintln(w.out, "With an app of yours it is LinkedIn itself: go doc ./examples/publishpost says how.")
	return nil
}

// author is who publishes: the organization of -page, or the member who has logged in.
func author(c config, member urn.URN) (urn.URN, error) {
	if c.page == "" {
		return member, nil
	}
	page, err := urn.Parse(c.page)
	if err != nil || page.Type() != "organization" {
		return urn.URN{}, errors.New("-page is such as urn:li:organization:123")
	}
	return page, nil
}

// printable is a text in one line, without what a terminal obeys or hides.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return ' '
		case unicode.IsGraphic(r):
			return r
		}
		return unicode.ReplacementChar
	}, text)
}
