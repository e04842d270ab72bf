package posts_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/posts"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// uploads is a provider that takes uploads, and counts.
type uploads struct {
	url      string
	partSize int64
	// before is called with each request, and reports whether it has responded.
	before func(w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	requests []string          // "POST initializeUpload", "PUT /dms-uploads/v/0" ...
	content  map[string]string // of what was put, by path
	finished []string          // bodies of finalizations
	made     int
}

func takeUploads(t *testing.T, u *uploads) *posts.MediaService {
	server := httptest.NewServer(u)
	t.Cleanup(server.Close)
	u.url, u.content = server.URL, make(map[string]string)
	return sandboxtest.Connect(t, pronet.WithLinkedIn(linkedin.StaticToken("t"), pronet.BaseURL(server.URL), pronet.LinkedInAccountsURL(server.URL)), pronet.WithMaxAttempts(3)).LinkedIn.Posts.Media
}

func (u *uploads) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.Method + " " + r.URL.Path
	if action := r.URL.Query().Get("action"); action != "" {
		name = r.Method + " " + action
	}
	u.mu.Lock()
	u.requests = append(u.requests, name)
	u.mu.Unlock()
	if u.before != nil && u.before(w, r) {
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	u.take(w, r, name, string(body))
}

// take does what was asked for, and responds.
func (u *uploads) take(w http.ResponseWriter, r *http.Request, name, body string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch name {
	case "POST initializeUpload":
		var asked struct {
			Request struct {
				Size int64 `json:"fileSizeBytes"`
			} `json:"initializeUploadRequest"`
		}
		_ = json.Unmarshal([]byte(body), &asked)
		u.made++
		var parts []string
		for first := int64(0); first < asked.Request.Size; first += u.partSize {
			parts = append(parts, fmt.Sprintf(`{"uploadUrl":"%s/dms-uploads/%d/%d","firstByte":%d,"lastByte":%d}`,
				u.url, u.made, len(parts), first, min(first+u.partSize, asked.Request.Size)-1))
		}
		_, _ = fmt.Fprintf(w, `{"value":{"image":"urn:li:image:%d","uploadUrl":"%s/dms-uploads/%d/0","video":"urn:li:video:%d","uploadToken":"token","uploadInstructions":[%s]}}`,
			u.made, u.url, u.made, u.made, strings.Join(parts, ","))
	case "POST finalizeUpload":
		u.finished = append(u.finished, body)
	default:
		u.content[r.URL.Path] = body
		w.Header().Set("Etag", "etag-of-"+r.URL.Path)
		w.WriteHeader(http.StatusCreated)
	}
}

// slow is content on a slow disk, of which it is known whether it is being read.
type slow struct {
	zeros
	reading atomic.Int32
	reads   atomic.Int32
}

func (s *slow) ReadAt(p []byte, at int64) (int, error) {
	s.reading.Add(1)
	defer s.reading.Add(-1)
	s.reads.Add(1)
	if at >= 1<<20 {
		time.Sleep(200 * time.Millisecond)
	}
	return s.zeros.ReadAt(p, at)
}

// TestContentIsNotReadAfterTheReturn: it may be closed or written to then, however the sending has ended.
func TestContentIsNotReadAfterTheReturn(t *testing.T) {
	const size = 32 << 20
	for name, early := range map[string]bool{"a response before the content has ended": true, "the context's end": false} {
		t.Run(name, func(t *testing.T) {
			for range 3 {
				ctx, end := contextThatEnds(t)
				var over sync.WaitGroup
				u := &uploads{partSize: size}
				u.before = func(w http.ResponseWriter, r *http.Request) bool {
					if r.Method != http.MethodPut {
						return false
					}
					over.Add(1)
					defer over.Done()
					_, _ = io.CopyN(io.Discard, r.Body, 1<<20)
					if !early {
						end()
						_, _ = io.Copy(io.Discard, r.Body)
						return true
					}
					conn, _, err := http.NewResponseController(w).Hijack()
					if !assert.NoError(t, err) {
						return true
					}
					defer conn.Close()
					_, _ = io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 42\r\n\r\n"+`{"status":400,"code":"BAD","message":"no"}`)
					_, _ = io.Copy(io.Discard, conn)
					return true
				}
				media, content := takeUploads(t, u), &slow{}
				_, err := media.UploadImage(ctx, parse(t, "urn:li:person:1"), content, size)
				if early {
					require.ErrorIs(t, err, api.ErrInvalid)
				} else {
					require.ErrorIs(t, err, context.Canceled)
				}
				require.Zero(t, content.reading.Load(), "it is being read")
				reads := content.reads.Load()
				over.Wait()
				require.Equal(t, reads, content.reads.Load())
				require.Equal(t, []string{"POST initializeUpload", "PUT /dms-uploads/1/0"}, u.requests, "it is not sent again")
			}
		})
	}
}

// begun is how a program finds what it has kept of an upload.
func begun(t *testing.T, stored []byte) *posts.Video {
	v := new(posts.Video)
	require.NoError(t, json.Unmarshal(stored, v))
	return v
}

// lose ends the connection after the n-th request of a name was done.
func (u *uploads) lose(name string, n int) func(http.ResponseWriter, *http.Request) bool {
	seen := 0
	return func(w http.ResponseWriter, r *http.Request) bool {
		u.mu.Lock()
		is := u.requests[len(u.requests)-1] == name
		if is {
			seen++
		}
		is = is && seen == n
		u.mu.Unlock()
		if !is {
			return false
		}
		body, _ := io.ReadAll(r.Body)
		u.take(httptest.NewRecorder(), r, name, string(body))
		panic(http.ErrAbortHandler)
	}
}

// TestLostResponsesOfAnUpload: whichever is lost, the video is there as it was sent, and each part once more at most.
func TestLostResponsesOfAnUpload(t *testing.T) {
	const content = "0123456789abcdefghijABCDEFGH"
	for name, made := range map[string]int{"POST initializeUpload": 2, "PUT /dms-uploads/1/1": 1, "POST finalizeUpload": 1} {
		t.Run(name, func(t *testing.T) {
			u := &uploads{partSize: 10}
			u.before = u.lose(name, 1)
			media := takeUploads(t, u)
			v, err := media.BeginVideo(t.Context(), parse(t, "urn:li:person:1"), int64(len(content)))
			require.NoError(t, err)
			require.NoError(t, media.SendVideo(t.Context(), v, strings.NewReader(content), nil))
			require.NoError(t, media.FinishVideo(t.Context(), v))
			assert.Equal(t, made, u.made)
			at := fmt.Sprintf("/dms-uploads/%d/", made)
			assert.Equal(t, map[string]string{at + "0": content[:10], at + "1": content[10:20], at + "2": content[20:]}, u.content)
			assert.Len(t, u.requests, 6, "one more than without a loss")
			for _, body := range u.finished {
				assert.JSONEq(t, fmt.Sprintf(`{"finalizeUploadRequest":{"video":"urn:li:video:%d","uploadToken":"token","uploadedPartIds":["etag-of-%s0","etag-of-%s1","etag-of-%s2"]}}`, made, at, at, at), body)
			}
		})
	}
}

// TestPartWithoutAnETag is sent again by the next process, and no other is.
func TestPartWithoutAnETag(t *testing.T) {
	const content = "0123456789abcdefghijABCDEFGH"
	u, silent := &uploads{partSize: 10}, true
	u.before = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/dms-uploads/1/1" || !silent {
			return false
		}
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
		return true
	}
	media := takeUploads(t, u)
	v, err := media.BeginVideo(t.Context(), parse(t, "urn:li:person:1"), int64(len(content)))
	require.NoError(t, err)
	var stored []byte
	keep := func(v *posts.Video) (err error) { stored, err = json.Marshal(v); return err }
	require.ErrorIs(t, media.SendVideo(t.Context(), v, strings.NewReader(content), keep), api.ErrUnexpectedResponse)
	require.ErrorIs(t, media.FinishVideo(t.Context(), v), api.ErrInvalid)
	silent = false
	again := begun(t, stored)
	require.NoError(t, media.SendVideo(t.Context(), again, strings.NewReader(content), keep))
	require.NoError(t, media.FinishVideo(t.Context(), again))
	assert.Equal(t, []string{
		"POST initializeUpload", "PUT /dms-uploads/1/0", "PUT /dms-uploads/1/1", "PUT /dms-uploads/1/1", "PUT /dms-uploads/1/2", "POST finalizeUpload",
	}, u.requests)
}

