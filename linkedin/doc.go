// Package linkedin is what the services of LinkedIn's API have in common: where access tokens come from ([Tokens]), the
// versions of the API and how long they live ([KnownVersions]), what an error of LinkedIn's says ([DetailsOf]) and what a
// successful response hides ([Failures]), the day's quotas ([Service.Quota]), and the seats of a Recruiter contract.
//
// Package prospectnotes has the notes of Recruiter; package urn reads and writes URNs.
package linkedin
