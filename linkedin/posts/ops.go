package posts

import (
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	postsSource    = "learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api"
	commentsSource = "learn.microsoft.com/linkedin/marketing/community-management/shares/comments-api"
	reactionSource = "learn.microsoft.com/linkedin/marketing/community-management/shares/reactions-api"
	ugcSource      = "learn.microsoft.com/linkedin/consumer/integrations/self-serve/share-on-linkedin"
	aclSource      = "learn.microsoft.com/linkedin/marketing/community-management/organizations/organization-access-control-by-role"

	postInDoubt    = "look at the author's newest posts; LinkedIn refuses the same post as DUPLICATE_POST while the first one is new"
	commentInDoubt = "look at the newest comments of the post"
)

// The operations.
var (
	opCreate = wire.Op{
		Name: "LinkedIn.Posts.Create", Provider: api.LinkedIn, Method: wire.Post, Route: "/rest/posts",
		Class: linkedinapi.ClassPosts, Retry: api.RetryUnsent, InDoubt: postInDoubt, Source: postsSource,
	}
	opGet = wire.Op{
		Name: "LinkedIn.Posts.Get", Provider: api.LinkedIn, Method: wire.Get, Route: "/rest/posts/{post}",
		Class: linkedinapi.ClassPosts, Retry: api.RetryIdempotent, Source: postsSource,
	}
	opList = wire.Op{
		Name: "LinkedIn.Posts.List", Provider: api.LinkedIn, Method: wire.Get, Route: "/rest/posts",
		Class: linkedinapi.ClassPosts, Retry: api.RetryIdempotent, Source: postsSource,
	}
	opUpdate = wire.Op{
		Name: "LinkedIn.Posts.Update", Provider: api.LinkedIn, Method: wire.Post, Route: "/rest/posts/{post}",
		Class: linkedinapi.ClassPosts, Retry: api.RetryIdempotent, Source: postsSource, Note: "a partial update: the same one twice changes nothing more",
	}
	opDelete = wire.Op{
		Name: "LinkedIn.Posts.Delete", Provider: api.LinkedIn, Method: wire.Delete, Route: "/rest/posts/{post}",
		Class: linkedinapi.ClassPosts, Retry: api.RetryIdempotent, Source: postsSource,
	}
	opUGC = wire.Op{
		Name: "LinkedIn.Posts.Legacy.CreateUGC", Provider: api.LinkedIn, Method: wire.Post, Route: "/v2/ugcPosts",
		Class: linkedinapi.ClassPosts, Retry: api.RetryUnsent, InDoubt: postInDoubt, Source: ugcSource, Note: "legacy, without a date of its end",
	}
	opShare = wire.Op{
		Name: "LinkedIn.Posts.Legacy.CreateShare", Provider: api.LinkedIn, Method: wire.Post, Route: "/v2/shares",
		Class: linkedinapi.ClassPosts, Retry: api.RetryUnsent, InDoubt: postInDoubt, Certainty: wire.Reported,
		Source: "learn.microsoft.com/linkedin/marketing/integrations/community-management/shares/share-api; document 002",
		Note:   "legacy; the body is that of public clients: the one in document 002 has fields of another endpoint",
	}
	opComment = wire.Op{
		Name: "LinkedIn.Posts.Comment", Provider: api.LinkedIn, Method: wire.Post, Route: "/rest/socialActions/{post}/comments",
		Class: linkedinapi.ClassPosts, Retry: api.RetryUnsent, InDoubt: commentInDoubt, Source: commentsSource,
	}
	opComments = wire.Op{
		Name: "LinkedIn.Posts.Comments", Provider: api.LinkedIn, Method: wire.Get, Route: "/rest/socialActions/{post}/comments",
		Class: linkedinapi.ClassPosts, Retry: api.RetryIdempotent, Source: commentsSource,
	}
	opDeleteComment = wire.Op{
		Name: "LinkedIn.Posts.DeleteComment", Provider: api.LinkedIn, Method: wire.Delete, Route: "/rest/socialActions/{post}/comments/{comment}",
		Class: linkedinapi.ClassPosts, Retry: api.RetryIdempotent, Source: commentsSource,
	}
	opReact = wire.Op{
		Name: "LinkedIn.Posts.React", Provider: api.LinkedIn, Method: wire.Post, Route: "/rest/reactions",
		Class: linkedinapi.ClassPosts, Retry: api.RetryIdempotent, Source: reactionSource, Note: "an actor has one reaction to a post, so that the same twice changes nothing more (assumed)",
	}
	opUnreact = wire.Op{
		Name: "LinkedIn.Posts.Unreact", Provider: api.LinkedIn, Method: wire.Delete, Route: "/rest/reactions/{reaction}",
		Class: linkedinapi.ClassPosts, Retry: api.RetryIdempotent, Source: reactionSource,
	}
	opReactions = wire.Op{
		Name: "LinkedIn.Posts.Reactions", Provider: api.LinkedIn, Method: wire.Get, Route: "/rest/reactions/{entity}",
		Class: linkedinapi.ClassPosts, Retry: api.RetryIdempotent, Certainty: wire.Assumed, Source: reactionSource, Note: "the form (entity:...) of the key is assumed",
	}
	opCounts = wire.Op{
		Name: "LinkedIn.Posts.Counts", Provider: api.LinkedIn, Method: wire.Get, Route: "/rest/socialMetadata/{post}",
		Class: linkedinapi.ClassPosts, Retry: api.RetryIdempotent, Source: "learn.microsoft.com/linkedin/marketing/community-management/shares/social-metadata-api",
	}
	opPages = wire.Op{
		Name: "LinkedIn.Posts.Pages", Provider: api.LinkedIn, Method: wire.Get, Route: "/rest/organizationAcls",
		Class: linkedinapi.ClassPosts, Retry: api.RetryIdempotent, Source: aclSource,
	}
)

