package posts_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/posts"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// TestMediaIsUsedOnceItIsAvailable goes the whole way: upload, wait, publish.
func TestMediaIsUsedOnceItIsAvailable(t *testing.T) {
	me := parse(t, "urn:li:person:8675309")
	content := strings.NewReader("an image of some bytes")
	for kind, upload := range map[string]func(*testing.T, *posts.MediaService) (urn.URN, error){
		"image": func(t *testing.T, s *posts.MediaService) (urn.URN, error) {
			return s.UploadImage(t.Context(), me, content, content.Size())
		},
		"document": func(t *testing.T, s *posts.MediaService) (urn.URN, error) {
			return s.UploadDocument(t.Context(), me, content, content.Size())
		},
		"video": func(t *testing.T, s *posts.MediaService) (urn.URN, error) {
			v, err := s.BeginVideo(t.Context(), me, content.Size())
			if err != nil {
				return urn.URN{}, err
			}
			return v.ID, errors.Join(s.SendVideo(t.Context(), v, content, nil), s.FinishVideo(t.Context(), v))
		},
	} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, client := sandboxtest.StartInMemory(t, fake.WithProcessingTime(time.Minute), fake.WithVideoPartSize(5))
				s := client.LinkedIn.Posts
				id, err := upload(t, s.Media)
				require.NoError(t, err)
				assert.Equal(t, kind, id.Type())
				n := posts.NewPost{Author: me, Content: posts.Media{ID: id}}
				_, err = s.Create(t.Context(), n)
				require.ErrorIs(t, err, api.ErrInvalid, "it is not available yet")
				var seen []posts.Status
				began := time.Now()
				there, err := s.Media.Wait(t.Context(), id, func(u *posts.Uploaded) { seen = append(seen, u.Status) })
				require.NoError(t, err)
				assert.Equal(t, []posts.Status{posts.Processing, posts.Available}, []posts.Status{seen[0], there.Status})
				assert.Less(t, time.Since(began), 71*time.Second)
				assert.Less(t, len(seen), 14)
				_, err = s.Create(t.Context(), n)
				require.NoError(t, err)
				assert.Contains(t, sb.LinkedIn.Posts()[0].Content, id.String())
			})
		})
	}
}

func TestMediaThatFails(t *testing.T) {
	_, client := sandboxtest.Start(t, fake.WithFailingUploads())
	media := client.LinkedIn.Posts.Media
	id, err := media.UploadImage(t.Context(), parse(t, "urn:li:person:1"), strings.NewReader("x"), 1)
	require.NoError(t, err)
	u, err := media.Wait(t.Context(), id, nil)
	require.ErrorIs(t, err, posts.ErrProcessing)
	assert.Equal(t, "The file is damaged", u.Reason)
	ended, end := contextThatEnds(t)
	end()
	_, err = media.Wait(ended, id, nil)
	require.Error(t, err)
}

// inMemory is a provider without a network.
type inMemory func(w http.ResponseWriter, r *http.Request)

func (f inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	f(w, r)
	response := w.Result()
	response.Request = r
	return response, nil
}

// TestWaitWithoutAStatus ends after a minute in which no response has one, and outlives a few of them.
func TestWaitWithoutAStatus(t *testing.T) {
	for name, c := range map[string]struct {
		without int
		ends    bool
	}{"a few": {5, false}, "all": {1 << 30, true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				client := sandboxtest.Connect(t, pronet.WithLinkedIn(linkedin.StaticToken("t")), pronet.WithTransport(inMemory(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					if n++; n <= c.without {
						_, _ = io.WriteString(w, `{"id":"urn:li:image:a","status":{}}`)
						return
					}
					_, _ = io.WriteString(w, `{"id":"urn:li:image:a","status":"AVAILABLE"}`)
				})))
				ctx, end := context.WithTimeout(t.Context(), time.Hour)
				defer end()
				began := time.Now()
				u, err := client.LinkedIn.Posts.Media.Wait(ctx, parse(t, "urn:li:image:a"), nil)
				require.NotNil(t, u)
				if !c.ends {
					require.NoError(t, err)
					return
				}
				require.ErrorIs(t, err, api.ErrUnexpectedResponse)
				require.NotErrorIs(t, err, context.DeadlineExceeded)
				assert.NotEmpty(t, u.Raw)
				assert.Less(t, time.Since(began), 80*time.Second)
			})
		})
	}
}

