package webhook_test

// What "openssl dgst -sha256 -hmac" says about the body {"a":1} under
// testSecret.
const (
	vectorHex       = "5b27e96f97af3006113d85f2d433e7da9084051807c174d7a1a1893e189bcf1d"
	vectorBase64    = "Wyfpb5evMAYRPYXy1DPn2pCEBRgHwXTXoaGJPhibzx0="
	vectorPrefixed  = "dbbf994989263368ca4239859f86cb0b51500c8810529e1113f5358bfc2ddcd2"
	vectorTimestamp = "a8988718c3b282ed9007c2435cc88e2c8bd0c054fe3840d98eed9970d1e346f5"
	vectorID        = "+y9ITkr+iZ2SoMC+2hp/eGwfKuz2p7/cib+2Nzc6o3Y="
)
