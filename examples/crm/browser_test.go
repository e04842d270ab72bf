package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	_ "image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// browser is a page in a headless Chromium, which is spoken to over two pipes in its DevTools protocol.
type browser struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	session string
	number  int
}

// openBrowser opens a page, or skips the test where there is no Chromium.
func openBrowser(t *testing.T, url string) *browser {
	t.Helper()
	var chromium string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			chromium = path
			break
		}
	}
	if chromium == "" {
		t.Skip("there is no Chromium on this machine, so the page is not looked at with a browser")
	}
	theirs, to, err := os.Pipe()
	require.NoError(t, err)
	from, ours, err := os.Pipe()
	require.NoError(t, err)
	cmd := exec.Command(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--window-size=1280,1400", "--user-data-dir="+t.TempDir(), "--remote-debugging-pipe")
	cmd.ExtraFiles = []*os.File{theirs, ours} // its descriptors 3 and 4
	require.NoError(t, cmd.Start())
	require.NoError(t, theirs.Close())
	require.NoError(t, ours.Close())
	require.NoError(t, from.SetReadDeadline(time.Now().Add(5*time.Minute)))
	b := &browser{t: t, to: to, from: bufio.NewReader(from)}
	t.Cleanup(func() {
		_, _ = b.send("Browser.close", nil)
		_ = to.Close()
		_ = from.Close()
		_ = cmd.Wait()
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": url}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	return b
}

func (b *browser) send(method string, params any) (number int, err error) {
	b.number++
	message, err := json.Marshal(map[string]any{"id": b.number, "method": method, "params": params, "sessionId": b.session})
	if b.session == "" || method == "Browser.close" {
		message, err = json.Marshal(map[string]any{"id": b.number, "method": method, "params": params})
	}
	if err == nil {
		_, err = b.to.Write(append(message, 0))
	}
	return b.number, err
}

// call calls a method of the protocol, and passes over the events that come before the result.
func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	number, err := b.send(method, params)
	require.NoError(b.t, err)
	for {
		message, err := b.from.ReadBytes(0)
		require.NoError(b.t, err, method)
		var response struct {
			ID     int
			Result json.RawMessage
			Error  any
		}
		require.NoError(b.t, json.Unmarshal(bytes.TrimSuffix(message, []byte{0}), &response))
		if response.ID == number {
			require.Nil(b.t, response.Error, method)
			require.NoError(b.t, json.Unmarshal(response.Result, result))
			return
		}
	}
}

// holds reports whether an expression holds in the page.
func (b *browser) holds(expression string) bool {
	b.t.Helper()
	var evaluated struct {
		Result struct{ Value any }
	}
	b.call("Runtime.evaluate", map[string]any{"expression": "!!(" + expression + ")"}, &evaluated)
	held, _ := evaluated.Result.Value.(bool)
	return held
}

func (b *browser) until(expression string) {
	b.t.Helper()
	limit := time.Now().Add(2 * time.Minute)
	for !b.holds(expression) {
		require.True(b.t, time.Now().Before(limit), expression)
		time.Sleep(20 * time.Millisecond)
	}
}

// picture writes a picture of the page into a file.
func (b *browser) picture(path string) image.Image {
	b.t.Helper()
	var shot struct{ Data []byte }
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	require.NoError(b.t, os.WriteFile(path, shot.Data, 0o600))
	picture, _, err := image.Decode(bytes.NewReader(shot.Data))
	require.NoError(b.t, err)
	return picture
}

// TestInABrowser: a page that is open shows three changes as they happen. PRONET_PICTURES keeps the pictures before and
// after in a directory.
func TestInABrowser(t *testing.T) {
	r := start(t)
	b := openBrowser(t, r.base+"/")
	dir := os.Getenv("PRONET_PICTURES")
	if dir == "" {
		dir = t.TempDir()
	}
	b.until(fmt.Sprintf("document.readyState == 'complete' && document.querySelectorAll('tbody tr').length == %d", people))
	b.until("document.querySelectorAll('#changes li').length == 0")
	before := b.picture(filepath.Join(dir, "before.png"))
	ids := r.contacts()
	r.press(fmt.Sprintf("/people/%d/promote", ids[0])) // as somebody at another desk does
	r.press(fmt.Sprintf("/people/%d/move", ids[1]))
	r.press(fmt.Sprintf("/people/%d/leave", ids[2]))
	for _, kind := range []string{"title_changed", "job_changed", "left_company"} {
		b.until(fmt.Sprintf("document.querySelector('#changes').textContent.includes('%s')", kind))
	}
	b.until("document.querySelector('.figures').textContent.includes('30 credits')")
	after := b.picture(filepath.Join(dir, "after.png"))
	assert.Greater(t, different(t, before, after), 5_000, "pixels that are others")

	b.until(fmt.Sprintf(`document.querySelector('form[action="/people/%d/hide"] button')`, ids[3]))
	b.holds(fmt.Sprintf(`document.querySelector('form[action="/people/%d/hide"] button').click()`, ids[3]))
	b.until("document.readyState == 'complete' && document.querySelector('#changes')?.textContent.includes('profile_hidden')")
	b.until("document.querySelector('tr.gone')?.textContent.includes('(erased)')")
}

// different counts the pixels in which two pictures differ.
func different(t *testing.T, a, b image.Image) (pixels int) {
	t.Helper()
	require.Equal(t, a.Bounds(), b.Bounds())
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if a.At(x, y) != b.At(x, y) {
				pixels++
			}
		}
	}
	return pixels
}
