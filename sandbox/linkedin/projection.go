package linkedin

import (
	"strconv"
	"strings"
)

// node is a field that a projection asks for.
type node struct {
	name     string
	many     bool // of each element: elements*(...)
	decorate bool // with what the URN names: to~(...)
	fields   []node
}

const maxNodes = 32 // in each other

// parseProjection reads (id,elements*(to~(id,name)),profilePicture(displayImage~:playableStreams)).
func parseProjection(text string) ([]node, *problem) {
	rest := text
	nodes, ok := parseNodes(&rest, 0)
	if !ok || rest != "" {
		return nil, badRequest("Projection is not valid")
	}
	return nodes, nil
}

func parseNodes(rest *string, depth int) (nodes []node, ok bool) {
	if depth > maxNodes || !accept(rest, "(") {
		return nil, false
	}
	for {
		end := strings.IndexAny(*rest, "(),*~")
		if end <= 0 {
			return nil, false
		}
		n := node{name: (*rest)[:end]}
		*rest = (*rest)[end:]
		n.many = accept(rest, "*")
		if n.decorate = accept(rest, "~"); n.decorate { // what follows names how: ~:playableStreams, ~digitalmediaAsset:playableStreams
			if end = strings.IndexAny(*rest, "(),"); end < 0 {
				return nil, false
			}
			*rest = (*rest)[end:]
		}
		if strings.HasPrefix(*rest, "(") {
			if n.fields, ok = parseNodes(rest, depth+1); !ok {
				return nil, false
			}
		}
		nodes = append(nodes, n)
		if accept(rest, ")") {
			return nodes, true
		}
		if !accept(rest, ",") {
			return nil, false
		}
	}
}

func accept(rest *string, token string) bool {
	after, found := strings.CutPrefix(*rest, token)
	*rest = after
	return found
}

// projector applies projections, and counts the decorations of a request.
type projector struct {
	st          *state
	decorations int
}

// apply returns the fields of a value that are asked for.
func (p *projector) apply(value any, nodes []node) any {
	record, isRecord := value.(map[string]any)
	if !isRecord || nodes == nil {
		return value
	}
	out := map[string]any{}
	for _, n := range nodes {
		field, found := record[n.name]
		if !found {
			continue
		}
		switch {
		case n.decorate:
			out[n.name] = field
			named, failure := p.resolve(field)
			if failure != nil {
				out[n.name+"!"] = failure
			} else {
				out[n.name+"~"] = p.apply(named, n.fields)
			}
		case n.many:
			list, _ := field.([]any)
			projected := make([]any, len(list))
			for i, element := range list {
				projected[i] = p.apply(element, n.fields)
			}
			out[n.name] = projected
		default:
			out[n.name] = p.apply(field, n.fields)
		}
	}
	return out
}

// resolve returns what a URN names.
func (p *projector) resolve(value any) (any, *problem) {
	text, _ := value.(string)
	p.decorations++
	if every := p.st.settings.members.failedEvery; every > 0 && p.decorations%every == 0 {
		return nil, &throttled
	}
	if id, isPerson := strings.CutPrefix(text, "urn:li:person:"); isPerson {
		if who := p.st.people.byID(id); who != nil {
			return who.record(true), nil
		}
	}
	if id, isAsset := strings.CutPrefix(text, assetPrefix); isAsset && p.st.people.byID(id) != nil {
		return streams(text, p.st.now().Unix()+24*60*60), nil
	}
	return nil, &noEntity
}

// streams are the files of a picture.
func streams(asset string, expires int64) map[string]any {
	var elements []any
	for _, size := range []int{100, 800} {
		class := "profile-displayphoto-shrink_" + strconv.Itoa(size) + "_" + strconv.Itoa(size)
		elements = append(elements, map[string]any{
			"artifact": "urn:li:digitalmediaMediaArtifact:(" + asset + ",urn:li:digitalmediaMediaArtifactClass:" + class + ")", "authorizationMethod": "PUBLIC",
			"data": map[string]any{"com.linkedin.digitalmedia.mediaartifact.StillImage": map[string]any{
				"mediaType": "image/jpeg", "displaySize": map[string]any{"uom": "PX", "width": size, "height": size},
			}},
			"identifiers": []any{map[string]any{
				"identifier": "https://media.example.com/" + class, "index": 0, "mediaType": "image/jpeg", "identifierExpiresInSeconds": expires,
			}},
		})
	}
	return map[string]any{"elements": elements, "paging": paging{Count: 10, Links: []link{}}}
}
