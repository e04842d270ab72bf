package linkedin

import (
	"encoding/json"
	"slices"
	"strconv"
)

func (st *state) comment(r *request) (any, *problem) {
	var body struct {
		Actor, Object, ParentComment string
		Message                      struct{ Text string }
	}
	p := st.post(r.key("post"))
	switch {
	case json.Unmarshal(r.body, &body) != nil:
		return nil, badRequest("Invalid request body")
	case p == nil:
		return nil, &noRecord
	case body.Actor == "":
		return nil, isMissing("actor")
	case body.Message.Text == "":
		return nil, isMissing("message/text")
	}
	st.posts.comments++
	st.posts.lastID++
	c := PostComment{ID: strconv.FormatInt(6_000_000_000_000_000_000+st.posts.lastID, 10), Actor: body.Actor, Text: body.Message.Text, Parent: body.ParentComment, Created: st.now()}
	p.Comments = append(p.Comments, c)
	return &reply{status: 201, header: map[string]string{"X-Restli-Id": c.ID}, body: c.wire(p)}, nil
}

func (c *PostComment) wire(p *Post) map[string]any {
	row := map[string]any{
		"id": c.ID, "commentUrn": "urn:li:comment:(" + p.ID + "," + c.ID + ")", "actor": c.Actor, "object": p.ID,
		"message": map[string]any{"text": c.Text, "attributes": []any{}}, "created": map[string]any{"actor": c.Actor, "time": c.Created.UnixMilli()},
	}
	if c.Parent != "" {
		row["parentComment"] = c.Parent
	}
	return row
}

func (st *state) listComments(r *request) (any, *problem) {
	p := st.post(r.key("post"))
	switch {
	case !st.settings.readablePosts:
		return nil, &mayNot
	case p == nil:
		return nil, &noRecord
	}
	var rows []any
	for i := range p.Comments {
		rows = append(rows, p.Comments[i].wire(p))
	}
	return pageOf(r, rows)
}

func (st *state) deleteComment(r *request) (any, *problem) {
	p := st.post(r.key("post"))
	if p == nil || r.query.Text("actor") == "" {
		return nil, &noRecord
	}
	before := len(p.Comments)
	p.Comments = slices.DeleteFunc(p.Comments, func(c PostComment) bool { return c.ID == r.keys["comment"] })
	if len(p.Comments) == before {
		return nil, &noRecord
	}
	return &reply{status: 204}, nil
}

func (st *state) react(r *request) (any, *problem) {
	var body struct{ Root, ReactionType string }
	if json.Unmarshal(r.body, &body) != nil {
		return nil, badRequest("Invalid request body")
	}
	p, actor := st.post(body.Root), r.query.Text("actor")
	if p == nil || actor == "" || body.ReactionType == "" {
		return nil, &noRecord
	}
	p.Reactions[actor] = body.ReactionType
	return &reply{status: 201, header: map[string]string{"X-Restli-Id": "urn:li:reaction:(" + actor + "," + p.ID + ")"}}, nil
}

func (st *state) unreact(r *request) (any, *problem) {
	key := r.compound("reaction")
	p := st.post(key["entity"])
	if p == nil || p.Reactions[key["actor"]] == "" {
		return nil, &noRecord
	}
	delete(p.Reactions, key["actor"])
	return &reply{status: 204}, nil
}

func (st *state) listReactions(r *request) (any, *problem) {
	p := st.post(r.compound("entity")["entity"])
	switch {
	case !st.settings.readablePosts:
		return nil, &mayNot
	case p == nil:
		return nil, &noRecord
	}
	var rows []any
	for _, actor := range sortedKeys(p.Reactions) {
		rows = append(rows, map[string]any{
			"id": "urn:li:reaction:(" + actor + "," + p.ID + ")", "reactionType": p.Reactions[actor], "root": p.ID,
			"created": map[string]any{"actor": actor, "time": p.LastModified.UnixMilli()},
		})
	}
	return pageOf(r, rows)
}

func (st *state) countSocial(r *request) (any, *problem) {
	p := st.post(r.key("post"))
	switch {
	case !st.settings.readablePosts:
		return nil, &mayNot
	case p == nil:
		return nil, &noRecord
	}
	reactions, top := map[string]any{}, 0
	counts := map[string]int{}
	for _, kind := range p.Reactions {
		counts[kind]++
		reactions[kind] = map[string]any{"reactionType": kind, "count": counts[kind]}
	}
	for _, c := range p.Comments {
		if c.Parent == "" {
			top++
		}
	}
	return map[string]any{
		"entity": p.ID, "commentsState": "OPEN", "reactionSummaries": reactions,
		"commentSummary": map[string]any{"count": len(p.Comments), "topLevelCount": top},
	}, nil
}

// Organization is the one for which every member of the sandbox may post.
const Organization = "urn:li:organization:2414183"

func (st *state) listRoles(r *request) (any, *problem) {
	if r.query.Text("q") != "roleAssignee" {
		return nil, badRequest("Invalid query parameters passed to request")
	}
	return pageOf(r, []any{
		map[string]any{"role": "ADMINISTRATOR", "state": "APPROVED", "organization": Organization, "roleAssignee": st.member(1)},
		map[string]any{"role": "ANALYST", "state": "APPROVED", "organization": "urn:li:organization:2", "roleAssignee": st.member(1)},
	})
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
