package pronet_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/pronet-go/pronet/linkedin/posts"
	"github.com/pronet-go/pronet/linkedin/urn"
)

var postAuthor = mustURN("urn:li:person:8675309")

func mustURN(text string) urn.URN {
	u, err := urn.Parse(text)
	if err != nil {
		panic(err)
	}
	return u
}

// published publishes a post by the older endpoint, so that the requests of the newer one are those of the test alone.
func published(ctx context.Context, c *contract) (urn.URN, error) {
	return c.client.LinkedIn.Posts.Legacy.CreateUGC(ctx, posts.UGC{Author: postAuthor, Text: fmt.Sprint("hello ", postsOfTests.Add(1))})
}

// onPost makes a call about a post.
func onPost(call func(context.Context, *posts.Service, urn.URN) error) func(context.Context, *contract, urn.URN) error {
	return func(ctx context.Context, c *contract, _ urn.URN) error {
		id, err := published(ctx, c)
		if err != nil {
			return err
		}
		return call(ctx, c.client.LinkedIn.Posts, id)
	}
}

func onMedia(call func(context.Context, *posts.MediaService) error) func(context.Context, *contract, urn.URN) error {
	return func(ctx context.Context, c *contract, _ urn.URN) error {
		return call(ctx, c.client.LinkedIn.Posts.Media)
	}
}

var postsOfTests atomic.Int64 // a text of its own for each, or it is a duplicate

var picture = strings.NewReader("a picture")

// postCalls makes one call of each operation of posts and media.
var postCalls = map[string]func(context.Context, *contract, urn.URN) error{
	"LinkedIn.Posts.Create": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Posts.Create(ctx, posts.NewPost{Author: postAuthor, Text: posts.Plain(fmt.Sprint("hello ", postsOfTests.Add(1)))})
		return err
	},
	"LinkedIn.Posts.Legacy.CreateUGC": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := published(ctx, c)
		return err
	},
	"LinkedIn.Posts.Legacy.CreateShare": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Posts.Legacy.CreateShare(ctx, posts.Share{Owner: postAuthor, Text: fmt.Sprint("hello ", postsOfTests.Add(1))})
		return err
	},
	"LinkedIn.Posts.Get": onPost(func(ctx context.Context, s *posts.Service, id urn.URN) error {
		_, err := s.Get(ctx, id)
		return err
	}),
	"LinkedIn.Posts.List": onPost(func(ctx context.Context, s *posts.Service, _ urn.URN) error {
		_, err := s.List(ctx, posts.ListOptions{Author: postAuthor})
		return err
	}),
	"LinkedIn.Posts.Update": onPost(func(ctx context.Context, s *posts.Service, id urn.URN) error {
		return s.Update(ctx, id, posts.Plain("changed"))
	}),
	"LinkedIn.Posts.Delete": onPost(func(ctx context.Context, s *posts.Service, id urn.URN) error { return s.Delete(ctx, id) }),
	"LinkedIn.Posts.Comment": onPost(func(ctx context.Context, s *posts.Service, id urn.URN) error {
		_, err := s.Comment(ctx, id, posts.NewComment{Actor: postAuthor, Text: "well said"})
		return err
	}),
	"LinkedIn.Posts.Comments": onPost(func(ctx context.Context, s *posts.Service, id urn.URN) error {
		_, err := s.Comments(ctx, id, posts.Paging{})
		return err
	}),
	"LinkedIn.Posts.DeleteComment": onPost(func(ctx context.Context, s *posts.Service, id urn.URN) error {
		made, err := s.Comment(ctx, id, posts.NewComment{Actor: postAuthor, Text: "well said"})
		if err != nil {
			return err
		}
		return s.DeleteComment(ctx, id, made.Parts()[1], postAuthor)
	}),
	"LinkedIn.Posts.React": onPost(func(ctx context.Context, s *posts.Service, id urn.URN) error {
		return s.React(ctx, postAuthor, id, posts.Like)
	}),
	"LinkedIn.Posts.Unreact": onPost(func(ctx context.Context, s *posts.Service, id urn.URN) error {
		return errors.Join(s.React(ctx, postAuthor, id, posts.Like), s.Unreact(ctx, postAuthor, id))
	}),
	"LinkedIn.Posts.Reactions": onPost(func(ctx context.Context, s *posts.Service, id urn.URN) error {
		_, err := s.Reactions(ctx, id, posts.Paging{})
		return err
	}),
	"LinkedIn.Posts.Counts": onPost(func(ctx context.Context, s *posts.Service, id urn.URN) error {
		_, err := s.Counts(ctx, id)
		return err
	}),
	"LinkedIn.Posts.Pages": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Posts.Pages(ctx, posts.Paging{})
		return err
	},
	"LinkedIn.Posts.Media.UploadImage": onMedia(func(ctx context.Context, s *posts.MediaService) error {
		_, err := s.UploadImage(ctx, postAuthor, picture, picture.Size())
		return err
	}),
	"LinkedIn.Posts.Media.UploadDocument": onMedia(func(ctx context.Context, s *posts.MediaService) error {
		_, err := s.UploadDocument(ctx, postAuthor, picture, picture.Size())
		return err
	}),
	"LinkedIn.Posts.Media.Send": onMedia(func(ctx context.Context, s *posts.MediaService) error {
		_, err := s.UploadImage(ctx, postAuthor, picture, picture.Size()) // whose second request is Send's
		return err
	}),
	"LinkedIn.Posts.Media.RegisterUpload": onMedia(func(ctx context.Context, s *posts.MediaService) error {
		_, err := s.RegisterUpload(ctx, postAuthor, posts.FeedImage, picture, picture.Size())
		return err
	}),
	"LinkedIn.Posts.Media.BeginVideo": onMedia(func(ctx context.Context, s *posts.MediaService) error {
		_, err := s.BeginVideo(ctx, postAuthor, picture.Size())
		return err
	}),
	"LinkedIn.Posts.Media.SendVideo":   onMedia(sendVideo),
	"LinkedIn.Posts.Media.FinishVideo": onMedia(sendVideo),
	"LinkedIn.Posts.Media.Image": onMedia(func(ctx context.Context, s *posts.MediaService) error {
		id, err := s.UploadImage(ctx, postAuthor, picture, picture.Size())
		if err != nil {
			return err
		}
		_, err = s.Image(ctx, id)
		return err
	}),
	"LinkedIn.Posts.Media.Document": onMedia(func(ctx context.Context, s *posts.MediaService) error {
		id, err := s.UploadDocument(ctx, postAuthor, picture, picture.Size())
		if err != nil {
			return err
		}
		_, err = s.Document(ctx, id)
		return err
	}),
	"LinkedIn.Posts.Media.Video": onMedia(sendVideo),
}

func sendVideo(ctx context.Context, s *posts.MediaService) error {
	v, err := s.BeginVideo(ctx, postAuthor, picture.Size())
	if err != nil {
		return err
	}
	if err = s.SendVideo(ctx, v, picture, nil); err != nil {
		return err
	}
	if err = s.FinishVideo(ctx, v); err != nil {
		return err
	}
	_, err = s.Video(ctx, v.ID)
	return err
}
