package sandbox

import "fmt"

// NoticeShape is a shape of what is POSTed when a data request has finished.
type NoticeShape int

// The provider documents that something is POSTed to the webhook_url when a data
// request is ready or has failed, but not what. A receiver should rely on no more
// than the POST. Ready and failed look the same.
const (
	RequestIDNotice NoticeShape = iota // {"request_id": "..."}
	EmptyNotice                        // {}
	ArrayNotice                        // [{"request_id": "..."}]
	TextNotice                         // the ID alone, as plain text
)

// notice is the POST that tells that the data request has finished.
func (j *job) notice(shape NoticeShape) parcel {
	p := parcel{kind: JobNotice, jobID: j.id, url: j.webhookURL}
	switch shape {
	case EmptyNotice:
		p.body = []byte(`{}`)
	case ArrayNotice:
		p.body = fmt.Appendf(nil, `[{"request_id":%q}]`, j.id)
	case TextNotice:
		p.contentType, p.body = "text/plain; charset=utf-8", []byte(j.id)
	default:
		p.body = fmt.Appendf(nil, `{"request_id":%q}`, j.id)
	}
	return p
}
