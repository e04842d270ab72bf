package saleswebhooks

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pronet-go/pronet/internal/wire"
)

// maxRow bounds one row of an export, and one value of its JSON.
const maxRow = 1 << 20

var (
	errLongRow  = wire.Plain("a row of the export is longer than 1 MiB", nil)
	errNoColumn = wire.Plain("the export has no column subscription_id", nil)
	errNoRows   = wire.Plain("the export is not JSON in a form that is known: an array of objects, an object that holds one, or JSON Lines", nil)
	errCutRow   = wire.Plain("the export ends in the middle of a row", nil)
)

// errBadRow names the row and never its content, which the errors of the CSV package quote.
func errBadRow(row int) error {
	return wire.Plain(fmt.Sprintf("row %d of the export cannot be read", row), nil)
}

// rowReader passes bytes on and ends when a row goes on for too long.
type rowReader struct {
	r    io.Reader
	left int
}

func (r *rowReader) Read(p []byte) (int, error) {
	if r.left <= 0 {
		return 0, errLongRow
	}
	n, err := r.r.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

// next begins a row.
func (r *rowReader) next() { r.left = maxRow }

// csvRows reads CSV: its columns are found by name, in any order, and those that are unknown are kept in Raw.
func csvRows(bounded *rowReader, r *bufio.Reader, yield func(Subscription) bool) error {
	lines := csv.NewReader(r)
	lines.ReuseRecord = true
	var header []string
	for row := 0; ; row++ {
		bounded.next()
		fields, err := lines.Read()
		switch {
		case errors.Is(err, io.EOF) && header == nil:
			return errNoColumn
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return rowError(err, row)
		case header == nil:
			for _, name := range fields {
				header = append(header, strings.TrimSpace(name))
			}
			if !slices.Contains(header, "subscription_id") {
				return errNoColumn
			}
			continue
		}
		sub, err := rowOf(header, fields)
		if err != nil {
			return errBadRow(row)
		}
		if !yield(sub) {
			return nil
		}
	}
}

// rowError passes an error of the reader on, and says of others which row it is.
func rowError(err error, row int) error {
	if parse, ok := errors.AsType[*csv.ParseError](err); !ok || parse == nil {
		return err
	}
	return errBadRow(row)
}

// rowOf makes a subscription of a row: the columns become the members of an object.
func rowOf(header, fields []string) (Subscription, error) {
	row := make(map[string]string, len(header))
	for i, name := range header {
		if i < len(fields) {
			row[name] = strings.ToValidUTF8(fields[i], string(utf8.RuneError))
		}
	}
	var sub Subscription
	encoded, err := json.Marshal(row)
	if err == nil {
		err = sub.UnmarshalJSON(encoded)
	}
	if err == nil && sub.ID == "" {
		err = errNoColumn
	}
	return sub, err
}

// jsonRows reads JSON in the forms that it may have.
func jsonRows(bounded *rowReader, r *bufio.Reader, yield func(Subscription) bool) error {
	d := json.NewDecoder(r)
	each := func(raw json.RawMessage) (bool, error) {
		bounded.next()
		var sub Subscription
		if sub.UnmarshalJSON(raw) != nil || sub.ID == "" {
			return false, errNoRows
		}
		return yield(sub), nil
	}
	for values := 0; ; values++ {
		bounded.next()
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && values > 0:
			return nil
		case err != nil:
			return jsonError(err)
		}
		var more, again bool
		switch token {
		case json.Delim('['):
			if values > 0 {
				return errNoRows
			}
			more, err = array(d, each)
		case json.Delim('{'):
			more, again, err = object(d, bounded, values == 0, each)
		default:
			return errNoRows
		}
		if err != nil || !more {
			return err
		}
		if !again { // the one value has been read
			bounded.next()
			if _, err := d.Token(); !errors.Is(err, io.EOF) {
				return errNoRows
			}
			return nil
		}
	}
}

// array reads the rest of an array of rows.
func array(d *json.Decoder, each func(json.RawMessage) (bool, error)) (more bool, err error) {
	for d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return false, jsonError(err)
		}
		if more, err := each(raw); err != nil || !more {
			return false, err
		}
	}
	if _, err := d.Token(); err != nil {
		return false, jsonError(err)
	}
	return true, nil
}

// object reads the rest of an object: a row of JSON Lines, of which others may follow, or one that holds an array of rows.
func object(d *json.Decoder, bounded *rowReader, first bool, each func(json.RawMessage) (bool, error)) (more, again bool, err error) {
	row := make(map[string]json.RawMessage)
	held := false
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return false, false, jsonError(err)
		}
		key, _ := name.(string)
		isRow := row["id"] != nil || row["subscription_id"] != nil
		if first && !isRow && !held {
			found, more, err := heldArray(d, each)
			if err != nil || !more {
				return false, false, err
			}
			if found != nil { // another value, which is read already
				row[key] = found
				continue
			}
			held = true
			bounded.next()
			continue
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return false, false, jsonError(err)
		}
		if row[key] = value; held {
			bounded.next()
		}
	}
	if _, err := d.Token(); err != nil {
		return false, false, jsonError(err)
	}
	if held {
		return true, false, nil
	}
	raw, err := json.Marshal(row)
	if err != nil {
		return false, false, errNoRows
	}
	more, err = each(raw)
	return more, true, err
}

// heldArray reads the next value. If it is an array it is read as rows and found is nil.
func heldArray(d *json.Decoder, each func(json.RawMessage) (bool, error)) (found json.RawMessage, more bool, err error) {
	token, err := d.Token()
	if err != nil {
		return nil, false, jsonError(err)
	}
	switch token {
	case json.Delim('['):
		more, err = array(d, each)
		return nil, more, err
	case json.Delim('{'):
		for depth := 1; depth > 0; {
			inner, err := d.Token()
			if err != nil {
				return nil, false, jsonError(err)
			}
			switch inner {
			case json.Delim('{'), json.Delim('['):
				depth++
			case json.Delim('}'), json.Delim(']'):
				depth--
			}
		}
		return json.RawMessage("null"), true, nil
	}
	found, err = json.Marshal(token)
	return found, true, err
}

// jsonError passes an error of the reader on, and says nothing of what the JSON was.
func jsonError(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errCutRow
	case errors.As(err, &syntax):
		return errNoRows
	}
	return err
}