// TestVideoIsResumed: it is cut in its second part of three, kept as JSON, and goes on in another program.
func TestVideoIsResumed(t *testing.T) {
	sb, client := sandboxtest.Start(t, fake.WithVideoPartSize(10))
	media, content := client.LinkedIn.Posts.Media, strings.NewReader("0123456789abcdefghijABCDEFGH")
	v, err := media.BeginVideo(t.Context(), parse(t, "urn:li:organization:7"), content.Size())
	require.NoError(t, err)
	require.Len(t, v.Parts, 3)
	sb.Fail(sandbox.Fault{Method: http.MethodPut, Path: "/dms-uploads/*/1", Times: 99, Drop: sandbox.DropMidBody})
	var stored []byte
	keep := func(v *posts.Video) (err error) { stored, err = json.Marshal(v); return err }
	ctx, end := contextThatEnds(t)
	err = media.SendVideo(ctx, v, content, func(v *posts.Video) error { end(); return keep(v) })
	require.Error(t, err)
	require.Error(t, media.FinishVideo(t.Context(), v), "a part is missing")
	sb.ClearFaults()

	var again posts.Video
	require.NoError(t, json.Unmarshal(stored, &again))
	assert.NotEmpty(t, again.Parts[0].ETag)
	for _, text := range []string{fmt.Sprintf("%v %+v %#v", again, again, again), fmt.Sprintf("%+v", &again), fmt.Sprintf("%v", again.Parts)} {
		assert.NotContains(t, text, again.Token)
		assert.NotContains(t, text, "dms-uploads")
	}
	other := sandboxtest.Connect(t, sb.Options()...).LinkedIn.Posts.Media
	require.NoError(t, other.SendVideo(t.Context(), &again, content, keep))
	require.NoError(t, other.FinishVideo(t.Context(), &again))
	there, err := other.Wait(t.Context(), again.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, posts.Available, there.Status)
	assert.Equal(t, 1, sb.RequestsTo("PUT", "/dms-uploads/*/0"), "the first part was not sent again")
	require.ErrorContains(t, other.SendVideo(t.Context(), &posts.Video{ID: again.ID, Size: 5}, content, nil), "not the whole video")
}

// TestUploadsAtTheAPI: LinkedIn names addresses at the API itself too.
func TestUploadsAtTheAPI(t *testing.T) {
	www := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("www is asked for %s", r.URL) }))
	defer www.Close()
	var put []string
	var address string
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			content, _ := io.ReadAll(r.Body)
			put = append(put, r.URL.String()+" "+string(content)+" "+r.Header.Get("Authorization"))
			w.WriteHeader(http.StatusCreated)
			return
		}
		_, _ = io.WriteString(w, `{"value":{"asset":"urn:li:digitalmediaAsset:1","uploadMechanism":{"com.linkedin.digitalmedia.uploading.MediaUploadHttpRequest":{"uploadUrl":"`+address+`"}}}}`)
	}))
	defer provider.Close()
	client := sandboxtest.Connect(t, pronet.WithLinkedIn(linkedin.StaticToken("token"), pronet.BaseURL(provider.URL), pronet.LinkedInAccountsURL(www.URL)))
	address = provider.URL + "/mediaUpload/C55/feedshare-uploadedImage/0?ca=a%2Fb"
	asset, err := client.LinkedIn.Posts.Media.RegisterUpload(t.Context(), parse(t, "urn:li:person:1"), posts.FeedImage, strings.NewReader("xy"), 2)
	require.NoError(t, err)
	assert.Equal(t, "urn:li:digitalmediaAsset:1", asset.String())
	assert.Equal(t, []string{"/mediaUpload/C55/feedshare-uploadedImage/0?ca=a%2Fb xy Bearer token"}, put)
}

