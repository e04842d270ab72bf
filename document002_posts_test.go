package pronet_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	linkedinjobs "github.com/pronet-go/pronet/linkedin/jobs"
	"github.com/pronet-go/pronet/linkedin/posts"
	"github.com/pronet-go/pronet/linkedin/urn"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// document002Media is what the bodies below show, which is there before they are sent.
var document002Media = []string{"urn:li:image:C49klciosC89", "urn:li:image:C5610AQFj6Tdjqg", "urn:li:video:C5", "urn:li:document:D4"}

// sends makes the row of a call about nobody.
func sends(named, line, body string, call func(ctx context.Context, c *pronet.Client) error) documentRow {
	return documentRow{named, line, body, func(ctx context.Context, c *pronet.Client, _ fake.Member) error { return call(ctx, c) }}
}

func postRow(named, body string, n posts.NewPost) documentRow {
	return sends(named, "POST /rest/posts", body, func(ctx context.Context, c *pronet.Client) error { return errOf(c.LinkedIn.Posts.Create(ctx, n)) })
}

func ugcRow(named, body string, u posts.UGC) documentRow {
	return sends(named, "POST /v2/ugcPosts", body, func(ctx context.Context, c *pronet.Client) error {
		return errOf(c.LinkedIn.Posts.Legacy.CreateUGC(ctx, u))
	})
}

func shareRow(named, body string, s posts.Share) documentRow {
	return sends(named, "POST /v2/shares", body, func(ctx context.Context, c *pronet.Client) error {
		return errOf(c.LinkedIn.Posts.Legacy.CreateShare(ctx, s))
	})
}

var (
	samplePage   = mustURN("urn:li:organization:5515715")
	sampleMember = mustURN("urn:li:person:8675309")
)

