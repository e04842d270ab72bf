package linkedin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// upload is media that is being uploaded or is there.
type upload struct {
	id, owner, kind, token string
	size                   int64
	parts                  [][2]int64
	etags                  map[int]string
	received               int64
	done                   bool
	available              time.Time
}

type mediaState struct {
	byID   map[string]*upload
	lastID int64
}

// AddMedia has media of this URN that is AVAILABLE, such as "urn:li:image:C4E10AQ", without an upload.
func (sb *Sandbox) AddMedia(urn string) {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	sb.state.media.byID[urn] = &upload{id: urn, done: true}
}

// WithVideoPartSize sets how many bytes a part of a video has. The default is 4 MiB, as LinkedIn's page has it.
func WithVideoPartSize(bytes int64) Option {
	return func(s *settings) error {
		if s.videoPart = bytes; bytes < 1 {
			return fmt.Errorf("sandbox: WithVideoPartSize: %d is not positive", bytes)
		}
		return nil
	}
}

// WithProcessingTime sets how long media is PROCESSING once it is there. The default is 0.
func WithProcessingTime(d time.Duration) Option {
	return func(s *settings) error {
		s.processing = d
		return nil
	}
}

// WithFailingUploads lets the processing of all media fail.
func WithFailingUploads() Option {
	return func(s *settings) error {
		s.failUploads = true
		return nil
	}
}

var mediaEndpoints = []endpoint{
	{"POST", "/rest/images", false, (*state).beginUpload},
	{"POST", "/rest/documents", false, (*state).beginUpload},
	{"POST", "/rest/videos", false, (*state).videoAction},
	{"POST", "/v2/assets", false, (*state).registerUpload},
	{"GET", "/rest/images/{media}", false, (*state).getMedia},
	{"GET", "/rest/videos/{media}", false, (*state).getMedia},
	{"GET", "/rest/documents/{media}", false, (*state).getMedia},
}

func (st *state) newUpload(kind, owner string) *upload {
	st.media.lastID++
	u := &upload{id: fmt.Sprintf("urn:li:%s:C4E10AQ%d", kind, st.media.lastID), owner: owner, kind: kind, token: st.shell.Letters(16), etags: map[int]string{}}
	st.media.byID[u.id] = u
	return u
}

func (st *state) address(u *upload, part int) string {
	return fmt.Sprintf("%s/dms-uploads/%s/%d?ut=%s", st.www.URL(), u.id[strings.LastIndexByte(u.id, ':')+1:], part, u.token)
}

func (st *state) beginUpload(r *request) (any, *problem) {
	var body struct{ InitializeUploadRequest struct{ Owner string } }
	switch {
	case r.query.Text("action") != "initializeUpload":
		return nil, badRequest("Unknown action")
	case json.Unmarshal(r.body, &body) != nil || body.InitializeUploadRequest.Owner == "":
		return nil, isMissing("owner")
	}
	kind := strings.TrimSuffix(strings.TrimPrefix(r.path, "/rest/"), "s")
	u := st.newUpload(kind, body.InitializeUploadRequest.Owner)
	return map[string]any{"value": map[string]any{kind: u.id, "uploadUrl": st.address(u, 0), "uploadUrlExpiresAt": st.now().Add(time.Hour).UnixMilli()}}, nil
}

func (st *state) videoAction(r *request) (any, *problem) {
	var body struct {
		InitializeUploadRequest struct {
			Owner         string
			FileSizeBytes int64
		}
		FinalizeUploadRequest struct {
			Video, UploadToken string
			UploadedPartIDs    []string
		}
	}
	if json.Unmarshal(r.body, &body) != nil {
		return nil, badRequest("Invalid request body")
	}
	begin, end := body.InitializeUploadRequest, body.FinalizeUploadRequest
	switch r.query.Text("action") {
	case "initializeUpload":
		if begin.Owner == "" || begin.FileSizeBytes < 1 {
			return nil, isMissing("fileSizeBytes")
		}
		u := st.newUpload("video", begin.Owner)
		u.size = begin.FileSizeBytes
		var instructions []any
		for first := int64(0); first < u.size; first += st.settings.videoPart {
			last := min(first+st.settings.videoPart, u.size) - 1
			instructions = append(instructions, map[string]any{"uploadUrl": st.address(u, len(u.parts)), "firstByte": first, "lastByte": last})
			u.parts = append(u.parts, [2]int64{first, last})
		}
		return map[string]any{"value": map[string]any{
			"video": u.id, "uploadInstructions": instructions, "uploadToken": u.token, "uploadUrlsExpireAt": st.now().Add(time.Hour).UnixMilli(),
		}}, nil
	case "finalizeUpload":
		u := st.media.byID[end.Video]
		if u == nil || !shell.SameSecret(end.UploadToken, u.token) || len(end.UploadedPartIDs) != len(u.parts) {
			return nil, badRequest("The upload is not known, or not all of its parts are named")
		}
		for i, etag := range end.UploadedPartIDs {
			if u.etags[i] == "" || u.etags[i] != etag {
				return nil, badRequest("A part is missing, or its ETag is another")
			}
		}
		st.finish(u)
		return &reply{status: 200, body: map[string]any{}}, nil
	}
	return nil, badRequest("Unknown action")
}