const (
	imagesSource    = "learn.microsoft.com/linkedin/marketing/community-management/shares/images-api"
	videosSource    = "learn.microsoft.com/linkedin/marketing/community-management/shares/videos-api"
	documentsSource = "learn.microsoft.com/linkedin/marketing/community-management/shares/documents-api"

	unusedUpload = "a retry leaves an upload that nobody uses"
)

// The operations of media. The address of an upload is told by the response before it, and is at the origin of tokens.
var (
	opImage = wire.Op{
		Name: "LinkedIn.Posts.Media.UploadImage", Provider: api.LinkedIn, Method: wire.Post, Route: "/rest/images",
		Class: linkedinapi.ClassMedia, Retry: api.RetryIdempotent, Source: imagesSource, Note: unusedUpload,
	}
	opDocument = wire.Op{
		Name: "LinkedIn.Posts.Media.UploadDocument", Provider: api.LinkedIn, Method: wire.Post, Route: "/rest/documents",
		Class: linkedinapi.ClassMedia, Retry: api.RetryIdempotent, Source: documentsSource, Note: unusedUpload,
	}
	opVideo = wire.Op{
		Name: "LinkedIn.Posts.Media.BeginVideo", Provider: api.LinkedIn, Method: wire.Post, Route: "/rest/videos",
		Class: linkedinapi.ClassMedia, Retry: api.RetryIdempotent, Source: videosSource, Note: unusedUpload,
	}
	opFinishVideo = wire.Op{
		Name: "LinkedIn.Posts.Media.FinishVideo", Provider: api.LinkedIn, Method: wire.Post, Route: "/rest/videos",
		Class: linkedinapi.ClassMedia, Retry: api.RetryIdempotent, Source: videosSource, Note: "that a video may be finished twice is assumed",
	}
	opRegister = wire.Op{
		Name: "LinkedIn.Posts.Media.RegisterUpload", Provider: api.LinkedIn, Method: wire.Post, Route: "/v2/assets",
		Class: linkedinapi.ClassMedia, Retry: api.RetryIdempotent, Source: ugcSource, Note: "legacy; " + unusedUpload,
	}
	opImageStatus = wire.Op{
		Name: "LinkedIn.Posts.Media.Image", Provider: api.LinkedIn, Method: wire.Get, Route: "/rest/images/{image}",
		Class: linkedinapi.ClassMedia, Retry: api.RetryIdempotent, Source: imagesSource,
	}
	opVideoStatus = wire.Op{
		Name: "LinkedIn.Posts.Media.Video", Provider: api.LinkedIn, Method: wire.Get, Route: "/rest/videos/{video}",
		Class: linkedinapi.ClassMedia, Retry: api.RetryIdempotent, Source: videosSource,
	}
	opDocumentStatus = wire.Op{
		Name: "LinkedIn.Posts.Media.Document", Provider: api.LinkedIn, Method: wire.Get, Route: "/rest/documents/{document}",
		Class: linkedinapi.ClassMedia, Retry: api.RetryIdempotent, Source: documentsSource,
	}
	opPut = wire.Op{
		Name: "LinkedIn.Posts.Media.Send", Provider: api.LinkedIn, Origin: linkedinapi.Accounts, Method: wire.Put, Route: "/dms-uploads/{upload...}",
		Class: linkedinapi.ClassMedia, Retry: api.RetryIdempotent, Source: imagesSource, Note: "also sent by the uploads; the address is told by LinkedIn; it may be at the API (/mediaUpload), and no other origin is asked",
	}
	opPutPart = wire.Op{
		Name: "LinkedIn.Posts.Media.SendVideo", Provider: api.LinkedIn, Origin: linkedinapi.Accounts, Anonymous: true, Method: wire.Put, Route: "/dms-uploads/{part...}",
		Class: linkedinapi.ClassMedia, Retry: api.RetryIdempotent, Source: videosSource, Note: "without the token, as LinkedIn's page has it",
	}
)