// TestUploadsStayAtTheOrigin: where else an address leads, neither the content nor the token goes.
func TestUploadsStayAtTheOrigin(t *testing.T) {
	const canary = "canary-bearer-token"
	var mu sync.Mutex
	var elsewhere []string
	stranger := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		elsewhere = append(elsewhere, r.URL.String()+r.Header.Get("Authorization"))
	}))
	defer stranger.Close()
	address := ""
	var bearers []string
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bearers = append(bearers, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
		if r.Method == http.MethodPut {
			w.Header().Set("Etag", "e")
			w.WriteHeader(http.StatusCreated)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"value": map[string]any{
			"image": "urn:li:image:1", "uploadUrl": address, "video": "urn:li:video:1", "uploadToken": "t",
			"uploadInstructions": []any{map[string]any{"uploadUrl": address, "firstByte": 0, "lastByte": 1}},
		}})
	}))
	defer provider.Close()
	client := sandboxtest.Connect(t, pronet.WithLinkedIn(linkedin.StaticToken(canary), pronet.BaseURL(provider.URL), pronet.LinkedInAccountsURL(provider.URL)))
	media, me := client.LinkedIn.Posts.Media, parse(t, "urn:li:person:1")
	host := strings.TrimPrefix(provider.URL, "http://")
	for name, to := range map[string]string{
		"another host": stranger.URL + "/dms-uploads/1/0", "another scheme": "https://" + host + "/dms-uploads/1/0", "user": "http://x@" + host + "/dms-uploads/1/0",
		"no host": "/dms-uploads/1/0", "no path": provider.URL, "no address": "\x00", "opaque": "http:dms", "too long": provider.URL + "/" + strings.Repeat("x", 9000),
		"another port": "http://127.0.0.1:1/dms-uploads/1/0",
	} {
		address = to
		_, err := media.UploadImage(t.Context(), me, strings.NewReader("xy"), 2)
		require.ErrorIs(t, err, api.ErrUnexpectedResponse, name)
		v, err := media.BeginVideo(t.Context(), me, 2)
		require.NoError(t, err)
		require.ErrorIs(t, media.SendVideo(t.Context(), v, strings.NewReader("xy"), nil), api.ErrUnexpectedResponse, name)
		require.Error(t, media.Send(t.Context(), to, strings.NewReader("xy"), 2))
	}
	assert.Empty(t, elsewhere)
	for _, request := range bearers {
		assert.Contains(t, request, "POST /rest/", "nothing was put")
	}
	bearers, address = nil, provider.URL+"/dms-uploads/1/0?ut=a%2Fb"
	_, err := media.UploadImage(t.Context(), me, strings.NewReader("xy"), 2)
	require.NoError(t, err)
	v, err := media.BeginVideo(t.Context(), me, 2)
	require.NoError(t, err)
	require.NoError(t, media.SendVideo(t.Context(), v, strings.NewReader("xy"), nil))
	bearer := "Bearer " + canary
	assert.Equal(t, []string{"POST /rest/images " + bearer, "PUT /dms-uploads/1/0 " + bearer, "POST /rest/videos " + bearer, "PUT /dms-uploads/1/0 "}, bearers)
}

// TestResponsesThatAreNoUpload are unexpected, and nothing is sent.
func TestResponsesThatAreNoUpload(t *testing.T) {
	for _, response := range []string{
		`{}`, `{"value":{}}`, `{"value":{"image":"urn:li:image:1"}}`, `{"value":{"image":7,"uploadUrl":8,"video":"urn:li:video:1","asset":1}}`,
		`{"value":{"video":"urn:li:video:1","uploadInstructions":[{"uploadUrl":"x","firstByte":1,"lastByte":2}]}}`,
		`{"value":{"video":"urn:li:video:1","uploadInstructions":[{"uploadUrl":"x","firstByte":0,"lastByte":0}]}}`,
		`{"value":{"video":"urn:li:video:1","uploadInstructions":[{"uploadUrl":"x","firstByte":0,"lastByte":9223372036854775807},{"uploadUrl":"x","firstByte":-9223372036854775808,"lastByte":1}]}}`,
	} {
		w := &witness{status: 200, response: response}
		media, me := sandboxtest.ConnectLinkedIn(t, w).LinkedIn.Posts.Media, parse(t, "urn:li:person:1")
		_, err := media.UploadImage(t.Context(), me, strings.NewReader("xy"), 2)
		require.ErrorIs(t, err, api.ErrUnexpectedResponse)
		_, err = media.BeginVideo(t.Context(), me, 2)
		require.ErrorIs(t, err, api.ErrUnexpectedResponse)
		_, err = media.RegisterUpload(t.Context(), me, posts.FeedImage, strings.NewReader("xy"), 2)
		require.ErrorIs(t, err, api.ErrUnexpectedResponse)
		assert.Equal(t, http.MethodPost, w.method)
	}
}

