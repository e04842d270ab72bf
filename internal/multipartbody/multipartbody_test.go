package multipartbody_test

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/multipartbody"
)

func TestBodyIsAFormOfTheStatedLength(t *testing.T) {
	content := strings.Repeat("12345\n", 1000)
	opened := 0
	body, err := multipartbody.New(
		[]multipartbody.Field{{Name: "webhook_url", Value: "https://hooks.example.com/x"}},
		multipartbody.File{Field: "ids_file", Name: "ids.csv", ContentType: "text/csv", Length: int64(len(content)), Open: func() (io.ReadCloser, error) {
			opened++
			return io.NopCloser(strings.NewReader(content)), nil
		}})
	require.NoError(t, err)
	for range 2 { // it can be sent again
		r, err := body.Open()
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		require.NoError(t, r.Close())
		assert.Len(t, data, int(body.Length))
		_, params, err := mime.ParseMediaType(body.ContentType)
		require.NoError(t, err)
		form, err := multipart.NewReader(strings.NewReader(string(data)), params["boundary"]).ReadForm(1 << 20)
		require.NoError(t, err)
		assert.Equal(t, []string{"https://hooks.example.com/x"}, form.Value["webhook_url"])
		require.Len(t, form.File["ids_file"], 1)
		assert.Equal(t, "ids.csv", form.File["ids_file"][0].Filename)
		part, err := form.File["ids_file"][0].Open()
		require.NoError(t, err)
		got, err := io.ReadAll(part)
		require.NoError(t, err)
		assert.Equal(t, content, string(got))
	}
	assert.Equal(t, 2, opened)
}

func TestHostileNamesAndFailingFiles(t *testing.T) {
	for _, name := range []string{"a\"b", "a\r\nX: y", `a\b`} {
		_, err := multipartbody.New(nil, multipartbody.File{Field: "f", Name: name})
		assert.Error(t, err, name)
	}
	gone := errors.New("gone")
	body, err := multipartbody.New(nil, multipartbody.File{Field: "f", Name: "n", Open: func() (io.ReadCloser, error) { return nil, gone }})
	require.NoError(t, err)
	_, err = body.Open()
	assert.ErrorIs(t, err, gone)
}

func TestFieldsOnly(t *testing.T) {
	body, err := multipartbody.NewFields([]multipartbody.Field{{Name: "ids", Value: "[1,2]"}, {Name: "limit", Value: "2"}})
	require.NoError(t, err)
	r, err := body.Open()
	require.NoError(t, err)
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Len(t, data, int(body.Length))
	_, params, err := mime.ParseMediaType(body.ContentType)
	require.NoError(t, err)
	form, err := multipart.NewReader(strings.NewReader(string(data)), params["boundary"]).ReadForm(1 << 20)
	require.NoError(t, err)
	assert.Equal(t, map[string][]string{"ids": {"[1,2]"}, "limit": {"2"}}, form.Value)
	assert.Empty(t, form.File)
}
