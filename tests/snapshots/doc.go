// Package snapshots kills real processes that keep snapshots in files, and looks at what they leave.
package snapshots
