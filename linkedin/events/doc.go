// Package events subscribes to LinkedIn's push events of organisations, and reads those that were missed. A program gets it
// as client.LinkedIn.Events, with the token of a member who administers the organisation.
//
// A subscription ends at a date that LinkedIn states, and dies without a word when the member withdraws the grant or is no
// administrator any more. A [Keeper] renews it in time and notices when it died. LinkedIn keeps the events of 60 days:
// [Service.Missed] reads them.
//
// Package webhook receives the events. The events of Recruiter System Connect have no such subscriptions: the callback URL
// is a configuration of the integration, see package recruiter.
package events
