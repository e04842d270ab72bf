// Package unlisted has the endpoints that an overview of LinkedIn's API describes (document 002 of this module's sources)
// and that LinkedIn's own reference does not list. They are here so that what the overview describes can be called, and so
// that nobody takes them for more than that: what LinkedIn offers instead stands in the comment of each method, in
// docs/endpoints.md, and in the error of a response of 404, which is [ErrUnlisted].
//
// The paths are at /v2, as the overview has its base; pronet.LinkedInBase with linkedin.Unlisted sets another, such as one of
// the "versionless" ones that it mentions. Bodies and parameters are those that it prints. What it names without a parameter
// (seniority, skills, qualifications, industry, function and company of jobs; shared groups of connections) goes under names
// that the caller gives: [Params.Extra].
package unlisted
