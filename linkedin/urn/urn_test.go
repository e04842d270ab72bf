package urn_test

import (
	"encoding/json"
	"fmt"
	"log"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/linkedin/urn"
)

func ExampleParse() {
	comment, err := urn.Parse("urn:li:comment:(urn:li:activity:1,2)")
	if err != nil {
		log.Fatal(err)
	}
	activity, err := urn.Parse(comment.Parts()[0])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(comment.Type(), comment.Parts()[1], "on", activity.Type(), activity.ID())
	_, err = urn.Parse("urn:li:person:")
	fmt.Println(err)
	// Output:
	// comment 2 on activity 1
	// urn: invalid: no id at byte 14
}

func ExampleNew() {
	contract, err := urn.New("contract", "123")
	if err != nil {
		log.Fatal(err)
	}
	comment, err := urn.New("comment", "urn:li:activity:1", "2")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(contract)
	fmt.Println(comment)
	// Output:
	// urn:li:contract:123
	// urn:li:comment:(urn:li:activity:1,2)
}

const artifact = "urn:li:digitalmediaMediaArtifact:(urn:li:digitalmediaAsset:C5522AQGTYERNkNByHQ,urn:li:digitalmediaMediaArtifactClass:feedshare-uploadedImage)"

func TestParse(t *testing.T) {
	for text, want := range map[string]struct {
		kind, id string
		parts    []string
	}{
		"urn:li:person:-f_UtNFoQ":              {"person", "-f_UtNFoQ", []string{"-f_UtNFoQ"}},
		"urn:li:share:6844785523593134080":     {"share", "6844785523593134080", []string{"6844785523593134080"}},
		"urn:li:fs_miniProfile:a":              {"fs_miniProfile", "a", []string{"a"}},
		"urn:li:a:b:c%2C":                      {"a", "b:c%2C", []string{"b:c%2C"}},
		"urn:li:comment:(urn:li:activity:1,2)": {"comment", "", []string{"urn:li:activity:1", "2"}},
		"urn:li:staffCountRange:(1,10)":        {"staffCountRange", "", []string{"1", "10"}},
		"urn:li:a:(1)":                         {"a", "", []string{"1"}},
		"urn:li:a:(urn:li:b:(1,2),urn:li:c:3)": {"a", "", []string{"urn:li:b:(1,2)", "urn:li:c:3"}},
		artifact:                               {"digitalmediaMediaArtifact", "", []string{"urn:li:digitalmediaAsset:C5522AQGTYERNkNByHQ", "urn:li:digitalmediaMediaArtifactClass:feedshare-uploadedImage"}},
	} {
		u, err := urn.Parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, text, u.String())
		assert.Equal(t, want.kind, u.Type())
		assert.Equal(t, want.id, u.ID())
		assert.Equal(t, want.parts, u.Parts())
		assert.False(t, u.IsZero())
	}
	var zero urn.URN
	assert.True(t, zero.IsZero())
	assert.Empty(t, zero.String()+zero.Type()+zero.ID())
	assert.Nil(t, zero.Parts())
}

func nested(depth int) string {
	return strings.Repeat("urn:li:a:(", depth) + "1" + strings.Repeat(")", depth)
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", "canary", "urn:li:", "urn:li:person", "urn:li:person:", "urn:li::canary", "URN:LI:person:canary", "urn:lla:person:canary",
		" urn:li:person:canary", "urn:li:person:canary ", "urn:li:per son:canary", "urn:li:person:can ary", "urn:li:person:canary\n", "urn:li:person:canáry",
		"urn:li:person:canary?x", "urn:li:person:canary#x", "urn:li:person:can\"ary", "urn:li:person:canary,2", "urn:li:person:canary)", "urn:li:person:canary(",
		"urn:li:a:()", "urn:li:a:(", "urn:li:a:(1", "urn:li:a:(1,", "urn:li:a:(1,)", "urn:li:a:(,1)", "urn:li:a:(1)2", "urn:li:a:(1))", "urn:li:a:((1,2),3)",
		"urn:li:a:(1(2))", "urn:li:a:(urn:li:b,2)", "urn:li:a:(urn:li:b:,2)", "urn:li:a:(urn:li:b:(1)2)",
		"urn:li:" + strings.Repeat("a", 65) + ":1", "urn:li:a:" + strings.Repeat("canary", 200), nested(urn.MaxDepth + 1), nested(100),
	} {
		u, err := urn.Parse(text)
		require.ErrorIs(t, err, urn.ErrInvalid, text)
		assert.True(t, u.IsZero())
		assert.NotContains(t, err.Error(), "canary")
	}
	_, err := urn.Parse(nested(urn.MaxDepth))
	require.NoError(t, err)
	_, err = urn.Parse("urn:li:a:" + strings.Repeat("b", urn.MaxLength-len("urn:li:a:")))
	require.NoError(t, err)
}

func TestNewCannotForge(t *testing.T) {
	for _, parts := range [][]string{nil, {""}, {"1,2"}, {"1", "2)"}, {"1", ""}, {"1", "(2)"}, {"(1)"}, {"1,2", "3"}, {"urn:li:b:(1", "2)"}} {
		_, err := urn.New("a", parts...)
		require.ErrorIs(t, err, urn.ErrInvalid, "%q", parts)
	}
	for _, kind := range []string{"", "a:b", "a b", "a("} {
		_, err := urn.New(kind, "1", "2")
		require.ErrorIs(t, err, urn.ErrInvalid, kind)
	}
}

func TestJSON(t *testing.T) {
	type note struct {
		Owner  urn.URN            `json:"owner"`
		Member urn.URN            `json:"member,omitzero"`
		Counts map[urn.URN]int    `json:"counts"`
		Other  map[string]urn.URN `json:"other"`
	}
	const text = `{"owner":"urn:li:seat:5","counts":{"urn:li:comment:(urn:li:activity:1,2)":3},"other":{"none":""}}`
	var got note
	require.NoError(t, json.Unmarshal([]byte(text), &got))
	assert.Equal(t, "seat", got.Owner.Type())
	encoded, err := json.Marshal(got)
	require.NoError(t, err)
	assert.Equal(t, text, string(encoded))
	before := got.Owner
	require.ErrorIs(t, json.Unmarshal([]byte(`{"owner":"urn:li:seat"}`), &got), urn.ErrInvalid)
	assert.Equal(t, before, got.Owner)
	require.Error(t, json.Unmarshal([]byte(`{"owner":7}`), &got))
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"urn:li:person:abc", "urn:li:comment:(urn:li:activity:1,2)", artifact, nested(9), "urn:li:a:(1,", "urn:li:a:b:c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := urn.Parse(text)
		if err != nil {
			require.ErrorIs(t, err, urn.ErrInvalid)
			require.True(t, u.IsZero())
			return
		}
		require.Equal(t, text, u.String())
		require.LessOrEqual(t, len(text), urn.MaxLength)
		parts := u.Parts()
		require.NotEmpty(t, parts)
		require.NotContains(t, parts, "")
		for _, part := range parts {
			if strings.HasPrefix(part, "urn:li:") && u.ID() == "" {
				_, err := urn.Parse(part)
				require.NoError(t, err)
			}
		}
		again := u
		if u.ID() != "" || len(parts) > 1 {
			again, err = urn.New(u.Type(), parts...)
			require.NoError(t, err)
		}
		require.Equal(t, u, again)
		encoded, err := json.Marshal(u)
		require.NoError(t, err)
		var decoded urn.URN
		require.NoError(t, json.Unmarshal(encoded, &decoded))
		require.Equal(t, u, decoded)
	})
}
