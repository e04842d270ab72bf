package employee

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/pronet-go/pronet/api"
)

// What a record may say of a profile, as errors of [CheckStanding]. It is one of them or a [*MergedError], never two.
var (
	// ErrHidden reports a profile that is hidden for privacy: the person does not want it to be seen, and what was stored
	// of it may have to be erased by law. It is api.ErrRemovedForPrivacy too, and not api.ErrNotFound.
	ErrHidden = fmt.Errorf("the profile is hidden: %w", api.ErrRemovedForPrivacy)
	// ErrDeleted reports a profile that its source does not have any more. The provider still has a record of it, so it is
	// not api.ErrNotFound.
	ErrDeleted = errors.New("the profile is deleted at its source")
)

// MergedError reports a profile that is part of another one by now. It is not api.ErrNotFound: the person is there,
// under the other ID.
type MergedError struct {
	// ID is the profile that was asked for, Into the one that is to be used instead.
	ID, Into int64
}

// Error names both.
func (e *MergedError) Error() string {
	return fmt.Sprintf("the profile %d was merged into %d", e.ID, e.Into)
}

// SafeText is Error.
func (e *MergedError) SafeText() string { return e.Error() }

// CheckStanding reports why the record that came for an ID does not simply show that profile as it is now: [ErrHidden], a
// [*MergedError] or [ErrDeleted]; nil if it does. Of several, the first in this order is reported: what the law asks for
// comes first, and a profile that was merged is marked as deleted too.
//
// A record with another ID than was asked for is of the profile that the asked one was merged into. An ID of 0 asks for
// whatever profile it is, as with a file of a job.
func CheckStanding(asked int64, r Record) error {
	standing, id := r.Standing(), r.EmployeeID()
	switch {
	case standing.Hidden:
		return ErrHidden
	case asked > 0 && id > 0 && id != asked:
		return &MergedError{ID: asked, Into: cmp.Or(standing.MergedInto, id)}
	case standing.MergedInto > 0:
		return &MergedError{ID: id, Into: standing.MergedInto}
	case standing.Deleted:
		return ErrDeleted
	}
	return nil
}
