// Package posts publishes on LinkedIn for a member or an organization: posts with text, an article, images, a video or a
// document, their comments and reactions. Get its service as client.LinkedIn.Posts:
//
//	id, err := client.LinkedIn.Posts.Create(ctx, posts.NewPost{Author: me, Text: posts.Plain("R&D (beta) is open")})
//
// A [Text] is escaped by itself, so that a post arrives as it was written. [Service.Create] never publishes twice by
// itself: when its response was lost, it looks for the post where the token may read, and else returns
// [api.ErrMaybeApplied]. Media is uploaded with client.LinkedIn.Posts.Media first, and used once it is AVAILABLE.
//
// [LegacyService] has the older endpoints; use them only where the newer one is not open to your app.
//
// The token is a member's, with the scope w_member_social or w_organization_social; reading needs r_member_social, which
// few apps get, or r_organization_social.
package posts
