package saleswebhooks

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
