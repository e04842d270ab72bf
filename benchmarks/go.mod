module github.com/pronet-go/pronet/benchmarks

go 1.26.0

replace github.com/pronet-go/pronet => ..

require (
	github.com/goccy/go-json v0.12.0
	github.com/klauspost/compress v1.20.3
	github.com/pronet-go/pronet v0.0.0-00010101000000-000000000000
)
