package webhook_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func changed(id int64, status webhook.Status, fields []string, raw string) webhook.Event {
	return webhook.EmployeeChanged{ID: id, Status: status, ChangedFields: fields, Label: "base", Raw: json.RawMessage(raw)}
}

func unknown(raw string) webhook.Event {
	return webhook.Unknown{Label: "base", Raw: json.RawMessage(raw)}
}

func decodeCoresignal(label string, body []byte) ([]webhook.Event, error) {
	d := &webhook.Delivery{Label: label, Body: body}
	err := webhook.DecodeCoresignal(d)
	return d.Events, err
}

func TestCoresignalReadsEveryKnownShape(t *testing.T) {
	type notice struct {
		id     int64
		status webhook.Status
		fields []string
	}
	for file, want := range map[string][]notice{
		"profile_changes.json": {
			{41870213, webhook.StatusStartedMatchingQuery, nil},
			{41870214, webhook.StatusStoppedMatchingQuery, nil},
			{41870215, webhook.StatusChanged, []string{"headline", "experience", "skills"}},
		},
		"profile_changes_without_fields.json": {
			{41870213, webhook.StatusStartedMatchingQuery, nil},
			{41870214, webhook.StatusStoppedMatchingQuery, nil},
			{41870215, webhook.StatusChanged, nil},
		},
		"experience_changes.json": {{902, webhook.StatusChanged, nil}},
		"simulation.json":         {{18001, webhook.StatusChanged, nil}},
		"first_version_assumed.json": {
			{18001, webhook.StatusAdded, nil},
			{18002, webhook.StatusRemoved, nil},
			{18003, webhook.StatusChanged, nil},
			{18004, webhook.StatusChangedExperience, nil},
		},
	} {
		t.Run(file, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join("testdata", "coresignal", file))
			require.NoError(t, err)
			events, err := decodeCoresignal("base", body)
			require.NoError(t, err)
			require.Len(t, events, len(want))
			for i, event := range events {
				got, ok := event.(webhook.EmployeeChanged)
				require.True(t, ok, "event %d is a %T", i, event)
				assert.Equal(t, want[i], notice{got.ID, got.Status, got.ChangedFields})
				assert.Equal(t, "base", got.Label)
				assert.Equal(t, "employee_changed", got.Kind())
				var raw struct {
					ID int64 `json:"member_id"`
				}
				require.NoError(t, json.Unmarshal(got.Raw, &raw), "raw must be the element alone")
				assert.Equal(t, got.ID, raw.ID)
			}
		})
	}
}

