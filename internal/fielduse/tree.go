package fielduse

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	maxTreeSize = 1 << 20
	maxDepth    = 200
)

var errNotObject = errors.New("not a JSON object")

// node is a JSON value with every member, also those whose name stands twice. Numbers, booleans and null are nodes
// without content.
type node struct {
	kind     jsontext.Kind
	text     string // of a string
	members  []nodeMember
	elements []node
}

type nodeMember struct {
	name  string
	value node
}

func (n node) has(name string) bool {
	for _, m := range n.members {
		if m.name == name {
			return true
		}
	}
	return false
}

func parseTree(encoded []byte) (node, error) {
	if len(encoded) > maxTreeSize {
		return node{}, fmt.Errorf("larger than %d bytes", maxTreeSize)
	}
	if !jsontext.Value(encoded).IsValid(treeOptions...) {
		return node{}, errNotObject
	}
	root, err := readNode(jsontext.NewDecoder(bytes.NewReader(encoded), treeOptions...), 0)
	if err == nil && root.kind != '{' {
		err = errNotObject
	}
	return root, err
}

var treeOptions = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

func readNode(dec *jsontext.Decoder, depth int) (node, error) {
	if depth > maxDepth {
		return node{}, fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	token, err := dec.ReadToken()
	if err != nil {
		return node{}, err
	}
	n := node{kind: token.Kind()}
	switch n.kind {
	case '"':
		n.text = token.String()
	case '{':
		for dec.PeekKind() == '"' {
			name, err := dec.ReadToken()
			if err != nil {
				return n, err
			}
			m := nodeMember{name: name.String()}
			if m.value, err = readNode(dec, depth+1); err != nil {
				return n, err
			}
			n.members = append(n.members, m)
		}
		_, err = dec.ReadToken()
	case '[':
		for dec.PeekKind() != ']' {
			element, err := readNode(dec, depth+1)
			if err != nil {
				return n, err
			}
			n.elements = append(n.elements, element)
		}
		_, err = dec.ReadToken()
	}
	return n, err
}
