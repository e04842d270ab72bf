package matching

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// The bounds of a query.
const (
	MaxCharacters = 15_000 // length of the JSON text
	MaxClauses    = 1024   // clauses and words together
	MaxDepth      = 50     // clauses inside clauses, parentheses inside parentheses
)

// parser carries what one query has used up so far.
type parser struct {
	clauses int
	depth   int
	used    map[string]bool // fields

	dataset  people.Dataset // "" for all of them
	semantic bool           // synonyms of titles are found too
}

func newParser() *parser { return &parser{used: make(map[string]bool)} }

func withinLength(text json.RawMessage) error {
	if len(text) > utf8.UTFMax*MaxCharacters || utf8.RuneCount(text) > MaxCharacters {
		return &LimitError{Of: "characters", Limit: MaxCharacters}
	}
	return nil
}

// spend counts clauses.
func (p *parser) spend(n int) error {
	if p.clauses += n; p.clauses > MaxClauses {
		return &LimitError{Of: "clauses", Limit: MaxClauses}
	}
	return nil
}

// enter goes one level deeper; every success is followed by leave.
func (p *parser) enter() error {
	if p.depth >= MaxDepth {
		return &LimitError{Of: "levels", Limit: MaxDepth}
	}
	p.depth++
	return nil
}

func (p *parser) leave() { p.depth-- }
