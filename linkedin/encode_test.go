package linkedin_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/linkedin"
)

// TestProtocolsWrite what LinkedIn's pages show: queries, keys of paths and of bodies, in both protocols.
func TestProtocolsWrite(t *testing.T) {
	app := contract(t, "urn:li:organization:5")
	key := linkedin.Params{{Name: "id", Value: "a b"}, {Name: "integrationContext", Value: app}}
	params := []linkedin.Param{
		{Name: "ids", Value: []any{key}},
		{Name: "owners", Value: []string{"1", "2"}},
		{Name: "range", Value: linkedin.Params{{Name: "start", Value: 1}, {Name: "end", Value: int64(2)}}},
		{Name: "fields", Value: linkedin.RawValue("id,name")},
		{Name: "active", Value: true},
	}
	for protocol, want := range map[linkedin.Protocol][3]string{
		linkedin.Protocol1: {
			"ids[0].id=a%20b&ids[0].integrationContext=urn:li:organization:5&owners=1&owners=2&range.start=1&range.end=2&fields=id,name&active=true",
			"id=a%20b&integrationContext=urn:li:organization:5", "id=a b&integrationContext=urn:li:organization:5",
		},
		linkedin.Protocol2: {
			"ids=List((id:a%20b,integrationContext:urn%3Ali%3Aorganization%3A5))&owners=List(1,2)&range=(start:1,end:2)&fields=id,name&active=true",
			"(id:a%20b,integrationContext:urn%3Ali%3Aorganization%3A5)", "(id:a b,integrationContext:urn%3Ali%3Aorganization%3A5)",
		},
	} {
		query, err := protocol.Query(params...)
		require.NoError(t, err)
		assert.Equal(t, want[0], query)
		path, err := protocol.PathKey(key)
		require.NoError(t, err)
		assert.Equal(t, want[1], path)
		text, err := protocol.BodyKey(key)
		require.NoError(t, err)
		assert.Equal(t, want[2], text)
		empty, err := protocol.Query()
		require.NoError(t, err)
		assert.Empty(t, empty)
		for _, bad := range [][]linkedin.Param{{{Name: "a", Value: 1.5}}, {{Name: "a", Value: "x"}, {Name: "a", Value: "y"}}, {{Name: "a", Value: nil}}} {
			_, err := protocol.Query(bad...)
			require.ErrorIs(t, err, api.ErrInvalid)
		}
		_, err = protocol.PathKey("..")
		require.ErrorIs(t, err, api.ErrInvalid)
		_, err = protocol.BodyKey([]string(nil))
		assert.Equal(t, protocol == linkedin.Protocol1, err != nil, "a list is no key of 1.0")
	}
}