// document002Posts are the bodies that the document prints, and those of LinkedIn's pages for the same. Files that
// begin with sample_ are LinkedIn's.
var document002Posts = []documentRow{
	shareRow("POST /v2/shares: commentary, visibility", "share_request.json", posts.Share{Text: "Closing big deals thanks to my awesome team!", Overview: true}),
	shareRow("visibility, of a share", `{"commentary":"to few","visibility":{"com.linkedin.ugc.MemberNetworkVisibility":"CONNECTIONS"}}`,
		posts.Share{Text: "to few", Visibility: posts.Connections, Overview: true}),
	shareRow("shares, as LinkedIn has them", "sample_share_request.json", posts.Share{
		Owner: mustURN("urn:li:person:324_kGGaLE"), Subject: "Test Share Subject", Text: "Test Share!", Title: "Test Share with Content",
		Link: "https://www.example.com/content.html", Thumbnail: "https://www.example.com/image.jpg",
	}),
	ugcRow("POST /ugcPosts: author, lifecycleState, shareCommentary, visibility", "ugc_text_request.json",
		posts.UGC{Author: mustURN("urn:li:organization:1234567"), Text: "We've having an office holiday party on Dec 15th!", Overview: true}),
	ugcRow("POST /ugcPosts: media, status, title (mended: curly quotes, a comma before a bracket)", "ugc_media_request.json", posts.UGC{
		Author: mustURN("urn:li:person:1234567"), Title: "Check out my new background photo!", Overview: true,
		Asset: mustURN("urn:li:digitalmediaMediaArtifact:(urn:li:digitalmediaAsset:B54328XZFfe2134zXe,urn:li:digitalmediaMediaArtifactClass:profile-background)"),
	}),
	ugcRow("ugcPosts, as LinkedIn has them", "sample_ugc_text_request.json", posts.UGC{Author: sampleMember, Text: "Hello World! This is my first Share on LinkedIn!"}),
	ugcRow("ugcPosts with an article", "sample_ugc_article_request.json", posts.UGC{
		Author: sampleMember, Text: "Learning more about LinkedIn by reading the LinkedIn Blog!", Link: "https://blog.linkedin.com/", Title: "Official LinkedIn Blog",
		Description: "Official LinkedIn Blog",
	}),
	ugcRow("ugcPosts with media", "sample_ugc_image_request.json", posts.UGC{
		Author: sampleMember, Text: "Feeling inspired after meeting so many talented individuals at this year's conference. #talentconnect",
		Asset: mustURN("urn:li:digitalmediaAsset:C5422AQEbc381YmIuvg"), Title: "LinkedIn Talent Connect 2021", Description: "Center stage!",
	}),
	ugcRow("visibility: connections only", `{"author":"urn:li:person:8675309","lifecycleState":"PUBLISHED","visibility":{"com.linkedin.ugc.MemberNetworkVisibility":"CONNECTIONS"},
		"specificContent":{"com.linkedin.ugc.ShareContent":{"shareCommentary":{"text":"to few"},"shareMediaCategory":"NONE"}}}`,
		posts.UGC{Author: sampleMember, Text: "to few", Visibility: posts.Connections}),
	ugcRow("video follows similar principles", `{"author":"urn:li:person:8675309","lifecycleState":"PUBLISHED","visibility":{"com.linkedin.ugc.MemberNetworkVisibility":"PUBLIC"},
		"specificContent":{"com.linkedin.ugc.ShareContent":{"shareCommentary":{"text":"look"},"shareMediaCategory":"VIDEO","media":[{"status":"READY","media":"urn:li:digitalmediaAsset:C5"}]}}}`,
		posts.UGC{Author: sampleMember, Text: "look", Asset: mustURN("urn:li:digitalmediaAsset:C5"), Video: true}),
	postRow("posts, as LinkedIn has them now", "sample_post_text_request.json", posts.NewPost{Author: samplePage, Text: posts.Plain("Sample text Post")}),
	postRow("create posts, articles", "sample_post_article_request.json", posts.NewPost{Author: samplePage, Text: posts.Plain("test article post"), Content: posts.Article{
		Source: "https://lnkd.in/eabXpqi", Thumbnail: mustURN("urn:li:image:C49klciosC89"), Title: "prod test article share", Description: "test description",
	}}),
	postRow("rich media", "sample_post_image_request.json", posts.NewPost{
		Author: samplePage, Text: posts.Plain("test strings!"), Content: posts.Media{ID: mustURN("urn:li:image:C5610AQFj6Tdjqg"), AltText: "testing for alt tags"},
	}),
	postRow("rich media: several images, a member's, connections only", restPost("urn:li:person:8675309", "", "CONNECTIONS", `"multiImage":{"images":[{"id":"urn:li:image:C49klciosC89"},{"id":"urn:li:image:C5610AQFj6Tdjqg"}]}`),
		posts.NewPost{Author: sampleMember, Visibility: posts.Connections, Content: posts.Images{{ID: mustURN("urn:li:image:C49klciosC89")}, {ID: mustURN("urn:li:image:C5610AQFj6Tdjqg")}}}),
	postRow("rich media: video", restPost("urn:li:person:8675309", "watch", "PUBLIC", `"media":{"id":"urn:li:video:C5"}`), posts.NewPost{Author: sampleMember, Text: posts.Plain("watch"), Content: posts.Media{ID: mustURN("urn:li:video:C5")}}),
	postRow("rich media: document", restPost("urn:li:person:8675309", "read", "PUBLIC", `"media":{"id":"urn:li:document:D4","title":"A (b)"}`),
		posts.NewPost{Author: sampleMember, Text: posts.Plain("read"), Content: posts.Media{ID: mustURN("urn:li:document:D4"), Title: "A (b)"}}),
	sends("multimedia: an image's upload", "POST /rest/images?action=initializeUpload", "sample_image_request.json", func(ctx context.Context, c *pronet.Client) error {
		return errOf(c.LinkedIn.Posts.Media.UploadImage(ctx, mustURN("urn:li:organization:5583111"), picture, picture.Size()))
	}),
	sends("multimedia: an asset's upload", "POST /v2/assets?action=registerUpload", "sample_asset_request.json", func(ctx context.Context, c *pronet.Client) error {
		return errOf(c.LinkedIn.Posts.Media.RegisterUpload(ctx, sampleMember, posts.FeedImage, picture, picture.Size()))
	}),
}

// restPost is the body of a post that has what is not named here as LinkedIn's samples have it.
func restPost(author, text, visibility, content string) string {
	return fmt.Sprintf(`{"author":%q,"commentary":%q,"visibility":%q,"lifecycleState":"PUBLISHED","isReshareDisabledByAuthor":false,
		"distribution":{"feedDistribution":"MAIN_FEED","targetEntities":[],"thirdPartyDistributionChannels":[]},"content":{%s}}`, author, text, visibility, content)
}

// firstPost is published before the rows are called.
var firstPost = mustURN("urn:li:share:7000000000000000001")

