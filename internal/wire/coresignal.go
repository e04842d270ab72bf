package wire

// CoresignalSettings are what the client decides for all calls of Coresignal's services.
type CoresignalSettings struct {
	// AllowLoopback lets webhook URLs be on this machine, for a sandbox.
	AllowLoopback bool
	// UploadField is the form field of an ID file; empty means [DefaultUploadField].
	UploadField string
	// IDsForm is how a list of IDs is sent to bulk jobs: a bulkcollect.IDsForm.
	IDsForm int
}

// DefaultUploadField is the form field of an ID file, as third parties have it (assumed).
const DefaultUploadField = "ids_file"

// Field is the form field of an ID file.
func (s CoresignalSettings) Field() string {
	if s.UploadField == "" {
		return DefaultUploadField
	}
	return s.UploadField
}