// zeros are as many bytes as somebody reads.
type zeros struct{}

func (zeros) ReadAt(p []byte, _ int64) (int, error) {
	clear(p)
	return len(p), nil
}

// TestMemoryOfAnUploadIsFlat: a video in one part, of 2 GB in full, is read as it is sent.
func TestMemoryOfAnUploadIsFlat(t *testing.T) {
	size := int64(pronettest.Times(64, 2_048)) << 20
	var received int64
	var peak uint64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			fmt.Fprintf(w, `{"value":{"video":"urn:li:video:1","uploadToken":"t","uploadInstructions":[{"uploadUrl":"http://%s/dms-uploads/v","firstByte":0,"lastByte":%d}]}}`, r.Host, size-1)
			return
		}
		piece := make([]byte, 1<<20)
		for {
			n, err := io.ReadFull(r.Body, piece)
			received += int64(n)
			if received%(32<<20) == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
			if err != nil {
				break
			}
		}
		w.Header().Set("Etag", "e")
	}))
	defer server.Close()
	client := sandboxtest.Connect(t, pronet.WithLinkedIn(linkedin.StaticToken("t"), pronet.BaseURL(server.URL), pronet.LinkedInAccountsURL(server.URL)))
	v, err := client.LinkedIn.Posts.Media.BeginVideo(t.Context(), parse(t, "urn:li:person:1"), size)
	require.NoError(t, err)
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	require.NoError(t, client.LinkedIn.Posts.Media.SendVideo(t.Context(), v, zeros{}, nil))
	assert.Equal(t, size, received)
	assert.Less(t, int64(peak)-int64(before.HeapInuse), int64(16<<20))
	assert.True(t, v.Parts[0].ETag == "e")
}

// TestContentThatIsTooShort is refused before anything is sent, whoever uploads it.
func TestContentThatIsTooShort(t *testing.T) {
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests++ }))
	defer server.Close()
	client, err := pronet.New(pronet.WithLinkedIn(linkedin.StaticToken("token"), pronet.BaseURL(server.URL), pronet.LinkedInAccountsURL(server.URL)))
	require.NoError(t, err)
	media, me, content := client.LinkedIn.Posts.Media, parse(t, "urn:li:person:1"), strings.NewReader("12345")
	for size, want := range map[int64]string{6: "shorter", 1 << 40: "shorter", 0: "not above zero", -1: "not above zero"} {
		v := &posts.Video{ID: parse(t, "urn:li:video:1"), Size: size, Token: "t", Parts: []posts.Part{{Address: server.URL + "/dms-uploads/1", Last: size - 1}}}
		for name, upload := range map[string]func() error{
			"image":    func() error { _, err := media.UploadImage(t.Context(), me, content, size); return err },
			"document": func() error { _, err := media.UploadDocument(t.Context(), me, content, size); return err },
			"older": func() error {
				_, err := media.RegisterUpload(t.Context(), me, posts.FeedImage, content, size)
				return err
			},
			"address": func() error { return media.Send(t.Context(), server.URL+"/dms-uploads/1", content, size) },
			"video":   func() error { return media.SendVideo(t.Context(), v, content, nil) },
		} {
			err := upload()
			require.ErrorIs(t, err, api.ErrInvalid, "%s of %d", name, size)
			if size > 0 {
				require.ErrorContains(t, err, want, "%s of %d", name, size)
			}
		}
	}
	assert.Zero(t, requests)
}