// TestUploadsThatAreCut by the context's end, in each step, go on in another process, and an end is told in time.
func TestUploadsThatAreCut(t *testing.T) {
	const content = "0123456789abcdefghijABCDEFGH"
	for _, name := range []string{"POST initializeUpload", "PUT /dms-uploads/1/1", "POST finalizeUpload"} {
		t.Run(name, func(t *testing.T) {
			u, cut := &uploads{partSize: 10}, false
			ctx, end := contextThatEnds(t)
			u.before = func(_ http.ResponseWriter, r *http.Request) bool {
				u.mu.Lock()
				now := !cut && u.requests[len(u.requests)-1] == name
				cut = cut || now
				u.mu.Unlock()
				if now {
					_, _ = io.Copy(io.Discard, r.Body)
					end()
					<-r.Context().Done()
				}
				return now
			}
			media, me := takeUploads(t, u), parse(t, "urn:li:person:1")
			var stored []byte
			keep := func(v *posts.Video) (err error) { stored, err = json.Marshal(v); return err }
			whole := func(ctx context.Context) (err error) {
				var v *posts.Video
				if stored != nil {
					v = begun(t, stored)
				} else if v, err = media.BeginVideo(ctx, me, int64(len(content))); err != nil {
					return err
				}
				if err := media.SendVideo(ctx, v, strings.NewReader(content), keep); err != nil {
					return err
				}
				return media.FinishVideo(ctx, v)
			}
			require.ErrorIs(t, whole(ctx), context.Canceled)
			require.NoError(t, whole(t.Context()))
			assert.Len(t, u.requests, 6, "one more than without the end")
			assert.Len(t, u.finished, 1)
			assert.Equal(t, content, u.content["/dms-uploads/1/0"]+u.content["/dms-uploads/1/1"]+u.content["/dms-uploads/1/2"])
		})
	}
}

