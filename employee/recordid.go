package employee

// EmployeeID returns the number of the profile, for code that works with the records of any dataset.
func (r *V1Record) EmployeeID() int64 { return r.ID }

// EmployeeID returns the number of the profile, for code that works with the records of any dataset.
func (r *BaseRecord) EmployeeID() int64 { return r.ID }