func TestCoresignalIsTolerant(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		want []webhook.Event
	}{
		"empty array":            {` [ ] `, []webhook.Event{}},
		"id as string":           {`[{"member_id":"77","status":"changed"}]`, []webhook.Event{changed(77, "changed", nil, `{"member_id":"77","status":"changed"}`)}},
		"largest id":             {`[{"member_id":9223372036854775807}]`, []webhook.Event{changed(math.MaxInt64, "", nil, `{"member_id":9223372036854775807}`)}},
		"escaped name and value": {`[{"member\u005fid":7,"status":"ch\u0061nged"}]`, []webhook.Event{changed(7, "changed", nil, `{"member\u005fid":7,"status":"ch\u0061nged"}`)}},
		"status of the future":   {`[{"member_id":7,"status":"merged"}]`, []webhook.Event{changed(7, "merged", nil, `{"member_id":7,"status":"merged"}`)}},
		"status wins":            {`[{"change_type":"added","member_id":7,"status":"changed"}]`, []webhook.Event{changed(7, "changed", nil, `{"change_type":"added","member_id":7,"status":"changed"}`)}},
		"status null":            {`[{"member_id":7,"status":null,"change_type":"added"}]`, []webhook.Event{changed(7, "added", nil, `{"member_id":7,"status":null,"change_type":"added"}`)}},
		"unknown members":        {`[{"x":{"member_id":1,"y":[{}]},"member_id":7}]`, []webhook.Event{changed(7, "", nil, `{"x":{"member_id":1,"y":[{}]},"member_id":7}`)}},
		"duplicate names":        {`[{"member_id":1,"member_id":2}]`, []webhook.Event{changed(2, "", nil, `{"member_id":1,"member_id":2}`)}},
		"fields of other types":  {`[{"member_id":7,"changed_fields":["a",1,null,["b"],"a"]}]`, []webhook.Event{changed(7, "", []string{"a", "a"}, `{"member_id":7,"changed_fields":["a",1,null,["b"],"a"]}`)}},
		"no fields":              {`[{"member_id":7,"changed_fields":[]}]`, []webhook.Event{changed(7, "", []string{}, `{"member_id":7,"changed_fields":[]}`)}},
		"fields not an array":    {`[{"member_id":7,"changed_fields":"skills"}]`, []webhook.Event{changed(7, "", nil, `{"member_id":7,"changed_fields":"skills"}`)}},
		"invalid UTF-8":          {"[{\"member_id\":7,\"status\":\"a\xff\"}]", []webhook.Event{changed(7, "a\xff", nil, "{\"member_id\":7,\"status\":\"a\xff\"}")}},
		"several with space":     {"\r\n[ {\"member_id\":1} ,\n\t{\"member_id\":2}\n]\n", []webhook.Event{changed(1, "", nil, `{"member_id":1}`), changed(2, "", nil, `{"member_id":2}`)}},

		"no id":              {`[{"status":"changed"}]`, []webhook.Event{unknown(`{"status":"changed"}`)}},
		"other id name":      {`{"id":7,"employee_id":8}`, []webhook.Event{unknown(`{"id":7,"employee_id":8}`)}},
		"id as 7.0":          {`[{"member_id":7.0}]`, []webhook.Event{changed(7, "", nil, `{"member_id":7.0}`)}},
		"id as 7.0 in text":  {`[{"member_id":"7.00"}]`, []webhook.Event{changed(7, "", nil, `{"member_id":"7.00"}`)}},
		"id of a double":     {`[{"member_id":4.1870215E7}]`, []webhook.Event{changed(41870215, "", nil, `{"member_id":4.1870215E7}`)}},
		"id as 70e-1":        {`[{"member_id":70e-1}]`, []webhook.Event{changed(7, "", nil, `{"member_id":70e-1}`)}},
		"id nearly whole":    {`[{"member_id":7.00000000000000000000000000001}]`, []webhook.Event{unknown(`{"member_id":7.00000000000000000000000000001}`)}},
		"id with a far e":    {`[{"member_id":1e999999999}]`, []webhook.Event{unknown(`{"member_id":1e999999999}`)}},
		"id zero with an e":  {`[{"member_id":0e5}]`, []webhook.Event{unknown(`{"member_id":0e5}`)}},
		"id too large by e":  {`[{"member_id":9.3e18}]`, []webhook.Event{unknown(`{"member_id":9.3e18}`)}},
		"id with bare point": {`[{"member_id":"7."}]`, []webhook.Event{unknown(`{"member_id":"7."}`)}},
		"id zero":            {`[{"member_id":0}]`, []webhook.Event{unknown(`{"member_id":0}`)}},
		"id negative":        {`[{"member_id":-7}]`, []webhook.Event{unknown(`{"member_id":-7}`)}},
		"id with fraction":   {`[{"member_id":7.5}]`, []webhook.Event{unknown(`{"member_id":7.5}`)}},
		"id too large":       {`[{"member_id":9223372036854775808}]`, []webhook.Event{unknown(`{"member_id":9223372036854775808}`)}},
		"id with a sign":     {`[{"member_id":"+7"}]`, []webhook.Event{unknown(`{"member_id":"+7"}`)}},
		"id of another type": {`[{"member_id":{"member_id":7}}]`, []webhook.Event{unknown(`{"member_id":{"member_id":7}}`)}},
		"elements of other types": {`[null, 7 ,"x",[1, 2],{"member_id":7}]`, []webhook.Event{
			unknown(`null`), unknown(`7`), unknown(`"x"`), unknown(`[1, 2]`), changed(7, "", nil, `{"member_id":7}`),
		}},
		"empty object": {`{}`, []webhook.Event{unknown(`{}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			events, err := decodeCoresignal("base", []byte(test.body))
			require.NoError(t, err)
			assert.Equal(t, test.want, events)
		})
	}
	assert.Equal(t, "unknown", webhook.Unknown{}.Kind())
}

func TestCoresignalRefusesWhatHasNoMeaning(t *testing.T) {
	for name, body := range map[string]string{
		"empty": "", "space": "  ", "null": "null", "string": `"canary"`, "number": "7", "true": "true",
		"cut array": `[{"member_id":7}`, "cut object": `[{"member_id":`, "cut name": `[{"mem`,
		"cut fields": `[{"changed_fields":["a"`, "cut fields value": `[{"changed_fields":`, "bad element": `[canary]`,
		"two values": `[] []`, "trailing text": `{"member_id":7}canary`, "text": "canary", "comma": `[{"member_id":7},]`,
		"cut status": `[{"status":`, "cut other": `[{"x":`, "no comma": `[{"member_id":7} {"member_id":8}]`, "name not a string": `[{7:1}]`,
		"deep": strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			events, err := decodeCoresignal("base", []byte(body))
			require.ErrorIs(t, err, webhook.ErrMalformed)
			assert.Nil(t, events)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

func TestEventsDoNotShareAppendedMemory(t *testing.T) {
	body := []byte(`[{"member_id":1,"changed_fields":["a"]},{"member_id":2,"changed_fields":["b"]}]`)
	events, err := decodeCoresignal("base", body)
	require.NoError(t, err)
	first := events[0].(webhook.EmployeeChanged)
	_ = append(first.ChangedFields, "x")
	_ = append(first.Raw, "yyyy"...)
	second := events[1].(webhook.EmployeeChanged)
	assert.Equal(t, []string{"b"}, second.ChangedFields)
	assert.Equal(t, `{"member_id":2,"changed_fields":["b"]}`, string(second.Raw))
}

func FuzzCoresignal(f *testing.F) {
	for _, seed := range []string{
		testNotice, `[]`, `{}`, `null`, `{"member_id":"18001","change_type":"changed"}`, `[null,{"member_id":1},[{}]]`,
		"[{\"member_id\":1,\"status\":\"\xff\"}]", `[{"member_id":1,"changed_fields":["a\u0000",{}]}]`, `[[[[`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		original := string(body)
		events, err := decodeCoresignal("base", body)
		require.Equal(t, original, string(body), "the body must not be changed")
		if err != nil {
			require.ErrorIs(t, err, webhook.ErrMalformed)
			require.Nil(t, events)
			return
		}
		rest := original
		for _, event := range events {
			var raw json.RawMessage
			switch e := event.(type) {
			case webhook.EmployeeChanged:
				require.Positive(t, e.ID)
				raw = e.Raw
			case webhook.Unknown:
				raw = e.Raw
			default:
				t.Fatalf("%T", event)
			}
			require.NotEmpty(t, raw)
			at := strings.Index(rest, string(raw))
			require.GreaterOrEqual(t, at, 0, "raw must be a part of the body, in order")
			rest = rest[at+len(raw):]
		}
	})
}

// FuzzCoresignalScan: what the scanner reads, the tolerant reader reads alike. A member that the scanner does not take,
// but that means nothing, makes the same body go the other way.
func FuzzCoresignalScan(f *testing.F) {
	for _, seed := range []string{
		testNotice, `[]`, `{}`, `[{}]`, ` [ {"member_id" : "7" , "status":null, "x":true,"changed_fields":[ ] } , {} ] `,
		`[{"member_id":1,"member_id":"x","status":"a","status":7,"changed_fields":["a","b"],"changed_fields":null,"change_type":"added"}]`,
		`[{"member_id":01}]`, `[{"member_id":9223372036854775808}]`, `[{"changed_fields":["a",]}]`, `[{"a":nul}]`, `[{"a":tru0}]`, "[{\"status\":\"\xff\"}]", `[{"a":1},]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 1<<12 {
			t.Skip() // Deep enough, the element in front makes it too deep.
		}
		d := webhook.Delivery{Label: "base", Body: body}
		err := webhook.DecodeCoresignal(&d)
		// An element that is no object, in front, is read by the tolerant reader only.
		trimmed := bytes.TrimLeft(body, " \t\r\n")
		if len(trimmed) == 0 || trimmed[0] != '[' && trimmed[0] != '{' {
			return
		}
		other := append([]byte(`[7,`), trimmed...)
		if trimmed[0] == '[' {
			if rest := bytes.TrimLeft(trimmed[1:], " \t\r\n"); len(rest) > 0 && rest[0] == ']' {
				return // Empty: nothing to compare, and a comma too much.
			}
			other = append([]byte(`[7,`), trimmed[1:]...)
		} else if other = append(other, ']'); err != nil {
			return // Two objects are wrong, and right in an array.
		}
		slow := webhook.Delivery{Label: "base", Body: other}
		slowErr := webhook.DecodeCoresignal(&slow)
		require.Equal(t, slowErr == nil, err == nil, "%v, %v", err, slowErr)
		if err == nil {
			require.Equal(t, slow.Events[1:], d.Events)
		}
	})
}
