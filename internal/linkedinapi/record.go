package linkedinapi

import (
	"encoding/json"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/wire"
)

// Record is what a store holds under a key: a grant, and the lease of the process that renews it.
type Record struct {
	Grant
	// Leased is when a process took the right to renew it, zero when none has it.
	Leased time.Time
}

const recordVersion = 1

// stored is a Record as JSON. Times are milliseconds since 1970.
type stored struct {
	Version     int      `json:"v"`
	Access      string   `json:"access,omitempty"`
	Asked       int64    `json:"asked,omitempty"`
	Expires     int64    `json:"expires,omitempty"`
	Refresh     string   `json:"refresh,omitempty"`
	RefreshEnds int64    `json:"refresh_ends,omitempty"`
	Scopes      []string `json:"scopes,omitempty"`
	Leased      int64    `json:"leased,omitempty"`
}

// Encode writes a record as the value of a store. The id token is not kept.
func (r *Record) Encode() (api.Secret, error) {
	data, err := json.Marshal(stored{
		Version: recordVersion, Access: r.Access.Reveal(), Asked: millis(r.Asked), Expires: millis(r.Expires),
		Refresh: r.Refresh.Reveal(), RefreshEnds: millis(r.RefreshEnds), Scopes: r.Scopes, Leased: millis(r.Leased),
	})
	if err != nil {
		return api.Secret{}, wire.Plain("the token cannot be stored", err)
	}
	value, err := api.NewSecret(string(data))
	if err != nil {
		return api.Secret{}, wire.Plain("the tokens are too long for a store", err)
	}
	return value, nil
}

// DecodeRecord reads the value of a store; the zero Secret is an empty record.
func DecodeRecord(value api.Secret) (Record, error) {
	if value.IsZero() {
		return Record{}, nil
	}
	var s stored
	if err := codec.Decode([]byte(value.Reveal()), &s); err != nil {
		return Record{}, wire.Plain("what the token store has is damaged", nil) // the cause would quote it
	}
	if s.Version != recordVersion {
		return Record{}, wire.Plain("what the token store has is of another version", nil)
	}
	r := Record{Leased: Time(Number(s.Leased))}
	r.Asked, r.Expires, r.RefreshEnds, r.Scopes = Time(Number(s.Asked)), Time(Number(s.Expires)), Time(Number(s.RefreshEnds)), s.Scopes
	for into, text := range map[*api.Secret]string{&r.Access: s.Access, &r.Refresh: s.Refresh} {
		if text == "" {
			continue
		}
		secret, err := api.NewSecret(text)
		if err != nil {
			return Record{}, wire.Plain("what the token store has is damaged", err)
		}
		*into = secret
	}
	return r, nil
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
