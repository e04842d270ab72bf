package saleswebhooks

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// EntityType is what a subscription watches. The provider may add others.
type EntityType string

const (
	// TypeContact is a person.
	TypeContact EntityType = "contact"
	// TypeCompany is a company.
	TypeCompany EntityType = "company"
)

// Entity is a contact or a company to subscribe to. Make one with [Contact], [Company], [ContactID] or [CompanyID]. It is
// comparable.
type Entity struct {
	// Type is what it is.
	Type EntityType
	// LinkedInID is its id or name at LinkedIn, such as "john-doe"; empty when only the address is known.
	LinkedInID string
	// LinkedInURL is its address at LinkedIn, sent as it is given; empty when only the id is known.
	LinkedInURL string
}

// Contact is a person by the address of the profile, such as "https://linkedin.com/in/john-doe". The provider advises
// addresses instead of ids, since those can change.
func Contact(linkedInURL string) Entity { return Entity{Type: TypeContact, LinkedInURL: linkedInURL} }

// Company is a company by the address of its page, such as "https://linkedin.com/company/acme-corp".
func Company(linkedInURL string) Entity { return Entity{Type: TypeCompany, LinkedInURL: linkedInURL} }

// ContactID is a person by the id or name at LinkedIn.
func ContactID(linkedInID string) Entity { return Entity{Type: TypeContact, LinkedInID: linkedInID} }

// CompanyID is a company by the id or name at LinkedIn.
func CompanyID(linkedInID string) Entity { return Entity{Type: TypeCompany, LinkedInID: linkedInID} }

// WithID is the entity with its id at LinkedIn beside the address.
func (e Entity) WithID(linkedInID string) Entity {
	e.LinkedInID = linkedInID
	return e
}

// Validate says why the entity cannot be subscribed to: neither id nor address, an address that is not LinkedIn's or not
// of the entity's kind. Every call that sends an entity checks it first. The text holds nothing of the address.
func (e Entity) Validate() error {
	switch {
	case e.Type == "":
		return errors.New("the entity has no type: use Contact or Company")
	case len(e.Type) > maxTypeBytes:
		return errors.New("the entity's type is too long")
	case e.LinkedInID == "" && e.LinkedInURL == "":
		return errors.New("the entity has neither an address nor an id")
	case strings.TrimSpace(e.LinkedInURL) != e.LinkedInURL:
		return errors.New("the address has white space around it")
	case strings.TrimSpace(e.LinkedInID) != e.LinkedInID || len(e.LinkedInID) > maxIDBytes:
		return errors.New("the entity's id has white space around it, or is too long")
	case e.LinkedInURL == "":
		return nil
	}
	_, err := slugOf(e.Type, e.LinkedInURL)
	return err
}

const (
	maxTypeBytes = 64
	maxIDBytes   = 512
	maxURLBytes  = 2048
)

// folders are what the path of an entity's address begins with.
var folders = map[EntityType]string{TypeContact: "in", TypeCompany: "company"}

// ports are what a scheme implies; another port is not LinkedIn's site.
var ports = map[string]string{"https": ":443", "http": ":80"}

// slugOf returns the name in the address of an entity, in lower case. Scheme and its port, www or another host below
// linkedin.com, the case of letters, a trailing slash, further segments and the query do not matter.
func slugOf(kind EntityType, address string) (string, error) {
	folder := folders[kind]
	rest, port := address, ""
	if before, after, found := strings.Cut(address, "://"); found {
		if port, found = ports[strings.ToLower(before)]; !found {
			return "", errors.New("the address is neither https nor http")
		}
		rest = after
	}
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		rest = rest[:end]
	}
	host, path, _ := strings.Cut(rest, "/")
	host = strings.TrimSuffix(strings.ToLower(host), port)
	segments := strings.Split(path, "/")
	switch {
	case len(address) > maxURLBytes:
		return "", fmt.Errorf("the address is longer than %d bytes", maxURLBytes)
	case host != "linkedin.com" && !strings.HasSuffix(host, ".linkedin.com"):
		return "", errors.New("the address is not one at linkedin.com")
	case folder == "": // of a type that this version does not know
		return strings.ToLower(strings.TrimRight(path, "/")), nil
	case !strings.EqualFold(segments[0], folder) || len(segments) < 2 || segments[1] == "":
		return "", fmt.Errorf("the address is not that of a %s: after the host, /%s/ and a name must follow", kind, folder)
	}
	slug, err := url.PathUnescape(segments[1])
	if err != nil {
		return "", errors.New("the address is not properly escaped")
	}
	return strings.ToLower(slug), nil
}

// key is what an entity is matched by: its kind and the name in its address or, by id, its id.
type key struct {
	kind EntityType
	name string
}

// urlKey is the key of an address, false when there is none that can be read.
func urlKey(kind EntityType, address string) (key, bool) {
	if address == "" {
		return key{}, false
	}
	slug, err := slugOf(kind, address)
	return key{kind, slug}, err == nil
}

// idKey is the key of an id, false when there is none. A name such as "john-doe" is both an id and the end of an address.
func idKey(kind EntityType, id string) (key, bool) {
	return key{kind, strings.ToLower(id)}, id != ""
}

// keys are the keys of an entity, the one of its address first.
func (e Entity) keys() []key { return keysOf(e.Type, e.LinkedInURL, e.LinkedInID) }

func keysOf(kind EntityType, address, id string) []key {
	var keys []key
	if k, ok := urlKey(kind, address); ok {
		keys = append(keys, k)
	}
	if k, ok := idKey(kind, id); ok && (len(keys) == 0 || keys[0] != k) {
		keys = append(keys, k)
	}
	return keys
}

// wireEntity is an entity as it is sent.
type wireEntity struct {
	Type        EntityType `json:"entity_type"`
	LinkedInID  string     `json:"linkedin_id,omitempty"`
	LinkedInURL string     `json:"linkedin_url,omitempty"`
}

// index is a set of entities by their keys.
type index map[key]bool

func newIndex(keys []key) index {
	x := make(index, len(keys))
	x.add(keys)
	return x
}

func (x index) add(keys []key) {
	for _, k := range keys {
		x[k] = true
	}
}

// has reports whether one of the keys is there.
func (x index) has(keys []key) bool {
	for _, k := range keys {
		if x[k] {
			return true
		}
	}
	return false
}
