// Package recruiter is the rest of LinkedIn's Recruiter System Connect, besides seats (package linkedin) and prospect notes
// (package prospectnotes). A program gets it as client.LinkedIn.Recruiter:
//
//   - InMails: the InMail that a seat has sent and received
//   - Stubs: what people let a recruiter know in reply to an InMail
//   - Exports: the candidate whom a recruiter has exported with one click
//   - Purges: the exported candidates that must be deleted, and a [PurgeKeeper] that asks for them in time
//   - Integrations: which integrations a customer has, and their configurations, such as where LinkedIn sends events
//   - Apps: the apps of customers, made with the token of the parent app
//
// What an applicant tracking system writes back (atsCandidates, atsApplications, access control lists) has no methods:
// pronet's Client.Do sends it, see the example of this package.
//
// # What is not known
//
// LinkedIn shows the pages of these endpoints to partners, and not all of each page is public. What no source states is
// marked *assumed* in the methods' comments and in docs/endpoints.md. Every record keeps its JSON in Raw, and a field of an
// odd type is left zero instead of hiding the record.
package recruiter
