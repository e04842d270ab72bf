package employee

// Standing is what a record itself says of the profile behind it. Several may be set at once; in the zero Standing the
// profile is there for everybody to see, as far as the record tells.
type Standing struct {
	// Hidden marks a profile that is hidden for privacy: the person does not want it to be seen, and what was stored of
	// it may have to be erased. Base and Clean tell; of Multi-source and V1 no such field is known.
	Hidden bool
	// Deleted marks a profile that its source does not have any more; Clean and Multi-source mark private ones so too.
	// The record holds what was known last.
	Deleted bool
	// MergedInto is the ID of the profile that is to be used instead of this one, which is a duplicate of it, or 0.
	// Base and Multi-source tell.
	MergedInto int64
}

// Standing tells a hidden, a deleted and a merged profile from one that is there.
func (r *BaseRecord) Standing() Standing {
	return Standing{bool(r.IsHidden), bool(r.Deleted), mergedInto(r.ID, r.ParentID, r.IsParent)}
}

// Standing tells a hidden and a deleted profile from one that is there.
func (r *CleanRecord) Standing() Standing {
	return Standing{Hidden: bool(r.IsHidden), Deleted: bool(r.IsDeleted)}
}

// Standing tells a deleted and a merged profile from one that is there.
func (r *MultiSourceRecord) Standing() Standing {
	return Standing{Deleted: bool(r.IsDeleted), MergedInto: mergedInto(r.ID, int64(r.ParentID), r.IsParent)}
}

// Standing tells a deleted profile from one that is there.
func (r *V1Record) Standing() Standing { return Standing{Deleted: bool(r.Deleted)} }

// Standing is zero: no preview is known to tell.
func (p *Preview) Standing() Standing { return Standing{} }

// mergedInto is the parent of a duplicate. The main profile of a person may name itself or nobody.
func mergedInto(id, parent int64, isParent Flag) int64 {
	if id <= 0 || parent <= 0 || parent == id || bool(isParent) {
		return 0
	}
	return parent
}

// FormerIDs are IDs under which the profile is or was known, those of profiles that are part of it by now among them.
func (r *BaseRecord) FormerIDs() Numbers { return r.HistoricalIDs }

// FormerIDs are IDs under which the profile is or was known, those of profiles that are part of it by now among them.
func (r *MultiSourceRecord) FormerIDs() Numbers { return r.HistoricalIDs }

// FormerIDs is empty: the dataset is not known to tell.
func (r *CleanRecord) FormerIDs() Numbers { return nil }

// FormerIDs is empty: the dataset is not known to tell.
func (r *V1Record) FormerIDs() Numbers { return nil }

// FormerIDs is empty: no preview is known to tell.
func (p *Preview) FormerIDs() Numbers { return nil }
