package employee_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

// originated is what all records have.
type originated interface {
	Origin() employee.Origin
	Raw() json.RawMessage
	Unknown() map[string]json.RawMessage
	Mismatched() []string
}

func line[R any, P interface {
	*R
	originated
}](t *testing.T, text []byte, o employee.DecodeOptions) originated {
	t.Helper()
	r, err := employee.DecodeWith[R](text, o)
	require.NoError(t, err)
	return P(r)
}

// TestDecodeWith reads every type of record from text whose memory is used again.
func TestDecodeWith(t *testing.T) {
	origin := employee.Origin{File: "part-1.json.gz", Line: 7}
	for name, tt := range map[string]struct {
		decode func(*testing.T, []byte, employee.DecodeOptions) originated
		file   string
	}{
		"base":        {line[employee.BaseRecord], "base_complete.json"},
		"clean":       {line[employee.CleanRecord], "clean_complete.json"},
		"multisource": {line[employee.MultiSourceRecord], "multisource_complete.json"},
		"v1":          {line[employee.V1Record], "v1_complete.json"},
		"preview":     {line[employee.Preview], "preview_base.json"},
	} {
		t.Run(name, func(t *testing.T) {
			for kind, text := range map[string][]byte{
				"fitting": compact(t, tt.file),
				"drifted": bytes.Replace(compact(t, tt.file), []byte("{"), []byte(`{"full_name":["odd"],"name":["odd"],"new_field":[1],`), 1),
			} {
				for codec, unmarshal := range map[string]func([]byte, any) error{"default": nil, "encoding/json": json.Unmarshal} {
					for _, drop := range []bool{false, true} {
						o := employee.DecodeOptions{Unmarshal: unmarshal, Origin: origin, DropRaw: drop}
						want := tt.decode(t, bytes.Clone(text), o)
						buffer := bytes.Clone(text)
						got := tt.decode(t, buffer, o)
						for i := range buffer {
							buffer[i] = '#'
						}
						assert.Equal(t, want, got, "%s, %s: nothing refers to the line", kind, codec)
						assert.Equal(t, origin, got.Origin())
						assert.Equal(t, kind == "drifted", got.Mismatched() != nil)
						if drop {
							assert.Nil(t, got.Raw())
							assert.Nil(t, got.Unknown())
							out, err := json.Marshal(got)
							require.NoError(t, err)
							assert.Contains(t, string(out), `"id":`)
							continue
						}
						assert.Equal(t, string(text), string(got.Raw()))
						assert.Equal(t, kind == "drifted", got.Unknown()["new_field"] != nil)
					}
				}
			}
		})
	}
	assert.Zero(t, sampled[employee.BaseRecord](t, "base_complete.json").Origin(), "from no file")
}

// TestDecodeWithOfACodecThatKeepsItsInput: such codecs exist, and what they keep is not used again.
func TestDecodeWithOfACodecThatKeepsItsInput(t *testing.T) {
	for _, drop := range []bool{false, true} {
		text := []byte(`{"id":1,"full_name":"Mara"}`)
		r, err := employee.DecodeWith[employee.BaseRecord](text, employee.DecodeOptions{DropRaw: drop, Unmarshal: func(text []byte, v any) error {
			name := text[bytes.Index(text, []byte("Mara")):][:4]
			v.(*employee.BaseRecord).FullName = unsafe.String(&name[0], len(name))
			return nil
		}})
		require.NoError(t, err)
		clear(text)
		assert.Equal(t, "Mara", r.FullName)
	}
}

func TestDecodeWithRefuses(t *testing.T) {
	_, err := employee.DecodeWith[employee.BaseRecord]([]byte("[]"), employee.DecodeOptions{})
	require.ErrorIs(t, err, employee.ErrNotRecord)
	_, err = employee.DecodeWith[employee.BaseRecord](make([]byte, 16<<20+1), employee.DecodeOptions{})
	require.ErrorIs(t, err, employee.ErrRecordTooLarge)
}

func ExampleDecodeWith() {
	r, err := employee.DecodeWith[employee.BaseRecord]([]byte(`{"id": 9100000001, "full_name": "Mara Fiktiv"}`), employee.DecodeOptions{
		Origin:  employee.Origin{File: "records.json", Line: 1},
		DropRaw: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.FullName, r.Origin().Line, len(r.Raw()))
	// Output: Mara Fiktiv 1 0
}
