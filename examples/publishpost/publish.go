package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"strings"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin/posts"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// plan is what would be published.
type plan struct {
	text       posts.Text
	visibility posts.Visibility
	picture    []byte // nil for none
	named, alt string
	comment    string
}

// maxPicture bounds what is read of a file. LinkedIn's page bounds the pixels, not the bytes.
const maxPicture = 64 << 20

// planOf makes the plan, without asking anybody.
func planOf(c config) (*plan, error) {
	p := &plan{text: posts.Plain(c.text), visibility: posts.Public, named: c.image, alt: c.alt, comment: c.comment}
	if c.connections {
		p.visibility = posts.Connections
	}
	if _, err := author(c, urn.URN{}); err != nil {
		return nil, err
	}
	if c.mention != "" {
		name, id, _ := strings.Cut(c.mention, "=")
		entity, err := urn.Parse(id)
		if kind := entity.Type(); err != nil || name == "" || kind != "organization" && kind != "person" {
			return nil, errors.New("-mention is such as Acme=urn:li:organization:123")
		}
		p.text = p.text.Mention(name, entity)
	}
	if c.image == "" {
		return p, nil
	}
	file, err := os.Open(c.image)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	p.picture, err = io.ReadAll(io.LimitReader(file, maxPicture+1))
	if err == nil && (len(p.picture) == 0 || len(p.picture) > maxPicture) {
		err = errors.New("the image is empty, or has more than 64 MiB")
	}
	return p, err
}

// draw makes a picture.
func (p *plan) draw() error {
	const wide, high = 640, 360
	picture := image.NewRGBA(image.Rect(0, 0, wide, high))
	for y := range high {
		for x := range wide {
			picture.Set(x, y, color.RGBA{R: 10, G: uint8(255 * y / high), B: uint8(255 * x / wide), A: 255})
		}
	}
	var encoded bytes.Buffer
	err := png.Encode(&encoded, picture)
	p.picture, p.named = encoded.Bytes(), "a drawing"
	if p.alt == "" {
		p.alt = "Blue that turns into green"
	}
	return err
}

// show prints what would be published, as readers see it.
func (p *plan) show(who *person, out io.Writer) {
	readers := "everybody"
	if p.visibility == posts.Connections {
		readers = "your connections"
	}
	runes, _ := p.text.Length()
	fmt.Fprintf(out, "%s logged in. To be published:\n\n", printable(who.name))
	fmt.Fprintf(out, "  author   %s\n  readers  %s\n  text     %s (%d characters; LinkedIn takes 3,000)\n", who.author, readers, printable(p.text.String()), runes)
	if p.picture != nil {
		described := "not described: -alt does it"
		if p.alt != "" {
			described = "described as: " + printable(p.alt)
		}
		fmt.Fprintf(out, "  image    %s, %d bytes, %s\n", printable(p.named), len(p.picture), described)
	}
	if p.comment != "" {
		fmt.Fprintf(out, "  comment  %s\n", printable(p.comment))
	}
	fmt.Fprintln(out)
}

// publish uploads the image, publishes the post and comments on it. The post's URN is zero if it is not published, as
// far as is known.
func (p *plan) publish(ctx context.Context, who *person, out io.Writer) (urn.URN, error) {
	service := who.client.LinkedIn.Posts
	n := posts.NewPost{Author: who.author, Text: p.text, Visibility: p.visibility}
	if p.picture != nil {
		id, err := service.Media.UploadImage(ctx, who.author, bytes.NewReader(p.picture), int64(len(p.picture)))
		if err != nil {
			return urn.URN{}, err
		}
		if _, err := service.Media.Wait(ctx, id, func(u *posts.Uploaded) { fmt.Fprintf(out, "The image is %s.\n", printable(string(u.Status))) }); err != nil {
			return urn.URN{}, err
		}
		n.Content = posts.Media{ID: id, AltText: p.alt}
	}
	post, err := service.Create(ctx, n)
	switch {
	case errors.Is(err, posts.ErrDuplicate):
		return urn.URN{}, fmt.Errorf("it is published already: %w", err)
	case errors.Is(err, pronet.ErrMaybeApplied):
		return urn.URN{}, fmt.Errorf("nobody knows whether it is published, so look at the author's newest posts before you run this again: %w", err)
	case err != nil:
		return urn.URN{}, err
	}
	fmt.Fprintf(out, "Published %s.\n", post)
	if p.comment == "" {
		return post, nil
	}
	made, err := service.Comment(ctx, post, posts.NewComment{Actor: who.author, Text: p.comment})
	if err != nil {
		return post, fmt.Errorf("the post is published, the comment may not be: %w", err)
	}
	fmt.Fprintf(out, "Commented %s.\n", made)
	return post, nil
}

// ask returns true for y or yes only. It does not wait for an answer longer than for the end of the context.
func ask(ctx context.Context, w world) bool {
	fmt.Fprint(w.out, "Publish it? [y/N] ")
	answered := make(chan string, 1)
	go func() { // which reading keeps, at most until the program ends
		line, _ := bufio.NewReader(w.in).ReadString('\n')
		answered <- line
	}()
	select {
	case line := <-answered:
		if !strings.HasSuffix(line, "\n") {
			fmt.Fprintln(w.out)
		}
		answer := strings.ToLower(strings.TrimSpace(line))
		return ctx.Err() == nil && (answer == "y" || answer == "yes")
	case <-ctx.Done():
		fmt.Fprintln(w.out)
		return false
	}
}
