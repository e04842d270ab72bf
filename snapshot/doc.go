// Package snapshot keeps the former record of each person, so that a new one can be compared with it: in memory
// ([NewMemory]), in files ([OpenFiles]) or in a database ([NewSQL]). [Store] is what another one has to do, and package
// snapshottest checks that it does.
//
// A snapshot is personal data. [Store.Forget] erases a person, from all datasets; each store says what becomes of the
// bytes. Nothing that this package prints or writes into an error holds anything of a record.
package snapshot