func (st *state) registerUpload(r *request) (any, *problem) {
	var body struct {
		RegisterUploadRequest struct {
			Recipes []string
			Owner   string
		}
	}
	switch {
	case r.query.Text("action") != "registerUpload":
		return nil, badRequest("Unknown action")
	case json.Unmarshal(r.body, &body) != nil || body.RegisterUploadRequest.Owner == "" || len(body.RegisterUploadRequest.Recipes) != 1:
		return nil, isMissing("owner")
	}
	u := st.newUpload("digitalmediaAsset", body.RegisterUploadRequest.Owner)
	return map[string]any{"value": map[string]any{
		"asset": u.id, "mediaArtifact": "urn:li:digitalmediaMediaArtifact:(" + u.id + ",urn:li:digitalmediaMediaArtifactClass:feedshare-uploadedImage)",
		"uploadMechanism": map[string]any{"com.linkedin.digitalmedia.uploading.MediaUploadHttpRequest": map[string]any{"headers": map[string]any{}, "uploadUrl": st.address(u, 0)}},
	}}, nil
}

func (st *state) finish(u *upload) {
	if !u.done {
		u.done, u.available = true, st.now().Add(st.settings.processing)
	}
}

func (st *state) statusOf(u *upload) string {
	switch {
	case !u.done:
		return "WAITING_UPLOAD"
	case st.now().Before(u.available):
		return "PROCESSING"
	case st.settings.failUploads:
		return "PROCESSING_FAILED"
	}
	return "AVAILABLE"
}

func (st *state) getMedia(r *request) (any, *problem) {
	u := st.media.byID[r.key("media")]
	if u == nil {
		return nil, &noRecord
	}
	row := map[string]any{"id": u.id, "owner": u.owner, "status": st.statusOf(u)}
	if row["status"] == "PROCESSING_FAILED" {
		row["processingFailureReason"] = "The file is damaged"
	}
	return row, nil
}

// receive takes the content of an upload, or of one of its parts, which carry no token of the API.
func (st *state) receive(c *shell.Call) {
	refuse := func(status int, text string) { c.W.Bytes(status, "text/plain; charset=utf-8", []byte(text)) }
	if c.MatchRoute(http.MethodPut, "/dms-uploads/{upload}/{part}") != shell.FullMatch {
		refuse(http.StatusMethodNotAllowed, "Method not allowed")
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	part, err := strconv.Atoi(c.Args["part"])
	var u *upload
	for _, other := range st.media.byID {
		if strings.HasSuffix(other.id, ":"+c.Args["upload"]) {
			u = other
		}
	}
	if err != nil || u == nil || !shell.SameSecret(c.R.URL.Query().Get("ut"), u.token) {
		refuse(http.StatusForbidden, "Forbidden")
		return
	}
	if u.kind == "video" {
		if part >= len(u.parts) || int64(len(c.Body)) != u.parts[part][1]-u.parts[part][0]+1 {
			refuse(http.StatusBadRequest, "The part has another size")
			return
		}
		u.etags[part] = "/ambry-video/" + st.shell.Letters(12)
		c.W.Header().Set("Etag", u.etags[part])
		c.W.WriteHeader(http.StatusOK)
		return
	}
	if _, p := st.authorize(c.R.Header.Get("Authorization")); p != nil {
		refuse(http.StatusUnauthorized, "Unauthorized")
		return
	}
	u.received = int64(len(c.Body))
	st.finish(u)
	c.W.WriteHeader(http.StatusCreated)
}
