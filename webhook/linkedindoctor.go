package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxForeign bounds what is hashed to find out whose secret has signed a body, in bytes.
const maxForeign = 32 << 20

// DoctorLinkedIn is [Doctor] for a sender that [LinkedIn], [LinkedInFrom] or [Tenants.Sender] made: it knows the
// secrets. Among its reasons is that a request is signed with another tenant's secret, and whose: two callback URLs, or
// two secrets, were mixed up. DoctorOptions.Previous are of all endpoints.
func DoctorLinkedIn(s Sender, o DoctorOptions) (Sender, error) {
	v, ok := s.Verifier.(linkedInVerifier)
	if !ok {
		return Sender{}, errors.New("webhook: the sender is not LinkedIn's")
	}
	scheme, err := LinkedInScheme().complete()
	if err != nil {
		return Sender{}, err
	}
	previous := append([]string(nil), o.Previous[:min(len(o.Previous), maxSecrets)]...)
	return newDoctor(s, o, time.Now, func(r *http.Request, body []byte) []string {
		k, err := v.find(r)
		switch {
		case err != nil:
			return []string{"the endpoint's secrets cannot be used: " + printable(err)}
		case len(r.Header[linkedInHeader]) > 1:
			return []string{"the header " + linkedInHeader + " is there more than once: something on the way has added one"}
		}
		claimed, ok := linkedInSignature(r.Header)
		if ok && body != nil {
			if whose := v.whose(k, claimed, body); whose != "" {
				return []string{"it is signed with the secret of another tenant, " + whose}
			}
		}
		header := r.Header.Clone()
		if text := header.Get(linkedInHeader); len(text) > len(linkedInPrefix) {
			header.Set(linkedInHeader, strings.TrimPrefix(text, linkedInPrefix))
		}
		d := diagnosis{scheme, func() []string { return textsOfKeys(k.keys) }, func() []string { return previous }}
		return d.of(header, body)
	})
}

func textsOfKeys(keys [][]byte) []string {
	texts := make([]string, len(keys))
	for i, key := range keys {
		texts[i] = string(key)
	}
	return texts
}

// whose returns the label of another endpoint whose secret has signed the body.
func (v linkedInVerifier) whose(own *linkedInKeys, claimed [sha256.Size]byte, body []byte) string {
	if v.others == nil {
		return ""
	}
	left := maxForeign
	for other := range v.others {
		if other == own {
			continue
		}
		for _, key := range other.keys {
			if left -= len(body) + len(linkedInPrefix); left < 0 {
				return ""
			}
			h := hmac.New(sha256.New, key)
			_, _ = io.WriteString(h, linkedInPrefix)
			_, _ = h.Write(body)
			if hmac.Equal(h.Sum(nil), claimed[:]) {
				return other.label
			}
		}
	}
	return ""
}
