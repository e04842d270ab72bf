package posts_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin/posts"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
)

// Upload an image, publish a post that shows it, and comment on it.
func ExampleService_Create() {
	sb, err := sandbox.Start()
	if err != nil {
		log.Fatal(err)
	}
	defer sb.Close()
	client, err := pronet.New(sb.Options()...) // your own: pronet.WithLinkedIn with a member's token
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx := context.Background()
	acme, err := urn.Parse(linkedin.Organization)
	if err != nil {
		log.Fatal(err)
	}
	picture := strings.NewReader("the bytes of a PNG file")
	image, err := client.LinkedIn.Posts.Media.UploadImage(ctx, acme, picture, picture.Size())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := client.LinkedIn.Posts.Media.Wait(ctx, image, nil); err != nil {
		log.Fatal(err)
	}
	text := posts.Plain("R&D (beta) opens at ").Mention("Acme", acme).Plain(" ").Hashtag("golang")
	post, err := client.LinkedIn.Posts.Create(ctx, posts.NewPost{Author: acme, Text: text, Content: posts.Media{ID: image, AltText: "Our office"}})
	switch {
	case errors.Is(err, posts.ErrDuplicate):
		log.Fatal("it is published already")
	case errors.Is(err, pronet.ErrMaybeApplied):
		log.Fatal("nobody knows whether it is published: look before you try again")
	case err != nil:
		log.Fatal(err)
	}
	if _, err := client.LinkedIn.Posts.Comment(ctx, post, posts.NewComment{Actor: acme, Text: "Join us (really)."}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(text)
	fmt.Println(text.Little())
	fmt.Println(len(sb.LinkedIn.Posts()), "post,", sb.LinkedIn.CommentsMade(), "comment")
	// Output:
	// R&D (beta) opens at Acme #golang
	// R&D \(beta\) opens at @[Acme](urn:li:organization:2414183) {hashtag|#|golang}
	// 1 post, 1 comment
}
