package webhook

// The schemes below are public conventions that many senders follow. None of them is the default of any sender of this
// package: take the one that the sender's documentation names.

// StandardWebhooks is the scheme of standardwebhooks.com: the headers webhook-id, webhook-timestamp and webhook-signature,
// in which each signature is "v1," and base64 over "id.timestamp.body". Its secrets are base64, after "whsec_".
func StandardWebhooks() HMACScheme { return standardWebhooks("Webhook-") }

// SvixWebhooks is [StandardWebhooks] with the headers svix-id, svix-timestamp and svix-signature, which Svix sends as well.
func SvixWebhooks() HMACScheme { return standardWebhooks("Svix-") }

func standardWebhooks(prefix string) HMACScheme {
	return HMACScheme{
		Header: prefix + "Signature", Prefix: "v1,", Encoding: Base64, TimestampHeader: prefix + "Timestamp", SecretForm: Base64Secret,
		Signed: []SignedPart{SignedHeader(prefix + "Id"), SignedText("."), SignedTimestamp(), SignedText("."), SignedBody()},
	}
}

// StripeStyle is the scheme that Stripe made known: one header such as "Stripe-Signature: t=1700000000,v1=<hex>", with the
// signature over "timestamp.body". Its secrets are those that the sender has made, "whsec_" included.
func StripeStyle(header string) HMACScheme {
	return HMACScheme{
		Header: header, Prefix: "v1=", TimestampHeader: header, TimestampPrefix: "t=", SecretForm: IssuedSecret,
		Signed: []SignedPart{SignedTimestamp(), SignedText("."), SignedBody()},
	}
}

// GitHubStyle is the scheme that GitHub made known: one header such as "X-Hub-Signature-256: sha256=<hex>", with the
// signature over the body. It has no timestamp, so that only deduplication stops a request that is sent again.
// Its secret is one of your own, as GitHub has it.
func GitHubStyle(header string) HMACScheme { return HMACScheme{Header: header, Prefix: "sha256="} }
