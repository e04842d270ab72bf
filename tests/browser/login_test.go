package browser

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestALoginInABrowser does what a person does with the example's site and the sandbox's login page, in Chromium: consent,
// refuse, come back with a state that is not this login's, and open the address of a callback a second time.
func TestALoginInABrowser(t *testing.T) {
	program := chromium(t)
	site := startSite(t)
	rita := newPerson(t, program)

	assert.Contains(t, rita.open("1-site", site), "Log in with LinkedIn")
	page := rita.click("2-consent", "#login")
	for _, text := range []string{"asks", "who you are", "name and picture", "e-mail", "Sandbox"} {
		assert.Contains(t, page, text)
	}
	assert.Contains(t, rita.click("3-refused", "#cancel"), "You did not log in")
	rita.click("", "#again")
	assert.Contains(t, rita.click("4-refused-to-sign-in", "#cancel-login"), "You did not log in")

	rita.click("", "#again")
	run(rita, chromedp.Evaluate[string](`{
		const link = document.querySelector("#allow"), address = new URL(link.href);
		address.searchParams.set("state", "of-another-login");
		link.href = address.href;
	}`))
	assert.Contains(t, rita.click("5-wrong-state", "#allow"), "begin again")
	assert.NotContains(t, rita.open("", site), "Rita", "nobody is logged in")

	rita.click("", "#login")
	assert.Contains(t, rita.click("6-logged-in", "#allow"), "You are Rita Smith (rita-1@example.com).")
	assert.Equal(t, site+"/", rita.address(), "no code is left in the address")
	assert.Contains(t, rita.open("", site), "Rita Smith", "it is remembered")

	callback := rita.callback()
	assert.Contains(t, rita.open("7-replayed", callback), "begin again")
	mallory := newPerson(t, program)
	assert.Contains(t, mallory.open("8-replayed-by-another", callback), "begin again")
	assert.NotContains(t, mallory.open("", site), "Rita")

	rita.open("", site)
	assert.Contains(t, rita.click("9-logged-out", "#logout"), "Log in with LinkedIn")
	assert.Contains(t, rita.open("10-no-such-app", strings.Replace(rita.begin(site), "client_id=", "client_id=x", 1)), "something went wrong")
}

// chromium is the browser's program.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("PRONET_REQUIRE_CHROMIUM") != "1" {
		t.Skip("Chromium is not installed (Debian: apt-get install chromium); PRONET_REQUIRE_CHROMIUM=1 makes this a failure")
	}
	require.Fail(t, "Chromium is not installed")
	return ""
}

// startSite builds and runs the example, and returns the address that it prints.
func startSite(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "login")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./examples/login")
	build.Dir = "../.."
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	site := exec.CommandContext(context.WithoutCancel(t.Context()), program, "-listen", "127.0.0.1:0", "-tokens", t.TempDir())
	site.Env, site.Stderr = []string{}, os.Stderr // no credentials: it starts a sandbox
	printed, err := site.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, site.Start())
	t.Cleanup(func() {
		assert.NoError(t, site.Process.Signal(syscall.SIGTERM))
		assert.NoError(t, site.Wait())
	})
	for lines := bufio.NewScanner(printed); lines.Scan(); {
		if address := regexp.MustCompile(`Open (http://\S+) and`).FindStringSubmatch(lines.Text()); address != nil {
			return address[1]
		}
	}
	require.Fail(t, "the example printed no address")
	return ""
}

// person is one with a browser of their own.
type person struct {
	t        *testing.T
	ctx      context.Context
	pictures string

	mu   sync.Mutex
	seen []string // the addresses that the browser has asked for
}

func newPerson(t *testing.T, program string) *person {
	t.Helper()
	p := &person{t: t, pictures: os.Getenv("PRONET_PICTURES")}
	if p.pictures == "" {
		p.pictures = t.ArtifactDir()
	}
	require.NoError(t, os.MkdirAll(p.pictures, 0o700))
	options := append([]chromedp.ExecAllocatorOption{
		chromedp.ExecPath(program), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(800, 600),
		chromedp.WSURLReadTimeout(2 * time.Minute),
	}, chromedp.DefaultExecAllocatorOptions[:]...)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // it does not run as root otherwise
	}
	allocated, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	ctx, end := chromedp.NewContext(allocated)
	t.Cleanup(func() {
		err := chromedp.Cancel(ctx) // waits for the browser's end
		assert.True(t, err == nil || errors.Is(err, context.Canceled), "%v", err)
		end()
		stop()
	})
	p.ctx = ctx
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate("about:blank"))) // the browser lives as long as this context
	require.NoError(t, chromedp.Listen(ctx, func(event any) {
		if request, ok := event.(*network.EventRequestWillBeSent); ok {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.seen = append(p.seen, request.Request.URL)
		}
	}))
	return p
}

// patience is for a machine that is busy.
const patience = 2 * time.Minute

// run does something in the browser.
func run[T any](p *person, action chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	result, err := chromedp.Run(ctx, action)
	require.NoError(p.t, err)
	return result
}

// open opens an address and returns the text of the page, of which a picture is kept unless the name is "".
func (p *person) open(picture, address string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, chromedp.Navigate(address))
	require.NoError(p.t, err)
	return p.look(picture)
}

// click follows a link or presses a button, and returns the text of the page that it leads to.
func (p *person) click(picture, selector string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	click := chromedp.Evaluate[bool](fmt.Sprintf("(document.querySelector(%q).click(), true)", selector)) // by no node id, which a load may change
	_, err := chromedp.RunResponse(ctx, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := click(ctx, tab)
		return err
	}))
	require.NoError(p.t, err, "%s on %s", selector, p.address())
	return p.look(picture)
}

func (p *person) look(picture string) (text string) {
	p.t.Helper()
	text = run(p, chromedp.Evaluate[string]("document.body.innerText"))
	if picture == "" {
		return text
	}
	require.NoError(p.t, os.WriteFile(filepath.Join(p.pictures, picture+".png"), run(p, chromedp.CaptureScreenshot()), 0o600))
	return text
}

func (p *person) address() string { return run(p, chromedp.Location()) }

// callback is the address by which LinkedIn sent the person back last.
func (p *person) callback() string {
	p.t.Helper()
	return p.last(func(u *url.URL) bool { return u.Path == "/callback" })
}

// begin goes to the login, and returns the address of LinkedIn's page.
func (p *person) begin(site string) string {
	p.t.Helper()
	p.open("", site+"/login")
	return p.last(func(u *url.URL) bool { return u.Path == "/oauth/v2/authorization" })
}

func (p *person) last(is func(*url.URL) bool) string {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, address := range slices.Backward(p.seen) {
		if u, err := url.Parse(address); err == nil && is(u) {
			return address
		}
	}
	require.Fail(p.t, "the browser was not there")
	return ""
}
