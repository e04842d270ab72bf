// Package notes judges from outside that a sync of Recruiter notes loses nothing: its process is killed again and again while
// notes are written, edited and deleted, with a checkpoint in a database and one in a file.
package notes