func onPosts(call func(context.Context, *posts.Service) error) func(context.Context, *pronet.Client) error {
	return func(ctx context.Context, c *pronet.Client) error { return call(ctx, c.LinkedIn.Posts) }
}

// document002Social are the ways to interact with content, which the document names without an endpoint.
var document002Social = []documentRow{
	sends("interact with content: comment", "POST /rest/socialActions/urn%3Ali%3Ashare%3A7000000000000000001/comments", `{"actor":"urn:li:person:8675309","object":"urn:li:share:7000000000000000001","message":{"text":"a_b (c)"}}`,
		onPosts(func(ctx context.Context, s *posts.Service) error {
			return errOf(s.Comment(ctx, firstPost, posts.NewComment{Actor: sampleMember, Text: "a_b (c)"}))
		})),
	sends("interact with content: react", "POST /rest/reactions?actor=urn%3Ali%3Aperson%3A8675309", `{"root":"urn:li:share:7000000000000000001","reactionType":"PRAISE"}`,
		onPosts(func(ctx context.Context, s *posts.Service) error {
			return s.React(ctx, sampleMember, firstPost, posts.Praise)
		})),
	sends("tracking engagement metrics", "GET /rest/socialMetadata/urn%3Ali%3Ashare%3A7000000000000000001", "",
		onPosts(func(ctx context.Context, s *posts.Service) error { return errOf(s.Counts(ctx, firstPost)) })),
	sends("managing brand pages", "GET /rest/organizationAcls?q=roleAssignee&state=APPROVED&start=0&count=100", "", func(ctx context.Context, c *pronet.Client) error {
		return errOf(c.LinkedIn.Posts.Pages(ctx, posts.Paging{}))
	}),
}

// document002JobPosts are the jobs and hiring APIs as LinkedIn has them.
var document002JobPosts = []documentRow{
	sends("post new job listings (LinkedIn's sample, with the poster's e-mail, which it demands since)", "POST /rest/simpleJobPostings", "sample_job_request.json", func(ctx context.Context, c *pronet.Client) error {
		results, err := c.LinkedIn.Jobs.Submit(ctx, []linkedinjobs.Posting{sampleJob()})
		if err != nil {
			return err
		}
		return errOf(c.LinkedIn.Jobs.Wait(ctx, []urn.URN{results[0].Task}, nil))
	}),
	sends("distribute new listings, as older clients do", "POST /v2/simpleJobPostings", `{"elements":[{"externalJobPostingId":"1234","jobPostingOperationType":"CLOSE","title":"Software Engineer","description":"d",
		"location":"India","companyApplyUrl":"http://linkedin.com","listedAt":1440716666}]}`, func(ctx context.Context, c *pronet.Client) error {
		closed := linkedinjobs.Posting{
			ExternalID: "1234", Operation: linkedinjobs.Close, Title: "Software Engineer", Description: "d", Location: "India", ApplyURL: "http://linkedin.com", ListedAt: time.UnixMilli(1440716666),
		}
		return errOf(c.LinkedIn.Jobs.Legacy.Submit(ctx, []linkedinjobs.Posting{closed}))
	}),
	sends("harness existing jobs", "GET /v2/jobPostingStatus?ids=1234", "", func(ctx context.Context, c *pronet.Client) error {
		return errOf(c.LinkedIn.Jobs.Listings(ctx, []string{"1234"}))
	}),
	sends("search jobs database: titles, skills; companies; location; posted within", "GET /rest/jobLibrary?q=criteria&keyword=sales&organization=Acme&countries=List(urn%3Ali%3Acountry%3Aus)"+
		"&dateRange=(start:(day:1,month:11,year:2026),end:(day:7,month:11,year:2026))&start=0&count=24", "", func(ctx context.Context, c *pronet.Client) error {
		return errOf(c.LinkedIn.Jobs.Library.Search(ctx, linkedinjobs.LibraryQuery{
			Keyword: "sales", Organization: "Acme", Countries: []string{"us"}, From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 7, 0, 0, 0, 0, time.UTC),
		}))
	}),
}

