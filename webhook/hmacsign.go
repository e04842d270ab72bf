package webhook

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// SignHMAC returns the headers with which a sender that uses the scheme would
// sign the body at the given time, for tests of a receiver. A header that the
// scheme signs besides, see [SignedHeader], gets the value it has in extra,
// and is part of the result. The errors are those of [HMAC], and one for a
// signed header that extra lacks.
func SignHMAC(scheme HMACScheme, secret string, body []byte, at time.Time, extra http.Header) (http.Header, error) {
	v, err := newHMACVerifier(scheme, []string{secret})
	if err != nil {
		return nil, err
	}
	header := make(http.Header)
	for _, part := range v.scheme.Signed {
		if part.kind != partHeader {
			continue
		}
		value := extra.Get(part.text)
		if value == "" {
			return nil, fmt.Errorf("webhook: no value for the signed header %s", part.text)
		}
		header.Set(part.text, value)
	}
	timestamp := v.scheme.TimestampPrefix + strconv.FormatInt(at.Unix(), 10)
	if v.scheme.TimestampHeader != "" {
		header.Set(v.scheme.TimestampHeader, timestamp)
	}
	state := v.states.Get().(*hmacState)
	defer v.states.Put(state)
	if !v.writeSigned(state.keyed[0], header, body, state) {
		return nil, fmt.Errorf("webhook: a signed header is longer than %d bytes", maxSignedHeaderText)
	}
	mac := state.keyed[0].Sum(nil)
	signature := v.scheme.Prefix + hex.EncodeToString(mac)
	if v.scheme.Encoding == Base64 {
		signature = v.scheme.Prefix + base64.StdEncoding.EncodeToString(mac)
	}
	if v.scheme.TimestampHeader == v.scheme.Header {
		separator := ","
		if strings.Contains(v.scheme.Prefix, ",") {
			separator = " "
		}
		signature = timestamp + separator + signature
	}
	header.Set(v.scheme.Header, signature)
	return header, nil
}
