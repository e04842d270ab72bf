package coresignal_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestRequestsAreCountedByVerbAndPath(t *testing.T) {
	sb, c := start(t, sandbox.WithPathPrefix("/p"), coresignal.WithPeople(1))
	c.get(baseCollect + "a%2Fb")
	c.get(baseCollect + "c")
	c.get(v1Collect + "c")
	c.post(baseSearch+"filter", `{}`)
	c.get("/nowhere")
	for _, tt := range []struct {
		method, path string
		want         int
	}{
		{"", "", 5},
		{"GET", "", 4},
		{"get", baseCollect + "*", 2},
		{"", baseCollect + "a%2Fb", 1},
		{"GET", "/cdapi/*/employee_base/collect/*", 2},
		{"POST", baseCollect + "*", 0},
		{"POST", baseSearch + "filter", 1},
		{"", "/cdapi/*", 0},
		{"", "/nowhere", 1},
	} {
		assert.Equal(t, tt.want, sb.RequestsTo(tt.method, tt.path), "%+v", tt)
		assert.Len(t, sb.ArrivalsTo(tt.method, tt.path), tt.want)
	}
	assert.Equal(t, 5, sb.Requests())
	arrivals := sb.Arrivals()
	assert.Len(t, arrivals, 5)
	for i := range arrivals[1:] {
		assert.False(t, arrivals[i+1].Before(arrivals[i]))
	}
}