// sampleJob is the posting of LinkedIn's page.
func sampleJob() linkedinjobs.Posting {
	return linkedinjobs.Posting{
		ExternalID: "1234", Operation: linkedinjobs.Create, Organization: mustURN("urn:li:organization:1234"), ApplyURL: "http://linkedin.com", EmploymentStatus: "PART_TIME",
		Description: "We are looking for a passionate Software Engineer to design, develop and install software solutions. Software Engineer responsibilities " +
			"include gathering user requirements, defining system functionality and writing code in various languages.",
		ListedAt: time.UnixMilli(1440716666), Title: "Software Engineer", Location: "India", Workplace: "remote", PosterEmail: "recruiter@example.com",
	}
}

// sampled is a transport that responds with samples, one after another; what is put is taken.
type sampled struct {
	t     *testing.T
	files []string
	put   []string
}

func (s *sampled) RoundTrip(r *http.Request) (*http.Response, error) {
	response := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: r, ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody}
	if r.Method == http.MethodPut {
		_, _ = io.Copy(io.Discard, r.Body)
		s.put = append(s.put, r.URL.String()+" "+r.Header.Get("Authorization"))
		response.StatusCode = 201
		return response, nil
	}
	if r.Body != nil {
		_ = r.Body.Close()
	}
	body, err := os.ReadFile("testdata/document002/sample_" + s.files[0] + "_response.json")
	require.NoError(s.t, err)
	s.files = s.files[1:]
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// TestSamplesOfPostsAndJobs decode, with LinkedIn's own addresses: the uploads go where they say.
func TestSamplesOfPostsAndJobs(t *testing.T) {
	with := func(files ...string) (*pronet.Client, *sampled) {
		s := &sampled{t: t, files: files}
		return sandboxtest.Connect(t, pronet.WithLinkedIn(linkedin.StaticToken("token")), pronet.WithTransport(s)), s
	}
	client, s := with("image", "image_status")
	id, err := client.LinkedIn.Posts.Media.UploadImage(t.Context(), samplePage, picture, picture.Size())
	require.NoError(t, err)
	assert.Equal(t, "urn:li:image:C4E10AQFoyyAjHPMQuQ", id.String())
	assert.Equal(t, []string{"https://www.linkedin.com/dms-uploads/C4E10AQFoyyAjHPMQuQ/uploaded-image/0?ca=vector_ads&cn=uploads&sync=0&v=beta&ut=x Bearer token"}, s.put)
	there, err := client.LinkedIn.Posts.Media.Wait(t.Context(), id, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"urn:li:organization:5583111", "AVAILABLE"}, []string{there.Owner.String(), string(there.Status)})

	client, s = with("asset")
	id, err = client.LinkedIn.Posts.Media.RegisterUpload(t.Context(), sampleMember, posts.FeedImage, picture, picture.Size())
	require.NoError(t, err)
	assert.Equal(t, "urn:li:digitalmediaAsset:C5522AQGTYER3k3ByHQ", id.String())
	assert.True(t, strings.HasPrefix(s.put[0], "https://www.linkedin.com/dms-uploads/C5522AQGTYER3k3ByHQ/feedshare-uploadedImage/0?"))

	client, _ = with("post")
	post, err := client.LinkedIn.Posts.Get(t.Context(), mustURN("urn:li:share:6844785523593134080"))
	require.NoError(t, err)
	assert.Equal(t, []string{"urn:li:share:6844785523593134080", samplePage.String(), "Sample text Post", "PUBLIC", "PUBLISHED"},
		[]string{post.ID.String(), post.Author.String(), post.Text.String(), string(post.Visibility), post.State})
	assert.Equal(t, time.UnixMilli(1634790968774).UTC(), post.Published)

	client, _ = with("job", "job_tasks", "job_refused", "job_library")
	results, err := client.LinkedIn.Jobs.Submit(t.Context(), []linkedinjobs.Posting{sampleJob()})
	require.NoError(t, err)
	tasks, err := client.LinkedIn.Jobs.Wait(t.Context(), []urn.URN{results[0].Task}, nil)
	require.NoError(t, err)
	assert.Equal(t, "urn:li:jobPosting:123456789", tasks[0].Job.String())
	_, err = client.LinkedIn.Jobs.Submit(t.Context(), []linkedinjobs.Posting{sampleJob()})
	require.ErrorIs(t, err, api.ErrInvalid)
	page, err := client.LinkedIn.Jobs.Library.Search(t.Context(), linkedinjobs.LibraryQuery{Keyword: "engineer"})
	require.NoError(t, err)
	assert.Equal(t, "Software Engineer", page.Items[0].Title)
}
