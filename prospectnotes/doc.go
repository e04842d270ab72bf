// Package prospectnotes reads the notes that recruiters write about people in LinkedIn Recruiter, for software that keeps
// its own copy of them.
//
// Which call to take:
//
//   - [Service.Sync] keeps a copy in step: from a checkpoint to the present, so that no note, change or deletion is missed
//     and a crash loses nothing. A first backfill of years and a poll every 30 minutes are the same call.
//   - [Service.All] walks the notes of one window of at most 12 hours, for a report or a look. What changes during the walk
//     can hide another note from it.
//   - [Service.List] returns one page, for a screen, or for a longer time than LinkedIn asks for.
//
// LinkedIn asks that one call spans 12 hours at most, and that a program polls, for example every 30 minutes. A note that
// was deleted stays in the list for a time, with Active false: take it out of your copy. A push event
// DELETE_PROSPECT_NOTE says so as well, see package webhook.
//
// # What a sync costs
//
// A window that one response holds costs one call, and a longer one two walks of its pages. A poll of a contract with few
// notes is one call; a year of 100,000 notes is 731 windows, which took 731 calls with pages of 500 and 2,924 with pages
// of 100, twice what one bare walk takes. Which page sizes LinkedIn accepts is not known. [Report] and [Progress] count
// the calls.
//
// # What is not known
//
//   - Whether beforeDate and cutoffDate go by creation or by the last change: the table of LinkedIn's page says the one,
//     its text the other.
//     A sync assumes the last change until the first note tells, and looks back seven days once a day until then. If it is
//     creation, edits and deletions of notes that are older come by push or not at all.
//   - Whether a deletion changes the date of the last change. If it does not, and the bounds go by that, a deletion comes by
//     push, or with ReconcileAlways within its depth.
//   - How long a deleted note stays listed.
//   - That LinkedIn accepts a beforeDate which has not come yet: the first call of a sync has one, since the server's time is
//     known from its response only.
//   - The form of the requests in protocol 2.0, which LinkedIn shows for no endpoint of Recruiter System Connect.
//   - A versioned path: pronet.LinkedInBase sets one, should there be any.
//
// The token is that of the customer's own (child) app, and the integration type CSA_API must be on for the contract.
package prospectnotes
