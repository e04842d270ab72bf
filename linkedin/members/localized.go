package members

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
)

// Localized is a text in several languages.
type Localized struct {
	// Texts are the texts by locale, such as "en_US".
	Texts map[string]string
	// Preferred is the locale that the member prefers, such as "en_US"; "" when not stated.
	Preferred string
}

// Text is a Localized of one language, for [PositionEdit]: Text("en_US", "Engineer").
func Text(locale, text string) Localized {
	return Localized{Texts: map[string]string{locale: text}, Preferred: locale}
}

// String is the text in the preferred locale; else one in its language, else the first by locale, or "".
func (l Localized) String() string {
	if text, ok := l.preferred(); ok {
		return text
	}
	for _, locale := range slices.Sorted(maps.Keys(l.Texts)) {
		return l.Texts[locale]
	}
	return ""
}

// preferred is the text in the preferred locale, or in its language.
func (l Localized) preferred() (string, bool) {
	if l.Preferred == "" {
		return "", false
	}
	if text, ok := l.Texts[l.Preferred]; ok {
		return text, true
	}
	language, _, _ := strings.Cut(l.Preferred, "_")
	for _, locale := range slices.Sorted(maps.Keys(l.Texts)) {
		if other, _, _ := strings.Cut(locale, "_"); other == language {
			return l.Texts[locale], true
		}
	}
	return "", false
}

type locale struct {
	Country  linkedinapi.Text `json:"country,omitempty"`
	Language linkedinapi.Text `json:"language"`
}

func (l locale) join(by string) string {
	return strings.TrimSuffix(string(l.Language)+by+string(l.Country), by)
}

// UnmarshalJSON decodes a text by locale, whose texts may be rich (rawText), or a text that has no locale. What has
// neither form is left empty.
func (l *Localized) UnmarshalJSON(data []byte) error {
	*l = Localized{}
	var read struct {
		Localized map[string]json.RawMessage `json:"localized"`
		Preferred json.RawMessage            `json:"preferredLocale"`
	}
	var plain string
	if codec.Decode(data, &plain) == nil {
		if plain != "" {
			l.Texts = map[string]string{"": plain}
		}
		return nil
	}
	if codec.Decode(data, &read) != nil {
		return nil //nolint:nilerr // one odd field must not hide the rest of a member
	}
	for name, raw := range read.Localized {
		var text string
		var rich struct {
			Raw string `json:"rawText"`
		}
		if codec.Decode(raw, &text) != nil {
			if codec.Decode(raw, &rich) != nil {
				continue
			}
			text = rich.Raw
		}
		if l.Texts == nil {
			l.Texts = make(map[string]string, len(read.Localized))
		}
		l.Texts[name] = text
	}
	var preferred locale
	_ = codec.Decode(read.Preferred, &preferred)
	l.Preferred = preferred.join("_")
	return nil
}

// encode is the form in which a Localized is sent; rich texts stand in an object.
func (l Localized) encode(rich bool) map[string]any {
	texts := make(map[string]any, len(l.Texts))
	for name, text := range l.Texts {
		texts[name] = text
		if rich {
			texts[name] = map[string]string{"rawText": text}
		}
	}
	language, country, _ := strings.Cut(l.Preferred, "_")
	return map[string]any{"localized": texts, "preferredLocale": locale{Language: linkedinapi.Text(language), Country: linkedinapi.Text(country)}}
}

// check reports whether a Localized can be sent.
func (l Localized) check() bool {
	_, ok := l.Texts[l.Preferred]
	return ok && l.Preferred != ""
}

// localizedFields are the localized fields of an object, by name, and the plain ones that LinkedIn resolved itself
// (localizedFirstName of firstName).
type localizedFields struct {
	all    map[string]Localized
	fields map[string]json.RawMessage
}

func readLocalized(fields map[string]json.RawMessage) localizedFields {
	l := localizedFields{fields: fields}
	for name, raw := range fields {
		if !strings.Contains(string(raw[:min(len(raw), 1<<10)]), `"localized"`) {
			continue
		}
		var text Localized
		if _ = text.UnmarshalJSON(raw); text.Texts == nil {
			continue
		}
		if l.all == nil {
			l.all = make(map[string]Localized)
		}
		l.all[name] = text
	}
	return l
}

// text resolves a field: to the preferred locale, to what LinkedIn resolved it to, or to any.
func (l localizedFields) text(name string) string {
	localized, isLocalized := l.all[name]
	if text, ok := localized.preferred(); ok {
		return text
	}
	if resolved := l.plain("localized" + strings.ToUpper(name[:1]) + name[1:]); resolved != "" {
		return resolved
	}
	if isLocalized {
		return localized.String()
	}
	return l.plain(name)
}

// plain reads a field that is a text or a number.
func (l localizedFields) plain(name string) string {
	var text linkedinapi.Text
	if raw := l.fields[name]; raw != nil {
		_ = text.UnmarshalJSON(raw)
	}
	return string(text)
}
