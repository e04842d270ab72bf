package people

import (
	"bytes"
	"encoding/json"
	"sync"
)

// Dataset names a wire format of records.
type Dataset string

// The datasets that the sandbox serves.
const (
	V1   Dataset = "v1"   // the Employee API of 2022 to 2025
	Base Dataset = "base" // Base Employee API, v2, as such records were found

	// BaseDocumented is Base with the lists, names and times that the documents show.
	BaseDocumented Dataset = "base_documented"

	Clean       Dataset = "clean"        // Clean Employee API, v2
	MultiSource Dataset = "multi_source" // Multi-source Employee API, v2, with the names of live answers

	// MultiSourceDocumented is MultiSource with the names that the documents print
	// for profile addresses and shorthand names. Its types are those of live answers.
	MultiSourceDocumented Dataset = "multi_source_documented"
)

// build returns the wire value of a person, nil for a dataset that is not served.
func (ds Dataset) build(p *Person, f *profile) any {
	switch ds {
	case V1:
		return buildV1(p, f)
	case Base, BaseDocumented:
		return buildBase(p, f, ds == BaseDocumented)
	case Clean:
		return buildClean(p, f)
	case MultiSource, MultiSourceDocumented:
		return buildMulti(p, f, ds == MultiSourceDocumented)
	default:
		return nil
	}
}

// upkeep says whether a root field is bookkeeping, which differs after every
// visit to a profile and is never reported as a change. Which fields of
// Multi-source those are is assumed.
func (ds Dataset) upkeep(field string) bool {
	switch field {
	case "created", "last_updated", "last_updated_ux", "outdated", "last_response_code",
		"created_at", "updated_at", "checked_at", "processed_at",
		"changed_at", "experience_change_last_identified_at",
		"profile_root_field_changes_summary", "profile_collection_field_changes_summary":
		return true
	default:
		return false
	}
}

// renderings holds the records of one profile, each built when first asked for.
type renderings struct {
	mu        sync.Mutex
	records   map[Dataset]json.RawMessage
	documents map[Dataset]map[string]any
}

// Record is the person as the provider would send it, nil for an unknown
// dataset. The bytes are shared and must not be written to; they stay as they
// are when the person changes.
func (p *Person) Record(ds Dataset) json.RawMessage { return p.record(p.current.Load(), ds) }

// Document is the decoded Record as it is searched: objects are map[string]any,
// lists []any and numbers float64. Clean's addresses lack their scheme and "www.",
// which is how they are indexed. It is nil for an unknown dataset. It is shared and must not be
// written to; it stays as it is when the person changes.
func (p *Person) Document(ds Dataset) map[string]any { return p.document(p.current.Load(), ds) }

func (p *Person) record(f *profile, ds Dataset) json.RawMessage {
	f.rendered.mu.Lock()
	defer f.rendered.mu.Unlock()
	if raw, ok := f.rendered.records[ds]; ok {
		return raw
	}
	wire := ds.build(p, f)
	if wire == nil {
		return nil
	}
	var raw bytes.Buffer
	enc := json.NewEncoder(&raw)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(wire); err != nil { // strings and finite numbers only: cannot happen
		return nil
	}
	if f.rendered.records == nil {
		f.rendered.records = make(map[Dataset]json.RawMessage, 1)
	}
	record := bytes.Clone(bytes.TrimSuffix(raw.Bytes(), []byte("\n")))
	f.rendered.records[ds] = record
	return record
}

func (p *Person) document(f *profile, ds Dataset) map[string]any {
	f.rendered.mu.Lock()
	defer f.rendered.mu.Unlock()
	if doc, ok := f.rendered.documents[ds]; ok {
		return doc
	}
	wire := ds.build(p, f)
	if wire == nil {
		return nil
	}
	doc := documentOf(wire)
	if ds == Clean {
		indexClean(doc)
	}
	if f.rendered.documents == nil {
		f.rendered.documents = make(map[Dataset]map[string]any, 1)
	}
	f.rendered.documents[ds] = doc
	return doc
}
