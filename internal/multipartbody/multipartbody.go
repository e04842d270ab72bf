// Package multipartbody builds multipart/form-data request bodies that hold one file of any size: a reader put together
// from parts, without a pipe or a goroutine, whose length is known before it is read.
package multipartbody

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/textproto"
	"strings"

	"github.com/pronet-go/pronet/internal/transport"
)

// Field is a text field of the form.
type Field struct{ Name, Value string }

// File is the file of the form.
type File struct {
	// Field is the name of the form field.
	Field string
	// Name is the file's base name, as the form states it.
	Name string
	// ContentType is its media type.
	ContentType string
	// Length is its number of bytes.
	Length int64
	// Open returns its content from the start.
	Open func() (io.ReadCloser, error)
}

// New returns a body with the fields, then the file. Names must not hold quotes or control characters.
func New(fields []Field, file File) (*transport.Body, error) {
	var head bytes.Buffer
	form := multipart.NewWriter(&head)
	if err := writeFields(form, fields); err != nil {
		return nil, err
	}
	if strings.ContainsAny(file.Field+file.Name, "\"\\\r\n") {
		return nil, errors.New("multipartbody: a name holds a quote, backslash or line break")
	}
	header := make(textproto.MIMEHeader, 2)
	header.Set("Content-Disposition", `form-data; name="`+file.Field+`"; filename="`+file.Name+`"`)
	header.Set("Content-Type", file.ContentType)
	if _, err := form.CreatePart(header); err != nil {
		return nil, err
	}
	headLength := head.Len()
	if err := form.Close(); err != nil {
		return nil, err
	}
	before, after := head.Bytes()[:headLength], head.Bytes()[headLength:]
	return &transport.Body{
		ContentType: form.FormDataContentType(),
		Length:      int64(head.Len()) + file.Length,
		Open: func() (io.ReadCloser, error) {
			content, err := file.Open()
			if err != nil {
				return nil, err
			}
			return &parts{io.MultiReader(bytes.NewReader(before), content, bytes.NewReader(after)), content}, nil
		},
	}, nil
}

type parts struct {
	io.Reader
	io.Closer
}

// NewFields returns a body with fields only.
func NewFields(fields []Field) (*transport.Body, error) {
	var buffer bytes.Buffer
	form := multipart.NewWriter(&buffer)
	if err := errors.Join(writeFields(form, fields), form.Close()); err != nil {
		return nil, err
	}
	return transport.Bytes(form.FormDataContentType(), buffer.Bytes()), nil
}

func writeFields(form *multipart.Writer, fields []Field) (err error) {
	for _, field := range fields {
		err = errors.Join(err, form.WriteField(field.Name, field.Value))
	}
	return err
}