// TestManyUploadsAtOnce of one client, each with its own content.
func TestManyUploadsAtOnce(t *testing.T) {
	u := &uploads{partSize: 1_000}
	media, me := takeUploads(t, u), parse(t, "urn:li:person:1")
	var wg sync.WaitGroup
	videos, images := make([]*posts.Video, 50), make([]urn.URN, 50)
	of := func(i int) string { return strings.Repeat(fmt.Sprintf("%04d", i), 700) }
	for i := range videos {
		wg.Go(func() {
			v, err := media.BeginVideo(t.Context(), me, 2_800)
			if !assert.NoError(t, err) {
				return
			}
			assert.NoError(t, media.SendVideo(t.Context(), v, strings.NewReader(of(i)), nil))
			assert.NoError(t, media.FinishVideo(t.Context(), v))
			videos[i] = v
			images[i], err = media.UploadImage(t.Context(), me, strings.NewReader(of(i)), 2_800)
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	for i, v := range videos {
		require.NotNil(t, v)
		at := "/dms-uploads/" + v.ID.ID() + "/"
		require.Equal(t, of(i), u.content[at+"0"]+u.content[at+"1"]+u.content[at+"2"])
		require.Equal(t, of(i), u.content["/dms-uploads/"+images[i].ID()+"/0"])
	}
	assert.Equal(t, 100, u.made)
	assert.Len(t, u.finished, 50)
	assert.Len(t, u.requests, 50*7)
}
