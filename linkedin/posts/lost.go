package posts

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// published finds the one post like n that was published since, by LinkedIn's clock, whose header tells whole seconds.
func (s *Service) published(ctx context.Context, n *NewPost, began time.Time, options []api.CallOption) (urn.URN, bool) {
	var meta api.Meta
	page, err := s.List(ctx, ListOptions{Author: n.Author, Count: 20}, append(slices.Clip(options), api.WithMeta(&meta))...)
	if err != nil {
		return urn.URN{}, false
	}
	now, err := http.ParseTime(meta.Header.Get("Date"))
	if err != nil {
		return urn.URN{}, false
	}
	since := now.Add(-time.Since(began))
	var found []urn.URN
	for i := range page.Items {
		if p := &page.Items[i]; !p.ID.IsZero() && !p.Created.Before(since) && n.became(p) {
			found = append(found, p.ID)
		}
	}
	if len(found) != 1 {
		return urn.URN{}, false
	}
	return found[0], true
}

// became reports whether a post that was read is what n asks for. What the response does not state is not so.
func (n *NewPost) became(p *Post) bool {
	var read struct {
		Reshared json.RawMessage `json:"reshareContext"`
	}
	_ = codec.Decode(p.Raw, &read) // it has been decoded before
	return p.Author == n.Author && p.Visibility == cmp.Or(n.Visibility, Public) && p.State == published && isNone(read.Reshared) &&
		n.Text.reads(p.Text) && n.shows(p.Content)
}

func (n *NewPost) shows(raw json.RawMessage) bool {
	if n.Content == nil {
		return isNone(raw)
	}
	var read contents
	content, err := shown(n.Content)
	return err == nil && codec.Decode(raw, &read) == nil && len(read) == 1 && content.shows(read)
}

// isNone reports whether a field of a post is not there, or says nothing.
func isNone(raw json.RawMessage) bool {
	switch string(raw) {
	case "", "null", "{}":
		return true
	}
	return false
}

// reads reports whether readers see the same in two texts, which LinkedIn writes in a form of its own.
func (t Text) reads(other Text) bool {
	normal := func(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }
	return normal(t.plain) == normal(other.plain) && t.mentions == other.mentions
}

// contents is what a post shows, by LinkedIn's name of its kind.
type contents map[string]json.RawMessage

// identified are the fields by which an article, a media or an image is known.
type identified struct {
	ID     linkedinapi.Text `json:"id"`
	Source linkedinapi.Text `json:"source"`
	Title  linkedinapi.Text `json:"title"`
}

func (a Article) shows(read contents) bool {
	var article identified
	return codec.Decode(read["article"], &article) == nil && string(article.Source) == a.Source &&
		(a.Title == "" || article.Title == "" || string(article.Title) == a.Title)
}

func (m Media) shows(read contents) bool {
	var media identified
	return codec.Decode(read["media"], &media) == nil && string(media.ID) == m.ID.String()
}

func (images Images) shows(read contents) bool {
	var several struct {
		Images []identified `json:"images"`
	}
	return codec.Decode(read["multiImage"], &several) == nil && slices.EqualFunc(images, several.Images, func(m Media, image identified) bool {
		return string(image.ID) == m.ID.String()
	})
}
