// Package prospectnotes reads the notes that recruiters write about people in LinkedIn Recruiter, for software that keeps
// its own copy of them.
//
// [Service.List] returns one page, [Service.All] walks all pages. LinkedIn asks that one call spans 12 hours at most, and
// that a program polls, for example every 30 minutes. A note that was deleted stays in the list for a time, with Active
// false: take it out of your copy. A push event DELETE_PROSPECT_NOTE says so as well, see package webhook.
//
// # What is not known
//
//   - Whether beforeDate and cutoffDate go by creation or by the last change: the table of LinkedIn's page says the one,
//     its text the other.
//   - How long a deleted note stays listed.
//   - The form of the requests in protocol 2.0, which LinkedIn shows for no endpoint of Recruiter System Connect.
//   - A versioned path: pronet.LinkedInBase sets one, should there be any.
//
// The token is that of the customer's own (child) app, and the integration type CSA_API must be on for the contract.
package prospectnotes
