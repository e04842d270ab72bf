package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"net/http"
	"sync"
)

// HMAC returns a verifier for senders that sign their requests with
// HMAC-SHA256 as the scheme describes. It does not know any provider's scheme
// and has no default for one.
//
// Up to 5 secrets are taken, so that one can be replaced while the old one
// still works. A secret that is empty, shorter than 8 characters (24 bytes
// for [Base64Secret]) or malformed gives [ErrWeakSecret].
//
// A request without a well-formed signature, or with a timestamp outside the
// tolerance, is refused before its body is read. The error is
// [ErrUnverified], [ErrTooOld] or [ErrTooNew].
func HMAC(scheme HMACScheme, secrets ...string) (Verifier, error) {
	v, err := newHMACVerifier(scheme, secrets)
	if err != nil {
		return nil, err
	}
	return v, nil
}

// hmacVerifier keeps its keys inside the function that makes new states, out
// of reach of whatever prints it.
type hmacVerifier struct {
	scheme HMACScheme
	base64 *base64.Encoding
	states sync.Pool
}

// hmacState is what one verification works with. It is pooled, so that
// verifying allocates nothing and a key is expanded once per state.
type hmacState struct {
	keyed      []hash.Hash
	sum        [sha256.Size]byte
	candidates [maxCandidates][sha256.Size]byte
	found      int
	decoded    [sha256.Size + 1]byte
	scratch    []byte
}

func newHMACVerifier(scheme HMACScheme, secrets []string) (*hmacVerifier, error) {
	scheme, err := scheme.complete()
	if err != nil {
		return nil, err
	}
	keys, err := scheme.SecretForm.keys(secrets)
	if err != nil {
		return nil, err
	}
	v := &hmacVerifier{scheme: scheme, base64: base64.StdEncoding.Strict()}
	v.states.New = func() any {
		state := &hmacState{keyed: make([]hash.Hash, len(keys))}
		for i, key := range keys {
			state.keyed[i] = hmac.New(sha256.New, key)
		}
		return state
	}
	return v, nil
}

func (v *hmacVerifier) Admit(r *http.Request) error {
	if err := v.scheme.checkTime(r.Header); err != nil {
		return err
	}
	state := v.states.Get().(*hmacState)
	defer v.states.Put(state)
	if !v.candidates(r.Header, state) {
		return ErrUnverified
	}
	return nil
}

func (v *hmacVerifier) Verify(r *http.Request, body []byte) (string, error) {
	if err := v.scheme.checkTime(r.Header); err != nil {
		return "", err
	}
	state := v.states.Get().(*hmacState)
	defer v.states.Put(state)
	if !v.candidates(r.Header, state) {
		return "", ErrUnverified
	}
	genuine := false
	for _, keyed := range state.keyed {
		keyed.Reset()
		if !v.writeSigned(keyed, r.Header, body, state) {
			return "", ErrUnverified
		}
		mac := keyed.Sum(state.sum[:0])
		for i := range state.found {
			if hmac.Equal(mac, state.candidates[i][:]) {
				genuine = true // Go on: the time must not depend on the position.
			}
		}
	}
	if !genuine {
		return "", ErrUnverified
	}
	return v.scheme.Label, nil
}

// writeSigned writes the signed bytes of a request. It returns false if the
// request lacks a part of them.
func (v *hmacVerifier) writeSigned(w hash.Hash, h http.Header, body []byte, state *hmacState) bool {
	for i := range v.scheme.Signed {
		part := &v.scheme.Signed[i]
		text := part.text
		switch part.kind {
		case partBody:
			w.Write(body)
			continue
		case partTimestamp:
			var ok bool
			if text, ok = v.scheme.timestamp(h); !ok {
				return false
			}
		case partHeader:
			values := h[part.text]
			if len(values) != 1 || len(values[0]) > maxSignedHeaderText {
				return false
			}
			text = values[0]
		}
		state.scratch = append(state.scratch[:0], text...)
		w.Write(state.scratch)
	}
	return true
}
