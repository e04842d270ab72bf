package main

import (
	"encoding/json"
	"net/http"

	"github.com/pronet-go/pronet/webhook/spool"
)

// health responds with 200 and the number of notices that wait, and of those that were given up and need a person.
type health struct{ notices *spool.Spool }

func (h health) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	dead, status := 0, http.StatusOK
	for _, err := range h.notices.Dead() {
		if err != nil {
			status = http.StatusServiceUnavailable
			break
		}
		dead++
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]int{"pending": h.notices.Pending(), "dead": dead})
}
