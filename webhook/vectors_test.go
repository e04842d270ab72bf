package webhook_test

// What "openssl dgst -sha256 -hmac" says about the body {"a":1} under
// testSecret.
const (
	vectorHex       = "6de1e8fa0bc834b4c75644ca50da277a78e959b118a201c7ac5b757b867d99d9"
	vectorBase64    = "beHo+gvINLTHVkTKUNonenjpWbEYogHHrFt1e4Z9mdk="
	vectorPrefixed  = "e0b4719f7997e9d63e4a09dd0e1656ba76c74e1d1e195c8ca4e4d590ff421b94"
	vectorTimestamp = "c0385f8b18e8d1ac37a3c0d93fa81ef49dc339ee11bf4170c61942141ce6cd98"
	vectorID        = "uBlNlMhPlwwSJZGdg4yWJIDW1CPKhUDezwx0pVHwzaY="
)
